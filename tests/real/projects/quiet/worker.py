"""`celery --app quiet.worker worker`."""

import os

from celery import Celery
from celery.signals import task_received, worker_ready
from django.conf import settings

app = Celery("quiet", broker=os.environ["QUIET_BROKER"])
app.conf.update(
    imports=["quiet.work"],
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"global_keyprefix": os.environ.get("QUIET_PREFIX", "quiet:")},
)


@worker_ready.connect
def say_ready(**_: object) -> None:
    """The test waits for this file."""
    (settings.RUN_DIR / "worker.ready").touch()


@task_received.connect
def say_received(**_: object) -> None:
    """A line for each task that the worker has, whether or not a child is free for it."""
    with (settings.RUN_DIR / "received").open("a") as log:
        log.write("received\n")
