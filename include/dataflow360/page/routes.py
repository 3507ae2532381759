"""The page's routes, below Airflow's API server. They only read: every one is a GET.

What changes something (replay, dismiss) the browser asks of Airflow's own REST API, with the user's
session, so that Airflow's rights, its audit log and its protection against requests of other sites
hold for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from airflow.api_fastapi.app import get_auth_manager, get_cookie_path
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from dataflow360.airports import AIRPORTS
from dataflow360.names import REPLAY_DAG, STREAM_DAG
from dataflow360.page import rights
from dataflow360.page.models.airports import AirportDetail, Map
from dataflow360.page.models.overview import Me, Overview
from dataflow360.page.models.quarantine import Quarantine, QuarantineDetail, QuarantineState
from dataflow360.page.models.streams import Kafka, Kinesis
from dataflow360.page.rights import Readable, Reader
from dataflow360.pipeline.reason_kind import LONGEST_KIND

if TYPE_CHECKING:
    from dataflow360.page.airflow import Dags
    from dataflow360.page.asking import Stores

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

QuarantineId = Annotated[
    str, InPath(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
Name = Annotated[str | None, Query(min_length=1, max_length=250)]
Kind = Annotated[str | None, Query(max_length=LONGEST_KIND)]
After = Annotated[str | None, Query(min_length=1, max_length=800, pattern=r"^[A-Za-z0-9_-]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]

_api = APIRouter(prefix="/api", dependencies=[Depends(rights.reader)])


def create(static: Path) -> FastAPI:
    """The page as an application to be mounted below Airflow's.

    Args:
        static: Folder of the page's own files, which hold no data.
    """
    app = FastAPI(title="DataFlow360", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.loading = _Loading()
    app.middleware("http")(_protected)
    app.exception_handler(HTTPException)(_login_first)
    app.include_router(_api)
    app.mount("/static", StaticFiles(directory=static), name="static")

    @app.get("/", response_class=FileResponse, dependencies=[Depends(rights.reader)])
    async def page() -> Path:
        """The page itself; the stores' clients are imported while the browser fetches the rest."""
        app.state.loading.begin()
        return static / "index.html"

    return app


class _Loading:
    """The stores, whose clients are imported in a thread when the page is first asked for."""

    def __init__(self) -> None:
        self._stores: asyncio.Future[Stores] | None = None

    def begin(self) -> asyncio.Future[Stores]:
        if self._stores is None:
            self._stores = asyncio.get_running_loop().run_in_executor(None, self._load)
        return self._stores

    @staticmethod
    def _load() -> Stores:
        from dataflow360.page.asking import Stores

        return Stores()


async def _stores(request: Request) -> Stores:
    return await asyncio.shield(request.app.state.loading.begin())


async def _dags(request: Request) -> Dags:
    """The DAGs that Airflow knows, which say what a user may see.

    Raises:
        HTTPException: 503 when Airflow's own database does not answer.
    """
    found = await (await _stores(request)).dags()
    if found.data is None:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, found.reason)
    return found.data


@_api.get("/me")
def me(user: Reader) -> Me:
    """Who is looking, and what the page offers to do."""
    return Me(
        name=user.get_name(),
        may_replay=rights.may_replay(user),
        replay_dag=REPLAY_DAG,
        root=get_cookie_path().rstrip("/"),
    )


@_api.get("/overview")
async def overview(request: Request, readable: Readable) -> Overview:
    """Every source that the user may read, and what is left of the quotas."""
    return await (await _stores(request)).overview(await _dags(request), readable)


@_api.get("/kafka")
async def kafka(request: Request) -> Kafka:
    """The Kafka cluster."""
    return await (await _stores(request)).kafka()


@_api.get("/kinesis")
async def kinesis(request: Request, readable: Readable) -> Kinesis:
    """The way from Kinesis to DynamoDB, for who may read the DAG that feeds it."""
    if STREAM_DAG not in readable:
        raise HTTPException(
            HTTPStatus.FORBIDDEN,
            f"You may not read the DAG {STREAM_DAG}, or it is not here.",
        )
    return await (await _stores(request)).kinesis()


@_api.get("/map")
async def on_map(request: Request) -> Map:
    """All airports with what is known of them."""
    return await (await _stores(request)).map()


@_api.get("/airports/{iata}")
async def airport(
    request: Request, iata: Annotated[str, InPath(pattern=r"^[A-Z]{3}$")]
) -> AirportDetail:
    """One airport."""
    if iata not in AIRPORTS:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{iata} is no airport of the project.")
    return await (await _stores(request)).airport(AIRPORTS[iata])


@_api.get("/quarantine")
async def quarantine(
    request: Request,
    readable: Readable,
    state: QuarantineState = "open",
    dag_id: Name = None,
    record_type: Name = None,
    reason_kind: Kind = None,
    after: After = None,
    limit: Limit = 50,
) -> Quarantine:
    """A page of the refused records in a state, and the groups of that state."""
    stores, visible = await _stores(request), (await _dags(request)).visible_to(readable)
    try:
        return await stores.quarantine(
            state, dag_id, record_type, reason_kind, after, limit, visible
        )
    except ValueError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}.") from error


@_api.get("/quarantine/{quarantine_id}")
async def quarantined(
    request: Request, readable: Readable, quarantine_id: QuarantineId
) -> QuarantineDetail:
    """One refused record."""
    stores, visible = await _stores(request), (await _dags(request)).visible_to(readable)
    found = await stores.record(quarantine_id, visible)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no record {quarantine_id}.")
    return found


async def _protected(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Let the browser take nothing from elsewhere, and no other site frame the page."""
    # Asked before: whoever serves the files moves the root to their own folder.
    is_static = request.url.path.startswith(f"{request.scope['root_path']}/static/")
    response = await call_next(request)
    response.headers.update(HEADERS)
    response.headers["Cache-Control"] = "no-cache" if is_static else "no-store"
    return response


async def _login_first(request: Request, error: Exception) -> Response:
    """Send who opens the page without a session to Airflow's login; tell a program why not."""
    if not isinstance(error, HTTPException):
        raise error
    is_page = request.url.path == f"{request.scope['root_path']}/"
    if is_page and error.status_code == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)))
    return await http_exception_handler(request, error)
