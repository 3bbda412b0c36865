"""What Celery tasks do."""

import threading
import time

from celery import shared_task

from shop.models import Book, Order

STUCK_SECONDS = 45
LONG_STEPS, STEP_SECONDS = 6, 2.0
never = threading.Event()


@shared_task
def n_plus_one_task() -> str:
    orders = Order.objects.order_by("-placed_at")[:50]
    return "; ".join([greeting(order) for order in orders])  # origin: n_plus_one_task


def greeting(order: Order) -> str:
    return f"Dear {order.customer.name}"  # finding: n_plus_one_task


@shared_task
def healthy_task() -> str:
    orders = Order.objects.select_related("customer").order_by("-placed_at")[:50]
    return "; ".join([f"Dear {order.customer.name}" for order in orders])


@shared_task(bind=True, max_retries=2)
def task_failing(self, parcel: int) -> str:
    try:
        return label(parcel)
    except ConnectionError as error:
        raise self.retry(exc=error, countdown=1) from error


def label(parcel: int) -> str:
    if parcel % 3 == 0:
        raise ConnectionError("The carrier does not answer.")  # finding: task_failing
    raise ValueError(f"Parcel {parcel} has no address.")  # finding: task_failing


@shared_task
def healthy_retry_free(parcel: int) -> str:
    return f"Parcel {parcel} of {Order.objects.count()}"


@shared_task
def task_stuck() -> bool:
    return never.wait(STUCK_SECONDS)  # finding: task_stuck


@shared_task
def healthy_long_task() -> int:
    """Long, but it moves: a chunk, some work on it, the next one."""
    size = Book.objects.count() // LONG_STEPS
    return sum(index(step * size, size) for step in range(LONG_STEPS))


def index(start: int, size: int) -> int:
    books = list(Book.objects.order_by("pk")[start : start + size])
    for part in range(4):
        time.sleep(STEP_SECONDS / 4)
        books = books[part:]
    return len(books)
