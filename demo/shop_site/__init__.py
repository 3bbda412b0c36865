"""The project: its settings, its URLs, and the three ways it is started."""

from shop_site.worker import app as celery_app

__all__ = ["celery_app"]
