"""Who may see the page and act on it: Airflow's own users, over HTTP."""

import time
from collections.abc import Iterator

import httpx
import pytest

from dataflow360.alerts.dag_files import read
from stack import settings as env_file
from stack.environment import airflow_url
from stack.profiles import Profile
from stack.servers.airflow import USERS
from tests.conftest import ROOT
from tests.end_to_end.conftest import Airflow

PAGE = "/dataflow360"
ID = "4875c3f7-0000-5000-8000-000000000000"
READS = (
    "/api/me", "/api/overview", "/api/kafka", "/api/kinesis", "/api/map", "/api/airports/DSS",
    "/api/quarantine", "/",
)  # fmt: skip
REPLAYS = "/api/v2/dags/replay_quarantine/dagRuns"
DRY_RUN = {"logical_date": None, "conf": {"ids": [ID], "dry_run": True}}
#: Whose clients are imported by the first request.
FIRST_SECONDS = 90


@pytest.fixture(scope="module")
def url(airflow: Airflow, profile: Profile) -> str:
    return airflow_url(env_file.load(profile))


@pytest.fixture(scope="module")
def tokens(url: str, profile: Profile) -> dict[str, str]:
    """What each user signs in with."""
    settings = env_file.load(profile)
    tokens = {}
    for user, secret in USERS.items():
        login = {"username": user, "password": settings.secret(secret)}
        answer = httpx.post(f"{url}/auth/token", json=login, timeout=FIRST_SECONDS)
        tokens[user] = answer.raise_for_status().json()["access_token"]
    return tokens


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(url: str, tokens: dict[str, str], user: str) -> Iterator[httpx.Client]:
    """A user's session as a browser has it: in a cookie."""
    with httpx.Client(
        base_url=url, cookies={"_token": tokens[user]}, timeout=FIRST_SECONDS
    ) as client:
        yield client


@pytest.fixture
def stranger(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=FIRST_SECONDS) as client:
        yield client


@pytest.mark.parametrize("path", [*READS[:-1], f"/api/quarantine/{ID}", "/api/airports/XXX"])
def test_without_login_there_is_nothing(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(f"{PAGE}{path}")
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


def test_without_login_the_page_leads_to_airflows_own(stranger: httpx.Client, url: str) -> None:
    answer = stranger.get(f"{PAGE}/")
    assert answer.status_code == 307
    assert answer.headers["location"].startswith("/auth/login?next=")


def test_a_forged_session_is_refused(stranger: httpx.Client, tokens: dict[str, str]) -> None:
    head, body, signature = tokens["lecteur"].split(".")
    for token in ("x", f"{head}.{body}.{signature[::-1]}"):
        answer = stranger.get(f"{PAGE}/api/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {401, 403}


@pytest.mark.parametrize("path", READS)
def test_every_role_reads_every_part(session: httpx.Client, path: str) -> None:
    assert session.get(f"{PAGE}{path}").status_code == 200


def test_a_role_is_offered_what_it_may_do(session: httpx.Client, user: str) -> None:
    assert session.get(f"{PAGE}/api/me").json() == {
        "name": user,
        "may_replay": user != "lecteur",
        "replay_dag": "replay_quarantine",
        "root": "",
    }


def test_a_viewer_cannot_start_what_replays_and_an_operator_can(
    session: httpx.Client, user: str, airflow: Airflow
) -> None:
    answer = session.post(REPLAYS, json=DRY_RUN)
    if user == "lecteur":
        assert answer.status_code == 403
        return
    assert answer.status_code == 200, answer.text
    run_id = answer.json()["dag_run_id"]
    assert answer.json()["triggering_user_name"] == user
    assert airflow.wait("replay_quarantine", run_id) == "success"
    outcome = session.get(f"{REPLAYS}/{run_id}/taskInstances/select/xcomEntries/outcome").json()
    assert outcome["value"] == {
        "dry_run": True,
        "sentence": "Dry run: 0 of 0 records would be replayed; nothing was changed.",
        "counts": {},
        "records": [],
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/api/overview", "/api/quarantine", f"/api/quarantine/{ID}"])
def test_the_page_itself_changes_nothing(
    stranger: httpx.Client, tokens: dict[str, str], method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens['admin']}"}
    assert stranger.request(method, f"{PAGE}{path}", headers=headers).status_code == 405


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", None]
)
def test_a_form_of_another_site_starts_nothing(
    url: str, tokens: dict[str, str], airflow: Airflow, kind: str | None
) -> None:
    """What a site can send without asking first is not what Airflow takes."""
    before = airflow.get("/dags/replay_quarantine/dagRuns", limit=1)["total_entries"]
    answer = httpx.post(
        f"{url}{REPLAYS}",
        cookies={"_token": tokens["admin"]},
        headers={"Origin": "https://elsewhere.example", **({"Content-Type": kind} if kind else {})},
        content=b'{"logical_date": null, "conf": {}}',
    )
    assert answer.status_code == 422
    assert airflow.get("/dags/replay_quarantine/dagRuns", limit=1)["total_entries"] == before


def test_no_other_site_may_ask_by_script(url: str) -> None:
    """A browser asks first whether JSON may come from elsewhere, and gets no leave."""
    headers = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for path in (REPLAYS, f"{PAGE}/api/overview"):
        answer = httpx.options(f"{url}{path}", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/", "/api/me", "/api/nothing", "/static/nothing.js"])
def test_the_browser_is_told_to_keep_the_page_to_itself(session: httpx.Client, path: str) -> None:
    headers = session.get(f"{PAGE}{path}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "query",
    [
        "state=lost", "limit=0", "limit=201", "limit=x", "dag_id=", f"dag_id={'x' * 251}",
        "record_type=vols", "reason_kind=x", "dag_id=csv_files&record_type=vols",
        f"dag_id=csv_files&record_type=vols&reason_kind={'x' * 121}", "after=", "after=%00",
        "after=abc", f"after={'a' * 801}",
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(
    stranger: httpx.Client, tokens: dict[str, str], query: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens['lecteur']}"}
    assert stranger.get(f"{PAGE}/api/quarantine?{query}", headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/airports/dss", 422),
        ("/api/airports/CDG", 404),
        ("/api/airports/%2e%2e", 422),
        (f"/api/quarantine/{ID}", 404),
        (f"/api/quarantine/{ID.upper()}", 422),
        ("/api/quarantine/1'%20OR%201=1", 422),
        ("/static/%2e%2e/%2e%2e/dataflow360_page.py", 404),
        ("/docs", 404),
        ("/openapi.json", 404),
    ],
)
def test_what_is_not_there_is_said_so(
    stranger: httpx.Client, tokens: dict[str, str], path: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {tokens['admin']}"}
    assert stranger.get(f"{PAGE}{path}", headers=headers).status_code == status


def test_the_page_is_in_airflows_navigation(airflow: Airflow) -> None:
    (plugin,) = (
        each for each in airflow.get("/plugins")["plugins"] if each["name"] == "dataflow360"
    )
    (view,) = plugin["external_views"]
    assert (view["href"], view["destination"]) == ("/dataflow360/", "nav")
    assert airflow.get("/plugins/importErrors")["import_errors"] == []


def test_the_overview_has_every_source_with_its_schedule(
    session: httpx.Client, airflow: Airflow
) -> None:
    sources = {
        each["dag_id"]: each for each in session.get(f"{PAGE}/api/overview").json()["sources"]
    }
    assert set(sources) == {
        "aviationstack", "csv_files", "flight_weather", "lambda_failures", "metar",
        "openweather", "openweather_to_kinesis", "scrape_departures", "scrape_weather",
        "synthetic_flights", "synthetic_weather",
    }  # fmt: skip
    assert set(sources) == {source.dag_id for source in read(ROOT / "dags")[0]}
    assert sources["openweather"]["schedule"] == "0 * * * *"
    assert all(each["account"]["freshness"] for each in sources.values())


def test_a_run_and_its_rows_are_in_the_overview(session: httpx.Client, airflow: Airflow) -> None:
    run_id = airflow.trigger("synthetic_weather", day="1999-05-04", airports=["DSS"], rows=6)
    assert airflow.wait("synthetic_weather", run_id) == "success"
    deadline = time.monotonic() + 30
    while True:
        sources = session.get(f"{PAGE}/api/overview").json()["sources"]
        (own,) = (each for each in sources if each["dag_id"] == "synthetic_weather")
        if own["account"]["rows"] and own["account"]["rows"]["run_id"] == run_id:
            break
        assert time.monotonic() < deadline, own
        time.sleep(0.5)
    assert own["last_run"]["run_id"] == run_id
    assert own["last_run"]["state"] == "success"
    assert own["account"]["last"]["state"] == "reconciled"
    assert own["account"]["rows"]["read"] == 6
    assert own["account"]["volume"][-1]["valid"] >= 6
