"""A new airport is one line in ``airports.py``: every source makes or takes rows of it."""

import subprocess
import sys
from pathlib import Path

_LAST = '    Airport("LFW", "DXXX", "Lomé", "Togo", 6.16561, 1.25451, "Africa/Lome"),\n'
_NEW = '    Airport("ABV", "DNAA", "Abuja", "Nigéria", 9.00679, 7.26317, "Africa/Lagos"),\n'
_WITH_IT = """
import sys, types
from datetime import UTC, date, datetime

airports = types.ModuleType("dataflow360.airports")
sys.modules["dataflow360.airports"] = airports
exec(sys.stdin.read(), vars(airports))

from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records.validation import check
from dataflow360.sources import sources
from dataflow360.sources.places import AirportsRequest
from stack.simulator import aviationweather, board, openweather, weather

for dag_id in ("synthetic_flights", "synthetic_weather"):
    source = sources()[dag_id]
    request = source.request.checked({"airports": ["ABV"]})
    extraction = source.extraction(request, Run(dag_id, "", -1, day_interval(date(2026, 11, 1))))
    (chunk,) = extraction.fetch()
    assert not check(extraction.record, chunk.table).reasons
assert "ABV" in AirportsRequest().airports
assert weather.at("ABV", datetime(2026, 11, 1, 10, tzinfo=UTC)).humidity
assert board.window("ABV", datetime(2026, 11, 1, 6), 18)
assert airports.COUNTRY_CODES[airports.AIRPORTS["ABV"].country] == "NG"
print("taken")
"""


def test_a_new_airport_is_one_line(root: Path) -> None:
    text = (root / "include" / "dataflow360" / "airports.py").read_text()
    assert _LAST in text
    assert _NEW in text  # among those that the airports are connected to
    done = subprocess.run(
        [sys.executable, "-c", _WITH_IT],
        input=text.replace(_NEW, "").replace(_LAST, _LAST + _NEW),
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("taken", 0), done.stderr
