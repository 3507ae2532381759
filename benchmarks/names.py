"""What the benchmark's own tables and topics are called, and the first day of its rows."""

from datetime import date

#: The DAG that the benchmark's batches and runs are entered under.
DAG_ID = "benchmarks"
WEATHER_TABLE = "meteo_db.benchmarks_donnees_meteo"
FLIGHTS_TABLE = "aerien.benchmarks_vols"
BOARDS_PREFIX = "benchmarks"
TOPIC_PREFIX = "benchmarks."
FIRST_DAY = date(1950, 1, 1)
