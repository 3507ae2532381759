"""The page "DataFlow360" in Airflow's UI: what landed, how fresh it is, what needs a hand.

Every process of Airflow imports this module; the page itself is imported by the API server alone,
when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

PREFIX = "/dataflow360"
#: Airflow's own path, when it is not at the root of its host.
_ROOT = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
_STATIC = Path(__file__).with_suffix("") / "static"

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


@cache
def _page() -> Any:
    from dataflow360.page.routes import create

    return create(_STATIC)


async def page(scope: _Message, receive: _Receive, send: _Send) -> None:
    """The page as an ASGI application."""
    await _page()(scope, receive, send)


class DataFlow360Plugin(AirflowPlugin):
    """What Airflow is told of the page."""

    name = "dataflow360"
    fastapi_apps = [{"app": page, "url_prefix": PREFIX, "name": "DataFlow360"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "DataFlow360",
            "href": f"{_ROOT}{PREFIX}/",
            "destination": "nav",
            "url_route": "dataflow360",
            "nav_top_level": True,
        }
    ]
