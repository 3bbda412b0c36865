"""Models of libraries that build querysets of their own: a tree, a cluster."""

from __future__ import annotations

from django.db import models


def tree() -> type[models.Model]:
    """django-treebeard's materialised path."""
    from treebeard.mp_tree import MP_Node

    class Rack(MP_Node):
        name = models.CharField(max_length=20)

        class Meta:
            app_label = "library"

    return Rack


def cluster() -> tuple[type[models.Model], type[models.Model]]:
    """django-modelcluster's parent, whose children may not be in the database yet."""
    from modelcluster.fields import ParentalKey
    from modelcluster.models import ClusterableModel

    class Series(ClusterableModel):
        name = models.CharField(max_length=20)

        class Meta:
            app_label = "library"

    class Volume(models.Model):
        series = ParentalKey(Series, on_delete=models.CASCADE, related_name="volumes")

        class Meta:
            app_label = "library"

    return Series, Volume
