"""A season follows from the latitude of the airport and the month."""

import pytest

from dataflow360.airports import AIRPORTS
from dataflow360.faker_providers.seasons import DRY, HARMATTAN, RAINY, season, zone

pytestmark = [pytest.mark.unit, pytest.mark.disable_socket]


@pytest.mark.parametrize(
    ("iata", "expected"),
    [
        ("COO", "guinéenne"),
        ("ROB", "soudanienne"),
        ("CKY", "soudanienne"),
        ("DSS", "sahélienne"),
        ("NKC", "saharienne"),
    ],
)
def test_zones_follow_one_another_from_south_to_north(iata: str, expected: str) -> None:
    assert zone(AIRPORTS[iata]) == expected


@pytest.mark.parametrize("airport", AIRPORTS.values(), ids=lambda a: a.iata)
def test_january_is_harmattan_and_september_rains_everywhere(airport) -> None:
    assert season(airport, 1) == HARMATTAN
    assert season(airport, 9) == RAINY


@pytest.mark.parametrize(("month", "expected"), [(6, RAINY), (8, DRY), (10, RAINY), (11, DRY)])
def test_the_gulf_of_guinea_has_two_rainy_seasons(month: int, expected: str) -> None:
    assert season(AIRPORTS["ACC"], month) == expected


def test_the_rainy_season_is_shorter_nearer_the_sahara() -> None:
    rainy = {
        iata: sum(season(AIRPORTS[iata], month) == RAINY for month in range(1, 13))
        for iata in ("CKY", "OUA", "NKC")
    }
    assert rainy == {"CKY": 6, "OUA": 4, "NKC": 3}
