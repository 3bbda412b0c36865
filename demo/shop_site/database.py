"""Which database the shop is on: SQLite, unless a PostgreSQL is named."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def database(directory: Path) -> dict[str, Any]:
    if url := os.environ.get("DJSCOPE_DEMO_PG_URL"):
        return postgresql(url)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": directory / "shop.sqlite3",
        "OPTIONS": {"timeout": 10},  # the file is in WAL mode, see the command `prepare`
    }


def postgresql(url: str) -> dict[str, Any]:
    """Django's settings for `postgresql://USER:PASSWORD@HOST:PORT/NAME?host=SOCKET_DIRECTORY`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "OPTIONS": query,
    }
