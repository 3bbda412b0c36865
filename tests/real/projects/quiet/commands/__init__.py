"""Management commands of the quiet project."""
