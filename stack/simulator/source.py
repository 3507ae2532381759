"""What the simulator knows of a source besides its routes: its errors and its faults."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

STATUSES = ("400", "401", "403", "404", "429", "429-retry-after", "500", "503")
"""Faults that are an HTTP status, in the source's own error form."""

SLOW, CUT, HTML = "slow", "cut", "html"
INVALID, EMPTY = "invalid", "empty"

_ERROR_PAGE = (
    "<!DOCTYPE html><html><head><title>Maintenance</title></head>"
    "<body><h1>We'll be right back</h1></body></html>"
)


@dataclass(frozen=True)
class Answer:
    """What a fault answers: a status and a body, which is HTML when it is a text, else JSON."""

    status: int
    body: object

    def response(self) -> Response:
        """The answer as a response."""
        if isinstance(self.body, str):
            return HTMLResponse(self.body, self.status)
        return JSONResponse(self.body, self.status)


@dataclass(frozen=True)
class Source:
    """A source: where its routes begin and how it fails.

    Attributes:
        name: What its faults and its requests are filed under.
        path: Begin of the path of its routes.
        error: The body of an error, by HTTP status.
        answers: Faults of its own, with what they answer.
        shown: Faults of its own that its routes show themselves; they ask ``fault_of``.
    """

    name: str
    path: str
    error: Callable[[int], object]
    answers: Mapping[str, Answer] = field(default_factory=dict)
    shown: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """The names of all its faults."""
        return (*STATUSES, SLOW, CUT, HTML, *self.answers, *self.shown)

    def answer(self, fault: str) -> Answer | None:
        """What the fault answers in place of the route; None where the route is called."""
        if fault == HTML:
            return Answer(200, _ERROR_PAGE)
        if fault in STATUSES:
            status = int(fault[:3])
            return Answer(status, self.error(status))
        return self.answers.get(fault)


def fault_of(request: Request) -> str | None:
    """The fault that the request's route has to show, if any."""
    fault: str | None = getattr(request.state, "fault", None)
    return fault


def compact(value: object) -> str:
    """JSON that is safe inside a script element of a page."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
