"""What happens to each request before its route sees it: it is counted, and a fault may hit it."""

import asyncio
from collections import Counter
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stack.simulator.faults import Switch, Switches
from stack.simulator.source import CUT, SLOW, Source

_KEYS = ("appid", "access_key")
_USUAL_SECONDS = {SLOW: 5.0, "429-retry-after": 1.0}


class Requests:
    """How often what was asked for, since the start or the last reset; API keys are left out."""

    def __init__(self) -> None:
        self.by_source: Counter[str] = Counter()
        self.by_target: Counter[str] = Counter()

    def count(self, source: Source, target: str) -> None:
        """Enter a request by its source and by its path and query."""
        self.by_source[source.name] += 1
        self.by_target[target] += 1

    def reset(self) -> None:
        """Forget all."""
        self.by_source.clear()
        self.by_target.clear()


class Interception:
    """ASGI middleware that counts the requests of the sources and applies the faults."""

    def __init__(
        self, app: ASGIApp, sources: tuple[Source, ...], switches: Switches, requests: Requests
    ) -> None:
        self._app = app
        # The longest path first: one source may lie below another.
        self._sources = sorted(sources, key=lambda source: -len(source.path))
        self._switches = switches
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        source = self._source(scope)
        if source is None:
            await self._app(scope, receive, send)
            return
        target = _target(scope)
        self._requests.count(source, target)
        switch = self._switches.take(source, target)
        if switch is None:
            await self._app(scope, receive, send)
        else:
            await self._fail(source, switch, scope, receive, send)

    def _source(self, scope: Scope) -> Source | None:
        if scope["type"] != "http":
            return None
        path = scope["path"]
        return next((source for source in self._sources if path.startswith(source.path)), None)

    async def _fail(
        self, source: Source, switch: Switch, scope: Scope, receive: Receive, send: Send
    ) -> None:
        seconds = switch.seconds
        if seconds is None:
            seconds = _USUAL_SECONDS.get(switch.fault, 0.0)
        if switch.fault == SLOW:
            await asyncio.sleep(seconds)
        answer = source.answer(switch.fault)
        if answer is not None:
            response = answer.response()
            if switch.fault == "429-retry-after":
                response.headers["Retry-After"] = f"{seconds:.0f}"
            await response(scope, receive, send)
            return
        scope.setdefault("state", {})["fault"] = switch.fault
        await self._app(scope, receive, _half_of(send) if switch.fault == CUT else send)


def _half_of(send: Send) -> Send:
    """Sends the head and half of the body; the server then closes the connection."""

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
        await send(message)

    return cut


def _target(scope: Scope) -> str:
    """Path and query, decoded, without API keys."""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept = "&".join(f"{name}={value}" for name, value in query if name.lower() not in _KEYS)
    return f"{scope['path']}?{kept}" if kept else str(scope["path"])
