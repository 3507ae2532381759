"""METAR reports of the airports, from aviationweather.gov (US government, public domain, no key).

Contract: https://aviationweather.gov/data/api/, ``/api/data/metar``. Speeds are in knots,
visibility in statute miles, pressure in hPa; a value that was not reported is missing or null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, FiniteFloat, TypeAdapter, ValidationError

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError, SkippableError
from dataflow360.pipeline.run import Interval, Run
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import Output, Site, Source, by_record

SITE = Site("aviationweather", "https://aviationweather.gov")

#: How far back the site goes, and how many reports it gives at most for a call.
HISTORY = timedelta(days=15)
MOST_REPORTS = 400

_HOUR = timedelta(hours=1)
_KM_PER_MILE = 1.609344
_KMH_PER_KNOT = 1.852
_AIRPORTS = {airport.icao: airport for airport in AIRPORTS.values()}
#: What may stand around the airport and the time at the head of a report (WMO No. 306, FM 15).
_HEAD = re.compile(
    r"^(?:METAR |SPECI )?(?P<before>COR )?[A-Z]{4} \d{6}Z"
    r"(?P<after>(?: (?:AUTO|COR|NIL))*)(?=[ =]|$)"
)


class _Cloud(BaseModel):
    cover: Annotated[str, Field(max_length=5)]
    base: FiniteFloat | None = None  # feet above the airport


class _Report(BaseModel):
    """What the project reads of a report."""

    station: str = Field(alias="icaoId")
    observed: int = Field(alias="obsTime", ge=0, le=4_102_444_800)  # unix seconds until 2100
    kind: Literal["METAR", "SPECI"] = Field(default="METAR", alias="metarType")
    raw: str = Field(alias="rawOb", min_length=1)
    temp: FiniteFloat | None = None
    dewp: FiniteFloat | None = None
    wdir: Annotated[int, Field(ge=0, le=360)] | Literal["VRB"] | None = None
    wspd: FiniteFloat | None = None
    wgst: FiniteFloat | None = None
    visib: FiniteFloat | Annotated[str, Field(pattern=r"^\d{1,3}(\.\d+)?\+?$")] | None = None
    altim: FiniteFloat | None = None
    phenomena: str | None = Field(default=None, alias="wxString")
    clouds: list[_Cloud] | None = None


_ANSWER = TypeAdapter(list[Any])


def fetch(request: AirportsRequest, run: Run) -> Iterator[list[bytes]]:
    """The reports that were observed in an interval, hour by hour, all airports in one call.

    Raises:
        SkippableError: The interval is older than what the site keeps, or a part of the airports
            has filed nothing in it.
        FatalError: The site's answer has another shape, or not all of it has come.
    """
    from dataflow360.clients.http import Api
    from dataflow360.sources.web.permission import require_opt_in

    interval = run.interval
    if interval.start < run.now() - HISTORY:
        raise SkippableError(
            f"aviationweather.gov keeps {HISTORY.days} days: there is nothing for the interval "
            f"from {interval.start:%Y-%m-%d %H:%M} UTC on."
        )
    host = SITE.address()
    require_opt_in(SITE, host)
    stations = ",".join(AIRPORTS[iata].icao for iata in request.airports)
    found = 0
    with Api("aviationweather.gov", SITE.connection_id, host=host).session() as session:
        start = interval.start
        while start < interval.end:
            end = min(start + _HOUR, interval.end)
            answer = session.get(
                "/api/data/metar",
                {"ids": stations, "format": "json", "hours": 1, "date": f"{end:%Y%m%d_%H%M}"},
            )
            reports = records(answer, Interval(start, end))
            found += len(reports)
            yield reports
            start = end
    if not found and len(request.airports) < len(AIRPORTS):
        raise SkippableError(
            f"{', '.join(request.airports)} filed no METAR in the interval from "
            f"{interval.start:%Y-%m-%d %H:%M} UTC on."
        )


def records(answer: bytes, interval: Interval) -> list[bytes]:
    """The reports of an answer that were observed in an interval, each as JSON.

    A report that corrects another comes after it, so that it stands. One without a time is kept,
    to be refused by name, as is one that is no object among others that are.

    Raises:
        FatalError: The answer is no list, has no object in it, or is as long as it can get.
    """
    import orjson

    changed = FatalError(
        "aviationweather.gov's answer is no list of reports; compare its documentation with "
        "sources/metar.py."
    )
    try:
        reports = _ANSWER.validate_json(answer or b"[]")
    except ValidationError as error:
        raise changed from error
    if reports and not any(isinstance(each, dict) for each in reports):
        raise changed
    if len(reports) >= MOST_REPORTS:
        raise FatalError(
            f"aviationweather.gov gave {len(reports)} reports, as many as it ever does, so that "
            "some may be missing; ask for fewer airports."
        )
    return [orjson.dumps(each) for each in sorted(reports, key=_age) if _is_of(each, interval)]


def _is_of(report: Any, interval: Interval) -> bool:
    observed = report.get("obsTime") if isinstance(report, dict) else None
    if not isinstance(observed, int):
        return True
    return interval.start.timestamp() <= observed < interval.end.timestamp()


def _age(report: Any) -> tuple[bool, str]:
    """Sorts the reports of one observation by age: when they came, and what corrects is later."""
    if not isinstance(report, dict):
        return False, ""
    raw, received = report.get("rawOb"), report.get("receiptTime")
    is_correction = isinstance(raw, str) and _mentions(raw, "COR")
    return is_correction, received if isinstance(received, str) else ""


def _mentions(raw: str, word: str) -> bool:
    """Whether the head of a report has a word: AUTO, COR or NIL."""
    head = _HEAD.match(raw)
    return head is not None and word in f"{head['before'] or ''}{head['after']}".split()


def row_of(raw: bytes) -> dict[str, Any] | str:
    """A report as a row of ``metar``, or the reason why it is none."""
    from dataflow360.sources.api.answers import first_fault

    try:
        report = _Report.model_validate_json(raw)
    except ValidationError as error:
        return first_fault(error)
    airport = _AIRPORTS.get(report.station)
    if airport is None:
        return f"icaoId {report.station[:40]!r} is no airport of the project"
    visibility, or_more = _visibility(report.visib)
    return {
        "aeroport": airport.iata,
        "oaci": airport.icao,
        "observation": datetime.fromtimestamp(report.observed, UTC).replace(tzinfo=None),
        "type_rapport": report.kind,
        "automatique": _mentions(report.raw, "AUTO"),
        "corrige": _mentions(report.raw, "COR"),
        "neant": _mentions(report.raw, "NIL"),
        "temperature": report.temp,
        "point_rosee": report.dewp,
        "qnh": report.altim,
        "direction_vent": report.wdir if isinstance(report.wdir, int) else None,
        "vent_variable": report.wdir == "VRB",
        "vitesse_vent": _scaled(report.wspd, _KMH_PER_KNOT),
        "rafales": _scaled(report.wgst, _KMH_PER_KNOT),
        "visibilite": visibility,
        "visibilite_ou_plus": or_more,
        "nuages": " ".join(map(_layer, report.clouds or ())) or None,
        "phenomenes": (report.phenomena or "").strip() or None,
        "rapport": " ".join(report.raw.split()),
    }


def _visibility(miles: float | str | None) -> tuple[float | None, bool]:
    """Visibility in km, and whether it is that or more; ``6+`` is said of ten kilometres."""
    if miles is None:
        return None, False
    or_more = isinstance(miles, str) and miles.endswith("+")
    return _scaled(float(str(miles).removesuffix("+")), _KM_PER_MILE), or_more


def _layer(cloud: _Cloud) -> str:
    return cloud.cover if cloud.base is None else f"{cloud.cover}{round(cloud.base / 100):03}"


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else round(value * factor, 2)


METAR = Source(
    dag_id="metar",
    request=AirportsRequest,
    outputs=(Output("metar", "meteo_db.metar", "metar"),),
    sites=(SITE,),
    title=lambda run: f"METAR reports of {run.interval.start:%Y-%m-%d %H:%M}",
    fetch=fetch,
    parse=by_record("metar", row_of),
)
