"""`python -m django prepare`: the database in one process, because somebody waits for it."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from shop.seed import seed


class Command(BaseCommand):
    help = "Create the tables and fill them."

    def handle(self, *_args: object, **_options: object) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                # Readers and a writer then do not lock each other out; it stays in the file.
                cursor.execute("PRAGMA journal_mode=WAL")
        call_command("migrate", verbosity=0)
        with transaction.atomic():
            seed()
        (settings.RUN_DIR / "database.ready").touch()  # the runner waits for this file
