"""One task, run where it is ordered."""

from celery import Celery

from shop import services

app = Celery("shop", broker="memory://")
app.conf.task_always_eager = True


@app.task(name="shop.rename")
def rename():
    services.rename_all()
