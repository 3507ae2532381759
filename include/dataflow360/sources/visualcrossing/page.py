"""The Visual Crossing page of a city's weather by hour: where its data are, what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError

from dataflow360.airports import AIRPORTS, Airport, by_city
from dataflow360.errors import FatalError
from dataflow360.pipeline.chunk import Chunk, chunk_of
from dataflow360.pipeline.run import Interval
from dataflow360.records.meteo_villes import METEO_VILLES
from dataflow360.sources.source import Origin
from dataflow360.sources.web.page_text import (
    Embedded,
    Entry,
    PageText,
    Row,
    embedded_list,
    embedded_value,
    entry_of,
    first_row,
    kept,
    read_again,
    reason_of,
    table_rows,
)

DATA_PATH = ("props", "pageProps", "weather", "days")
#: Class names end in a hash that changes with each build of the site.
ROW_SELECTOR = '[class*="table__TableRow"]'
CELL_SELECTOR = '[class*="table__Cell-"]'
#: The table's columns, by their names in the embedded data.
COLUMNS = (
    "datetime", "temp", "humidity", "precip", "windspeed", "winddir", "pressure", "cloudcover",
    "conditions",
)  # fmt: skip


_ADDRESS_PATH = (*DATA_PATH[:-1], "address")
_LOCAL_HOUR = "%Y-%m-%dT%H:00:00"


def _local_hour(text: object) -> datetime:
    """A whole hour in the form of the page; pydantic's own parser takes others for times too."""
    if not isinstance(text, str):
        raise ValueError("it is not a text")  # noqa: TRY004 (pydantic reports a ValueError)
    return datetime.strptime(text, _LOCAL_HOUR)  # noqa: DTZ007 (the place's own time)


def _not_a_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("it is not a number")  # noqa: TRY004
    return value


_Number = Annotated[float, BeforeValidator(_not_a_truth_value), Field(allow_inf_nan=False)]


class _Hour(Embedded):
    """The weather in an hour, as the embedded JSON has it, with the day before the hour."""

    local: Annotated[datetime, BeforeValidator(_local_hour)] = Field(alias="datetime")
    temp: _Number | None = None
    humidity: _Number | None = None
    precip: _Number | None = None
    windspeed: _Number | None = None
    winddir: _Number | None = None
    pressure: _Number | None = None
    cloudcover: _Number | None = None
    conditions: str | None = None


def parse(text: PageText, airport: Airport, interval: Interval) -> Chunk:
    """The hours of an interval on a page, from its embedded data or else from its table.

    The page has whole days of the place's own time; the hours of other intervals are left to
    their runs.

    Args:
        text: The page.
        airport: The airport whose city was asked for.
        interval: The data interval.

    Raises:
        FatalError: The page is of another place.
    """
    _require_place(text, airport)
    return chunk_of(METEO_VILLES.arrow_schema, _records(text, airport, interval))


def reparse(raws: Sequence[bytes], origin: Origin) -> Chunk:
    """Parse records again, from the bytes that quarantine keeps.

    Args:
        raws: Each as :func:`parse` has it.
        origin: Their batch.
    """
    records = [(raw, _parsed_again(raw, origin.interval)) for raw in raws]
    return chunk_of(METEO_VILLES.arrow_schema, records)


def _parsed_again(raw: bytes, interval: Interval) -> dict[str, Any] | str:
    try:
        iata, value = read_again(raw, _from_html)
    except ValueError as error:
        return f"the record cannot be read again: {error}"
    airport = AIRPORTS.get(iata)
    if airport is None:
        return f"{iata} is no airport of the project"
    return _outcome(value, airport, interval) or "its hour is outside of the data interval"


def _from_html(row: str) -> dict[str, Any]:
    return _from_table(first_row(row, ROW_SELECTOR, CELL_SELECTOR))


def _records(
    text: PageText, airport: Airport, interval: Interval
) -> Iterator[tuple[bytes, dict[str, Any] | str]]:
    for entry in _entries(text):
        if outcome := _outcome(entry.value, airport, interval):
            yield kept(airport.iata, entry.raw), outcome


def _outcome(value: Any, airport: Airport, interval: Interval) -> dict[str, Any] | str | None:
    """An hour's row, or why it has none; None for an hour that was not asked for."""
    try:
        hour = _Hour.model_validate(value)
    except ValidationError as error:
        return reason_of(error)
    moment = hour.local.replace(tzinfo=ZoneInfo(airport.timezone)).astimezone(UTC)
    return _row(hour, moment, airport) if interval.start <= moment < interval.end else None


def _require_place(text: PageText, airport: Airport) -> None:
    address = embedded_value(text.embedded, _ADDRESS_PATH)
    if isinstance(address, str) and by_city(address.partition(",")[0]) is not airport:
        raise FatalError(
            f"The page of {airport.city} tells the weather of {address!r}; look at its address"
        )


def _row(hour: _Hour, moment: datetime, airport: Airport) -> dict[str, Any]:
    return {
        "ville": airport.city,
        "pays": airport.country,
        "aeroport": airport.iata,
        "date_observation": moment.date(),
        "heure_observation": moment.hour,
        "temperature": hour.temp,
        "humidite": hour.humidity,
        "pression": hour.pressure,
        "vitesse_vent": hour.windspeed,
        "direction_vent": hour.winddir,
        "precipitations": hour.precip,
        "nebulosite": hour.cloudcover,
        "conditions_meteo": hour.conditions or None,
    }


def _entries(text: PageText) -> Iterator[Entry]:
    days = embedded_list(text.embedded, DATA_PATH)
    if days is not None and text.embedded is not None:
        for value in _hours(days):
            yield entry_of(value, text.embedded)
        return
    for row in table_rows(text.html, ROW_SELECTOR, CELL_SELECTOR):
        yield Entry(_from_table(row), row.raw)


def _from_table(row: Row) -> dict[str, Any]:
    return {name: row.text(cell) for cell, name in enumerate(COLUMNS)}


def _hours(days: list[Any]) -> Iterator[Any]:
    """The hours of all days, each with its day; what is of another shape comes as it is."""
    for day in days:
        hours = day.get("hours") if isinstance(day, dict) else None
        if not isinstance(hours, list):
            yield day
            continue
        for hour in hours:
            if isinstance(hour, dict):
                yield {**hour, "datetime": f"{day.get('datetime')}T{hour.get('datetime')}"}
            else:
                yield hour
