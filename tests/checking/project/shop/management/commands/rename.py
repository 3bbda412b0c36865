"""The same as a command."""

from django.core.management.base import BaseCommand

from shop import services


class Command(BaseCommand):
    def handle(self, **options):
        services.rename_all()
