"""Make what the project needs before it runs: topics, databases, tables, users and their rights.

``connected`` does it where Airflow's connections lead: what each store needs, the store says
itself; Kafka's topics are in ``kafka``, Airflow's users in ``airflow_users``. Everything is safe to
repeat: what is there stays as it is, and users get the passwords that are set now.
"""
