"""djscope: see live what running Django and Celery processes do wrong, and where in the code."""

__version__ = "0.1.0"
