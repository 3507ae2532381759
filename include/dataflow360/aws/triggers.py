"""The former place of the trigger, which rows of Airflow's database may still name.

It goes with the release after this one, when no task waits any more that was deferred before it.
"""

from dataflow360.tasks.triggers import RecordsArrivedTrigger

__all__ = ["RecordsArrivedTrigger"]
