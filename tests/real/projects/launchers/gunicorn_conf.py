"""A configuration of gunicorn's that sets Django up, to read its settings say."""

import django

django.setup()
