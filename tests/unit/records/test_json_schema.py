"""Every message obeys the JSON Schema of its record type, and what is wrong does not."""

from datetime import date, datetime

import orjson
import pytest
from airflow.sdk import ObjectStoragePath
from jsonschema import Draft202012Validator

from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import OneOf, Pattern, Range
from dataflow360.records.json_schema import json_schema
from dataflow360.sources.csv_files import files
from dataflow360.streams.messages import messages

RULES = {"minimum", "maximum", "enum", "pattern", "maxLength"}


@pytest.fixture
def validator(record):
    return validator_of(record)


def validator_of(record) -> Draft202012Validator:
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(json_schema(record), format_checker=checker)


def values(record, rows) -> list[dict]:
    sent = messages(record, rows, dag_id="tests", batch_id="0" * 32)
    return [orjson.loads(value) for _, value, _ in sent]


def test_the_schema_is_one(record):
    Draft202012Validator.check_schema(json_schema(record))
    assert json_schema(record)["$id"] == record.schema_id


def test_messages_of_made_rows_obey_it(record, rows, identified, validator):
    sent = values(record, identified(record, rows))
    assert len(sent) == rows.num_rows
    for value in sent:
        validator.validate(value)


def test_messages_of_the_real_file_obey_it(sample, identified):
    record = RECORD_TYPES["donnees_meteo"]
    validator = validator_of(record)
    for chunk in files.file(ObjectStoragePath(sample), sample.name).fetch():
        for value in values(record, identified(record, chunk.table))[::5]:
            validator.validate(value)


def test_a_message_has_the_declared_fields_in_their_order(record, rows, identified):
    for value in values(record, identified(record, rows.slice(0, 3))):
        assert list(value) == [record.id_column, *record.columns]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        pytest.param("donnees_meteo", {"temperature": 55.1}, id="above-the-range"),
        pytest.param("donnees_meteo", {"pression": 869}, id="below-the-range"),
        pytest.param("donnees_meteo", {"humidite": 50.5}, id="not-a-whole-number"),
        pytest.param("donnees_meteo", {"temperature": "26.5"}, id="a-number-as-text"),
        pytest.param("donnees_meteo", {"temperature": None}, id="a-required-value-missing"),
        pytest.param("donnees_meteo", {"date_observation": "2026-02-30"}, id="no-such-day"),
        pytest.param("donnees_meteo", {"date_observation": "20/10/2025"}, id="date-in-other-form"),
        pytest.param("donnees_meteo", {"id_observation": "42"}, id="id-not-a-uuid"),
        pytest.param("donnees_meteo", {"aeroport": "CDG"}, id="unknown-airport"),
        pytest.param("donnees_meteo", {"conditions_meteo": "x" * 61}, id="too-long"),
        pytest.param("donnees_meteo", {"conditions_meteo": " Couvert"}, id="not-trimmed"),
        pytest.param("donnees_meteo", {"content_hash": 1}, id="unknown-field"),
        pytest.param("vols", {"retard_min": 1441}, id="delay-above-the-range"),
        pytest.param("vols", {"retard": 1}, id="not-a-truth-value"),
        pytest.param("vols", {"heure_depart": "24:00"}, id="no-such-time"),
        pytest.param("vols", {"numero_vol": "HC 301"}, id="not-a-flight-number"),
        pytest.param("vols", {"mois": "november"}, id="month-not-in-french"),
        pytest.param("vols", {"date_vol": 20_000}, id="date-as-a-number"),
        pytest.param("meteo_aeroports", {"timestamp": "2026-11-01 06:00:00"}, id="not-rfc-3339"),
        pytest.param("meteo_aeroports", {"timestamp": "2026-11-01T06:00:00"}, id="without-offset"),
        pytest.param("meteo_aeroports", {"timestamp": 1_793_512_800}, id="unix-seconds"),
        pytest.param("meteo_aeroports", {"timestamp": None}, id="moment-missing"),
        pytest.param("meteo_aeroports", {"direction_vent": 361}, id="nullable-above-the-range"),
        pytest.param("meteo_aeroports", {"provenance": "fichier"}, id="unknown-provenance"),
        pytest.param("meteo_villes", {"ville": "Paris"}, id="unknown-city"),
        pytest.param("meteo_villes", {"heure_observation": None}, id="hour-missing"),
        pytest.param("departs_aeroports", {"Heure_Arrivee": "soon"}, id="no-time-of-arrival"),
        pytest.param("departs_aeroports", {"Vol": "AF 149"}, id="flight-with-a-blank"),
        pytest.param("vols_meteo", {"observation": "yesterday"}, id="nullable-moment-as-words"),
        pytest.param("vols_meteo", {"provenance": "fichier"}, id="nullable-of-other-values"),
        pytest.param("vols_meteo", {"depart_utc": None}, id="departure-missing"),
    ],
)
def test_what_is_wrong_does_not_obey_it(name, spoil, made_rows, identified):
    record = RECORD_TYPES[name]
    (value,) = values(record, identified(record, made_rows[name].slice(0, 1)))
    assert not validator_of(record).is_valid(value | spoil)


def test_no_field_may_be_left_out(record, rows, identified, validator):
    (value,) = values(record, identified(record, rows.slice(0, 1)))
    for name in value:
        assert not validator.is_valid({k: v for k, v in value.items() if k != name}), name


def test_it_has_the_ranges_of_the_contract(record):
    """The schema must not be laxer or stricter than the check that rows have passed."""
    properties = json_schema(record)["properties"]
    for name, column in record.schema.items():
        match column.rule:
            case Range(minimum, maximum):
                rules = {"minimum": minimum, "maximum": maximum}
            case OneOf(allowed):
                rules = {"enum": [*allowed, None] if column.nullable else list(allowed)}
            case Pattern(regex):
                rules = {"pattern": regex, "maxLength": column.max_length}
            case None:
                rules = {}
        property_ = properties[name]
        assert {key: property_[key] for key in RULES & property_.keys()} == rules, name
        assert ("null" in property_["type"]) == column.nullable, name
        assert property_["description"] == column.description
        assert property_.get("x-unit", "") == column.unit, name


def test_a_missing_visibility_is_null(made_rows, edited, identified):
    record = RECORD_TYPES["donnees_meteo"]
    row = edited(made_rows["donnees_meteo"].slice(0, 1), 0, visibilite=None)
    (value,) = values(record, identified(record, row))
    assert value["visibilite"] is None
    assert validator_of(record).is_valid(value)
    assert value["date_observation"] == date(2026, 1, 15).isoformat()


def test_a_moment_is_a_date_time_of_rfc_3339(made_rows, edited, identified):
    record = RECORD_TYPES["vols_meteo"]
    departure = datetime.fromisoformat("2026-11-01T21:35")
    observation = datetime.fromisoformat("2026-11-01T21:52:07")
    row = edited(
        made_rows["vols_meteo"].slice(0, 1), 0, depart_utc=departure, observation=observation
    )
    (value,) = values(record, identified(record, row))
    assert value["depart_utc"] == "2026-11-01T21:35:00Z"
    assert value["observation"] == "2026-11-01T21:52:07Z"
    properties = json_schema(record)["properties"]
    for column, kind in {"depart_utc": "string", "observation": ["string", "null"]}.items():
        assert (properties[column]["type"], properties[column]["format"]) == (kind, "date-time")


def test_a_departure_without_weather_says_null(made_rows, edited, identified):
    record = RECORD_TYPES["vols_meteo"]
    nothing = {name: None for name, column in record.schema.items() if column.nullable}
    rows = edited(made_rows["vols_meteo"].slice(0, 2), 1, **nothing)
    _, value = values(record, identified(record, rows))
    assert {name for name, each in value.items() if each is None} == set(nothing)
    assert "observation" in nothing
    validator_of(record).validate(value)
