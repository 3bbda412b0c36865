"""A process that serves ten requests a second, handed to its WSGI application."""

import os
import time
from wsgiref.util import setup_testing_defaults

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
print(os.getpid(), flush=True)
while True:
    environ = {"PATH_INFO": "/loop/"}
    setup_testing_defaults(environ)
    response = application(environ, lambda *_: None)
    assert b"".join(response) == b"looped"
    response.close()
    time.sleep(0.1)
