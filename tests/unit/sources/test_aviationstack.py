"""AviationStack: what its answers mean, and how a month's calls are shared out."""

import calendar
import json
from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow360.airports import AIRPORTS
from dataflow360.clients.http import meaning
from dataflow360.errors import FatalError, RetriableError, SkippableError
from dataflow360.pipeline import landing
from dataflow360.records.identity import event_ids, uuid_strings
from dataflow360.records.validation import check
from dataflow360.records.vols_ao import STATUSES, VOLS_AO
from dataflow360.sources.aviationstack import answers, api, plan
from dataflow360.sources.aviationstack.api import API, GeneralFaultError
from dataflow360.sources.source import Origin
from tests.unit.sources.damage import JSON, changes

ORIGIN = Origin("{}", "20261101T000000Z-20261102T000000Z")
AIRCRAFT = {"registration": "5N-123", "iata": "738", "icao": "B738", "icao24": "040F12"}
FLIGHT = {
    "flight_date": "2026-11-01",
    "flight_status": "landed",
    "departure": {
        "airport": "Lagos", "timezone": "Africa/Lagos", "iata": "LOS", "icao": "DNMM",
        "terminal": "1", "gate": None, "delay": 12, "scheduled": "2026-11-01T22:40:00+00:00",
        "estimated": "2026-11-01T22:40:00+00:00", "actual": "2026-11-01T22:52:00+00:00",
        "estimated_runway": None, "actual_runway": None,
    },
    "arrival": {
        "airport": "Zurich", "timezone": "Europe/Zurich", "iata": "ZRH", "icao": "LSZH",
        "scheduled": "2026-11-02T05:40:00+00:00", "baggage": None,
    },
    "airline": {"name": "Swiss", "iata": "LX", "icao": "SWR"},
    "flight": {"number": "41", "iata": "LX41", "icao": "SWR41", "codeshared": None},
    "aircraft": AIRCRAFT,
    "live": None,
}  # fmt: skip
OPERATED = {
    "airline_name": "swiss", "airline_iata": "lx", "airline_icao": "swr",
    "flight_number": "41", "flight_iata": "lx41", "flight_icao": "swr41",
}  # fmt: skip


def changed(document: dict, **values: object) -> dict:
    """A document with other values: ``flight__iata=…`` for an inner one, ``...`` takes it away."""
    copy = orjson.loads(orjson.dumps(document))
    for path, value in values.items():
        *parents, name = path.split("__")
        inner = copy
        for parent in parents:
            inner = inner[parent]
        if value is ...:
            del inner[name]
        else:
            inner[name] = value
    return copy


def sold_as(number: str, airline: str = "Lufthansa", **values: object) -> dict:
    return changed(
        FLIGHT,
        airline={"name": airline, "iata": number[:2], "icao": None},
        flight={"number": number[2:], "iata": number, "icao": None, "codeshared": OPERATED},
        **values,
    )


def parsed(*flights: object):
    return answers.parse([orjson.dumps(flight) for flight in flights], ORIGIN)


def row(**values: object) -> dict:
    (found,) = parsed(changed(FLIGHT, **values)).table.to_pylist()
    return found


def refusal(**values: object) -> str:
    chunk = parsed(changed(FLIGHT, **values))
    reasons = [each.reason for each in chunk.refused]
    reasons += check(VOLS_AO, chunk.table).reasons.values()
    (reason,) = reasons
    return reason


def test_a_flight_is_a_valid_row():
    chunk = parsed(FLIGHT)
    assert check(VOLS_AO, chunk.table).reasons == {}
    assert chunk.table.to_pylist() == [
        {
            "compagnie": "Swiss",
            "numero_vol": "LX41",
            "aeroport_depart": "LOS",
            "aeroport_arrivee": "ZRH",
            "heure_depart_prevue": datetime.fromisoformat("2026-11-01T21:40"),
            "etat_vol": "landed",
            "pays": "Nigéria",
            "timestamp": datetime.fromisoformat("2026-11-02T00:00"),
            "numeros_marketing": None,
        }
    ]


@pytest.mark.parametrize(
    ("iata", "hour"),
    [("LOS", 5), ("COO", 5), ("NIM", 5), ("RAI", 7), ("ABJ", 6)],
)
def test_a_time_is_that_of_the_clock_at_the_airport(iata, hour):
    found = row(
        departure__iata=iata,
        departure__timezone=AIRPORTS[iata].timezone,
        departure__scheduled="2026-11-01T06:00:00+00:00",
    )
    assert found["heure_depart_prevue"] == datetime.fromisoformat(f"2026-11-01T0{hour}:00")


@pytest.mark.parametrize(
    "scheduled",
    ["2026-11-01T06:00:00", "2026-11-01T06:00:00+01:00", "2026-11-01T06:00Z",
     "2026-11-01T06:00:00.250+00:00", " 2026-11-01T06:00:00+00:00 "],
)  # fmt: skip
def test_other_labels_of_the_same_clock_are_the_same_time(scheduled):
    found = row(departure__scheduled=scheduled)
    assert found["heure_depart_prevue"] == datetime.fromisoformat("2026-11-01T05:00")


def test_an_airport_with_summer_time_has_the_offset_of_the_day():
    """None of the project's airports has it now, but the provider's zone is what counts."""
    times = [
        row(departure__timezone="Europe/Paris", departure__scheduled=f"2026-{month}-01T06:00:00")
        for month in ("01", "07")
    ]
    assert [each["heure_depart_prevue"].hour for each in times] == [5, 4]


def test_the_event_id_is_that_of_the_mended_time():
    """A golden value: what is stored today must be found again tomorrow."""
    ids = uuid_strings(event_ids(VOLS_AO, parsed(FLIGHT).table)).to_pylist()
    assert ids == ["a2ec670f-5d5f-50ff-8b0a-e437bce746d7"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"departure__timezone": "Africa/Atlantis"},
         "departure.timezone 'Africa/Atlantis' is no known time zone"),
        ({"departure__timezone": ""}, "departure.timezone '' is no known time zone"),
        ({"departure__timezone": "../etc/passwd"},
         "departure.timezone '../etc/passwd' is no known time zone"),
        ({"departure__timezone": None}, "departure.timezone: Input should be a valid string"),
        ({"departure__scheduled": None}, "departure.scheduled: Input should be a valid string"),
        ({"departure__scheduled": "tomorrow"}, "departure.scheduled 'tomorrow' is no time"),
        ({"departure__scheduled": "2026-11-01"}, "departure.scheduled '2026-11-01' is no time"),
        ({"departure__scheduled": "2026-02-30T06:00:00+00:00"},
         "departure.scheduled '2026-02-30T06:00:00+00:00' is no time"),
        ({"departure__scheduled": "0001-01-01T00:10:00+00:00"},
         "departure.scheduled '0001-01-01T00:10:00+00:00' is out of range"),
        ({"departure__scheduled": "2026-11-01T06:00:00+05:00"},
         "departure.scheduled '2026-11-01T06:00:00+05:00' has an offset that Africa/Lagos has not"
         " then"),
        ({"departure__iata": "CDG"}, "departure.iata 'CDG' is none of the project's airports"),
        ({"flight__iata": None, "flight__number": None},
         "flight has no IATA flight number but 'LX'"),
        ({"flight__iata": "private"}, "flight has no IATA flight number but 'PRIVATE'"),
        ({"flight__codeshared": {}}, "flight.codeshared has no IATA flight number but ''"),
        ({"flight": ...}, "flight: Field required"),
        ({"arrival__iata": "Paris"}, "is PARIS; an IATA code of three capital letters is wanted"),
        ({"airline": {"name": None}}, "compagnie is missing"),
        ({"airline": {"name": "x" * 81}}, "has 81 characters; at most 80 are wanted"),
        ({"flight_status": "boarding"}, "is boarding; one of scheduled, active"),
    ],
)  # fmt: skip
def test_what_is_no_flight_is_refused_with_the_reason(values, reason):
    assert reason in refusal(**values)


@pytest.mark.parametrize("status", [*STATUSES, "Landed"])
def test_every_state_is_known(status):
    assert row(flight_status=status)["etat_vol"] == status.lower()


def test_a_number_is_put_together_where_only_its_parts_are_given():
    assert row(flight__iata=None)["numero_vol"] == "LX41"
    assert row(flight__iata=None, flight__number=41)["numero_vol"] == "LX41"


def test_the_name_of_a_known_airline_is_the_one_at_rest():
    assert row(airline={"name": "Air Senegal", "iata": "HC"})["compagnie"] == "Air Sénégal"


@pytest.mark.parametrize("turned", [False, True], ids=["operating-first", "operating-last"])
def test_codeshares_are_rows_of_the_operating_flight(turned):
    flights = [FLIGHT, sold_as("LH5701"), sold_as("UA9736"), changed(FLIGHT, flight__iata="LX43")]
    chunk = parsed(*(flights[::-1] if turned else flights))
    rows = [each for each in chunk.table.to_pylist() if each["numero_vol"] == "LX41"]
    assert len(rows) == 3
    assert rows == [row() | {"numeros_marketing": "LH5701,UA9736"}] * 3


def test_collapsed_codeshares_are_counted_as_duplicates(tmp_path):
    flights = [FLIGHT, sold_as("LH5701"), sold_as("UA9736"), {"flight": "none"}]
    written = landing.write_batch(tmp_path, VOLS_AO, [parsed(*flights)])
    counts = written.rows_read, written.rows_valid, written.rows_duplicate
    assert (*counts, written.rows_quarantined) == (4, 1, 2, 1)


def test_a_codeshare_tells_of_an_operating_flight_that_has_no_row():
    (found,) = parsed(sold_as("LH5701")).table.to_pylist()
    assert found == row() | {"numeros_marketing": "LH5701"}


def test_the_name_of_an_airline_that_only_a_codeshare_tells_has_capitals():
    codeshare = changed(sold_as("LH5701"), flight__codeshared__airline_name="sky hop",
                        flight__codeshared__airline_iata="x9",
                        flight__codeshared__flight_iata="x97")  # fmt: skip
    (found,) = parsed(codeshare).table.to_pylist()
    assert (found["compagnie"], found["numero_vol"]) == ("Sky Hop", "X97")


def test_what_an_operating_flight_says_of_itself_stands():
    rows = parsed(FLIGHT, sold_as("LH5701", flight_status="scheduled")).table.to_pylist()
    assert {each["etat_vol"] for each in rows} == {"landed"}


def test_of_two_rows_of_a_flight_the_last_stands():
    rows = parsed(FLIGHT, changed(FLIGHT, flight_status="diverted")).table.to_pylist()
    assert [each["etat_vol"] for each in rows] == ["diverted", "diverted"]


def test_an_ill_formed_codeshare_takes_the_operating_flight_with_it_not():
    broken = changed(sold_as("LH5701"), flight__iata="LH 57,01")
    chunk = parsed(FLIGHT, broken)
    assert chunk.table.to_pylist() == [row()]
    assert [each.position for each in chunk.refused] == [2]


def test_the_original_of_a_flight_is_the_json_that_came():
    body = b'{"pagination":{"total":2},"data":[{"flight" : 1e2, "x":"\\u00e9"}, ' + (
        orjson.dumps(changed(FLIGHT, arrival__iata="Paris")) + b"]}"
    )
    chunk = answers.parse(api.read_page(body).flights, ORIGIN)
    assert [(r.position, r.raw) for r in chunk.refused] == [(1, b'{"flight" : 1e2, "x":"\\u00e9"}')]
    assert chunk.positions.tolist() == [2]
    assert orjson.loads(chunk.raw(0))["arrival"]["iata"] == "Paris"


def test_a_page_says_how_many_flights_there_are():
    body = {"pagination": {"limit": 100, "offset": 0, "count": 1, "total": 146}, "data": [FLIGHT]}
    page = api.read_page(orjson.dumps(body))
    assert (page.total, [*map(orjson.loads, page.flights)]) == (146, [FLIGHT])


@pytest.mark.parametrize(
    "body",
    [b"[]", b"3", b'{"data":[]}', b'{"pagination":{"total":1}}', b'{"pagination":{},"data":[]}',
     b'{"pagination":{"total":"x"},"data":[]}', b'{"pagination":{"total":1},"data":{}}',
     b'{"pagination":{"total":1},"data":[', b"", b"[" * 5_000,
     b'{"pagination":{"total":1},"data":["\\ud800"]}', b'{"version":3,"results":[]}'],
)  # fmt: skip
def test_an_answer_of_another_form_is_contract_drift(body):
    with pytest.raises(GeneralFaultError, match="has not the documented form"):
        api.read_page(body)


# ---- 10,000 inputs: nothing crashes, nothing vanishes

LIKELY = st.sampled_from(
    ["", " ", "null", "LOS", "los", "LX41", "X", "+00:00", "2026-11-01T24:00:00+00:00",
     "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:00", "2026-11-01T06:00:00+24:00",
     "٢٠٢٦-11-01T06:00:00", "Africa", "Etc/GMT+12", "Africa/Lagos\x00", "LX41\n",
     10**30, -1, 1e308, True, {}, []]
)  # fmt: skip
PATHS = [
    "flight_status", "departure", "departure__iata", "departure__timezone",
    "departure__scheduled", "arrival", "arrival__iata", "airline", "airline__name",
    "airline__iata", "flight", "flight__number", "flight__iata", "flight__codeshared",
]  # fmt: skip


def spoiled(document, values):
    """A document with other values in some places; ``...`` takes the place away."""
    copy = json.loads(json.dumps(document))
    # The inner ones while they are there.
    for path in sorted(values, key=lambda path: -path.count("__")):
        *parents, name = path.split("__")
        inner = copy[parents[0]] if parents else copy
        if values[path] is ...:
            del inner[name]
        else:
            inner[name] = values[path]
    return copy


@st.composite
def many_spoiled(draw):
    """Flights with values in one or two of their places, or without them, and the bare values."""
    document = draw(st.sampled_from([FLIGHT, sold_as("LH5701")]))
    values = draw(st.lists(LIKELY | JSON, min_size=3, max_size=3))
    apart = draw(st.integers(0, len(PATHS) - 1))
    return [*(spoiled(document, each) for each in changes(PATHS, [..., *values], apart)), *values]


#: 10,000 flights: the contract is checked for many of them at once.
AT_ONCE = 50


@settings(max_examples=10_000 // AT_ONCE, suppress_health_check=list(HealthCheck))
@given(many_spoiled())
def test_every_flight_is_a_row_or_refused(flights):
    assert len(flights) >= AT_ONCE
    raw = [json.dumps(flight).encode() for flight in flights]
    page = api.read_page(b'{"pagination":{"total":9},"data":[' + b",".join(raw) + b"]}")
    assert list(page.flights) == raw
    chunk = answers.parse(page.flights, ORIGIN)
    checked = check(VOLS_AO, chunk.table)
    refused = {each.position for each in chunk.refused}
    refused |= {int(chunk.positions[number]) for number in checked.reasons}
    assert all(each.reason for each in chunk.refused)
    assert all(chunk.raw(n) == raw[position - 1] for n, position in enumerate(chunk.positions))
    assert len(refused) + checked.valid.num_rows == len(flights)
    event_ids(VOLS_AO, checked.valid)


@settings(max_examples=300)
@given(st.binary(max_size=60) | JSON.map(json.dumps).map(str.encode))
def test_an_answer_is_a_page_or_drift(body):
    try:
        page = api.read_page(body)
    except GeneralFaultError:
        return
    answers.parse(page.flights, ORIGIN)


# ---- errors


def fault(status: int, body: object):
    return meaning(API, status, {}, orjson.dumps(body))


def code(name: str, context: object = None) -> dict:
    return {"error": {"code": name, "message": "words", "context": context}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (429, code("usage_limit_reached"), SkippableError, "429 usage_limit_reached"),
        (200, {"success": False, "error": {"code": 104, "type": "usage_limit_reached"}},
         SkippableError, "200 usage_limit_reached"),
        (429, code("rate_limit_reached"), RetriableError, "wants a pause between calls"),
        (429, {}, RetriableError, "has too many calls of ours (429)"),
        (401, code("invalid_access_key"), GeneralFaultError,
         "refuses the key (401 invalid_access_key); set AVIATIONSTACK_API_KEY in .env"),
        (401, code("missing_access_key"), GeneralFaultError, "refuses the key"),
        (401, code("inactive_user"), GeneralFaultError, "refuses the key (401 inactive_user)"),
        (200, {"success": False, "error": {"code": 101, "type": "invalid_access_key"}},
         GeneralFaultError, "refuses the key (200 invalid_access_key)"),
        (403, code("function_access_restricted"), GeneralFaultError,
         "this is a limit of the plan and no outage"),
        (403, code("https_access_restricted"), GeneralFaultError, "does not include HTTPS"),
        (404, code("invalid_api_function"), FatalError, "does not understand the call"),
        (400, code("validation_error"), FatalError, "does not understand the call"),
        (200, code("invalid_flight_status"), FatalError,
         "does not understand the call (200 invalid_flight_status)"),
        (500, code("internal_error"), RetriableError, "has a fault of its own"),
    ],
)  # fmt: skip
def test_what_an_error_means(status, body, kind, sentence):
    found = fault(status, body)
    assert isinstance(found, kind)
    assert isinstance(found, GeneralFaultError) == (kind is GeneralFaultError)
    assert sentence in str(found)


def test_a_good_answer_is_no_error():
    assert fault(200, {"pagination": {"total": 0}, "data": []}) is None


# ---- the plan


@pytest.mark.parametrize(("day", "due"), [(1, 3), (2, 6), (10, 32), (30, 96), (31, 100)])
def test_calls_are_spread_evenly_over_the_month(day, due):
    assert plan.due(100, datetime(2026, 12, day, tzinfo=UTC)) == due


def test_when_the_next_call_is_due():
    moment = datetime(2026, 11, 10, tzinfo=UTC)
    assert plan.next_due_day(100, 33, moment) == 11
    assert plan.next_due_day(100, 100, moment) is None


def test_the_airport_farthest_behind_its_share_comes_first():
    assert plan.ranking(["COO", "ACC", "LOS"], []) == ["LOS", "ACC", "COO"]
    assert plan.ranking(["COO", "ACC", "LOS"], ["LOS", "ACC"]) == ["COO", "LOS", "ACC"]
    assert plan.ranking(["COO", "OUA"], ["OUA", "COO"]) == ["OUA", "COO"]


def test_every_airport_with_a_priority_is_one_of_the_project():
    assert set(plan.PRIORITIES) <= set(AIRPORTS)


@pytest.mark.parametrize(("year", "month"), [(2026, 11), (2026, 12), (2027, 2), (2028, 2)])
def test_a_month_of_daily_runs_uses_all_calls_and_serves_every_airport_by_its_priority(year, month):
    days = calendar.monthrange(year, month)[1]
    calls: list[str] = []
    for day in range(1, days + 1):
        now = datetime(year, month, day, tzinfo=UTC)
        share = plan.due(100, now) - len(calls)
        assert share in {3, 4}
        calls += plan.ranking(list(AIRPORTS), calls)[:share]
    assert len(calls) == 100
    weights = sum(plan.priority(iata) for iata in AIRPORTS)
    for iata in AIRPORTS:
        fair = 100 * plan.priority(iata) / weights
        assert abs(Counter(calls)[iata] - fair) < 1.5, iata


def test_no_airport_waits_much_longer_than_another_of_its_priority():
    calls: list[str] = []
    seen: dict[str, list[int]] = {iata: [] for iata in AIRPORTS}
    for day in range(30):
        today = plan.ranking(list(AIRPORTS), calls)[:3]
        calls += today
        for iata in today:
            seen[iata].append(day)
    waits = {
        iata: max(b - a for a, b in zip([0, *days], [*days, 29], strict=True))
        for iata, days in seen.items()
    }
    assert max(waits.values()) <= 9
    assert waits["LOS"] <= 5
