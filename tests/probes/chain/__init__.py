"""A project of middleware of every kind, whose times are known."""
