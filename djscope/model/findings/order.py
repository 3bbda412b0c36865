"""The order of MIDDLEWARE, where documentation says what has to stand before what.

Django: ref/middleware, "Middleware ordering" (4.2 to 6.1). WhiteNoise: "Enable WhiteNoise", of its
Django guide: after SecurityMiddleware, before all other middleware.
"""

from __future__ import annotations

from collections.abc import Sequence

from djscope.model.definitions import Layer
from djscope.model.finding import Advice

DJANGO = "django.middleware."
SECURITY, GZIP = f"{DJANGO}security.SecurityMiddleware", f"{DJANGO}gzip.GZipMiddleware"
UPDATE_CACHE = f"{DJANGO}cache.UpdateCacheMiddleware"
FETCH_CACHE = f"{DJANGO}cache.FetchFromCacheMiddleware"
CONDITIONAL = f"{DJANGO}http.ConditionalGetMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
LOCALE = f"{DJANGO}locale.LocaleMiddleware"
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
# (what stands before, what stands after, why).
BEFORE = (
    (UPDATE_CACHE, SESSION, "which changes the Vary header that the cache's key depends on"),
    (UPDATE_CACHE, GZIP, "which changes the Vary header that the cache's key depends on"),
    (UPDATE_CACHE, LOCALE, "which changes the Vary header that the cache's key depends on"),
    (SESSION, FETCH_CACHE, "whose key depends on the Vary header"),
    (LOCALE, FETCH_CACHE, "whose key depends on the Vary header"),
    (GZIP, CONDITIONAL, "or its ETag is that of gzipped contents"),
)


def misplaced(layers: Sequence[Layer], name: str) -> list[Advice]:
    """What of the order has to do with the middleware `name`."""
    names = [layer.name for layer in layers if layer.hook == "call"]
    found = [
        Advice(f"in MIDDLEWARE {short(first)} has to stand before {short(then)}, {why}")
        for first, then, why in BEFORE
        if name in (first, then) and stands_before(names, then, first)
    ]
    if name != SECURITY and stands_before(names, name, WHITENOISE):
        found.append(
            Advice(
                "static files pass it, too: WhiteNoiseMiddleware belongs right after"
                " SecurityMiddleware, before all others",
                f'MIDDLEWARE = [\n    "{SECURITY}",\n    "{WHITENOISE}",\n    …\n]',
            )
        )
    return found


def stands_before(names: Sequence[str], one: str, other: str) -> bool:
    return one in names and other in names and names.index(one) < names.index(other)


def short(name: str) -> str:
    return name.rpartition(".")[2]
