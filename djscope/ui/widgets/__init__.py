"""Things that draw: each takes data, none knows where it comes from."""
