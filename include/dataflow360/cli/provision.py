"""Command line for what the project needs on its stores: topics, tables, users and rights."""

from __future__ import annotations

import logging
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

app = typer.Typer(
    help="Make what the project needs on a store, as its administrator.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_Brokers = Annotated[
    int, typer.Option("--replication-factor", min=1, help="On how many brokers a message is kept.")
]
_Nodes = Annotated[
    int, typer.Option("--replication-factor", min=1, help="On how many nodes a row is kept.")
]


@app.callback()
def provision() -> None:
    """Make what the project needs on a store, as its administrator.

    What is there stays as it is; users get the passwords that are set now. The user is that of
    the store's connection, such as dataflow360_mysql; the administrator's connection has the same
    name and ends in _admin. A server that is not there yet is waited for, five minutes at most.
    """
    # What Airflow says of each connection would lie between the lines, and the driver tells each
    # refusal with its traceback before it raises it.
    logging.getLogger("airflow").setLevel(logging.ERROR)
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)


@app.command()
def kafka(replication_factor: _Brokers = 3) -> None:
    """Make the topics, and the rights of the user on topics, groups and transactions."""
    from dataflow360.provision import connected

    connected.kafka(replication_factor, _print)
    _print("Kafka has the topics, and its user the rights to use them.")


@app.command()
def mysql() -> None:
    """Make the databases, the tables and the user."""
    from dataflow360.provision import connected

    connected.mysql(_print)
    _print("MySQL has the databases, the tables and the user.")


@app.command()
def cassandra(replication_factor: _Nodes = 1) -> None:
    """Make the administrator in place of the default role, the keyspace, the tables, the role."""
    from dataflow360.provision import connected

    connected.cassandra(replication_factor, _print)
    _print("Cassandra has the keyspace, the tables and the role.")


@app.command()
def airflow() -> None:
    """Make Airflow's users, with their roles and passwords, where FAB keeps them."""
    from dataflow360.provision.airflow_users import make_users

    for sentence in make_users(os.environ):
        _print(sentence)


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(text))
