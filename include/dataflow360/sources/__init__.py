"""One module a source: fetch (I/O) and parse (pure)."""
