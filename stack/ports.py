"""Refusing to start on ports that somebody else has."""

import errno
import socket

import psutil

from stack.environment import HOST
from stack.errors import StackError
from stack.settings import PORT_PREFIX, Settings


def check_free(settings: Settings, names: list[str]) -> None:
    """Raise if a port is taken, naming it, its owner and the setting that moves it."""
    taken = [name for name in names if not _is_free(settings.port(name))]
    if taken:
        raise StackError(
            "\n".join(
                f"port {settings.port(name)} is taken by {_owner(settings.port(name))}: stop it, "
                f"or set {PORT_PREFIX}{name} in {settings.profile.env_file} to a free port"
                for name in taken
            )
        )


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _owner(port: int) -> str:
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
            if connection.pid is None:
                break
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another process"
