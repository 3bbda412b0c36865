"""The demo's settings, models with every kind of relation, and a second database."""

from shop_site.settings import *  # noqa: F403
from shop_site.settings import DATABASES, INSTALLED_APPS, RUN_DIR

INSTALLED_APPS = ["tests.probes.library", *INSTALLED_APPS]
DATABASES["other"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": RUN_DIR / "other.sqlite3"}
