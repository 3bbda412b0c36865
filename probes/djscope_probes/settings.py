"""What the host decides: environment first, then Django's `DJSCOPE` setting."""

from __future__ import annotations

import os
import sys
from hashlib import blake2b
from typing import Any, NamedTuple

_OWN_SECRET = os.urandom(32)
LEVELS = ("off", "watch", "deep")
PERMISSIONS = ("source",)


class Rules(NamedTuple):
    """What the host lets viewers do: the highest level, and the permissions."""

    max_level: str
    allow: tuple[str, ...]


def _django() -> Any | None:
    """Django's settings, if they are configured already: asking must not load them."""
    conf = sys.modules.get("django.conf")
    settings = getattr(conf, "settings", None)
    return settings if settings is not None and settings.configured else None


def _value(name: str) -> Any:
    value = os.environ.get(f"DJSCOPE_{name}")
    if value:
        return value
    settings = _django()
    options = getattr(settings, "DJSCOPE", None) if settings is not None else None
    return options.get(name) if isinstance(options, dict) else None


def _option(name: str) -> str:
    return str(_value(name) or "")


def rules(local: bool) -> Rules:
    """`MAX_LEVEL` and `ALLOW`; `local`: Redis is on this machine.

    Everything under DEBUG with a local Redis, else `watch` and no permissions. A level that does
    not exist is none; a list of permissions that is empty is meant so.
    """
    trusted = debug() and local
    level = _option("MAX_LEVEL").lower() or ("deep" if trusted else "watch")
    allow = os.environ.get("DJSCOPE_ALLOW", _value("ALLOW"))
    if allow is None:
        allow = PERMISSIONS if trusted else ()
    allowed = {name.lower() for name in _words(allow)}
    return Rules(
        level if level in LEVELS else "off", tuple(each for each in PERMISSIONS if each in allowed)
    )


def disabled() -> bool:
    """`DJSCOPE_DISABLED=1` ends it all."""
    return os.environ.get("DJSCOPE_DISABLED", "") not in ("", "0")


def debug() -> bool:
    """Whether Django runs with DEBUG."""
    return bool(getattr(_django(), "DEBUG", False))


def redis_url() -> str:
    return _option("REDIS_URL")


def _words(value: Any) -> tuple[str, ...]:
    """`"a, b"`, or a list."""
    words = value if isinstance(value, list | tuple | set) else str(value or "").split(",")
    return tuple(word for each in words if (word := str(each).strip()))


def libraries() -> tuple[str, ...]:
    """Paths and packages that are libraries though they lie in the project."""
    return _words(_value("LIBRARIES"))


def project() -> tuple[str, ...]:
    """Paths and packages that are the application though they are installed as libraries are: what
    the host says, and always the root package of the settings.
    """
    return tuple(filter(None, (*_words(_value("PROJECT")), _root())))


def _root() -> str:
    """The settings module's root package."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE") or getattr(_django(), "SETTINGS_MODULE", "")
    return str(module or "").partition(".")[0]


def app() -> str:
    """The name under which processes meet."""
    named = _option("APP") or os.environ.get("OTEL_SERVICE_NAME", "")
    return named or _root() or "app"


def secret() -> bytes:
    """The same in all processes of an application and known to nobody else; else of this one."""
    try:
        found = getattr(_django(), "SECRET_KEY", "")
    except Exception:  # Django's own, of an empty one
        found = ""
    return blake2b(str(found).encode(), person=b"djscope").digest() if found else _OWN_SECRET


def release() -> str:
    """The deployed version, where the environment says it."""
    for name in ("DJSCOPE_RELEASE", "SENTRY_RELEASE", "HEROKU_SLUG_COMMIT", "GIT_COMMIT"):
        value = os.environ.get(name)
        if value:
            return value[:40]
    return ""
