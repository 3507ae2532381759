"""What the page's routes answer: the contract between its backend and its front end.

All moments are UTC (RFC 3339 with ``Z``), all days UTC days as ``YYYY-MM-DD``. Whatever comes from
a store is a part of its own: one that cannot be had says so and leaves the others alone. Links are
paths below the root of Airflow's UI, as in ``/dags/openweather/runs/…``; ``Me.root`` goes before
them.
"""
