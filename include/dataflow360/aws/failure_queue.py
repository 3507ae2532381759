"""The queue in which Lambda names the records that it has given up."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import Any, Self

from botocore.exceptions import ClientError

from dataflow360 import names
from dataflow360.errors import RetriableError
from dataflow360.streams.kinesis import Place

log = logging.getLogger(__name__)

#: Name of the lock under which the queue is looked at or emptied.
LOCK = names.FAILURE_QUEUE

_MESSAGES_AT_ONCE = 10
#: For so long a message that was looked at is hidden, should the look be killed: longer than
#: emptying a queue takes, shorter than anyone waits for a batch to arrive.
_HIDDEN_SECONDS = 180


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


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the queue.

    Attributes:
        name: Its id, which it keeps however often it is delivered.
        receipt: What SQS wants to know to delete it.
        body: Its text.
    """

    name: str
    receipt: str
    body: str


class Hold:
    """The whole queue, hidden from others for as long as it is looked at."""

    def __init__(self, client: Any, url: str) -> None:
        """Hold the queue of an address; ``messages`` are those that are in it."""
        self._client = client
        self._url = url
        self.messages: list[Message] = []

    def receive(self) -> None:
        """Take every message."""
        known: set[str] = set()
        # In a long queue the first messages are visible again before the last was looked at.
        while new := [each for each in self._receive() if each.name not in known]:
            known |= {message.name for message in new}
            self.messages += new

    def delete(self) -> None:
        """Delete the messages for good.

        Raises:
            RetriableError: SQS has kept some of them.
        """
        kept: list[Message] = []
        for some in batched(self.messages, _MESSAGES_AT_ONCE, strict=False):
            answer = self._client.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message.receipt}
                    for number, message in enumerate(some)
                ],
            )
            kept += [some[int(each["Id"])] for each in answer.get("Failed", [])]
        total, self.messages = len(self.messages), kept
        if kept:
            raise RetriableError(
                f"SQS has not deleted {len(kept)} of {total} messages of {names.FAILURE_QUEUE}; "
                "this task tries again, and finds their records in quarantine."
            )

    def release(self) -> None:
        """Let others see the messages that were not deleted."""
        for message in self.messages:
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0
                )
            except ClientError as error:
                # Others see it already when it was held for too long.
                if not error.response["Error"]["Code"].endswith("MessageNotInflight"):
                    raise

    def _receive(self) -> list[Message]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_MESSAGES_AT_ONCE,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,  # without it SQS asks only some of its servers
        )
        return [
            Message(each["MessageId"], each["ReceiptHandle"], each["Body"])
            for each in answer.get("Messages", [])
        ]


@contextmanager
def hold(client: Any) -> Iterator[Hold]:
    """Hold the whole queue; what was not deleted in the end is visible again.

    Whoever holds it must have the lock ``LOCK``, or two would each see a part of it.

    Args:
        client: Client of SQS.
    """
    held = Hold(client, client.get_queue_url(QueueName=names.FAILURE_QUEUE)["QueueUrl"])
    try:
        held.receive()
        yield held
    finally:
        held.release()


def peek(client: Any) -> list[GivenUp]:
    """Look at the whole queue, and leave it as it is.

    Args:
        client: Client of SQS.
    """
    with hold(client) as held:
        stretches = {each.name: GivenUp.of(each.body) for each in held.messages}
    for name, stretch in stretches.items():
        if stretch is None:
            log.warning("%s has a message that names no records: %s", names.FAILURE_QUEUE, name)
    return [stretch for stretch in stretches.values() if stretch is not None]
