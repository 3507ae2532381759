"""What the page in Airflow's UI shows: read-only queries over the run ledger and the stores."""
