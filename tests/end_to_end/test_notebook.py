"""The notebook tells the truth about a filled system, and says what to run on an empty one."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client import KernelManager
from nbclient import NotebookClient

from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from tests.integration.support import FLIGHTS, WEATHER, run_all
from tests.integration.test_flight_weather import board, join_day, load
from tests.unit.sources.test_flight_weather import observation

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore.ipynb"
ROWS = 20
AIRPORTS = 16


@pytest.fixture
def day() -> date:
    """A day of this century that no other test works on."""
    return date(2001, 1, 1) + timedelta(days=random.randrange(8_000))


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    """One for all tests, which the first starts: most of a run is importing."""
    manager = KernelManager()
    yield manager
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


def executed(kernel: KernelManager, **parameters: Any) -> dict[str, Any]:
    """The notebook's code cells by id, after a run with the given parameters."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    values = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cell.source = f"import datetime\n{cell.source}\n{values}"
    client = NotebookClient(
        notebook, km=kernel, timeout=120, resources={"metadata": {"path": NOTEBOOK.parent}}
    )
    client.execute()
    client.kc.stop_channels()
    return {c.id: c for c in notebook.cells if c.cell_type == "code"}


def text(cell: Any) -> str:
    """What a cell has printed."""
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")


def plots(cells: dict[str, Any]) -> set[str]:
    """Ids of the cells that show an image."""
    return {
        name
        for name, cell in cells.items()
        if any("image/png" in output.get("data", {}) for output in cell.outputs)
    }


def warnings(cells: dict[str, Any]) -> list[str]:
    """What all cells have written to stderr."""
    return [o.text for c in cells.values() for o in c.outputs if o.get("name") == "stderr"]


def test_it_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert {cell.execution_count for cell in code} == {None}


def test_it_plots_what_the_stores_hold(kernel: KernelManager, day: date) -> None:
    run_all(FLIGHTS, day, rows=ROWS)
    run_all(WEATHER, day)
    board(day, "08:15", "10:30")
    load("openweather", METEO_AEROPORTS, day, [observation(f"{day} 10:02")])
    join_day(day)

    cells = executed(kernel, last_day=day, days=1, departure_day=day)

    assert warnings(cells) == []
    assert plots(cells) == {"delays", "late", "traffic", "departures"}
    assert text(cells["flights"]).startswith(f"{ROWS * AIRPORTS} flights, ")
    assert text(cells["weather"]) == "384 hours of weather at 16 airports\n"
    assert text(cells["delays"]) == ""
    table = cells["departures"].outputs[-1].data["text/html"]
    assert "HC301" in table
    assert "27.5" in table
    assert "HC300" not in table


def test_it_says_what_to_run_for_days_that_have_nothing(kernel: KernelManager, day: date) -> None:
    cells = executed(kernel, last_day=day, days=2, departure_day=day)

    assert warnings(cells) == []
    assert plots(cells) <= {"traffic"}  # Redis has the boards of now, whatever the day
    assert "run synthetic_flights" in text(cells["flights"])
    assert "run synthetic_weather" in text(cells["weather"])
    assert "run synthetic_flights and synthetic_weather" in text(cells["delays"])
    assert "run synthetic_flights" in text(cells["late"])
    assert "run scrape_departures, then flight_weather" in text(cells["traffic"])
    assert text(cells["departures"]) == "No departures with weather yet: run flight_weather.\n"


def test_flights_without_weather_are_shown_without_it(kernel: KernelManager, day: date) -> None:
    run_all(FLIGHTS, day, rows=ROWS)
    cells = executed(kernel, last_day=day, days=1, departure_day=day)
    assert plots(cells) <= {"late", "traffic"}
    assert "run synthetic_flights and synthetic_weather" in text(cells["delays"])
