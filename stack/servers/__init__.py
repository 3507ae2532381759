"""One module a server: its configuration, its probe and its first data."""
