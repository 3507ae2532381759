"""Visual Crossing: the page of a city's weather by hour."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dataflow360.airports import Airport
from stack.simulator import pages, places, weather
from stack.simulator.source import EMPTY, fault_of
from stack.simulator.weather import Hour

SOURCE = pages.source("visualcrossing")

MOST_DAYS = 31

_BUILD = "sc-7h3d0b"
_STYLE = pages.Style(
    tags={
        "table": "table",
        "head": "tr",
        "heading": "th",
        "row": "tr",
        "cell": "td",
        "text": "span",
        "detail": "span",
    },
    classes={
        "table": f"table__Table-{_BUILD}-0",
        "head": f"table__TableHeader-{_BUILD}-1",
        "heading": f"table__HeaderCell-{_BUILD}-2",
        "row": f"table__TableRow-{_BUILD}-3",
        "cell": f"table__Cell-{_BUILD}-4",
        "text": f"table__CellText-{_BUILD}-5",
        "detail": f"table__SubText-{_BUILD}-6",
    },
)
COLUMNS = (
    "datetime",
    "temp",
    "humidity",
    "precip",
    "windspeed",
    "winddir",
    "sealevelpressure",
    "cloudcover",
    "conditions",
)
_LITTLE_CLOUD, _MUCH_CLOUD = 20, 80

router = APIRouter(prefix="/visualcrossing")
pages.add_robots(router)


@router.get("/weather-query-builder/{place}/metric/{first}/{last}")
async def query(request: Request, place: str, first: str, last: str) -> Response:
    """The hours of some days, in the place's local time as on the real page."""
    airport = places.named(place)
    if airport is None:
        return pages.refuse(404, f"Bad API Request: Invalid location '{place}'.")
    try:
        days = _days(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError as error:
        return pages.refuse(400, f"Bad API Request: {error}.")
    hours = [] if fault_of(request) == EMPTY else _hours(airport, days)
    zone = ZoneInfo(airport.timezone)
    noon = datetime.combine(days[0], time(12), zone)
    data = {
        "props": {
            "pageProps": {
                "weather": {
                    "address": place,
                    "resolvedAddress": f"{airport.city}, {airport.country}",
                    "latitude": airport.latitude,
                    "longitude": airport.longitude,
                    "timezone": airport.timezone,
                    "tzoffset": (noon.utcoffset() or timedelta()).total_seconds() / 3600,
                    "days": [
                        {
                            "datetime": day.isoformat(),
                            "hours": [_entry(local, values) for local, values in of_day],
                        }
                        for day, of_day in groupby(hours, key=lambda item: item[0].date())
                    ],
                }
            }
        }
    }
    rows = [_row(local, values) for local, values in hours]
    return pages.page(request, f"Weather of {place}", _STYLE, COLUMNS, rows, data)


def _days(first: date, last: date) -> list[date]:
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise ValueError(f"the range must have 1 to {MOST_DAYS} days")
    return [first + timedelta(days=i) for i in range(count)]


def _hours(airport: Airport, days: list[date]) -> list[tuple[datetime, Hour]]:
    zone = ZoneInfo(airport.timezone)
    local = [datetime.combine(day, time(hour), zone) for day in days for hour in range(24)]
    return [(moment, weather.at(airport.iata, moment.astimezone(UTC))) for moment in local]


def _entry(local: datetime, values: Hour) -> dict[str, object]:
    return {
        "datetime": local.strftime("%H:%M:%S"),
        "datetimeEpoch": int(local.timestamp()),
        "temp": values.temperature,
        "humidity": values.humidity,
        "precip": values.rain,
        "windspeed": values.wind_speed,
        "winddir": values.wind_direction,
        "pressure": values.pressure,
        "cloudcover": values.cloud,
        "conditions": _conditions(values),
    }


def _row(local: datetime, values: Hour) -> list[list[str]]:
    entry = _entry(local, values)
    names = ("temp", "humidity", "precip", "windspeed", "winddir", "pressure", "cloudcover")
    cells = [local.strftime("%Y-%m-%dT%H:%M:%S"), *(entry[name] for name in names)]
    return [[str(cell)] for cell in (*cells, entry["conditions"])]


def _conditions(values: Hour) -> str:
    if values.cloud < _LITTLE_CLOUD:
        sky = "Clear"
    else:
        sky = "Partially cloudy" if values.cloud < _MUCH_CLOUD else "Overcast"
    return f"Rain, {sky}" if values.rain else sky
