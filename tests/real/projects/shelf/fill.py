"""Makes the tables and puts twenty books on the shelf."""

from __future__ import annotations

import django
from django.db import connection

django.setup()

from shelf.models import Author, Book  # noqa: E402  (models need Django set up)

with connection.schema_editor() as editor:
    editor.create_model(Author)
    editor.create_model(Book)
for number in range(20):
    Book.objects.create(title=f"book {number}", author=Author.objects.create(name=f"{number}"))
