"""Reading script-driven web pages with a browser."""
