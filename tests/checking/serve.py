"""A process with a probe that asks for one route of the shop again and again, until stdin ends."""

import io
import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(sys.argv[1])))
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"

import django

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402

from djscope_probes import start  # noqa: E402

application = get_wsgi_application()


def ask(path: str) -> None:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "shop", "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    application(environ, lambda *_: None).close()


def serve() -> None:
    from shop import services
    from shop.models import Author, Book

    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    for number in range(6):
        services.add(f"book {number}")
    start(app="shop")
    print("started", flush=True)
    while not over.wait(0.05):
        ask("/books/")
    connection.close()


over = threading.Event()
# The database is this connection's, so one thread does it all; the other waits for the end.
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
serve()
