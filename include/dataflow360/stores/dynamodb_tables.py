"""What the two tables of DynamoDB hold of some observations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import batched
from typing import Any

from tenacity import wait_random_exponential

from dataflow360 import names
from dataflow360.clients.polling import poll
from dataflow360.errors import RetriableError

#: City and moment (unix seconds) of an observation.
type Key = tuple[str, int]
#: An item with its values typed, as DynamoDB has it: ``{"temp": {"N": "30"}}``.
type Item = dict[str, dict[str, Any]]

#: BatchGetItem reads 100 items.
_KEYS_AT_ONCE = 100
_GIVE_UP_SECONDS = 60.0
_PAUSE = wait_random_exponential(multiplier=0.05, max=5)


@dataclass(frozen=True, slots=True)
class Held:
    """What the tables hold of some observations.

    Attributes:
        history: The item of each observation that is in the history.
        newest: Moment of each city's state.
    """

    history: dict[Key, Item]
    newest: dict[str, int]

    def item(self, key: Key) -> Item | None:
        """The item of an observation that is at its end: in the history, its city's state as new.

        None while it is not.
        """
        ville, moment = key
        return self.history.get(key) if self.newest.get(ville, -1) >= moment else None


def hold(client: Any, keys: Iterable[Key], *, whole: bool = True) -> Held:
    """Look up observations in both tables, consistently.

    Args:
        client: Client of DynamoDB.
        keys: The observations.
        whole: Whether their items are wanted with all attributes, or with those of the key only,
            which is twice as fast.

    Raises:
        RetriableError: DynamoDB leaves keys unread for a minute.
    """
    wanted = sorted(set(keys))
    history = _read(
        client,
        names.HISTORY_TABLE,
        [{"ville": {"S": ville}, "timestamp": {"N": str(moment)}} for ville, moment in wanted],
        whole=whole,
    )
    states = _read(
        client,
        names.STATE_TABLE,
        [{"ville": {"S": ville}} for ville in sorted({ville for ville, _ in wanted})],
        whole=False,
    )
    return Held(
        {(item["ville"]["S"], int(item["timestamp"]["N"])): item for item in history},
        {item["ville"]["S"]: int(item["timestamp"]["N"]) for item in states},
    )


def key_of(data: bytes) -> Key:
    """What a record of the stream is in the tables."""
    payload: dict[str, Any] = json.loads(data)
    return payload["ville"], payload["timestamp"]


def digest(item: Item) -> str:
    """A text that tells one content of an item from another."""
    content = json.dumps(item, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def is_same(item: Item, data: bytes) -> bool:
    """Whether an item holds what a record of the stream tells, and no measurement more."""
    record = json.loads(data, parse_float=Decimal, parse_int=Decimal)
    told = {name: value for name, value in record["data"].items() if value is not None}
    held = {
        name: Decimal(value["N"])
        for name, value in item.items()
        if name != "timestamp" and "N" in value
    }
    places = all(item[name] == {"S": record[name]} for name in ("ville", "pays", "aeroport"))
    return places and held == told


def _read(client: Any, table: str, keys: list[Item], *, whole: bool) -> Iterator[Item]:
    for some in batched(keys, _KEYS_AT_ONCE, strict=False):
        yield from _read_batch(client, table, list(some), whole=whole)


def _read_batch(client: Any, table: str, keys: list[Item], *, whole: bool) -> list[Item]:
    found: list[Item] = []
    waiting = keys
    wanted: dict[str, Any] = {"ConsistentRead": True}
    if not whole:
        wanted |= {
            "ProjectionExpression": "ville, #timestamp",
            "ExpressionAttributeNames": {"#timestamp": "timestamp"},
        }

    def read_rest() -> int:
        """Read what is not read yet; how many keys are left after it."""
        nonlocal waiting
        answer = client.batch_get_item(RequestItems={table: {"Keys": waiting, **wanted}})
        found.extend(answer["Responses"].get(table, []))
        waiting = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        return len(waiting)

    if left := poll(read_rest, again=bool, wait=_PAUSE, seconds=_GIVE_UP_SECONDS):
        raise RetriableError(
            f"DynamoDB has left {left} of {len(keys)} keys of {table} unread for "
            f"{_GIVE_UP_SECONDS:g} s; this task tries again later."
        )
    return found
