"""Refusals for the same reason have the same kind, whatever the value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.reason_kind import LONGEST_KIND, kind_of


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        (
            "temperature is 99.9; -10 to 55 °C is wanted",
            "temperature is …; -10 to 55 °C is wanted",
        ),
        (
            "humidite is -3; 0 to 100 % is wanted | temperature is 99.9; -10 to 55 °C is wanted",
            "humidite is …; 0 to 100 % is wanted",
        ),
        ("temperature is 'a; b'; a number is wanted", "temperature is …; a number is wanted"),
        ("pays is 'it''s ; |'; text is wanted", "pays is …; text is wanted"),
        ("pays is Côte d'Or; one of a, b is wanted", "pays is …; one of a, b is wanted"),
        ("temperature is missing", "temperature is missing"),
        ("pays is missing | humidite is -3; 0 to 100 % is wanted", "pays is missing"),
        ("pays is missing; one of a, b is wanted", "pays is …; one of a, b is wanted"),
        (
            "compagnie has 120 characters; at most 80 are wanted",
            "compagnie has … characters; at most … are wanted",
        ),
        ("the line is not UTF-8", "the line is not UTF-8"),
        ("the line has 13 fields, not 14", "the line has … fields, not …"),
        ("its flight 'HC 17' of 2026-11-01T00:00:00Z is unknown", "its flight … of … is unknown"),
        ("", ""),
    ],
)
def test_a_kind_is_the_reason_without_the_value(reasons, kind):
    assert kind_of(reasons) == kind


@given(st.text(max_size=1_000))
def test_a_kind_fits_into_its_column(reasons):
    assert len(kind_of(reasons)) <= LONGEST_KIND
