"""Models with every kind of relation that Django has."""
