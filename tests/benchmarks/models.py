"""Two tables and a foreign key."""

from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=40)

    class Meta:
        app_label = "benchmarks"


class Book(models.Model):
    title = models.CharField(max_length=40)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")

    class Meta:
        app_label = "benchmarks"
