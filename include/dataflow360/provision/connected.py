"""Make what the project needs where Airflow's connections lead.

Each server has two: the ordinary one, whose user is made or gets its rights, and the
administrator's, whose id ends in ``_admin``. A server that is not there yet is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from dataflow360.clients.connections import ADMINISTRATOR, connection_of
from dataflow360.errors import FatalError, RetriableError
from dataflow360.provision import kafka as on_kafka
from dataflow360.stores.failures import readable_failures
from dataflow360.stores.store import store_of
from dataflow360.streams.kafka import CONNECTION_ID

Report = Callable[[str], None]
"""Takes one line on what is waited for."""

PATIENCE_SECONDS = 300.0
"""How long a server is waited for."""

_BROKERS = 3
_NEXT_STEP = "see that it runs and that the connection leads to it"
_PAUSE_SECONDS = 2.0
_METADATA_SECONDS = 10.0


def store(kind: str, replication_factor: int | None, report: Report) -> str:
    """Make what a store needs before rows come, as it says itself.

    Args:
        kind: The store, such as ``mysql``.
        replication_factor: On how many nodes a row is kept, if not on as many as by default.
        report: Takes what is waited for.

    Returns:
        What is there now, as a sentence.

    Raises:
        FatalError: A connection is missing, or the server refuses what it is asked for.
        RetriableError: The server did not answer for as long as it is waited for.
    """
    return _patiently(lambda: store_of(kind).provision(replication_factor), report)


def kafka(replication_factor: int | None, report: Report) -> str:
    """Make topics on Kafka, and the rights of the ordinary connection's user.

    Args:
        replication_factor: On how many brokers each partition is kept; 3 by default.
        report: Takes what is waited for.

    Returns:
        What is there now, as a sentence.

    Raises:
        FatalError: A connection is missing, or the brokers refuse what they are asked for.
        RetriableError: Too few brokers answered for as long as they are waited for.
    """
    ordinary = connection_of(CONNECTION_ID)
    user = ordinary.extra_dejson.get("sasl.username")
    if not user:
        raise FatalError(
            f"The connection {ordinary.conn_id} has no sasl.username, the user that gets rights on "
            "the topics; add it to the connection's extra."
        )
    admin_id = connection_of(CONNECTION_ID + ADMINISTRATOR).conn_id
    wanted = replication_factor or _BROKERS

    def make() -> str:
        hook = _AdminHook(admin_id)
        brokers = hook.brokers()
        if brokers < wanted:
            raise RetriableError(
                f"Kafka (connection {admin_id}) has {brokers} brokers, too few for replication "
                f"factor {wanted}; start more, or give a lower --replication-factor."
            )
        on_kafka.provision(hook.get_conn, user, wanted)
        return "Kafka has the topics, and its user the rights to use them."

    return _patiently(make, report)


class _AdminHook(KafkaAdminClientHook):
    """The provider's hook; it keeps why the brokers refuse a user, where calls only time out."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(kafka_config_id=connection_id)
        self._refusal: KafkaError | None = None

    def brokers(self) -> int:
        """How many brokers there are."""
        client: AdminClient = self.get_conn
        try:
            return len(client.list_topics(timeout=_METADATA_SECONDS).brokers)
        except KafkaException as error:
            client.poll(0)
            if self._refusal is not None:
                raise KafkaException(self._refusal) from error
            raise

    def _get_client(self, config: dict[str, Any]) -> AdminClient:
        # What the client would log of each attempt is in the errors that it raises.
        own: dict[str, Any] = {"error_cb": self._note, "log_level": 0}
        return AdminClient(config | own)

    def _note(self, error: KafkaError) -> None:
        if error.code() == KafkaError._AUTHENTICATION:
            self._refusal = error


def _patiently(make: Callable[[], str], report: Report) -> str:
    """Do it again while a server is away, and say what is waited for, each cause once."""
    said: set[str] = set()

    def say(state: RetryCallState) -> None:
        cause = str(state.outcome and state.outcome.exception())
        if cause not in said:
            said.add(cause)
            report(f"Waiting: {cause}")

    def attempt() -> str:
        with readable_failures(ADMINISTRATOR, _NEXT_STEP):
            return make()

    retrying = Retrying(
        retry=retry_if_exception_type(RetriableError),
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_fixed(_PAUSE_SECONDS),
        before_sleep=say,
        reraise=True,
    )
    return retrying(attempt)
