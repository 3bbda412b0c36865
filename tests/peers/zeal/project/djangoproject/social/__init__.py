"""People who write, follow and block."""
