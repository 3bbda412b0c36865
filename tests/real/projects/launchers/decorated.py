"""uWSGI's own decorators, imported after the application: their hook replaces all others."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from uwsgidecorators import postfork  # noqa: E402


@postfork  # type: ignore[untyped-decorator]
def mine() -> None:
    """It is called as ever."""
    with (settings.RUN_DIR / "postfork").open("a") as log:
        log.write("called\n")
