"""Turns bytes into events: the only room that touches Redis and files."""
