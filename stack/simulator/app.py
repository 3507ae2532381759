"""The simulator as an ASGI application: ``uvicorn stack.simulator.app:app``."""

from fastapi import FastAPI

from stack.simulator import (
    aviationstack,
    clock,
    control,
    flightstats,
    openmeteo,
    openweather,
    visualcrossing,
)
from stack.simulator.clock import Clock
from stack.simulator.faults import Switches
from stack.simulator.interception import Interception, Requests

SOURCES = (
    openweather.WEATHER,
    openweather.AIR_POLLUTION,
    aviationstack.SOURCE,
    flightstats.SOURCE,
    visualcrossing.SOURCE,
    openmeteo.SOURCE,
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
    for module in (
        control, openweather, aviationstack, flightstats, visualcrossing, openmeteo
    ):  # fmt: skip
        application.include_router(module.router)
    return application


app = create_app()
