"""Airflow's users where FAB keeps them.

The passwords come from the environment. It may be run again: a user that is there gets the role and
the password that it should have, and who is signed in stays so unless the password has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataflow360.errors import FatalError


@dataclass(frozen=True)
class User:
    """A user of Airflow's UI and API.

    Attributes:
        name: The name to sign in with.
        role: FAB's role: Admin, Op (runs and repairs) or Viewer (reads).
        variable: The variable of the environment that holds the password.
    """

    name: str
    role: str
    variable: str


USERS = (
    User("admin", "Admin", "DATAFLOW360_SECRET_AIRFLOW_ADMIN"),
    User("operateur", "Op", "DATAFLOW360_SECRET_AIRFLOW_OPERATEUR"),
    User("lecteur", "Viewer", "DATAFLOW360_SECRET_AIRFLOW_LECTEUR"),
)
"""Everyone who may sign in."""


def make_users(environment: Mapping[str, str]) -> list[str]:
    """Make the users, or bring those that are there to their role and password.

    Args:
        environment: Where the passwords are.

    Returns:
        What was done, a sentence a user.

    Raises:
        FatalError: A password is missing, or FAB cannot write a user.
    """
    for user in USERS:
        if not environment.get(user.variable):
            raise FatalError(
                f"The password of Airflow's user {user.name} is missing: set {user.variable}, "
                "which 'make env' writes to .env."
            )
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        return [_make(builder.sm, user, environment[user.variable]) for user in USERS]


def _make(security: Any, user: User, password: str) -> str:
    from werkzeug.security import check_password_hash

    role = security.find_role(user.role)
    known = security.find_user(username=user.name)
    if known is None:
        email = f"{user.name}@dataflow360.invalid"
        if not security.add_user(user.name, user.name, "DataFlow360", email, role, password):
            raise FatalError(f"FAB could not make Airflow's user {user.name}: its log says why.")
        return f"Airflow's user {user.name} was made, with the role {user.role}."
    if [each.name for each in known.roles] != [user.role]:
        known.roles = [role]
        if not security.update_user(known):
            raise FatalError(f"FAB could not change Airflow's user {user.name}: its log says why.")
    if check_password_hash(known.password, password):
        return f"Airflow's user {user.name} is there."
    if not security.reset_password(known.id, password):
        raise FatalError(f"FAB could not set the password of Airflow's user {user.name}.")
    return f"Airflow's user {user.name} has a new password."
