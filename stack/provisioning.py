"""What the library makes on a store that the stack has started."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

USER = "dataflow360"
"""The project's user on every store."""


@dataclass(frozen=True)
class Provisioning:
    """The library in ``include``, imported when it is first used."""

    root: Path

    def mysql(self, session: Any, password: str, host: str) -> None:
        """Make databases, tables and user in an administrator's session.

        ``host`` is where the user signs in from.
        """
        self._find_library()
        from dataflow360.clients.account import Account
        from dataflow360.stores import mysql_tables

        mysql_tables.provision(session, Account(USER, password), host)

    def cassandra(
        self,
        sign_in: Callable[[str, str], AbstractContextManager[Any]],
        admin_password: str,
        password: str,
    ) -> None:
        """Make the role admin in place of the default one, keyspace, tables and role.

        ``sign_in`` opens a session for a role and its password.
        """
        self._find_library()
        from dataflow360.clients.account import Account
        from dataflow360.stores import cassandra_tables

        cassandra_tables.provision(
            lambda account: sign_in(account.name, account.password),
            Account("admin", admin_password),
            Account(USER, password),
            replication_factor=1,
        )

    def kafka(self, admin: AdminClient, replication_factor: int) -> None:
        """Make topics and access lists."""
        self._find_library()
        from dataflow360.provision import kafka

        kafka.provision(admin, USER, replication_factor)

    def _find_library(self) -> None:
        include = str(self.root / "include")
        if include not in sys.path:
            sys.path.insert(0, include)
