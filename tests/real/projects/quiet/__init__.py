"""A project that does nothing until it is asked to, and can say what is wrapped in it."""
