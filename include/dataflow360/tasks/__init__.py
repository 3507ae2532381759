"""The bodies of the tasks that DAG files wire."""
