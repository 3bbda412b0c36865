"""gunicorn's settings; a file, because older versions reject an option that they do not know."""

worker_class = "gthread"
workers = 2
threads = 4  # one stuck request does not stop the shop
graceful_timeout = 1
control_socket_disable = True  # it would leave a socket in the user's home
