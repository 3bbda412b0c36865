"""Sent with a warning, as zeal does."""

from django.dispatch import Signal

nplusone_detected = Signal()
