"""Where a message sends its reader."""

import pytest

from dataflow360.alerts.watching import link_below


@pytest.mark.parametrize("base", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/"])
def test_a_link_leads_to_the_dag_or_to_its_run_in_airflows_ui(base):
    link = link_below(base)
    assert link("openweather", None) == "http://127.0.0.1:8080/dags/openweather"
    assert link("openweather", "scheduled__2026-11-24T10:00:00+00:00") == (
        "http://127.0.0.1:8080/dags/openweather/runs/scheduled__2026-11-24T10%3A00%3A00%2B00%3A00"
    )
