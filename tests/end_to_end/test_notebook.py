"""The notebook tells the truth about a filled system, and says what to run on an empty one."""

import json
import random
import subprocess
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from dataflow360.records.meteo_aeroports import METEO_AEROPORTS
from tests.conftest import ROOT
from tests.integration.support import FLIGHTS, WEATHER, run_all
from tests.integration.test_flight_weather import board, join_day, load
from tests.unit.sources.test_flight_weather import observation

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
PROGRAMS = ROOT / ".stack" / "lib" / "notebook" / "bin"
ROWS = 20
AIRPORTS = 16


type Cells = Mapping[str, Any]
"""The notebook's code cells after a run, by id."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cells]:
    """The notebook for a day that has everything, one with flights alone, and one without any.

    All in one kernel, and one notebook: most of a run is importing.
    """
    first = date(2001, 1, 1) + timedelta(days=random.randrange(8_000))
    full, flights, empty = (first + timedelta(days=10 * number) for number in range(3))
    run_all(FLIGHTS, full, rows=ROWS)
    run_all(WEATHER, full)
    board(full, "08:15", "10:30")
    load("openweather", METEO_AEROPORTS, full, [observation(f"{full} 10:02")])
    join_day(full)
    run_all(FLIGHTS, flights, rows=ROWS)
    parameters = {
        "full": {"last_day": full, "days": 1, "departure_day": full},
        "flights": {"last_day": flights, "days": 1, "departure_day": flights},
        "empty": {"last_day": empty, "days": 2, "departure_day": empty},
    }

    notebook = json.loads(NOTEBOOK.read_text())
    notebook["cells"] = [
        cell | {"id": f"{run}-{cell['id']}", "source": _source(cell, values)}
        for run, values in parameters.items()
        for cell in notebook["cells"]
    ]
    path = tmp_path_factory.mktemp("notebook") / NOTEBOOK.name
    path.write_text(json.dumps(notebook))
    execute = [PROGRAMS / "jupyter-execute", "--inplace", "--timeout=120", path]
    subprocess.run(execute, check=True, timeout=280)
    executed = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    return {
        run: {c["id"].removeprefix(f"{run}-"): c for c in executed if c["id"].startswith(run)}
        for run in parameters
    }


def _source(cell: Mapping[str, Any], parameters: Mapping[str, object]) -> str:
    source = "".join(cell["source"])
    if "parameters" not in cell["metadata"].get("tags", []):
        return source
    values = [f"{name} = {value!r}" for name, value in parameters.items()]
    return "\n".join(["import datetime", source, *values])


def text(cell: Any) -> str:
    """What a cell has printed."""
    outputs = [o for o in cell["outputs"] if o.get("name") == "stdout"]
    return "".join("".join(o["text"]) for o in outputs)


def plots(cells: Cells) -> set[str]:
    """Ids of the cells that show an image."""
    return {
        name
        for name, cell in cells.items()
        if any("image/png" in output.get("data", {}) for output in cell["outputs"])
    }


def warnings(cells: Cells) -> list[str]:
    """What all cells have written to stderr."""
    outputs = [o for c in cells.values() for o in c["outputs"] if o.get("name") == "stderr"]
    return ["".join(o["text"]) for o in outputs]


def test_it_is_kept_without_outputs() -> None:
    valid = "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=4))"
    subprocess.run([PROGRAMS / "python", "-c", valid, NOTEBOOK], check=True)
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in code] == [[]] * len(code)
    assert {cell["execution_count"] for cell in code} == {None}


def test_it_plots_what_the_stores_hold(runs: dict[str, Cells]) -> None:
    cells = runs["full"]
    assert warnings(cells) == []
    assert plots(cells) == {"delays", "late", "traffic", "departures"}
    assert text(cells["flights"]).startswith(f"{ROWS * AIRPORTS} flights, ")
    assert text(cells["weather"]) == "384 hours of weather at 16 airports\n"
    assert text(cells["delays"]) == ""
    table = "".join(cells["departures"]["outputs"][-1]["data"]["text/html"])
    assert "HC301" in table
    assert "27.5" in table
    assert "HC300" not in table


def test_it_says_what_to_run_for_days_that_have_nothing(runs: dict[str, Cells]) -> None:
    cells = runs["empty"]
    assert warnings(cells) == []
    assert plots(cells) <= {"traffic"}  # Redis has the boards of now, whatever the day
    assert "run synthetic_flights" in text(cells["flights"])
    assert "run synthetic_weather" in text(cells["weather"])
    assert "run synthetic_flights and synthetic_weather" in text(cells["delays"])
    assert "run synthetic_flights" in text(cells["late"])
    assert "run scrape_departures, then flight_weather" in text(cells["traffic"])
    assert text(cells["departures"]) == "No departures with weather yet: run flight_weather.\n"


def test_flights_without_weather_are_shown_without_it(runs: dict[str, Cells]) -> None:
    cells = runs["flights"]
    assert plots(cells) <= {"late", "traffic"}
    assert "run synthetic_flights and synthetic_weather" in text(cells["delays"])
