"""A project whose every corner holds a secret; `SECRETIVE_DIR` is where it may write."""

import os
from pathlib import Path

from places import planted, secret_of

RUN_DIR = Path(os.environ["SECRETIVE_DIR"])
SECRET_KEY = secret_of("secret key")
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "secretive.urls"
INSTALLED_APPS = ["django.contrib.sessions", "secretive", "djscope_probes"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": RUN_DIR / "db.sqlite3",
        "PASSWORD": secret_of("database password"),
        "OPTIONS": {"timeout": 10},
    }
}
USE_TZ = True
LOGGING = {
    "version": 1,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": RUN_DIR / "log"}},
    "root": {"handlers": ["file"], "level": "INFO"},
}
planted("secret key", SECRET_KEY)
planted("database password", DATABASES["default"]["PASSWORD"])
planted("environment", os.environ["API_TOKEN"])
planted("redis password", os.environ["DJSCOPE_REDIS_URL"])
planted("broker password", os.environ["SECRETIVE_BROKER"])
