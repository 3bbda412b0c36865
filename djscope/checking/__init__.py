"""What `djscope check` and `pytest --djscope` share: settings, sources, files, reports."""
