"""Sessions with the servers and APIs that the project calls, and what their failures mean."""
