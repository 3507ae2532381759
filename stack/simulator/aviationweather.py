"""aviationweather.gov: METAR reports as its data API gives them.

Seen in recorded answers of 2023 and 2025: the fields and their order, ``visib`` as a number or as
text (``6+``), ``rawOb`` without the word METAR, ``receiptTime`` without a zone, values that are
null or missing. From documents of the site and of its clients: ``wdir`` may be ``VRB``, 204 when
there is nothing, ``date`` as the end of the range and ``hours`` back from it, 15 days, 400 reports
at most. A guess: how often a report is NIL, automatic, corrected or special, and that a correction
comes beside what it corrects.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from dataflow360.airports import AIRPORTS, Airport
from stack.simulator import weather
from stack.simulator.chance import share, whole
from stack.simulator.clock import Now
from stack.simulator.source import EMPTY, INVALID, Answer, Source
from stack.simulator.weather import Hour


def _error(status: int) -> object:
    return {"status": "error", "error": f"Error {status}"}


SOURCE = Source(
    "aviationweather",
    "/aviationweather/",
    _error,
    {INVALID: Answer(200, {"data": "METAR"}), EMPTY: Answer(204, None)},
)

KEPT = timedelta(days=15)
"""How far back there are reports."""

MOST_REPORTS = 400
"""How many reports an answer has at most."""

_BY_ICAO = {airport.icao: airport for airport in AIRPORTS.values()}
_DATE_FORMAT = "%Y%m%d_%H%M"
_KMH_PER_KNOT, _KM_PER_MILE, _FEET_PER_KM = 1.852, 1.609344, 3280.84
_CALM, _STEADY = 1, 4  # knots
_FAR_KM = 10
_NIL, _AUTOMATIC, _CORRECTED, _WITHOUT_DEW_POINT, _HALF_HOURLY = 0.02, 0.15, 0.03, 0.03, 0.5
_LAYERS = ((10, None), (25, "FEW"), (51, "SCT"), (90, "BKN"), (101, "OVC"))

router = APIRouter(prefix="/aviationweather/api/data")


@router.get("/metar")
async def metar(
    now: Now, ids: str = "", format: str = "raw", hours: float = 1.5, date: str = ""
) -> Response:
    """The reports of some airports in the hours until a moment, the newest first."""
    try:
        end = datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=UTC) if date else now
    except ValueError:
        return JSONResponse(_error(400), 400)
    if format != "json" or not ids or hours < 0:
        return JSONResponse(_error(400), 400)
    start = max(end - timedelta(hours=hours), now - KEPT)
    found = [
        report
        for icao in ids.split(",")
        if icao in _BY_ICAO
        for report in _reports(_BY_ICAO[icao], start, min(end, now))
    ]
    if not found:
        return Response(status_code=204)
    found.sort(key=lambda report: -report["obsTime"])
    return JSONResponse(found[:MOST_REPORTS])


def _reports(airport: Airport, first: datetime, last: datetime) -> Iterator[dict[str, Any]]:
    """The reports of an airport that were observed from the first to the last moment."""
    moment = first.replace(minute=0, second=0, microsecond=0)
    while moment <= last:
        for report in _of_hour(airport, moment):
            if first.timestamp() <= report["obsTime"] <= last.timestamp():
                yield report
        moment += timedelta(hours=1)


def _of_hour(airport: Airport, hour: datetime) -> Iterator[dict[str, Any]]:
    sky = weather.at(airport.iata, hour)
    minutes = (0, 30) if share("metar-half-hourly", airport.iata) < _HALF_HOURLY else (0,)
    for minute in minutes:
        moment = hour.replace(minute=minute)
        yield _report(airport, moment, sky)
        if share("metar-cor", airport.iata, moment) < _CORRECTED:
            yield _report(airport, moment, sky, corrected=True)
    if sky.storm:
        special = hour.replace(minute=whole(5, 25, "speci", airport.iata, hour))
        yield _report(airport, special, sky, kind="SPECI")


def _report(
    airport: Airport, moment: datetime, sky: Hour, *, kind: str = "METAR", corrected: bool = False
) -> dict[str, Any]:
    name = (airport.iata, moment, kind)
    head = f"{airport.icao} {moment:%d%H%M}Z"
    received = moment + timedelta(minutes=9 if corrected else 4)
    report: dict[str, Any] = {
        "icaoId": airport.icao,
        "receiptTime": f"{received:%Y-%m-%d %H:%M:%S}",
        "obsTime": int(moment.timestamp()),
        "reportTime": f"{moment:%Y-%m-%d %H:%M:%S}",
        "metarType": kind,
        "lat": round(airport.latitude, 3),
        "lon": round(airport.longitude, 3),
        "name": f"{airport.city} Arpt",
    }
    if kind == "METAR" and not corrected and share("metar-nil", *name) < _NIL:
        return {**report, "rawOb": f"{head} NIL", "temp": None, "wdir": None, "wspd": None}
    words = "AUTO " if share("metar-auto", airport.iata) < _AUTOMATIC else ""
    words += "COR " if corrected else ""
    knots = round(sky.wind_speed / _KMH_PER_KNOT)
    direction: int | str = "VRB" if _CALM < knots < _STEADY else round(sky.wind_direction, -1) % 360
    wind = f"{direction:03}" if isinstance(direction, int) else direction
    far = sky.visibility >= _FAR_KM
    metres = round(sky.visibility * 1000, -2)
    dew_point = None if share("metar-dew", *name) < _WITHOUT_DEW_POINT else round(sky.dew_point)
    layer = next(cover for limit, cover in _LAYERS if sky.cloud < limit)
    base = round(max(0.3, (sky.temperature - sky.dew_point) * 0.125) * _FEET_PER_KM, -2)
    clouds = [{"cover": layer, "base": int(base)}] if layer else []
    phenomenon = "TSRA" if sky.storm else "RA" if sky.rain else "HZ" if sky.haze else None
    dew_text = "//" if dew_point is None else _signed(dew_point)
    text = " ".join(
        part
        for part in (
            f"{head} {words}{wind}{knots:02}KT",
            "9999" if far else f"{metres:04.0f}",
            phenomenon,
            *(f"{each['cover']}{int(base / 100):03}" for each in clouds),
            f"{_signed(round(sky.temperature))}/{dew_text}",
            f"Q{sky.pressure:04.0f}",
        )
        if part
    )
    report |= {
        "temp": round(sky.temperature),
        "wdir": direction,
        "wspd": knots,
        "visib": "6+" if far else round(sky.visibility / _KM_PER_MILE, 2),
        "altim": round(sky.pressure),
        "wxString": phenomenon,
        "rawOb": text,
        "clouds": clouds,
    }
    return report if dew_point is None else {**report, "dewp": dew_point}


def _signed(celsius: int) -> str:
    return f"M{-celsius:02}" if celsius < 0 else f"{celsius:02}"
