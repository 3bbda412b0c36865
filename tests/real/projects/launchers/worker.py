"""A Celery worker within a script."""

import django

django.setup()

from quiet.worker import app  # noqa: E402  scripts set Django up first

OPTIONS = ("--without-gossip", "--without-mingle", "--loglevel", "warning")

if __name__ == "__main__":
    app.worker_main(["worker", *OPTIONS, "--pool", "prefork", "--concurrency", "2"])
