"""Who may see the page, and who may act: Airflow's own rights, asked of its auth manager."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, HTTPException, status

from dataflow360.names import REPLAY_DAG


def reader(user: GetUserDep) -> BaseUser:
    """The user, who is logged in and may read DAGs.

    Raises:
        HTTPException: 401 when nobody is logged in, 403 when the user may not read any DAG.
    """
    if not get_auth_manager().is_authorized_dag(method="GET", user=user):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "You may not read DAGs; ask who manages Airflow's users for the right to.",
        )
    return user


Reader = Annotated[BaseUser, Depends(reader)]


def readable_dags(user: Reader) -> frozenset[str]:
    """The DAGs that the user may read."""
    return frozenset(get_auth_manager().get_authorized_dag_ids(user=user, method="GET"))


Readable = Annotated[frozenset[str], Depends(readable_dags)]


def may_replay(user: BaseUser) -> bool:
    """Whether the user may start the DAG that replays and dismisses."""
    return bool(
        get_auth_manager().is_authorized_dag(
            method="POST",
            access_entity=DagAccessEntity.RUN,
            details=DagDetails(id=REPLAY_DAG),
            user=user,
        )
    )
