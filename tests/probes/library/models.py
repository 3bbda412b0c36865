"""A library: nothing is realistic but the relations."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=20)
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.IntegerField()
    about = GenericForeignKey()


class Tag(models.Model):
    name = models.CharField(max_length=20)


class Member(models.Model):
    name = models.CharField(max_length=20)
    follows = models.ManyToManyField("self", symmetrical=False, related_name="followers")
    friends = models.ManyToManyField("self")


class Card(models.Model):
    number = models.IntegerField()
    member = models.OneToOneField(Member, models.CASCADE, related_name="card")


class Work(models.Model):
    title = models.CharField(max_length=20)
    blurb = models.TextField(default="")
    writer = models.ForeignKey(Member, models.CASCADE, related_name="works")
    editor = models.ForeignKey(Member, models.CASCADE, related_name="edited", null=True)
    tags = models.ManyToManyField(Tag, related_name="works")
    notes = GenericRelation(Note)


class Novel(Work):
    chapters = models.IntegerField(default=1)


class Shelf(models.Model):
    """Its other sides have no names of their own: `shelf_set`."""

    owner = models.ForeignKey(Member, models.CASCADE)
    works = models.ManyToManyField(Work)


MODELS = (Note, Tag, Member, Card, Work, Novel, Shelf)


def fill(rows: int = 4) -> None:
    """`rows` of each, everything related to something."""
    members = [Member.objects.create(name=f"m{n}") for n in range(rows)]
    tags = [Tag.objects.create(name=f"t{n}") for n in range(rows)]
    for number, member in enumerate(members):
        Card.objects.create(number=number, member=member)
        member.follows.add(members[number - 1])
        member.friends.add(members[number - 1])
        novel = Novel.objects.create(title=f"n{number}", writer=member, editor=members[number - 1])
        novel.tags.add(tags[number], tags[number - 1])
        Note.objects.create(text="x", about=member)
        novel.work_ptr.notes.create(text="y")
        Shelf.objects.create(owner=member).works.add(novel)
