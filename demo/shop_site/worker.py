"""The Celery application: `celery --app shop_site.worker worker`."""

from celery import Celery
from celery.signals import worker_ready
from django.conf import settings

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")


@worker_ready.connect
def say_ready(**_: object) -> None:
    """The runner waits for this file."""
    (settings.RUN_DIR / "worker.ready").touch()
