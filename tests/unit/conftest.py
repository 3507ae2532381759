"""Unit tests: no network, settings of their own, and rows to work on."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from faker import Faker

from dataflow360.airports import AIRPORTS
from dataflow360.faker_providers import FlightProvider, WeatherProvider
from dataflow360.pipeline.chunk import Chunk, Refused
from dataflow360.records import RECORD_TYPES
from dataflow360.records.contract import CONTENT_HASH, RecordType
from dataflow360.records.departs_aeroports import DEPARTS_AEROPORTS
from dataflow360.records.donnees_meteo import SYNTHETIC
from dataflow360.records.identity import content_hashes, event_ids
from dataflow360.records.mesures_villes import MESURES_VILLES
from dataflow360.records.metar import METAR
from dataflow360.records.meteo_aeroports import METEO_AEROPORTS, OPEN_METEO, OPENWEATHER
from dataflow360.records.meteo_villes import METEO_VILLES
from dataflow360.records.vols_ao import STATUSES, VOLS_AO
from tests.conftest import ROOT

#: One day in each of West Africa's seasons, and a leap day.
DAYS = (date(2026, 1, 15), date(2026, 4, 15), date(2026, 8, 15), date(2024, 2, 29))


@pytest.fixture(autouse=True)
def _unit(no_network, own_settings):
    pass


@pytest.fixture(scope="session")
def made_rows() -> dict[str, pa.Table]:
    """What the sources make, by record type: every airport in every season, or a sample file."""
    fake = Faker()
    fake.add_provider(FlightProvider)
    fake.add_provider(WeatherProvider)
    flights = pa.concat_tables(fake.flights(code, day, rows=6) for code in AIRPORTS for day in DAYS)
    weather = pa.concat_tables(fake.weather(code, day, rows=6) for code in AIRPORTS for day in DAYS)
    provenance = pa.repeat(SYNTHETIC, weather.num_rows)
    boards, observations = _boards(flights), _observations(weather)
    return {
        "vols": flights,
        "donnees_meteo": weather.append_column("provenance", provenance),
        "meteo_aeroports": observations,
        "meteo_villes": _city_weather(weather),
        "mesures_villes": _measurements(weather),
        "metar": _reports(weather),
        "departs_aeroports": boards,
        "vols_ao": _departures(flights),
        "vols_meteo": _with_weather(boards, observations),
        "trafic_passagers": _sampled("passagers_dakar.csv", flights.num_rows),
        "tarifs_vols": _sampled("tarifs_afrique_ouest.csv.gz", flights.num_rows),
    }


def _departures(flights: pa.Table) -> pa.Table:
    """Synthetic flights as AviationStack would tell them."""
    rows = [
        {
            "compagnie": flight["compagnie"],
            "numero_vol": flight["numero_vol"],
            "aeroport_depart": flight["aeroport_depart"],
            "aeroport_arrivee": flight["destination"],
            "heure_depart_prevue": datetime.combine(
                flight["date_vol"], time.fromisoformat(flight["heure_depart"])
            ),
            "etat_vol": STATUSES[number % len(STATUSES)],
            "pays": flight["pays_depart"],
            "timestamp": datetime.combine(flight["date_vol"], time()),
            "numeros_marketing": "AF123,KL4567" if number % 2 else None,
        }
        for number, flight in enumerate(flights.to_pylist())
    ]
    return pa.Table.from_pylist(rows, schema=VOLS_AO.arrow_schema)


def _boards(flights: pa.Table) -> pa.Table:
    """Synthetic flights as the departure boards show them; some without a time of arrival."""
    rows = [
        {
            "Vol": flight["numero_vol"],
            "Code_Compagnie": flight["numero_vol"][:2],
            "Compagnie": flight["compagnie"],
            "Heure_Depart": flight["heure_depart"],
            "Heure_Arrivee": "23:10" if number % 2 else None,
            "Destination": flight["destination"],
            "Pays": flight["pays_depart"],
            "Aeroport": flight["aeroport_depart"],
            "Date_Depart": flight["date_vol"],
        }
        for number, flight in enumerate(flights.to_pylist())
    ]
    return pa.Table.from_pylist(rows, schema=DEPARTS_AEROPORTS.arrow_schema)


def _observations(weather: pa.Table) -> pa.Table:
    """Synthetic weather as OpenWeather and Open-Meteo would tell it."""
    rows = [
        hour
        | {
            "timestamp": datetime.combine(
                hour["date_observation"], time(hour["heure_observation"], number % 60)
            ),
            "ville": AIRPORTS[hour["aeroport"]].city,
            "direction_vent": hour["direction_vent"] if number % 3 else None,
            "conditions": hour["conditions_meteo"],
            "nuages": hour["nebulosite"],
            "provenance": OPENWEATHER if number % 2 else OPEN_METEO,
        }
        for number, hour in enumerate(weather.to_pylist())
    ]
    return pa.Table.from_pylist(rows, schema=METEO_AEROPORTS.arrow_schema)


def _measurements(weather: pa.Table) -> pa.Table:
    """Synthetic weather with air as OpenWeather would tell them; of the past, the air alone."""
    rows = []
    for number, hour in enumerate(weather.to_pylist()):
        airport = AIRPORTS[hour["aeroport"]]
        moment = datetime.combine(
            hour["date_observation"], time(hour["heure_observation"], number % 60)
        )
        row = dict.fromkeys(MESURES_VILLES.columns) | {
            "ville": airport.city,
            "pays": airport.country,
            "aeroport": airport.iata,
            "timestamp": moment,
            "aqi": number % 5 + 1,
            "co": 200.25 + number,
            "no2": number / 8,
            "pm2_5": 12.0,
            "nh3": 0.5 if number % 2 else None,
        }
        if number % 3:
            row |= {
                "temp": hour["temperature"],
                "feels_like": hour["temperature"] + 1.5,
                "pressure": hour["pression"],
                "humidity": hour["humidite"],
                "visibility": 10_000,
                "wind_speed": hour["vitesse_vent"] / 4,
                "wind_deg": hour["direction_vent"],
                "clouds": hour["nebulosite"],
            }
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=MESURES_VILLES.arrow_schema)


def _reports(weather: pa.Table) -> pa.Table:
    """Synthetic weather as METAR reports tell it; now and then one that says little or nothing."""
    rows = []
    for number, hour in enumerate(weather.to_pylist()):
        moment = datetime.combine(hour["date_observation"], time(hour["heure_observation"]))
        icao = AIRPORTS[hour["aeroport"]].icao
        row = dict.fromkeys(METAR.columns) | {
            "aeroport": hour["aeroport"],
            "oaci": icao,
            "observation": moment,
            "type_rapport": "SPECI" if number % 7 == 0 else "METAR",
            "automatique": number % 2 == 0,
            "corrige": number % 3 == 0,
            "neant": number % 5 == 4,
            "vent_variable": number % 4 == 0,
            "visibilite_ou_plus": False,
            "rapport": f"{icao} {moment:%d%H%M}Z NIL RMK station fermée",
        }
        if number % 5 != 4:
            row |= {
                "temperature": hour["temperature"],
                "point_rosee": hour["point_rosee"],
                "qnh": hour["pression"],
                "direction_vent": hour["direction_vent"] if number % 4 else None,
                "vitesse_vent": hour["vitesse_vent"],
                "rafales": 60.5 if number % 2 else None,
                "visibilite": hour["visibilite"],
                "nuages": "SCT014 BKN100",
                "phenomenes": "-RA BR" if number % 3 else None,
            }
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=METAR.arrow_schema)


def _city_weather(weather: pa.Table) -> pa.Table:
    """Synthetic weather as the page of a city has it."""
    cities = [AIRPORTS[code].city for code in weather["aeroport"].to_pylist()]
    rows = weather.append_column("ville", pa.array(cities))
    return rows.select(METEO_VILLES.columns).cast(METEO_VILLES.arrow_schema)


def _with_weather(boards: pa.Table, observations: pa.Table) -> pa.Table:
    """The departures with their weather, where an hour of it is known."""
    from dataflow360.sources.flight_weather.joining import join

    return join(boards, observations)


def _sampled(name: str, rows: int) -> pa.Table:
    """The first valid rows of a sample file."""
    from airflow.sdk import ObjectStoragePath

    from dataflow360.records.validation import check
    from dataflow360.sources.csv_files import files

    extraction = files.file(ObjectStoragePath(ROOT / "samples" / name), name)
    valid = [check(extraction.record, chunk.table).valid for chunk in extraction.fetch()]
    return pa.concat_tables(valid).slice(0, rows).combine_chunks()


@pytest.fixture(params=sorted(RECORD_TYPES))
def record(request) -> RecordType:
    """Each record type."""
    return RECORD_TYPES[request.param]


@pytest.fixture
def rows(record, made_rows) -> pa.Table:
    """Valid rows of the record type, as a source makes them."""
    return made_rows[record.name]


@pytest.fixture(scope="session")
def edited() -> Callable[..., pa.Table]:
    """Write values into one row of a table: ``edited(table, 3, humidite=140)``."""

    def edit(table: pa.Table, row: int, **values: Any) -> pa.Table:
        (entry,) = table.slice(row, 1).to_pylist()
        changed = pa.Table.from_pylist([entry | values], schema=table.schema)
        parts = [table.slice(0, row), changed, table.slice(row + 1)]
        return pa.concat_tables(parts).combine_chunks()

    return edit


@pytest.fixture(scope="session")
def identified() -> Callable[[RecordType, pa.Table], pa.Table]:
    """Add the event ids and content hashes that a landed batch has."""

    def identify(record: RecordType, table: pa.Table) -> pa.Table:
        ids, hashes = event_ids(record, table), content_hashes(record, table)
        return table.append_column("event_id", ids).append_column(CONTENT_HASH, hashes)

    return identify


@pytest.fixture(scope="session")
def chunk_of() -> Callable[..., Chunk]:
    """A chunk of rows whose original bytes are their JSON."""

    def make(table: pa.Table, start: int = 1, refused: list[Refused] | None = None) -> Chunk:
        return Chunk(
            table,
            np.arange(start, start + table.num_rows),
            lambda row: orjson.dumps(table.slice(row, 1).to_pylist()[0]),
            refused or [],
        )

    return make
