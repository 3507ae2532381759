"""Damage breaks as many rows as asked, each in one column, and no other."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow360.faker_providers import damage

pytestmark = [pytest.mark.unit, pytest.mark.disable_socket]

DAY = date(2026, 11, 1)

shares = st.floats(0, 1)
keys = st.text(max_size=20)


def differences(before: pa.Table, after: pa.Table) -> list[list[str]]:
    """Names of the columns in which each row differs."""
    return [
        [name for name in old if old[name] != new[name]]
        for old, new in zip(before.to_pylist(), after.to_pylist(), strict=True)
    ]


@pytest.fixture(scope="module", params=["flights", "weather"])
def table(fake, request) -> pa.Table:
    if request.param == "flights":
        return fake.flights("DSS", DAY, 60)
    return fake.weather_days("OUA", DAY, 3)


@settings(deadline=None)
@given(share=shares, key=keys)
def test_exactly_the_share_is_broken_in_one_column_each(table, share, key) -> None:
    broken = damage(table, share, key)
    assert broken.schema == table.schema
    broken.validate(full=True)
    changed = [names for names in differences(table, broken) if names]
    assert len(changed) == round(share * table.num_rows)
    assert all(len(names) == 1 for names in changed)


@settings(deadline=None)
@given(share=shares, key=keys)
def test_the_same_key_breaks_the_same_rows(table, share, key) -> None:
    assert damage(table, share, key) == damage(table, share, key)


def test_another_key_breaks_other_rows(table) -> None:
    assert damage(table, 0.2, "a") != damage(table, 0.2, "b")


def test_seven_rows_show_every_defect(table) -> None:
    changed = differences(table, damage(table, 7 / table.num_rows, "k"))
    assert len({name for names in changed for name in names}) == 7


def test_the_defects_of_flights(fake) -> None:
    broken = damage(fake.flights("DSS", DAY, 60), 1.0, "k").to_pydict()
    assert "" in broken["numero_vol"]
    assert "XXX" in broken["aeroport_depart"]
    assert min(broken["distance_vol_km"]) < 0
    assert "25:61" in broken["heure_depart"]
    assert max(broken["retard_min"]) > 1440
    assert None in broken["date_vol"]
    assert None in broken["destination"]


def test_the_defects_of_weather(fake) -> None:
    broken = damage(fake.weather("DSS", DAY), 1.0, "k").to_pydict()
    assert max(broken["temperature"]) > 60
    assert 140 in broken["humidite"]
    assert "XXX" in broken["aeroport"]
    assert 25 in broken["heure_observation"]
    assert min(broken["precipitations"]) < 0
    assert min(broken["pression"]) == 0
    assert None in broken["date_observation"]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_between_none_and_all(table, share) -> None:
    with pytest.raises(ValueError, match="choose 0 to 1"):
        damage(table, share, "k")


def test_a_table_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no defect is known for the columns prix"):
        damage(pa.table({"prix": [1]}), 0.5, "k")
