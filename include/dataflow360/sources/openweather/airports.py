"""The weather at each airport: OpenWeather for the hour that has just ended, an archive before.

OpenWeather's free plan tells the present only. A past interval is read from Open-Meteo's archive,
and its rows say so in their provenance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dataflow360.clients import redis
from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import SkippableError
from dataflow360.pipeline.chunk import Missing
from dataflow360.pipeline.run import Run
from dataflow360.sources.api.answers import answers_of, records_of
from dataflow360.sources.openweather import api, open_meteo
from dataflow360.sources.openweather.present import is_present
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import by_record


def title(run: Run) -> str:
    """What a run fetches: the weather of its interval, and whose."""
    source = "OpenWeather" if is_present(run) else "Open-Meteo"
    return f"{source} of {run.interval.start:%Y-%m-%d %H:%M}"


def fetch(request: AirportsRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    """One observation of each airport for an hourly interval."""
    return _present(request, run) if is_present(run) else _past(request, run)


def _present(request: AirportsRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    with redis.connect() as client, api.session(client) as session:
        kept = RawAnswers(client, "openweather", run.scope(refetch=request.refetch))
        answers = answers_of(request.airports, session.current_weather, kept)
        yield from records_of(answers, lambda answer: [answer])


def _past(request: AirportsRequest, run: Run) -> Iterator[list[bytes] | Missing]:
    interval = run.interval
    with redis.connect() as client, open_meteo.session(interval, run.now()) as session:
        kept = RawAnswers(client, "openmeteo", run.scope(refetch=request.refetch))
        yield from records_of(
            answers_of(request.airports, session.hours, kept),
            lambda answer: open_meteo.records(answer, interval),
            SkippableError(
                f"Open-Meteo does not know the weather of {interval.start:%Y-%m-%d %H:%M} yet; "
                "run this interval again in some days."
            ),
        )


def row_of(raw: bytes) -> dict[str, Any] | str:
    """A record of either site as a row of ``meteo_aeroports``, or the reason why it is none."""
    return open_meteo.row_of(raw) if open_meteo.is_record(raw) else api.row_of(raw)


parse = by_record("meteo_aeroports", row_of)
