"""The project that django-zeal's tests import and its source distribution lacks."""
