"""The trigger form: every param in words, and nothing wrong gets through it."""

import pytest
from airflow.sdk import ParamsDict
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization

from dataflow360.airports import AIRPORTS
from dataflow360.aws.request import SetupRequest
from dataflow360.errors import FatalError
from dataflow360.pipeline.request import DerivedRequest, Request
from dataflow360.replay.request import ReplayRequest
from dataflow360.sources.aviationstack import AviationstackRequest
from dataflow360.sources.places import AirportsRequest
from dataflow360.sources.synthetic import FlightsRequest, WeatherRequest

MODELS = {
    "synthetic_flights": FlightsRequest,
    "synthetic_weather": WeatherRequest,
    "aviationstack": AviationstackRequest,
    "openweather": AirportsRequest,
    "metar": AirportsRequest,
    "openweather_to_kinesis": AirportsRequest,
    "scrape_departures": AirportsRequest,
    "scrape_weather": AirportsRequest,
    "flight_weather": DerivedRequest,
    "csv_files": Request,
    "replay_quarantine": ReplayRequest,
    "aws_setup": SetupRequest,
}
SYNTHETIC = {"refetch", "airports", "bad_share", "day", "rows"}
REPLAY = {
    *("record_type", "dag", "batch_id", "reason", "since", "ids", "limit"),
    *("dry_run", "dismiss"),
}
NAMES = {
    "synthetic_flights": SYNTHETIC,
    "synthetic_weather": SYNTHETIC,
    "aviationstack": {"refetch", "airports", "calls"},
    "openweather": {"refetch", "airports"},
    "metar": {"refetch", "airports"},
    "openweather_to_kinesis": {"refetch", "airports"},
    "scrape_departures": {"refetch", "airports"},
    "scrape_weather": {"refetch", "airports"},
    "flight_weather": {"refetch", "day"},
    "csv_files": {"refetch"},
    "replay_quarantine": REPLAY,
    "aws_setup": {
        *("shards", "batch_size", "window_seconds", "starting_position", "maximum_retry_attempts"),
    },
}
QUARANTINE_ID = "0f8fad5b-d9cb-569f-a165-70867728950e"


@pytest.fixture(params=sorted(MODELS))
def params(request, dagbag) -> ParamsDict:
    return dagbag.dags[request.param].params


@pytest.fixture
def asked(dagbag):
    """Validate a trigger's params as Airflow's API does."""

    def asked(dag_id: str, **values) -> dict:
        stored = DagSerialization.from_json(DagSerialization.to_json(dagbag.dags[dag_id]))
        return stored.params.deep_merge(values).validate()

    return asked


@pytest.mark.parametrize("dag_id", MODELS)
def test_names(dag_id, dagbag):
    assert set(dagbag.dags[dag_id].params) == NAMES[dag_id]


def test_every_param_has_a_title_and_a_description(params):
    for name in params:
        param = params.get_param(name)
        assert param.description, name
        assert param.schema["title"], name


@pytest.mark.parametrize("dag_id", MODELS)
def test_the_defaults_are_valid_and_mean_what_the_library_means(dag_id, dagbag):
    defaults = dagbag.dags[dag_id].params.validate()
    assert MODELS[dag_id].checked(defaults) == MODELS[dag_id].checked({})


@pytest.mark.parametrize(
    ("dag_id", "values"),
    [
        ("synthetic_flights", {"airports": ["DSS"], "rows": 1, "day": "2026-11-01"}),
        ("synthetic_flights", {"airports": list(AIRPORTS), "rows": 5000, "bad_share": 1}),
        ("synthetic_weather", {"rows": 24, "bad_share": 0.25, "refetch": True, "day": None}),
        ("csv_files", {"refetch": True}),
        ("aviationstack", {"airports": ["LOS", "DSS"], "calls": 3}),
        ("aviationstack", {"calls": None}),
        ("aws_setup", {"shards": 1, "batch_size": 1, "starting_position": "LATEST"}),
        ("aws_setup", {"window_seconds": 0, "maximum_retry_attempts": 0}),
        ("replay_quarantine", {"record_type": "vols", "since": "2026-11-01", "limit": 1}),
        ("replay_quarantine", {"ids": [QUARANTINE_ID], "dry_run": False, "dismiss": "a test"}),
        ("replay_quarantine", {"dag": "csv_files", "reason": "humidite"}),
    ],
)
def test_what_the_form_lets_through_the_library_takes(dag_id, values, asked):
    accepted = asked(dag_id, **values)
    assert {name: accepted[name] for name in values} == values
    MODELS[dag_id].checked(accepted)


@pytest.mark.parametrize("dag_id", ["synthetic_flights", "synthetic_weather"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("airports", ["DSS", "CDG"], id="unknown-airport"),
        pytest.param("airports", [], id="no-airport"),
        pytest.param("airports", ["DSS", "DSS"], id="an-airport-twice"),
        pytest.param("airports", "DSS", id="not-a-list"),
        pytest.param("rows", -1, id="negative-rows"),
        pytest.param("rows", 0, id="no-rows"),
        pytest.param("rows", 5001, id="too-many-rows"),
        pytest.param("rows", 1.5, id="half-a-row"),
        pytest.param("bad_share", 1.01, id="share-above-one"),
        pytest.param("bad_share", -0.01, id="share-below-zero"),
        pytest.param("day", "01/11/2026", id="date-in-another-form"),
        pytest.param("day", "2026-02-30", id="no-such-day"),
        pytest.param("day", 20_261_101, id="date-as-a-number"),
        pytest.param("refetch", "yes", id="not-a-truth-value"),
    ],
)
def test_the_form_refuses_what_is_wrong(dag_id, name, value, asked, dagbag):
    with pytest.raises(ParamValidationError):
        asked(dag_id, **{name: value})
    with pytest.raises(ParamValidationError):
        dagbag.dags[dag_id].params.get_param(name).resolve(value)


def test_a_day_has_twenty_four_observations_at_most(asked):
    with pytest.raises(ParamValidationError):
        asked("synthetic_weather", rows=25)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("record_type", "trains", id="unknown-record-type"),
        pytest.param("reason", "", id="empty-reason"),
        pytest.param("since", "yesterday", id="no-day"),
        pytest.param("ids", ["0f8fad5b"], id="half-an-id"),
        pytest.param("ids", [QUARANTINE_ID.replace("-", "'")], id="no-id"),
        pytest.param("limit", 0, id="no-record"),
        pytest.param("limit", 100_001, id="too-many"),
        pytest.param("dismiss", " ", id="no-comment"),
        pytest.param("dismiss", "x" * 1001, id="long-comment"),
    ],
)
def test_form_and_library_refuse_what_is_wrong_of_a_replay(name, value, asked):
    with pytest.raises(ParamValidationError):
        asked("replay_quarantine", **{name: value})
    with pytest.raises(FatalError, match=f"The param {name}"):
        ReplayRequest.checked({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("shards", 0, id="no-shard"),
        pytest.param("batch_size", 10_001, id="more-than-lambda-takes"),
        pytest.param("window_seconds", 301, id="longer-than-lambda-waits"),
        pytest.param("starting_position", "AT_TIMESTAMP", id="another-position"),
        pytest.param("maximum_retry_attempts", -1, id="attempts-for-ever"),
    ],
)
def test_form_and_library_refuse_what_would_block_the_stream_or_be_refused_by_aws(
    name, value, asked
):
    with pytest.raises(ParamValidationError):
        asked("aws_setup", **{name: value})
    with pytest.raises(FatalError, match=f"The param {name}"):
        SetupRequest.checked({name: value})
