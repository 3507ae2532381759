"""Redis, with an access list and no default user."""

import hashlib
from pathlib import Path

import redis

from stack.commands import find
from stack.environment import HOST
from stack.files import write_private
from stack.programs import Program, Service
from stack.settings import Settings


def service(settings: Settings) -> Service:
    """Redis on the loopback interface."""
    home = _home(settings)
    program = Program(
        name="redis",
        command=(find("redis-server", "redis-server"), str(home / "redis.conf")),
        directory=home,
        ports=("REDIS",),
    )
    return Service(
        name="redis",
        programs=(program,),
        prepare=lambda: _prepare(settings),
        probe=lambda: _probe(settings),
    )


def configuration(settings: Settings) -> str:
    """The server's ``redis.conf``.

    Its process title would overwrite the mark by which the stack finds its own processes.
    """
    home = _home(settings)
    return f"""bind {HOST}
port {settings.port("REDIS")}
protected-mode yes
daemonize no
set-proc-title no
dir "{home}"
aclfile "{home / "users.acl"}"
appendonly yes
maxmemory 512mb
maxmemory-policy noeviction
"""


def access_list(settings: Settings) -> str:
    """The users: the default one is off, the project's has no administrative command.

    Nobody can sign in as the default user; but at its start Redis replays the transactions in its
    append-only file as this user, and drops those that it may not run.
    """
    digest = hashlib.sha256(settings.secret("REDIS").encode()).hexdigest()
    return (
        "user default reset off ~* &* +@all\n"
        f"user dataflow360 reset on #{digest} ~* &* +@all -@admin -@dangerous +info\n"
    )


def _home(settings: Settings) -> Path:
    return settings.profile.state / "redis"


def _prepare(settings: Settings) -> None:
    home = _home(settings)
    write_private(home / "users.acl", access_list(settings))
    write_private(home / "redis.conf", configuration(settings))


def _probe(settings: Settings) -> None:
    client = redis.Redis(
        host=HOST,
        port=settings.port("REDIS"),
        username="dataflow360",
        password=settings.secret("REDIS"),
        socket_timeout=5,
    )
    try:
        client.ping()
    finally:
        client.close()
