"""Airports are right, are found by their city, and are the ones that the airlines serve."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from zoneinfo import ZoneInfo

import airportsdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.airlines import AIRCRAFT, AIRLINES
from dataflow360.airports import AIRPORTS, DESTINATIONS, Airport, by_city, distance_km

pytestmark = [pytest.mark.unit, pytest.mark.disable_socket]

KILOMETRE_IN_DEGREES = 0.01
HALF_THE_EARTH_KM = 20_016

airports = st.sampled_from(list(DESTINATIONS.values()))


def test_one_airport_for_each_of_the_sixteen_countries() -> None:
    assert list(AIRPORTS) == [
        "COO", "OUA", "RAI", "ABJ", "BJL", "ACC", "CKY", "OXB",
        "ROB", "BKO", "NKC", "NIM", "LOS", "DSS", "FNA", "LFW",
    ]  # fmt: skip
    assert {a.country for a in AIRPORTS.values()} == {
        "Bénin", "Burkina Faso", "Cap-Vert", "Côte d'Ivoire", "Gambie", "Ghana", "Guinée",
        "Guinée-Bissau", "Libéria", "Mali", "Mauritanie", "Niger", "Nigéria", "Sénégal",
        "Sierra Leone", "Togo",
    }  # fmt: skip


def test_destinations_contain_the_sixteen() -> None:
    assert AIRPORTS.items() <= DESTINATIONS.items()


@pytest.fixture(scope="module")
def listed() -> dict[str, airportsdata.Airport]:
    """All airports of airportsdata by their IATA code."""
    return airportsdata.load("IATA")


@pytest.mark.parametrize("iata", sorted(DESTINATIONS.keys() - {"NKC"}))
def test_codes_position_and_time_zone_agree_with_airportsdata(iata, listed) -> None:
    ours, theirs = DESTINATIONS[iata], listed[iata]
    assert ours.iata == iata
    assert ours.icao == theirs["icao"]
    assert ours.timezone == theirs["tz"]
    assert ours.latitude == pytest.approx(theirs["lat"], abs=KILOMETRE_IN_DEGREES)
    assert ours.longitude == pytest.approx(theirs["lon"], abs=KILOMETRE_IN_DEGREES)


def test_nouakchott_is_the_airport_that_opened_in_2016() -> None:
    nouakchott = AIRPORTS["NKC"]
    assert (nouakchott.icao, nouakchott.latitude, nouakchott.longitude) == ("GQNO", 18.31, -15.97)
    new = airportsdata.load("ICAO")["GQNO"]
    assert nouakchott.latitude == pytest.approx(new["lat"], abs=KILOMETRE_IN_DEGREES)
    assert nouakchott.longitude == pytest.approx(new["lon"], abs=KILOMETRE_IN_DEGREES)


@pytest.mark.parametrize("airport", DESTINATIONS.values(), ids=lambda a: a.iata)
def test_time_zones_exist(airport: Airport) -> None:
    assert ZoneInfo(airport.timezone)


def test_nobody_changes_an_airport() -> None:
    with pytest.raises(FrozenInstanceError):
        AIRPORTS["DSS"].city = "Thiès"  # type: ignore[misc]
    with pytest.raises(TypeError):
        AIRPORTS["XXX"] = AIRPORTS["DSS"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "iata"),
    [
        ("Lomé", "LFW"),
        ("LOME ", "LFW"),
        ("lome", "LFW"),
        ("\u00a0Lome\u0301\t", "LFW"),
        ("Cotonou", "COO"),
        ("DAKAR", "DSS"),
    ],
)
def test_a_city_is_found_whatever_its_accents_case_and_blanks(name: str, iata: str) -> None:
    assert by_city(name) is AIRPORTS[iata]


@pytest.mark.parametrize("name", ["", " ", "Atlantis", "Paris", "Lo mé"])
def test_a_city_without_an_airport_of_ours_is_unknown(name: str) -> None:
    assert by_city(name) is None


@pytest.mark.parametrize("airport", AIRPORTS.values(), ids=lambda a: a.iata)
def test_each_airport_is_found_by_its_city(airport: Airport) -> None:
    assert by_city(f"  {airport.city.upper()} ") is airport


@given(st.text())
def test_no_name_breaks_the_lookup(name: str) -> None:
    found = by_city(name)
    assert found is None or found.iata in AIRPORTS


def test_dakar_paris_is_4217_km() -> None:
    assert distance_km(AIRPORTS["DSS"], DESTINATIONS["CDG"]) == pytest.approx(4217, abs=1)


@given(airports, airports)
def test_distance_is_symmetric_and_no_longer_than_half_the_earth(a: Airport, b: Airport) -> None:
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0 <= distance_km(a, b) <= HALF_THE_EARTH_KM
    assert distance_km(a, a) == 0


@given(airports, airports, airports)
def test_a_detour_is_never_shorter(a: Airport, b: Airport, c: Airport) -> None:
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-6


def test_every_airport_that_an_airline_serves_is_known_and_no_other() -> None:
    served = {
        iata
        for airline in AIRLINES.values()
        for hub, destinations in airline.routes.items()
        for iata in (hub, *destinations)
    }
    assert served | AIRPORTS.keys() == DESTINATIONS.keys()


@pytest.mark.parametrize("iata", AIRPORTS)
def test_every_airport_of_ours_has_at_least_three_airlines(iata: str) -> None:
    assert sum(bool(airline.destinations(iata)) for airline in AIRLINES.values()) >= 3


@given(st.sampled_from(list(AIRLINES.values())), st.sampled_from(list(DESTINATIONS)))
def test_a_route_is_flown_both_ways_and_leads_elsewhere(airline, iata) -> None:
    for destination in airline.destinations(iata):
        assert destination != iata
        assert iata in airline.destinations(destination)


@pytest.mark.parametrize("airline", AIRLINES.values(), ids=lambda a: a.iata)
def test_an_airline_has_an_aircraft_for_each_of_its_routes(airline) -> None:
    for hub, destinations in airline.routes.items():
        for destination in destinations:
            distance = distance_km(DESTINATIONS[hub], DESTINATIONS[destination])
            types = airline.aircraft_for(distance)
            assert types, f"{airline.name} {hub}-{destination}: {distance:.0f} km"
            assert all(AIRCRAFT[t].range_km > distance for t in types)


def test_a_long_haul_aircraft_is_not_wasted_on_a_short_route() -> None:
    assert AIRLINES["HC"].aircraft_for(300) == ("ATR 72-600", "Airbus A319-100")
    assert AIRLINES["EK"].aircraft_for(300) == ("Boeing 777-300ER",)


def test_importing_airports_needs_the_standard_library_alone() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; before = set(sys.modules); import dataflow360.airports\n"
            "print(*{m.partition('.')[0] for m in set(sys.modules) - before})",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert set(loaded) - {"dataflow360"} <= sys.stdlib_module_names
