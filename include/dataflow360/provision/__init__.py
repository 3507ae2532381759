"""Make what the project needs on a store: topics, databases, tables, users and their rights.

The modules ``kafka``, ``mysql`` and ``cassandra`` say what is made, on a client that is signed in
as an administrator; ``connected`` does it where Airflow's connections lead. Everything is safe to
repeat: what is there stays as it is, and users get the passwords that are set now.
"""
