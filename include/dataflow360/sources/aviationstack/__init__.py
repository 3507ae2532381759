"""AviationStack's flights of the current day, within a quota of calls a month.

``fetching`` is what a run does; ``plan`` shares out the calls, ``calls`` makes them, ``api`` says
what an answer means and ``answers`` reads the flights in it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.source import Output, Site, Source, lazily

_MOST_CALLS = 10_000

Calls = Annotated[
    int | None,
    Field(ge=1, le=_MOST_CALLS),
    WithJsonSchema({"type": ["null", "integer"], "minimum": 1, "maximum": _MOST_CALLS}),
]


class AviationstackRequest(AirportsRequest):
    """The params of ``aviationstack``."""

    calls: Calls = Field(
        default=None,
        title="Calls",
        description="Use so many calls now, instead of those that are due by today; never more "
        "than the month has left.",
    )


SITE = Site("aviationstack", "https://api.aviationstack.com", "AVIATIONSTACK_API_KEY")

AVIATIONSTACK = Source(
    dag_id="aviationstack",
    request=AviationstackRequest,
    outputs=(Output("vols_ao", "aerien.vols_ao", "vols_ao"),),
    sites=(SITE,),
    title=lambda run: f"AviationStack of {run.interval.start:%Y-%m-%d}",
    fetch=lazily("aviationstack.fetching:fetch"),
    parse=lazily("aviationstack.answers:parse"),
)
