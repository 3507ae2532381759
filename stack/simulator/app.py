"""The simulator as an ASGI application: ``uvicorn stack.simulator.app:app``.

A source is simulated by a module beside this one that has a ``router`` and one or more ``Source``.
"""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter, FastAPI

from stack import simulator
from stack.simulator import clock
from stack.simulator.clock import Clock
from stack.simulator.faults import Switches
from stack.simulator.interception import Interception, Requests
from stack.simulator.source import Source

_MODULES = [
    import_module(f"{simulator.__name__}.{module.name}")
    for module in iter_modules(simulator.__path__)
    if module.name not in {"app", "client"}
]

SOURCES = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Source)
)
"""Every source that is simulated."""


def create_app(clock: Clock = clock.system) -> FastAPI:
    """A simulator with no fault on, whose time the clock tells."""
    application = FastAPI(title="DataFlow360 source simulator")
    application.state.clock = clock
    application.state.switches = Switches()
    application.state.requests = Requests()
    application.state.sources = {source.name: source for source in SOURCES}
    application.add_middleware(
        Interception,
        sources=SOURCES,
        switches=application.state.switches,
        requests=application.state.requests,
    )
    for module in _MODULES:
        router = getattr(module, "router", None)
        if isinstance(router, APIRouter):
            application.include_router(router)
    return application


app = create_app()
