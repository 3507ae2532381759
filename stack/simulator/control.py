"""The simulator's own routes: whether it lives, its faults, and what it was asked for."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from stack.simulator.faults import Switch, Switches
from stack.simulator.interception import Requests
from stack.simulator.source import Source

_LONGEST_SECONDS = 600


class SwitchRequest(BaseModel):
    """The body of a request that turns a fault on; see ``Switch``."""

    model_config = ConfigDict(extra="forbid")

    fault: str
    times: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, ge=0, le=_LONGEST_SECONDS)
    match: str | None = Field(default=None, min_length=1)


async def _switches(request: Request) -> Switches:
    switches: Switches = request.app.state.switches
    return switches


async def _requests(request: Request) -> Requests:
    requests: Requests = request.app.state.requests
    return requests


async def _sources(request: Request) -> dict[str, Source]:
    sources: dict[str, Source] = request.app.state.sources
    return sources


async def _source(name: str, sources: Annotated[dict[str, Source], Depends(_sources)]) -> Source:
    if name not in sources:
        raise HTTPException(422, f"there is no source '{name}': choose of {', '.join(sources)}")
    return sources[name]


router = APIRouter()


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the simulator answers."""
    return {"status": "ok"}


@router.get("/faults")
async def faults(
    switches: Annotated[Switches, Depends(_switches)],
    sources: Annotated[dict[str, Source], Depends(_sources)],
) -> dict[str, Any]:
    """The faults that are on, and those that each source has."""
    return {
        "on": {name: asdict(switch) for name, switch in switches.listing().items()},
        "sources": {name: source.faults for name, source in sources.items()},
    }


@router.put("/faults/{name}")
async def put_fault(
    body: SwitchRequest,
    source: Annotated[Source, Depends(_source)],
    switches: Annotated[Switches, Depends(_switches)],
) -> dict[str, Any]:
    """Turn a source's fault on."""
    switch = Switch(**body.model_dump())
    try:
        switches.put(source, switch)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return asdict(switch)


@router.delete("/faults", status_code=204)
async def clear_faults(switches: Annotated[Switches, Depends(_switches)]) -> None:
    """Turn every fault off."""
    switches.clear()


@router.delete("/faults/{name}", status_code=204)
async def clear_fault(
    source: Annotated[Source, Depends(_source)],
    switches: Annotated[Switches, Depends(_switches)],
) -> None:
    """Turn a source's fault off."""
    switches.clear(source)


@router.get("/requests")
async def requests(
    requests: Annotated[Requests, Depends(_requests)],
    sources: Annotated[dict[str, Source], Depends(_sources)],
) -> dict[str, dict[str, int]]:
    """How often each source, and each path with its query, was asked for."""
    return {
        "sources": {name: requests.by_source[name] for name in sources},
        "requests": dict(requests.by_target),
    }


@router.delete("/requests", status_code=204)
async def reset_requests(requests: Annotated[Requests, Depends(_requests)]) -> None:
    """Count from zero again."""
    requests.reset()
