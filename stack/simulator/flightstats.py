"""FlightStats: the page of an airport's departures in six hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dataflow360.airlines import AIRLINES
from dataflow360.airports import AIRPORTS
from stack.simulator import board, pages
from stack.simulator.board import Flight
from stack.simulator.clock import Now
from stack.simulator.source import EMPTY, fault_of

SOURCE = pages.source("flightstats")

WINDOW_HOURS = 6

_BUILD = "sc-1x7nv9w"
_STYLE = pages.Style(
    tags={
        "table": "div",
        "head": "div",
        "heading": "p",
        "row": "a",
        "cell": "div",
        "text": "h2",
        "detail": "span",
    },
    classes={
        "table": f"table__Table-{_BUILD}-6",
        "head": f"table__TableHeader-{_BUILD}-5",
        "heading": f"table__HeaderText-{_BUILD}-11",
        "row": f"table__TableRow-{_BUILD}-7",
        "cell": f"table__Cell-{_BUILD}-13",
        "text": f"table__CellText-{_BUILD}-15",
        "detail": f"table__SubText-{_BUILD}-16",
    },
)
_COLUMNS = ("Flight", "Departure", "Arrival", "Destination")

router = APIRouter(prefix="/flightstats")
pages.add_robots(router)


@router.get("/v2/flight-tracker/departures/{iata}")
async def departures(
    request: Request,
    now: Now,
    iata: str,
    year: str | None = None,
    month: str | None = None,
    date: str | None = None,
    hour: str | None = None,
) -> Response:
    """Departures from ``hour`` on, in the airport's local time; without one, the current window."""
    airport = AIRPORTS.get(iata)
    if airport is None:
        return pages.refuse(404, f"There is no airport {iata}.")
    local = now.astimezone(ZoneInfo(airport.timezone))
    try:
        start = datetime(  # noqa: DTZ001  # the airport's own time
            int(year or local.year),
            int(month or local.month),
            int(date or local.day),
            int(hour or local.hour // WINDOW_HOURS * WINDOW_HOURS),
        )
    except ValueError:
        return pages.refuse(400, "The date or the hour is not valid.")
    flights = [] if fault_of(request) == EMPTY else board.window(iata, start, WINDOW_HOURS)
    shown = [
        (flight, airline, number)
        for flight in flights
        for airline, number in ((flight.airline, flight.number), *flight.shared)
    ]
    data = {
        "props": {
            "initialState": {
                "flightTracker": {
                    "route": {
                        "header": {
                            "departureAirport": {"fs": iata, "name": airport.city},
                            "date": start.date().isoformat(),
                            "hour": start.hour,
                        },
                        "flights": [_entry(*item) for item in shown],
                    }
                }
            }
        }
    }
    rows = [_row(*item) for item in shown]
    return pages.page(request, f"({iata}) Departures", _STYLE, _COLUMNS, rows, data)


def _entry(flight: Flight, airline: str, number: str) -> dict[str, object]:
    destination = flight.destination
    day = flight.day
    return {
        "sortTime": flight.departure.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "departureTime": _clock(flight.departure, flight.origin.timezone),
        "arrivalTime": _clock(flight.arrival, destination.timezone),
        "carrier": {"fs": airline, "name": AIRLINES[airline].name, "flightNumber": number},
        "operatedBy": _operated_by(flight, airline),
        "airport": {"fs": destination.iata, "city": destination.city, "name": destination.city},
        "isCodeshare": airline != flight.airline,
        "url": f"/flight-tracker/{airline}/{number}"
        f"?year={day.year}&month={day.month}&date={day.day}",
    }


def _row(flight: Flight, airline: str, number: str) -> list[list[str]]:
    operated_by = _operated_by(flight, airline)
    return [
        [f"{airline} {number}", AIRLINES[airline].name, *([operated_by] if operated_by else [])],
        [_time24(flight.departure, flight.origin.timezone)],
        [_time24(flight.arrival, flight.destination.timezone)],
        [flight.destination.iata, flight.destination.city],
    ]


def _operated_by(flight: Flight, airline: str) -> str | None:
    return None if airline == flight.airline else f"Operated by {AIRLINES[flight.airline].name}"


def _clock(moment: datetime, timezone: str) -> dict[str, str]:
    local = moment.astimezone(ZoneInfo(timezone))
    return {
        "timeAMPM": local.strftime("%I:%M").lstrip("0"),
        "ampm": local.strftime("%p").lower(),
        "time24": _time24(moment, timezone),
    }


def _time24(moment: datetime, timezone: str) -> str:
    return moment.astimezone(ZoneInfo(timezone)).strftime("%H:%M")
