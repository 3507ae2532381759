"""Parse records of the Kinesis stream: what the Lambda function has given up, to be replayed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from dataflow360.aws.failure_queue import GivenUp
from dataflow360.records.mesures_villes import MEASUREMENTS, MESURES_VILLES
from dataflow360.records.sentences import misfit
from dataflow360.sources.source import by_record
from dataflow360.streams import lambda_consumer


def row_of(raw: bytes) -> dict[str, Any] | str:
    """A record of the stream as a row of ``mesures_villes``, or the reason why it is none."""
    if GivenUp.of(raw.decode(errors="replace")) is not None:
        return "it only names records of the stream that have expired there"
    observation = lambda_consumer.read(raw)
    if isinstance(observation, str):
        return observation
    measured = observation["data"]
    if unknown := sorted(measured.keys() - set(MEASUREMENTS)):
        return f"{', '.join(map(repr, unknown))} is no measurement of {MESURES_VILLES.name}"
    moment = datetime.fromtimestamp(observation["timestamp"], UTC).replace(tzinfo=None)
    row = {name: observation[name] for name in ("ville", "pays", "aeroport")}
    row |= {"timestamp": moment, **dict.fromkeys(MEASUREMENTS)}
    for name, value in measured.items():
        if value is None:
            continue
        dtype = MESURES_VILLES.schema[name].dtype
        if pa.types.is_floating(dtype):
            row[name] = float(value)
        elif value != int(value):
            return misfit(name, value, dtype)
        else:
            row[name] = int(value)
    return row


parse = by_record("mesures_villes", row_of)
