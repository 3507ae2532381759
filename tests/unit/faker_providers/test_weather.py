"""Synthetic weather: physically consistent, in season, the same every time."""

import subprocess
import sys
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow360.airports import AIRPORTS
from dataflow360.faker_providers import WeatherProvider
from dataflow360.faker_providers.climate import CLIMATES, dew_point, relative_humidity
from dataflow360.faker_providers.weather import CLOUD_LIMITS, CONDITIONS, RAIN_LIMITS

pytestmark = [pytest.mark.unit, pytest.mark.disable_socket]

DAY = date(2026, 11, 1)

airports = st.sampled_from(list(AIRPORTS))
days = st.dates()


@cache
def year(iata: str) -> dict[str, np.ndarray]:
    """Every hour of 2026, and the month of each."""
    faker = Faker()
    faker.add_provider(WeatherProvider)
    table = faker.weather_days(iata, date(2026, 1, 1), 365)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    return {**columns, "mois": pc.month(table["date_observation"]).to_numpy()}


def in_months(iata: str, column: str, *months: int) -> np.ndarray:
    observed = year(iata)
    return observed[column][np.isin(observed["mois"], months)]


def test_columns_have_the_names_order_and_types_of_the_record(fake) -> None:
    assert fake.weather("DSS", DAY).schema == pa.schema(
        [
            ("pays", pa.string()),
            ("aeroport", pa.string()),
            ("date_observation", pa.date32()),
            ("heure_observation", pa.int8()),
            ("temperature", pa.float64()),
            ("humidite", pa.int16()),
            ("pression", pa.float64()),
            ("vitesse_vent", pa.float64()),
            ("direction_vent", pa.int16()),
            ("precipitations", pa.float64()),
            ("nebulosite", pa.int16()),
            ("visibilite", pa.float64()),
            ("point_rosee", pa.float64()),
            ("conditions_meteo", pa.string()),
        ]
    )


@settings(deadline=None)
@given(airports, days)
def test_any_day_is_within_what_is_possible(fake, airport, day) -> None:
    table = fake.weather(airport, day)
    table.validate(full=True)
    limits = {
        "temperature": (5, 50),
        "humidite": (4, 100),
        "pression": (1000, 1025),
        "vitesse_vent": (0, 120),
        "direction_vent": (0, 360),
        "precipitations": (0, 95),
        "nebulosite": (0, 100),
        "visibilite": (0.2, 20),
        "point_rosee": (-30, 40),
    }
    for name, (low, high) in limits.items():
        ends = pc.min_max(table[name]).as_py()
        assert ends["min"] is None or low <= ends["min"] <= ends["max"] <= high, name
    nulls = {name: table[name].null_count for name in table.column_names}
    assert set(nulls.values()) - {nulls["visibilite"]} <= {0}


@settings(deadline=None)
@given(airports, days)
def test_measurements_have_one_decimal(fake, airport, day) -> None:
    table = fake.weather(airport, day)
    for name in ("temperature", "pression", "vitesse_vent", "precipitations", "point_rosee"):
        values = table[name].to_numpy()
        assert (values == np.round(values, 1)).all()
        assert not np.signbit(values[values == 0]).any()


def test_the_airport_the_day_and_its_hours(fake) -> None:
    table = fake.weather("COO", date(2024, 2, 29))
    assert set(table["pays"].to_pylist()) == {"Bénin"}
    assert set(table["aeroport"].to_pylist()) == {"COO"}
    assert set(table["date_observation"].to_pylist()) == {date(2024, 2, 29)}
    assert table["heure_observation"].to_pylist() == list(range(24))


@settings(deadline=None)
@given(airports, days, st.integers(1, 24))
def test_fewer_rows_are_hours_spread_over_the_same_day(fake, airport, day, rows) -> None:
    hours = [i * 24 // rows for i in range(rows)]
    assert fake.weather(airport, day, rows) == fake.weather(airport, day).take(hours)


def test_the_bytes_of_a_day_never_change(fake, digest) -> None:
    assert digest(fake.weather("DSS", DAY)) == (
        "a6a93df6bcfb14b25b2928f07108250cc1405fe2d7369cc259fc45197388823b"
    )
    assert digest(fake.weather("OUA", date(2026, 8, 15))) == (
        "3ce81710f269b18a9d801fd219189dd5e4b9783dba7ae35a520cc1791af5dfaf"
    )


def test_nothing_but_airport_and_date_decides(fake) -> None:
    first = fake.weather("LOS", DAY)
    Faker.seed(1)
    fake.weather("COO", date(2025, 1, 1))
    other = Faker("en_US")
    other.add_provider(WeatherProvider)
    assert other.weather("LOS", DAY) == first


def test_a_datetime_counts_as_its_date(fake) -> None:
    assert fake.weather("DSS", datetime(2026, 11, 1, 5, tzinfo=UTC)) == fake.weather("DSS", DAY)


@settings(deadline=None)
@given(airports, st.dates(max_value=date(9999, 11, 1)), st.integers(1, 40))
def test_many_days_at_once_are_the_same_as_one_by_one(fake, airport, first, count) -> None:
    ordinals = range(first.toordinal(), first.toordinal() + count)
    one_by_one = [fake.weather(airport, date.fromordinal(n)) for n in ordinals]
    assert fake.weather_days(airport, first, count) == pa.concat_tables(one_by_one).combine_chunks()


@settings(deadline=None)
@given(airports, days)
def test_the_dew_point_follows_by_magnus_and_is_never_above_the_temperature(
    fake, airport, day
) -> None:
    table = fake.weather(airport, day)
    temperature, dew = table["temperature"].to_numpy(), table["point_rosee"].to_numpy()
    humidity = table["humidite"].to_numpy().astype(float)
    assert (dew <= temperature).all()
    assert dew == pytest.approx(dew_point(temperature, humidity), abs=0.0501)


def test_magnus_agrees_with_a_known_value() -> None:
    """30 °C at 50 %: dew point 18.4 °C in the usual tables."""
    assert dew_point(np.array([30.0]), np.array([50.0]))[0] == pytest.approx(18.4, abs=0.05)


@settings(deadline=None)
@given(st.floats(-20, 50), st.floats(1, 100))
def test_humidity_and_dew_point_undo_each_other(temperature, humidity) -> None:
    t, h = np.array([temperature]), np.array([humidity])
    assert relative_humidity(t, dew_point(t, h))[0] == pytest.approx(humidity)


@settings(deadline=None)
@given(airports, days)
def test_the_words_agree_with_cloud_rain_and_dust(fake, airport, day) -> None:
    rows = fake.weather(airport, day).select(
        ["conditions_meteo", "nebulosite", "precipitations", "visibilite", "humidite"]
    )
    for words, cloud, rain, visibility, humidity in zip(*rows.to_pydict().values(), strict=True):
        if words == "Orage":
            assert rain >= 2.5
        elif words == "Brume sèche":
            assert rain == 0
            assert humidity < 80
            assert visibility is None or visibility <= 5
        elif rain > 0:
            assert words == CONDITIONS[4 + np.searchsorted(RAIN_LIMITS, rain, side="right")]
            assert cloud >= 60
        else:
            assert words == CONDITIONS[np.searchsorted(CLOUD_LIMITS, cloud, side="right")]


def test_every_kind_of_weather_happens_somewhere() -> None:
    assert {w for iata in AIRPORTS for w in year(iata)["conditions_meteo"]} == set(CONDITIONS)


@pytest.mark.parametrize("iata", AIRPORTS)
def test_every_month_is_near_its_normals(iata) -> None:
    for month in range(1, 13):
        temperature = in_months(iata, "temperature", month).reshape(-1, 24)
        coldest, warmest = CLIMATES[iata].coldest[month - 1], CLIMATES[iata].warmest[month - 1]
        assert temperature.min(axis=1).mean() == pytest.approx(coldest, abs=2.5)
        assert temperature.max(axis=1).mean() == pytest.approx(warmest, abs=2.5)


@pytest.mark.parametrize("iata", AIRPORTS)
def test_the_afternoon_is_warmer_and_drier_than_dawn(iata) -> None:
    solar = np.rint(year(iata)["heure_observation"] + AIRPORTS[iata].longitude / 15) % 24
    dawn, afternoon = solar == 6, solar == 15
    temperature, humidity = year(iata)["temperature"], year(iata)["humidite"]
    assert temperature[afternoon].mean() > temperature[dawn].mean() + 3
    assert humidity[afternoon].mean() < humidity[dawn].mean() - 10
    hourly = temperature.reshape(-1, 24).mean(axis=0)
    assert np.abs(solar[:24][hourly.argmax()] - 15) <= 1
    assert np.abs(solar[:24][hourly.argmin()] - 6) <= 2


@pytest.mark.parametrize("iata", AIRPORTS)
def test_pressure_peaks_twice_a_day(iata) -> None:
    mean = year(iata)["pression"].reshape(-1, 24).mean(axis=0)
    peaks = (mean > np.roll(mean, 1)) & (mean > np.roll(mean, -1))
    assert peaks.sum() == 2


@pytest.mark.parametrize(
    ("iata", "wet", "dry"),
    [("NIM", 8, 1), ("OUA", 8, 1), ("BKO", 8, 1), ("DSS", 8, 4), ("CKY", 7, 2), ("COO", 6, 1)],
)
def test_it_rains_in_season(iata, wet, dry) -> None:
    rain = {month: in_months(iata, "precipitations", month).sum() for month in (wet, dry)}
    assert rain[wet] > 50
    assert rain[wet] > 5 * rain[dry]


@pytest.mark.parametrize("iata", ["NIM", "OUA", "BKO", "DSS", "NKC", "BJL"])
def test_the_dry_sahel_has_nearly_no_rain(iata) -> None:
    dry = in_months(iata, "precipitations", 12, 1, 2, 3)
    assert (dry > 0).mean() < 0.01


def test_conakry_is_the_wettest_and_nouakchott_the_driest() -> None:
    rain = {iata: year(iata)["precipitations"].sum() for iata in AIRPORTS}
    assert max(rain, key=rain.__getitem__) == "CKY"
    assert min(rain, key=rain.__getitem__) in {"NKC", "RAI"}


@pytest.mark.parametrize("iata", ["NIM", "OUA", "BKO", "DSS", "NKC"])
def test_the_harmattan_hides_the_horizon(iata) -> None:
    dusty, clear = (in_months(iata, "visibilite", month) for month in (2, 9))
    assert np.nanmean(dusty) < np.nanmean(clear) - 2


@pytest.mark.parametrize("iata", ["NIM", "OUA", "BKO"])
def test_the_wind_turns_from_north_east_to_south_west(iata) -> None:
    def mean_direction(month: int) -> float:
        angle = np.radians(in_months(iata, "direction_vent", month))
        return float(np.degrees(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())) % 360)

    assert 30 <= mean_direction(1) <= 75
    assert 190 <= mean_direction(8) <= 250


def test_visibility_is_missing_in_part_of_the_rows() -> None:
    missing = np.mean([np.isnan(year(iata)["visibilite"]).mean() for iata in AIRPORTS])
    assert 0.2 < missing < 0.4


@pytest.mark.parametrize("rows", [0, 25])
def test_a_day_has_one_to_24_rows(fake, rows) -> None:
    with pytest.raises(ValueError, match="choose 1 to 24"):
        fake.weather("DSS", DAY, rows)


def test_no_days_are_refused(fake) -> None:
    with pytest.raises(ValueError, match="choose 1 or more"):
        fake.weather_days("DSS", DAY, 0)


def test_an_unknown_airport_is_refused(fake) -> None:
    with pytest.raises(ValueError, match="unknown airport 'XXX'"):
        fake.weather("XXX", DAY)


def test_pandas_is_not_loaded() -> None:
    """It would cost each task more than a year of synthetic weather does."""
    script = (
        "import sys; from datetime import date; from faker import Faker\n"
        "from dataflow360.faker_providers import FlightProvider, WeatherProvider, damage\n"
        "fake = Faker(); fake.add_provider(FlightProvider); fake.add_provider(WeatherProvider)\n"
        "day = date(2026, 11, 1)\n"
        "fake.weather('DSS', day); damage(fake.flights('DSS', day, 48), 0.5, 'key')\n"
        "sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
