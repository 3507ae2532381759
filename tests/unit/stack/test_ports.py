"""A port that is taken: one message that names it, its owner and the setting that moves it."""

import os
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from stack import ports
from stack.errors import StackError
from stack.settings import Settings

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def moved(settings: Settings, port: int) -> Settings:
    return replace(settings, values={**settings.values, "DATAFLOW360_PORT_REDIS": str(port)})


def test_a_taken_port_is_named(settings: Settings, listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    with pytest.raises(StackError) as raised:
        ports.check_free(moved(settings, port), ["REDIS"])

    message = str(raised.value)
    assert f"port {port} is taken by" in message
    assert f"(process {os.getpid()})" in message
    assert f"set DATAFLOW360_PORT_REDIS in {settings.profile.env_file}" in message


def test_a_free_port_is_accepted(settings: Settings, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()

    ports.check_free(moved(settings, port), ["REDIS"])
