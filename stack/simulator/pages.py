"""Pages that a script fills in, as the sites that the project reads with a browser serve them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from stack.simulator.source import EMPTY, INVALID, Answer, Source, compact, fault_of

ROBOTS = "robots"
"""The fault by which robots.txt forbids everything."""

_SELECTORS, _NO_NEXT_DATA = "selectors", "no-next-data"
_RENDER_MS = 150

_CONSENT_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Before you continue</title></head>
<body><div id="consent-wall" class="consent__Dialog-sc-4f1k2a-0" role="dialog">
<h1>We value your privacy</h1><p>We and our partners store cookies on your device.</p>
<button id="consent-accept">Accept all</button><button id="consent-reject">Reject all</button>
</div></body></html>
"""

# Builds the table from `state` a moment after the page has been loaded.
_SCRIPT = """
setTimeout(function () {
  function add(parent, part, text) {
    var element = document.createElement(state.tags[part]);
    element.className = state.classes[part];
    if (text !== undefined) element.textContent = text;
    return parent.appendChild(element);
  }
  var table = add(document.getElementById("root"), "table");
  var head = add(table, "head");
  state.columns.forEach(function (name) { add(head, "heading", name); });
  state.rows.forEach(function (cells) {
    var row = add(table, "row");
    cells.forEach(function (texts) {
      var cell = add(row, "cell");
      texts.forEach(function (text, place) { add(cell, place ? "detail" : "text", text); });
    });
  });
}, state.delay);
"""


@dataclass(frozen=True)
class Style:
    """How a site builds its table: the element and the stable part of the class of each part.

    The parts are table, head, heading, row, cell, text and detail (a text below another).
    """

    tags: Mapping[str, str]
    classes: Mapping[str, str]


def source(name: str) -> Source:
    """The source of a site with such pages."""
    return Source(
        name,
        f"/{name}/",
        lambda status: error_page(status, "The page cannot be shown."),
        {"consent": Answer(200, _CONSENT_PAGE)},
        (INVALID, EMPTY, _SELECTORS, _NO_NEXT_DATA, ROBOTS),
    )


def add_robots(router: APIRouter) -> None:
    """Give a site its robots.txt, which allows everything unless the fault is on."""

    @router.get("/robots.txt")
    async def robots(request: Request) -> Response:
        rule = "Disallow" if fault_of(request) == ROBOTS else "Allow"
        return PlainTextResponse(f"User-agent: *\n{rule}: /\n")


def page(
    request: Request,
    title: str,
    style: Style,
    columns: Sequence[str],
    rows: Sequence[Sequence[Sequence[str]]],
    data: object,
) -> Response:
    """A page whose table its script builds, with the same as JSON in ``__NEXT_DATA__``.

    Each cell of ``rows`` has one text or more. The faults of pages are shown here, but for
    ``empty``: the caller leaves rows and data without entries.
    """
    fault = fault_of(request)
    classes = dict(style.classes)
    data_id = "__NEXT_DATA__"
    if fault == INVALID:
        data, rows = {"props": {"pageProps": {"version": 3, "board": "moved"}}}, []
    if fault == _SELECTORS:
        data_id, data = "__APP_STATE__", {"app": {"items": data}}
        classes = {part: f"grid__{part.title()}-sc-9k2p1c-{i}" for i, part in enumerate(classes)}
    state = {
        "tags": style.tags,
        # Styled components add a class of their own, another one in each build of the site.
        "classes": {part: f"{name} {secrets.token_hex(3)}" for part, name in classes.items()},
        "columns": columns,
        "rows": rows,
        "delay": _RENDER_MS,
    }
    embedded = (
        ""
        if fault == _NO_NEXT_DATA
        else f'<script id="{data_id}" type="application/json">{compact(data)}</script>'
    )
    return HTMLResponse(
        f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>
<body><h1>{escape(title)}</h1><div id="root"></div>
{embedded}
<script>var state = {compact(state)};{_SCRIPT}</script></body></html>
"""
    )


def error_page(status: int, sentence: str) -> str:
    """The HTML of an error."""
    return (
        f"<!DOCTYPE html><html><head><title>{status}</title></head>"
        f"<body><h1>{status}</h1><p>{escape(sentence)}</p></body></html>"
    )


def refuse(status: int, sentence: str) -> Response:
    """An error page as a response."""
    return HTMLResponse(error_page(status, sentence), status)
