"""Orders tasks of the quiet project: each line `PREFIX TASK ARG …` on stdin is one."""

import os
import sys
from functools import cache

from celery import Celery


@cache
def app(prefix: str) -> Celery:
    celery = Celery(broker=os.environ["QUIET_BROKER"], set_as_current=False)
    celery.conf.update(
        task_ignore_result=True, broker_transport_options={"global_keyprefix": prefix}
    )
    return celery


for line in sys.stdin:
    prefix, task, *arguments = line.split()
    app(prefix).send_task(f"quiet.work.{task}", arguments)
    print("sent", flush=True)
