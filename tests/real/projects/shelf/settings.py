"""A shelf of books with an N+1, for a test that mends it."""

from __future__ import annotations

import os

SECRET_KEY = "shelf"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "shelf.views"
INSTALLED_APPS = ["shelf", "djscope_probes"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHELF_DATABASE"]}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
