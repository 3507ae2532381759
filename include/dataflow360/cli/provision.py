"""Command line for what must be there before the project runs: topics, tables, users and rights."""

from __future__ import annotations

import logging
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text


def provision(
    what: Annotated[
        str, typer.Argument(help="kafka, a store of rows such as mysql or cassandra, or airflow.")
    ],
    replication_factor: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="On how many brokers or nodes is kept what comes: by default 3 of Kafka, and 1 of "
            "Cassandra.",
        ),
    ] = None,
) -> None:
    """Make what the project needs on a server, as its administrator.

    On Kafka these are the topics and the user's rights on topics, groups and transactions; on MySQL
    the databases, the tables and the user; on Cassandra the administrator in place of the default
    role, the keyspace, the tables and the role; for Airflow its users, where FAB keeps them.

    What is there stays as it is; users get the passwords that are set now. The user is that of
    the server's connection, such as dataflow360_mysql; the administrator's connection has the same
    name and ends in _admin. A server that is not there yet is waited for, five minutes at most.
    """
    # What Airflow says of each connection would lie between the lines, and the driver tells each
    # refusal with its traceback before it raises it.
    logging.getLogger("airflow").setLevel(logging.ERROR)
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    if what == "airflow" and replication_factor is None:
        from dataflow360.provision.airflow_users import make_users

        for sentence in make_users(os.environ):
            _print(sentence)
        return
    from dataflow360.provision import connected
    from dataflow360.stores.store import kinds

    if what == "kafka":
        _print(connected.kafka(replication_factor, _print))
    elif what in kinds():
        _print(connected.store(what, replication_factor, _print))
    else:
        raise typer.BadParameter(f"{what} is none of airflow, kafka, {', '.join(kinds())}.")


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(text))
