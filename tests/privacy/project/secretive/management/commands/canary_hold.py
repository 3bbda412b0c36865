"""Stays until it is ended, with a secret on its command line."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management import BaseCommand
from places import planted


class Command(BaseCommand):
    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--password")

    def handle(self, *args: Any, **options: Any) -> None:
        planted("command line", options["password"])
        planted("command option", sys.argv)
        time.sleep(600)
