"""The air over each city: its latest state in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError
from dataflow360.names import AWS_CONNECTION, SETUP_DAG, STATE_TABLE
from dataflow360.page.models.airports import Air

COMPONENTS = ("co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3")

_CONNECT_SECONDS = 2
_READ_SECONDS = 4


def air() -> dict[str, Air]:
    """The latest air of each airport's city that has any, by IATA code.

    Raises:
        FatalError: There is no such table.
        botocore.exceptions.ClientError: AWS refuses the user.
    """
    wanted = {airport.city: airport.iata for airport in AIRPORTS.values()}
    client = _client()
    try:
        answer = client.batch_get_item(
            RequestItems={STATE_TABLE: {"Keys": [{"ville": {"S": city}} for city in wanted]}}
        )
    except client.exceptions.ResourceNotFoundException as error:
        raise FatalError(
            f"DynamoDB has no table {STATE_TABLE} yet; run the DAG {SETUP_DAG}, which makes it."
        ) from error
    deserialise = TypeDeserializer().deserialize
    items = (
        {name: deserialise(value) for name, value in item.items()}
        for item in answer["Responses"].get(STATE_TABLE, [])
    )
    return {wanted[item["ville"]]: air_of(item) for item in items if "aqi" in item}


def air_of(item: dict[str, Any]) -> Air:
    """The air that a city's item tells of."""
    return Air(
        at=datetime.fromtimestamp(int(item["timestamp"]), UTC),
        aqi=int(item["aqi"]),
        components={name: float(item[name]) for name in COMPONENTS if name in item},
    )


@cache
def _client() -> Any:
    limits = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 1},
    )
    return AwsBaseHook(aws_conn_id=AWS_CONNECTION, client_type="dynamodb", config=limits).get_conn()
