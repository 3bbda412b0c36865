"""`QUIET_DIR` is where it may write; `QUIET_APPS` adds the probe, or leaves it out."""

import os
from pathlib import Path

RUN_DIR = Path(os.environ["QUIET_DIR"])
SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "quiet.urls"
INSTALLED_APPS = [
    "quiet.state.StateConfig",
    "quiet.commands",
    *os.environ.get("QUIET_APPS", "").split(),
]
MIDDLEWARE = os.environ.get("QUIET_MIDDLEWARE", "").split()
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": RUN_DIR / "db.sqlite3"}}
USE_TZ = True
LOGGING_CONFIG = None
DEBUG = "QUIET_DEBUG" in os.environ
