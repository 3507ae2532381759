"""The weather at each airport: OpenWeather for the hour that has just ended, an archive before.

OpenWeather's free plan tells the present only. A past interval is read from Open-Meteo's archive,
and its rows say so in their provenance.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dataflow360.clients import redis
from dataflow360.clients.raw_answers import RawAnswers
from dataflow360.errors import DataFlowError, FatalError, SkippableError
from dataflow360.pipeline.chunk import Chunk, Missing, chunk_of
from dataflow360.pipeline.extraction import Extraction
from dataflow360.pipeline.run import Interval, Run
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from dataflow360.sources.openweather import api as openweather_api
from dataflow360.sources.openweather import open_meteo
from dataflow360.sources.parts import answers_of
from dataflow360.sources.places import AirportsRequest

#: For so long after an interval the present weather is taken for that of its end.
_PRESENT = timedelta(hours=1)


def weather(request: AirportsRequest, run: Run, *, now: datetime | None = None) -> Extraction:
    """What ``openweather`` fetches: one observation of each airport for an hourly interval.

    Args:
        request: The params.
        run: The run, with its interval.
        now: The present, which decides whom to ask; it never dates an observation.

    """
    now = now or datetime.now(UTC)
    interval = run.interval
    scope = run.scope(refetch=request.refetch)
    is_present = now < interval.end + _PRESENT
    source = "OpenWeather" if is_present else "Open-Meteo"
    return Extraction(
        record=METEO_AEROPORTS,
        topic="meteo_aeroports",
        source_key=interval.key,
        source_name=f"{source} of {interval.start:%Y-%m-%d %H:%M}",
        request=request.content,
        fetch=lambda: (
            _present(request.airports, scope)
            if is_present
            else _past(request.airports, interval, scope, now)
        ),
    )


def _present(airports: tuple[str, ...], scope: str) -> Iterator[Chunk | Missing]:

    position = 1
    with redis.connect() as client, openweather_api.session(client) as api:
        kept = RawAnswers(client, "openweather", scope)
        for iata, answer in answers_of(airports, api.current_weather, kept):
            if isinstance(answer, DataFlowError):
                yield Missing(iata, answer)
            else:
                yield openweather_api.parse([answer], position)
                position += 1


def _past(
    airports: tuple[str, ...], interval: Interval, scope: str, now: datetime
) -> Iterator[Chunk | Missing]:

    position = 1
    unknown: list[str] = []
    with redis.connect() as client, open_meteo.session(interval, now) as api:
        kept = RawAnswers(client, "openmeteo", scope)
        for iata, answer in answers_of(airports, api.hours, kept):
            if isinstance(answer, DataFlowError):
                yield Missing(iata, answer)
                continue
            try:
                records = open_meteo.records(answer, interval)
            except FatalError as error:
                yield Missing(iata, error)
                continue
            if not records:
                unknown.append(iata)
                continue
            yield open_meteo.parse(records, position)
            position += len(records)
    not_yet = SkippableError(
        f"Open-Meteo does not know the weather of {interval.start:%Y-%m-%d %H:%M} yet; "
        "run this interval again in some days."
    )
    if len(unknown) == len(airports):
        raise not_yet
    for iata in unknown:
        yield Missing(iata, not_yet)


def reparse(request: str, raws: list[bytes]) -> Chunk:
    """Parse records of either source again, from the bytes that quarantine keeps."""
    return chunk_of(
        METEO_AEROPORTS.arrow_schema,
        [
            (
                raw,
                open_meteo.row_of(raw)
                if open_meteo.is_record(raw)
                else openweather_api.row_of(raw),
            )
            for raw in raws
        ],
    )
