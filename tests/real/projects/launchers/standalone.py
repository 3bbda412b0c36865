"""gunicorn within a script: standalone.py PORT."""

import sys

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication


class Standalone(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """As gunicorn's documentation has it."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", f"127.0.0.1:{sys.argv[1]}")
        self.cfg.set("workers", 2)

    def load(self) -> object:
        return self.application


if __name__ == "__main__":
    Standalone().run()
