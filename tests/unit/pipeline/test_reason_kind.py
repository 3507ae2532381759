"""Refusals for the same reason have the same kind, whatever the value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.reason_kind import LONGEST_KIND, kind_of


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        ("temperature 99.9 is above 55 °C", "temperature is above 55 °C"),
        ("humidite -3 is below 0 %; temperature 99.9 is above 55 °C", "humidite is below 0 %"),
        ("temperature 'chaud' is not of type double", "temperature is not of type double"),
        (
            "aeroport Paris is not one of the known values",
            "aeroport is not one of the known values",
        ),
        ("temperature is missing", "temperature is missing"),
        ("conditions_meteo xxxx is longer than 60", "conditions_meteo is longer than 60"),
        ("Vol HC 1 does not match ^[A-Z]+$", "Vol does not match ^[A-Z]+$"),
        (
            "temperature '26.5' is not a number with a decimal comma",
            "temperature is not a number with a decimal comma",
        ),
        ("ville a is above b is missing", "ville is missing"),
        ("the line is not UTF-8", "the line is not UTF-8"),
        ("the line has 13 fields, not 14", "the line has … fields, not …"),
        ("its flight 'HC 17' of 2026-11-01T00:00:00Z is unknown", "its flight … of … is unknown"),
        ("", ""),
    ],
)
def test_a_kind_is_the_reason_without_the_value(reasons, kind):
    assert kind_of(reasons) == kind


@given(st.text())
def test_two_values_of_one_column_are_of_one_kind(value):
    reason = "pression {} is above 1085 hPa"
    if "; " not in reason.format(value):  # what stands between two reasons
        assert kind_of(reason.format(value)) == kind_of(reason.format("2000"))


@given(st.text(max_size=1_000))
def test_a_kind_fits_into_its_column(reasons):
    assert len(kind_of(reasons)) <= LONGEST_KIND
