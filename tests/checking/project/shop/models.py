"""Books and authors."""

from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)

    def credits(self):
        return f"{self.title} by {self.author.name}"
