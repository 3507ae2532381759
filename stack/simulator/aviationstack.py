"""AviationStack: today's flights."""

import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from dataflow360.airlines import AIRLINES
from dataflow360.airports import AIRPORTS, Airport
from stack.simulator import board
from stack.simulator.board import Flight
from stack.simulator.chance import share, whole
from stack.simulator.clock import Now
from stack.simulator.source import EMPTY, INVALID, Answer, Source

_MESSAGES = {
    "validation_error": "Request failed with validation error",
    "invalid_access_key": "You have not supplied a valid API Access Key.",
    "missing_access_key": "You have not supplied an API Access Key.",
    "function_access_restricted": (
        "Your current subscription plan does not support this API function."
    ),
    "404_not_found": "Resource not found.",
    "rate_limit_reached": (
        "You have exceeded the maximum rate limitation allowed on your subscription plan."
    ),
    "usage_limit_reached": (
        "Your monthly usage limit has been reached. Please upgrade your Subscription Plan."
    ),
    "internal_error": "An internal error occurred.",
}
_CODES = {
    400: "validation_error",
    401: "invalid_access_key",
    403: "function_access_restricted",
    404: "404_not_found",
    429: "rate_limit_reached",
    500: "internal_error",
    503: "internal_error",
}


def _error(code: str, context: object = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": _MESSAGES[code]}
    if context is not None:
        error["context"] = context
    return {"error": error}


SOURCE = Source(
    "aviationstack",
    "/aviationstack/",
    lambda status: _error(_CODES[status]),
    {
        INVALID: Answer(200, {"version": 3, "results": [{"flight": "HC301", "from": "DSS"}]}),
        EMPTY: Answer(
            200,
            {"pagination": {"limit": 100, "offset": 0, "count": 0, "total": 0}, "data": []},
        ),
        "quota": Answer(429, _error("usage_limit_reached")),
        "quota-200": Answer(
            200,
            {
                "success": False,
                "error": {
                    "code": 104,
                    "type": "usage_limit_reached",
                    "info": "Your monthly API request volume has been reached. "
                    "Please upgrade your plan.",
                },
            },
        ),
        "rate-limit": Answer(429, _error("rate_limit_reached")),
    },
)

MOST_ROWS = 100
"""Rows in one answer on the free plan."""

STATUSES = ("scheduled", "active", "landed", "cancelled", "incident", "diverted")

_DEPARTED = ("active", "landed", "diverted", "incident")
_AIRCRAFT_SHARE = 0.1
_GATE_SHARE = 0.4

_ICAO = {
    "HC": "SZN", "HF": "VRE", "KP": "SKK", "2J": "VBW", "P4": "APK", "AW": "AFW", "R2": "TSG",
    "VR": "TCV", "L6": "MAI", "AT": "RAM", "ET": "ETH", "KQ": "KQA", "WB": "RWD", "MS": "MSR",
    "TU": "TAR", "AH": "DAH", "SA": "SAA", "AF": "AFR", "SS": "CRL", "TO": "TVF", "SN": "BEL",
    "TP": "TAP", "TK": "THY", "IB": "IBE", "VY": "VLG", "NT": "IBB", "BA": "BAW", "VS": "VIR",
    "KL": "KLM", "LH": "DLH", "EK": "UAE", "QR": "QTR", "ME": "MEA", "DL": "DAL", "UA": "UAL",
}  # fmt: skip

Row = dict[str, Any]

_FILTERS: dict[str, Callable[[Row], object]] = {
    "flight_status": lambda row: row["flight_status"],
    "dep_iata": lambda row: row["departure"]["iata"],
    "dep_icao": lambda row: row["departure"]["icao"],
    "arr_iata": lambda row: row["arrival"]["iata"],
    "arr_icao": lambda row: row["arrival"]["icao"],
    "airline_iata": lambda row: row["airline"]["iata"],
    "airline_icao": lambda row: row["airline"]["icao"],
    "airline_name": lambda row: row["airline"]["name"],
    "flight_number": lambda row: row["flight"]["number"],
    "flight_iata": lambda row: row["flight"]["iata"],
    "flight_icao": lambda row: row["flight"]["icao"],
}

router = APIRouter(prefix="/aviationstack/v1")


@router.get("/flights")
async def flights(request: Request, now: Now) -> Response:
    """Flights of the current day, a page at a time."""
    query = request.query_params
    if not query.get("access_key"):
        return JSONResponse(_error("missing_access_key"), 401)
    if "flight_date" in query:
        return JSONResponse(_error("function_access_restricted"), 403)
    unknown = set(query) - {"access_key", "limit", "offset", *_FILTERS}
    wrong = {name: [{"key": "unknown", "message": "not supported"}] for name in sorted(unknown)}
    if query.get("flight_status", STATUSES[0]) not in STATUSES:
        wrong["flight_status"] = [{"key": "choice", "message": "no such status"}]
    for name in ("limit", "offset"):
        if not query.get(name, "0").isdecimal():
            wrong[name] = [{"key": "integer", "message": "This value should be a number."}]
    if wrong:
        return JSONResponse(_error("validation_error", wrong), 422)
    limit = min(int(query.get("limit", MOST_ROWS)) or MOST_ROWS, MOST_ROWS)
    offset = int(query.get("offset", 0))
    rows = [
        row
        for flight in _candidates(query.get("dep_iata"), query.get("arr_iata"), now)
        for row in _rows(flight, now)
        if all(get(row) == query[name] for name, get in _FILTERS.items() if name in query)
    ]
    page = rows[offset : offset + limit]
    pagination = {"limit": limit, "offset": offset, "count": len(page), "total": len(rows)}
    return JSONResponse({"pagination": pagination, "data": page})


@router.get("/{function}")
async def unknown_function(function: str) -> Response:
    """Any other function."""
    del function
    error = {"code": "invalid_api_function", "message": "This API function does not exist."}
    return JSONResponse({"error": error}, 404)


def _candidates(departure: str | None, arrival: str | None, now: datetime) -> Iterator[Flight]:
    day = now.date()
    if departure in AIRPORTS:
        yield from board.departures(departure, day)
    elif arrival in AIRPORTS:
        yield from board.arrivals(arrival, day)
    else:
        for iata in AIRPORTS:
            yield from board.departures(iata, day)


def _rows(flight: Flight, now: datetime) -> Iterator[Row]:
    """The flight's row, and one for each number that another airline sells it under."""
    operated = _identity(flight.airline, flight.number)
    airline = _airline(flight.airline)
    common = {
        "flight_date": flight.day.isoformat(),
        "flight_status": flight.status,
        "departure": _end(flight, flight.origin, flight.departure),
        "arrival": {
            **_end(flight, flight.destination, flight.arrival, done=flight.status == "landed"),
            "baggage": None,
        },
        "aircraft": _aircraft(flight),
        "live": _live(flight, now),
    }
    yield {**common, "airline": airline, "flight": {**operated, "codeshared": None}}
    codeshared = {
        "airline_name": airline["name"],
        "airline_iata": airline["iata"],
        "airline_icao": airline["icao"],
        "flight_number": operated["number"],
        "flight_iata": operated["iata"],
        "flight_icao": operated["icao"],
    }
    lower = {name: text and text.lower() for name, text in codeshared.items()}
    for partner, number in flight.shared:
        sold = {**_identity(partner, number), "codeshared": lower}
        yield {**common, "airline": _airline(partner), "flight": sold}


def _airline(iata: str) -> dict[str, str | None]:
    return {"name": _plain(AIRLINES[iata].name), "iata": iata, "icao": _ICAO.get(iata)}


def _identity(airline: str, number: str) -> dict[str, str | None]:
    icao = _ICAO.get(airline)
    return {"number": number, "iata": airline + number, "icao": icao and icao + number}


def _end(flight: Flight, airport: Airport, moment: datetime, *, done: bool | None = None) -> Row:
    """One end of a flight. Its times are the airport's own, labelled as if they were UTC."""
    departed = flight.status in _DEPARTED
    happened = departed if done is None else done
    name = (flight.airline, flight.number, flight.day, airport.iata)
    late = max(flight.delay, 0)
    scheduled = _local_called_utc(moment, airport)
    actual = _local_called_utc(moment + timedelta(minutes=flight.delay), airport)
    gate = share("gate", *name) < _GATE_SHARE
    return {
        "airport": _plain(airport.city),
        "timezone": airport.timezone,
        "iata": airport.iata,
        "icao": airport.icao,
        "terminal": str(whole(1, 2, "terminal", *name)) if gate else None,
        "gate": f"{'ABC'[whole(0, 2, 'pier', *name)]}{whole(1, 19, 'number', *name)}"
        if gate
        else None,
        "delay": late if late and departed else None,
        "scheduled": scheduled,
        "estimated": scheduled,
        "actual": actual if happened else None,
        "estimated_runway": actual if happened else None,
        "actual_runway": actual if happened else None,
    }


def _local_called_utc(moment: datetime, airport: Airport) -> str:
    local = moment.astimezone(ZoneInfo(airport.timezone))
    return local.replace(tzinfo=None).isoformat() + "+00:00"


def _aircraft(flight: Flight) -> Row | None:
    name = (flight.airline, flight.number, flight.day)
    if share("aircraft", *name) >= _AIRCRAFT_SHARE:
        return None
    return {
        "registration": f"5N-{whole(100, 999, 'registration', *name)}",
        "iata": "738",
        "icao": "B738",
        "icao24": f"{whole(0x040000, 0x0FFFFF, 'icao24', *name):06X}",
    }


def _live(flight: Flight, now: datetime) -> Row | None:
    name = (flight.airline, flight.number, flight.day)
    if flight.status != "active" or share("live", *name) >= 1 / 2:
        return None
    way = share("way", *name)
    ends = flight.origin, flight.destination
    latitude, longitude = (
        round(start + way * (end - start), 4)
        for start, end in zip(
            *((airport.latitude, airport.longitude) for airport in ends), strict=True
        )
    )
    return {
        "updated": now.replace(minute=0, second=0, microsecond=0).isoformat(),
        "latitude": latitude,
        "longitude": longitude,
        "altitude": 10_668.0,
        "direction": float(whole(0, 359, "direction", *name)),
        "speed_horizontal": 833.4,
        "speed_vertical": 0.0,
        "is_ground": False,
    }


def _plain(name: str) -> str:
    """A name without accents, as the real API has them."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
