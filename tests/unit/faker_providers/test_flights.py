"""Synthetic flights: plausible, the same every time, a longer table only adding to a shorter."""

import random
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow360.airlines import AIRCRAFT, AIRLINES
from dataflow360.airports import AIRPORTS, DESTINATIONS, distance_km
from dataflow360.faker_providers import FlightProvider

pytestmark = [pytest.mark.unit, pytest.mark.disable_socket]

DAY = date(2026, 11, 1)
MOST = 5000

airports = st.sampled_from(list(AIRPORTS))
days = st.dates()
sizes = st.integers(1, MOST)


def test_columns_have_the_names_order_and_types_of_the_record(fake) -> None:
    assert fake.flights("DSS", DAY, rows=48).schema == pa.schema(
        [
            ("numero_vol", pa.string()),
            ("compagnie", pa.string()),
            ("type_appareil", pa.string()),
            ("aeroport_depart", pa.string()),
            ("pays_depart", pa.string()),
            ("destination", pa.string()),
            ("distance_vol_km", pa.float64()),
            ("heure_depart", pa.string()),
            ("jour_semaine", pa.string()),
            ("mois", pa.string()),
            ("saison", pa.string()),
            ("retard_min", pa.int32()),
            ("retard", pa.bool_()),
            ("date_vol", pa.date32()),
        ]
    )


@settings(deadline=None)
@given(airports, days, sizes)
def test_any_day_has_as_many_valid_flights_as_asked(fake, airport, day, rows) -> None:
    table = fake.flights(airport, day, rows)
    table.validate(full=True)
    assert table.num_rows == rows
    assert sum(column.null_count for column in table.columns) == 0


@settings(deadline=None)
@given(airports, days, sizes, sizes)
def test_more_rows_add_flights_and_change_none(fake, airport, day, one, other) -> None:
    few, many = sorted((one, other))
    assert fake.flights(airport, day, few) == fake.flights(airport, day, many).slice(0, few)


@settings(deadline=None)
@given(airports, days)
def test_a_flight_number_is_unique_at_its_airport_and_day(fake, airport, day) -> None:
    numbers = fake.flights(airport, day, MOST)["numero_vol"]
    assert pc.count_distinct(numbers).as_py() == MOST
    assert pc.all(pc.match_substring_regex(numbers, "^[A-Z0-9]{2}[1-9][0-9]{2,3}$")).as_py()


@pytest.mark.parametrize("iata", AIRPORTS)
def test_each_day_of_the_week_has_flights_enough(fake, iata) -> None:
    for day in range(1, 8):
        assert fake.flights(iata, date(2026, 11, day), MOST).num_rows == MOST


def test_the_bytes_of_a_day_never_change(fake, digest) -> None:
    assert digest(fake.flights("DSS", DAY, 48)) == (
        "bba401e5696f64d3184304a031a5ebac4d4d051c7aaa032873b75260fb027768"
    )


def test_nothing_but_airport_and_date_decides(fake) -> None:
    first = fake.flights("LOS", DAY, 100)
    Faker.seed(1)
    random.seed(2)
    np.random.default_rng(3)
    fake.flights("COO", date(2025, 1, 1), 10)
    other = Faker("en_US")
    other.add_provider(FlightProvider)
    assert other.flights("LOS", DAY, 100) == first


def test_a_datetime_counts_as_its_date(fake) -> None:
    midnight = datetime(2026, 11, 1, tzinfo=UTC)
    assert fake.flights("DSS", midnight, 48) == fake.flights("DSS", DAY, 48)


def test_two_days_share_flight_numbers_but_not_delays(fake) -> None:
    """The timetable of a weekday stays; the delays are the day's."""
    one, other = fake.flights("DSS", DAY, 200), fake.flights("DSS", date(2026, 11, 8), 200)
    same = ["numero_vol", "destination", "heure_depart", "type_appareil"]
    assert one.select(same) == other.select(same)
    assert one["retard_min"] != other["retard_min"]


def test_not_every_flight_leaves_on_every_weekday(fake) -> None:
    sunday = set(fake.flights("DSS", DAY, MOST)["numero_vol"].to_pylist())
    monday = set(fake.flights("DSS", date(2026, 11, 2), MOST)["numero_vol"].to_pylist())
    assert 0.4 < len(sunday & monday) / MOST < 0.95


@pytest.mark.parametrize("iata", AIRPORTS)
def test_each_flight_is_one_that_its_airline_flies(fake, iata) -> None:
    by_name = {airline.name: airline for airline in AIRLINES.values()}
    routes = fake.flights(iata, DAY, MOST).select(
        ["numero_vol", "compagnie", "type_appareil", "destination", "distance_vol_km"]
    )
    rows = zip(*routes.to_pydict().values(), strict=True)
    for number, name, aircraft, destination, distance in rows:
        airline = by_name[name]
        assert number.startswith(airline.iata)
        assert aircraft in airline.fleet
        assert AIRCRAFT[aircraft].range_km > distance
        assert destination in airline.destinations(iata) - {iata}
        expected = distance_km(AIRPORTS[iata], DESTINATIONS[destination])
        assert distance == round(expected, 1)


@pytest.mark.parametrize(
    ("iata", "day", "weekday", "month", "season", "country"),
    [
        ("DSS", date(2026, 11, 1), "dimanche", "novembre", "harmattan", "Sénégal"),
        ("COO", date(2026, 8, 3), "lundi", "août", "saison sèche", "Bénin"),
        ("OUA", date(2024, 2, 29), "jeudi", "février", "harmattan", "Burkina Faso"),
        ("CKY", date(2026, 7, 1), "mercredi", "juillet", "saison des pluies", "Guinée"),
    ],
)
def test_what_the_date_and_airport_say(fake, iata, day, weekday, month, season, country) -> None:
    table = fake.flights(iata, day, 3).select(
        ["aeroport_depart", "pays_depart", "jour_semaine", "mois", "saison", "date_vol"]
    )
    assert [set(column) for column in table.to_pydict().values()] == [
        {iata}, {country}, {weekday}, {month}, {season}, {day},
    ]  # fmt: skip


def test_departures_come_in_banks_and_europe_leaves_at_night(fake) -> None:
    table = fake.flights("DSS", DAY, MOST)
    hour = pc.utf8_slice_codeunits(table["heure_depart"], 0, 2).cast(pa.int64()).to_numpy()
    assert pc.all(pc.match_substring_regex(table["heure_depart"], "^[0-2][0-9]:[0-5][05]$")).as_py()
    to_europe = np.array(
        [
            DESTINATIONS[iata].timezone.startswith("Europe/")
            for iata in table["destination"].to_pylist()
        ]
    )
    by_night = (hour >= 21) | (hour < 2)
    assert by_night[to_europe].mean() > 0.5
    assert by_night[~to_europe].mean() < 0.25
    morning = ((hour >= 6) & (hour < 10))[~to_europe].mean()
    small_hours = ((hour >= 2) & (hour < 6))[~to_europe].mean()
    assert morning > 3 * small_hours


@settings(deadline=None)
@given(airports, days)
def test_delays_are_bounded_and_late_means_fifteen_minutes(fake, airport, day) -> None:
    table = fake.flights(airport, day, 500)
    delay = table["retard_min"].to_numpy()
    assert delay.min() >= -30
    assert delay.max() <= 1440
    assert ((delay >= 15) == table["retard"].to_numpy()).all()


def test_most_flights_are_about_on_time_and_the_tail_is_long(fake) -> None:
    delay = np.concatenate(
        [fake.flights(iata, DAY, MOST)["retard_min"].to_numpy() for iata in AIRPORTS]
    )
    early, median, p99 = np.percentile(delay, [10, 50, 99])
    assert early < 0
    assert -5 <= median <= 5
    assert p99 > 120
    assert 0.15 < (delay >= 15).mean() < 0.4


@pytest.mark.parametrize(
    ("iata", "hard", "easy"),
    [("CKY", (2026, 8), (2026, 3)), ("NIM", (2026, 2), (2026, 9))],
    ids=["storms of the rainy season", "dust of the harmattan"],
)
def test_weather_delays_flights(fake, iata, hard, easy) -> None:
    def late_share(year: int, month: int) -> float:
        days = [fake.flights(iata, date(year, month, day), 500) for day in range(1, 29)]
        return float(np.mean([pc.mean(day["retard"]).as_py() for day in days]))

    assert late_share(*hard) > 1.05 * late_share(*easy)


@pytest.mark.parametrize("rows", [0, -1, MOST + 1])
def test_too_few_or_too_many_rows_are_refused(fake, rows) -> None:
    with pytest.raises(ValueError, match="choose 1 to 5000"):
        fake.flights("DSS", DAY, rows)


def test_an_unknown_airport_is_refused(fake) -> None:
    with pytest.raises(ValueError, match="unknown airport 'CDG'"):
        fake.flights("CDG", DAY, 10)
