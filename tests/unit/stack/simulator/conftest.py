"""The simulator in this process, at a time of the tests' own, asked without a socket."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn

from stack.simulator.app import create_app

Ask = Callable[..., httpx.Response]

#: A Tuesday.
NOW = datetime(2026, 11, 24, 10, 40, tzinfo=UTC)


class World:
    """The time that the simulator sees; a test may move it."""

    now = NOW


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ask(world) -> Ask:
    """Send a request: ``ask("/health")``, ``ask("/faults/x", method="PUT", json={…})``."""
    transport = httpx.ASGITransport(app=create_app(lambda: world.now))

    def send(path: str, *, method: str = "GET", json: Any = None, **params: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
                return await http.request(method, path, params=params or None, json=json)

        return asyncio.run(once())

    return send


@pytest.fixture
def fail(ask) -> Callable[..., httpx.Response]:
    """Turn a fault on: ``fail("openweather", "429", times=1)``."""

    def put(source: str, fault: str, **options: Any) -> httpx.Response:
        answer = ask(f"/faults/{source}", method="PUT", json={"fault": fault, **options})
        assert answer.status_code == 200, answer.text
        return answer

    return put


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A real server, for what only a socket shows."""
    config = uvicorn.Config(create_app(), port=0, log_config=None, access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join()
