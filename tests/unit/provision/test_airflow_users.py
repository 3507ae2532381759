"""Airflow's users, as far as no database is needed; tests/compose signs in as them."""

import pytest

from dataflow360.errors import FatalError
from dataflow360.provision.airflow_users import USERS, User, make_users


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_a_password_that_is_missing_is_named_before_anything_is_done(user: User) -> None:
    environment = {each.variable: "a-password" for each in USERS if each != user}
    with pytest.raises(FatalError, match=f"user {user.name} is missing: set {user.variable}"):
        make_users(environment)


def test_only_one_user_may_do_everything_and_one_only_looks() -> None:
    assert {user.name: user.role for user in USERS} == {
        "admin": "Admin",
        "operateur": "Op",
        "lecteur": "Viewer",
    }
