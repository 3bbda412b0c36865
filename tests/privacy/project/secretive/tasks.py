"""Tasks with secrets in and out."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from django.conf import settings
from kombu import Exchange, Queue
from places import planted, secret_of

app = Celery("secretive", broker=os.environ["SECRETIVE_BROKER"])
app.conf.update(
    imports=["secretive.tasks"],
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_default_queue="celery",
    task_queues=[
        Queue("celery"),
        Queue("canary_orders", Exchange("canary_topics", type="topic"), routing_key="orders.#"),
    ],
)


@app.task(bind=True)
def succeed(self: Any, number: str, card: str = "") -> str:
    planted("task argument", number)
    planted("task keyword", card)
    planted("task id", self.request.id)
    planted("task header", vars(self.request))
    planted("task result", secret_of("task result"))
    return secret_of("task result")


@app.task(bind=True)
def routed(self: Any) -> None:
    planted("routing key", self.request.delivery_info["routing_key"])


@app.task
def fail_for_good() -> None:
    planted("task exception", secret_of("task exception"))
    raise ValueError(secret_of("task exception"))


@app.task(bind=True, max_retries=1)
def fail_once(self: Any) -> None:
    if not self.request.retries:
        planted("task retry", secret_of("task retry"))
        raise self.retry(exc=RuntimeError(secret_of("task retry")), countdown=0.1)


@worker_ready.connect
def say_ready(**_: object) -> None:
    (settings.RUN_DIR / "worker.ready").touch()
