"""The queue in which Lambda names the records that it has given up."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any, Self

from dataflow360.aws import names
from dataflow360.streams.kinesis import Place

log = logging.getLogger(__name__)

_MESSAGES_AT_ONCE = 10
#: For so long a message that was looked at is hidden, should the look be killed.
_HIDDEN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A stretch of a shard that Lambda has given up, both ends included.

    It may contain records that were stored: Lambda gives up all from the first that failed on.
    """

    shard: str
    first: int
    last: int

    def __contains__(self, place: Place) -> bool:
        """Whether a record lies in it."""
        return place.shard == self.shard and self.first <= int(place.sequence) <= self.last

    @classmethod
    def of(cls, body: str) -> Self | None:
        """The stretch that a message of the queue names; None for another message.

        Contract: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
        """
        try:
            batch = json.loads(body)["KinesisBatchInfo"]
            return cls(
                batch["shardId"],
                int(batch["startSequenceNumber"]),
                int(batch["endSequenceNumber"]),
            )
        except (ValueError, KeyError, TypeError):
            return None


def peek(client: Any) -> list[GivenUp]:
    """Look at the whole queue, and leave it as it is.

    A message is hidden from others while this looks, and visible again at the end.

    Args:
        client: Client of SQS.
    """
    url = client.get_queue_url(QueueName=names.FAILURE_QUEUE)["QueueUrl"]
    seen: dict[str, dict[str, Any]] = {}
    try:
        # In a long queue the first messages are visible again before the last was looked at.
        while new := [each for each in _receive(client, url) if each["MessageId"] not in seen]:
            seen |= {message["MessageId"]: message for message in new}
    finally:
        for message in seen.values():
            client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
    stretches = {name: GivenUp.of(message["Body"]) for name, message in seen.items()}
    for name, stretch in stretches.items():
        if stretch is None:
            log.warning("%s has a message that names no records: %s", names.FAILURE_QUEUE, name)
    return [stretch for stretch in stretches.values() if stretch is not None]


def _receive(client: Any, url: str) -> list[dict[str, Any]]:
    answer = client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_MESSAGES_AT_ONCE,
        VisibilityTimeout=_HIDDEN_SECONDS,
        WaitTimeSeconds=1,  # without it SQS asks only some of its servers
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages
