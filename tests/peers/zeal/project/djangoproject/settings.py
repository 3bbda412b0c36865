"""SQLite in memory, and a context of zeal's for each request."""

SECRET_KEY = "of tests"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "zeal",
    "djangoproject.social",
]
MIDDLEWARE = ["zeal.middleware.zeal_middleware"]
ROOT_URLCONF = "djangoproject.urls"
