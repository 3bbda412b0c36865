"""The demo's settings, models with every kind of relation, a second database, what `lines` needs."""

from importlib.util import find_spec

from shop_site.settings import *  # noqa: F403
from shop_site.settings import DATABASES, INSTALLED_APPS, RUN_DIR

_OPTIONAL = ("graphene_django", "debug_toolbar")
INSTALLED_APPS = [
    *(name for name in _OPTIONAL if find_spec(name)),
    "tests.probes.library",
    *INSTALLED_APPS,
]
DATABASES["other"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": RUN_DIR / "other.sqlite3"}
STATIC_URL = "static/"
