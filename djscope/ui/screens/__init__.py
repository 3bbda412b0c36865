"""Whole screens: the panes, a detail, the help."""
