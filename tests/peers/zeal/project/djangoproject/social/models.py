"""As far as the tests go: one relation of each kind, under the names that they use."""

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Tag(models.Model):
    label = models.TextField()
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True)
    object_id = models.PositiveBigIntegerField(null=True)
    obj = GenericForeignKey()


class User(models.Model):
    username = models.TextField()
    following = models.ManyToManyField("self", related_name="followers", symmetrical=False)
    blocked = models.ManyToManyField("self", symmetrical=False)
    tags = GenericRelation(Tag)


class Profile(models.Model):
    user = models.OneToOneField(User, models.CASCADE)
    display_name = models.TextField()


class Post(models.Model):
    author = models.ForeignKey(User, models.CASCADE, related_name="posts")
    text = models.TextField()
