"""The switches: which source fails at present, how, how often and for which requests."""

from dataclasses import dataclass, replace

from stack.simulator.source import Source


@dataclass(frozen=True)
class Switch:
    """A fault that is on.

    Attributes:
        fault: Its name, one of the source's ``faults``.
        times: How many more requests it hits before it goes off by itself; None: until cleared.
        seconds: How long ``slow`` waits, or what ``Retry-After`` says.
        match: It hits only requests whose path and query contain this; None: all.
    """

    fault: str
    times: int | None = None
    seconds: float | None = None
    match: str | None = None


class Switches:
    """The faults that are on, one a source at most."""

    def __init__(self) -> None:
        self._on: dict[str, Switch] = {}

    def put(self, source: Source, switch: Switch) -> None:
        """Turn a fault on, in place of the one that is on.

        Raises:
            ValueError: The source has no such fault; the message lists those that it has.
        """
        if switch.fault not in source.faults:
            raise ValueError(
                f"{source.name} has no fault '{switch.fault}': choose of {', '.join(source.faults)}"
            )
        self._on[source.name] = switch

    def clear(self, source: Source | None = None) -> None:
        """Turn one source's fault off, or all."""
        if source is None:
            self._on.clear()
        else:
            self._on.pop(source.name, None)

    def take(self, source: Source, request: str) -> Switch | None:
        """The fault that hits this request (path and query), if any; it counts as one time."""
        switch = self._on.get(source.name)
        if switch is None or (switch.match is not None and switch.match not in request):
            return None
        if not _meant_for(switch, request):
            return None
        if switch.times is not None:
            if switch.times > 1:
                self._on[source.name] = replace(switch, times=switch.times - 1)
            else:
                del self._on[source.name]
        return switch

    def listing(self) -> dict[str, Switch]:
        """The faults that are on, by source."""
        return dict(self._on)


def _meant_for(switch: Switch, request: str) -> bool:
    """Whether a page's fault is meant: robots.txt has one of its own and is else left alone."""
    asks_for_robots = request.partition("?")[0].endswith("/robots.txt")
    if switch.fault == "robots":
        return asks_for_robots
    return not asks_for_robots or (switch.match is not None and "robots" in switch.match)
