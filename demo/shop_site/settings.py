"""Settings as a small shop has them; djscope needs one line of them."""

import os
from pathlib import Path

from shop_site.database import database

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = Path(os.environ["DJSCOPE_DEMO_DIR"])

SECRET_KEY = "for the demo only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop_site.urls"
WSGI_APPLICATION = "shop_site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "shop",
    "djscope_probes",
]

# Its admin has visitors only: no sessions, no messages, nobody logs in. 108: columns of related
# rows, which Django has from 5.1 on.
SILENCED_SYSTEM_CHECKS = [f"admin.E{number}" for number in (108, 404, 406, 408, 409, 410)]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shop.middleware.shipping_country",
    "shop.scenarios.middleware.ExchangeRates",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]

DATABASES = {"default": database(RUN_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"  # the admin asks for it
TIME_ZONE = "UTC"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000  # raised, as it is where somebody's upload was refused

CELERY_BROKER_URL = os.environ["DJSCOPE_REDIS_URL"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# It may be somebody's Redis: what the demo leaves there bears its name.
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": "djscope-demo:"}
CELERY_IMPORTS = ["shop.tasks", "shop.scenarios.tasks"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False  # a page does not wait for a broker that is away
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
