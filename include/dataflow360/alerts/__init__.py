"""Tell someone, once, when a source is late or lands no row, and again when it recovers."""
