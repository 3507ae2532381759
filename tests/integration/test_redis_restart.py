"""What Redis holds outlives its restart, though nobody can sign in as its default user."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stack import settings as env_file
from stack.profiles import Profile
from stack.servers import redis as server
from stack.settings import PORT_PREFIX, Settings


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings of a Redis of the test's own."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    profile = Profile("demo", root=tmp_path)
    profile.env_file.write_text(f"{PORT_PREFIX}REDIS={port}\n")
    return env_file.ensure(profile)[0]


@contextmanager
def running(settings: Settings) -> Iterator[redis.Redis]:
    """The server, and a client as the user dataflow360."""
    service = server.service(settings)
    (program,) = service.programs
    program.directory.mkdir(parents=True, exist_ok=True)
    service.prepare()
    process = subprocess.Popen(
        program.command, cwd=program.directory, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        client = redis.Redis(
            port=settings.port("REDIS"), username="dataflow360", password=settings.secret("REDIS")
        )
        with closing(client):
            _wait_for(client)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def test_a_transaction_outlives_a_restart(own: Settings) -> None:
    with running(own) as client:
        with client.pipeline() as transaction:  # as the boards are written
            transaction.mset({"board": "[]", "version": "1"})
            transaction.eval("return redis.call('EXPIRE', KEYS[1], ARGV[1])", 1, "board", 3600)
            transaction.execute()
        client.set("alone", "2")

    with running(own) as client:
        assert client.mget("board", "version", "alone") == [b"[]", b"1", b"2"]
        assert 0 < client.ttl("board") <= 3600


def test_nobody_is_the_default_user(own: Settings) -> None:
    with running(own):
        for password in (None, "", "default"):
            stranger = redis.Redis(
                port=own.port("REDIS"),
                username="default" if password else None,
                password=password,
                retry=Retry(NoBackoff(), 0),
            )
            with closing(stranger), pytest.raises(redis.AuthenticationError):
                stranger.ping()


def _wait_for(client: redis.Redis) -> None:
    for _ in range(300):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("Redis does not listen")
