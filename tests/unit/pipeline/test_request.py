"""What a run is asked for is checked before anything is done, and refused in one sentence."""

from datetime import date

import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.errors import FatalError
from dataflow360.pipeline.request import Request
from dataflow360.sources.synthetic import FlightsRequest, SyntheticRequest, WeatherRequest


@pytest.mark.parametrize(
    ("model", "rows"), [(FlightsRequest, 48), (WeatherRequest, 24)], ids=["flights", "weather"]
)
def test_nothing_asked_means_every_airport_and_a_usual_day(model, rows):
    request = model.checked({})
    assert request.airports == tuple(AIRPORTS)
    assert (request.rows, request.bad_share, request.day, request.refetch) == (
        rows,
        0.0,
        None,
        False,
    )


def test_what_is_asked_is_taken():
    request = FlightsRequest.checked(
        {"airports": ["DSS", "LOS"], "rows": 10, "bad_share": 0.1, "day": "2026-11-01",
         "refetch": True}
    )  # fmt: skip
    assert request.airports == ("DSS", "LOS")
    assert (request.rows, request.bad_share, request.refetch) == (10, 0.1, True)
    assert request.day == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("model", "params", "said"),
    [
        pytest.param(FlightsRequest, {"airports": ["DSS", "CDG"]}, ["airports.1", "'CDG'", "DSS"],
                     id="unknown-airport"),
        pytest.param(FlightsRequest, {"airports": []}, ["airports", "at least 1"],
                     id="no-airport"),
        pytest.param(FlightsRequest, {"airports": "DSS"}, ["airports", "'DSS'"], id="not-a-list"),
        pytest.param(FlightsRequest, {"rows": -1}, ["rows", "(-1)", "greater than or equal to 1"],
                     id="negative-rows"),
        pytest.param(FlightsRequest, {"rows": 5001}, ["rows", "(5001)", "equal to 5000"],
                     id="too-many-flights"),
        pytest.param(WeatherRequest, {"rows": 25}, ["rows", "(25)", "equal to 24"],
                     id="more-observations-than-hours"),
        pytest.param(WeatherRequest, {"rows": "many"}, ["rows", "'many'", "integer"],
                     id="rows-in-words"),
        pytest.param(FlightsRequest, {"bad_share": 1.1}, ["bad_share", "(1.1)", "equal to 1"],
                     id="share-above-one"),
        pytest.param(FlightsRequest, {"bad_share": float("nan")}, ["bad_share", "nan"],
                     id="share-not-a-number"),
        pytest.param(FlightsRequest, {"day": "01/11/2026"}, ["day", "'01/11/2026'", "YYYY-MM-DD"],
                     id="date-in-another-form"),
        pytest.param(FlightsRequest, {"day": "2026-02-30"}, ["day", "'2026-02-30'"],
                     id="no-such-day"),
        pytest.param(FlightsRequest, {"day": "2026-11-01T12:00"},
                     ["day", "'2026-11-01T12:00'", "YYYY-MM-DD"], id="an-hour"),
        pytest.param(FlightsRequest, {"airport": "DSS"}, ["airport", "'DSS'", "not permitted"],
                     id="unknown-param"),
        pytest.param(Request, {"refetch": "perhaps"}, ["refetch", "'perhaps'", "boolean"],
                     id="not-a-truth-value"),
    ],
)  # fmt: skip
def test_a_param_that_is_wrong_is_named_with_its_value_and_rule(model, params, said):
    with pytest.raises(FatalError) as refused:
        model.checked(params)
    sentence = str(refused.value)
    assert sentence.startswith("The param ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for part in said:
        assert part in sentence


def test_the_content_of_a_request_is_what_shapes_the_rows():
    plain = FlightsRequest.checked({"rows": 10})
    assert plain.content == FlightsRequest.checked({"rows": 10, "refetch": True}).content
    assert plain.content == FlightsRequest.checked({"rows": 10, "day": "2026-11-01"}).content
    others = [{"rows": 11}, {"rows": 10, "bad_share": 0.5}, {"rows": 10, "airports": ["DSS"]}]
    contents = {FlightsRequest.checked(params).content for params in others}
    assert len(contents | {plain.content}) == 4


@pytest.mark.parametrize("model", [Request, FlightsRequest, WeatherRequest])
def test_the_form_asks_for_every_param_in_words(model):
    form = model.form()
    assert set(form) == set(model.model_fields)
    for name, param in form.items():
        assert param.description.endswith((".", ").")), name
        assert param.schema["title"], name


@pytest.mark.parametrize("model", [Request, FlightsRequest, WeatherRequest])
def test_the_forms_defaults_are_the_checks_defaults(model):
    defaults = {name: param.value for name, param in model.form().items()}
    assert model.checked(defaults) == model.checked({})


def test_airports_are_chosen_from_a_list_with_their_cities():
    schema = SyntheticRequest.form()["airports"].schema
    assert schema["examples"] == list(AIRPORTS)
    assert schema["values_display"]["DSS"] == "DSS Dakar"
