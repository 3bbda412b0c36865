"""What opening a row shows, one file per kind of thing."""
