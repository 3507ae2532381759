"""What Airflow imports at each start of one of its processes; here, what tasks need to start fast.

Each task runs in a fork of the process that takes it from the queue: the scheduler with the
LocalExecutor, a worker with Celery. What that process has imported, no task imports again; pandas,
Arrow and the clients of the stores cost every single one seconds of a processor otherwise.
"""

import sys
from importlib import import_module
from pkgutil import walk_packages

from airflow.configuration import conf

#: Rooms of the library whose modules run in tasks.
ROOMS = ("alerts", "aws", "clients", "freshness", "replay", "sources", "stores")


def forks_tasks(arguments: list[str], executor: str) -> bool:
    """Whether a process is one that tasks are forked from.

    Args:
        arguments: Of the command ``airflow``.
        executor: Airflow's setting of that name.
    """
    if arguments[:1] == ["scheduler"]:
        return executor == "LocalExecutor"
    return arguments[:2] == ["celery", "worker"]


def import_library() -> None:
    """Import what tasks use."""
    for name in ROOMS:
        package = import_module(f"dataflow360.{name}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)


__all__: list[str] = []  # Airflow takes what is public here for policies

if forks_tasks(sys.argv[1:], conf.get("core", "executor")):
    import_library()
