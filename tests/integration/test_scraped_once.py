"""Scraped pages through all four steps: read twice, they are stored and published once."""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from dataflow360.clients import redis
from dataflow360.pipeline.extraction import Extraction, extract
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources.flightstats import FLIGHTSTATS
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.visualcrossing import VISUALCROSSING
from tests.integration.support import ends, finish, received_since

_FIRST_DAY = datetime(2001, 1, 1, tzinfo=UTC)  # the zones have had their offsets since then
_DAYS = 20_000


def _boards(airports: list[str], run: Run, *, refetch: bool) -> Extraction:
    request = AirportsRequest.checked({"airports": airports, "refetch": refetch})
    return FLIGHTSTATS.extraction(request, replace(run, now=lambda: run.interval.end))


def _weather(airports: list[str], run: Run, *, refetch: bool) -> Extraction:
    request = AirportsRequest.checked({"airports": airports, "refetch": refetch})
    return VISUALCROSSING.extraction(request, run)


def _finish(make: Callable[..., Extraction], run: Run, *, refetch: bool) -> dict[str, int]:
    batch = extract(make(["LOS", "RAI"], run, refetch=refetch), run, refetch=refetch)
    return dict(finish(batch, run))


@pytest.mark.parametrize(
    ("dag_id", "make", "topic", "hours"),
    [
        ("scrape_departures", _boards, "departs_aeroports", 6),
        ("scrape_weather", _weather, "meteo_villes", 24),
    ],
)
def test_read_twice_is_published_once(dag_id, make, topic, hours):
    day = _FIRST_DAY + timedelta(days=random.randrange(_DAYS))
    start = day + timedelta(hours=12 if hours == 6 else 0)
    interval = Interval(start, start + timedelta(hours=hours))
    before = ends(topic)

    first = _finish(make, Run(dag_id, f"test__{uuid.uuid4()}", -1, interval), refetch=False)
    assert first["rows_read"] == first["rows_valid"] == first["rows_new"] > 0
    assert first["messages_published"] == first["rows_stored"] == first["rows_read"]
    for refetch in (False, True):
        _finish(make, Run(dag_id, f"test__{uuid.uuid4()}", -1, interval), refetch=refetch)
    published = Counter(
        message.headers["ce_id"]
        for message in received_since(topic, before)
        if str(day.date()).encode() in message.value
    )
    assert len(published) == first["rows_read"]
    assert set(published.values()) == {1}


@pytest.mark.parametrize(
    ("key", "make", "dag_id", "fields"),
    [
        (
            "departures:LOS",
            _boards,
            "scrape_departures",
            ["Vol", "Code_Compagnie", "Compagnie", "Heure_Depart", "Heure_Arrivee", "Destination",
             "Pays", "Aeroport", "Date_Depart"],
        ),
        (
            "meteo:Praia",
            _weather,
            "scrape_weather",
            ["ville", "pays", "aeroport", "date_observation", "heure_observation", "temperature",
             "humidite", "pression", "vitesse_vent", "direction_vent", "precipitations",
             "nebulosite", "conditions_meteo"],
        ),
    ],
)  # fmt: skip
def test_redis_has_the_latest_board_of_the_place_and_not_for_ever(key, make, dag_id, fields):
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = 6 if dag_id == "scrape_departures" else 24
    # Later than anything that another test reads, so that its board is the latest one.
    interval = Interval(today + timedelta(hours=12), today + timedelta(hours=12 + hours))
    _finish(make, Run(dag_id, f"test__{uuid.uuid4()}", -1, interval), refetch=True)
    with redis.connect() as client:
        board = orjson.loads(client.get(key))
        assert 0 < client.ttl(key) <= 7 * 86_400
    assert board
    assert all(list(row) == fields for row in board)
