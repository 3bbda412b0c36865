"""The demo's settings, and models with every kind of relation."""

from shop_site.settings import *  # noqa: F403
from shop_site.settings import INSTALLED_APPS

INSTALLED_APPS = ["tests.probes.library", *INSTALLED_APPS]
