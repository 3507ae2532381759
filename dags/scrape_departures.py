"""Read the departure board of every airport from the pages of FlightStats, with a browser.

Each run reads one window of six hours, local time of the airport, with one headless Chromium for
all airports; the operating flights are checked against the contract `departs_aeroports`, kept in
Redis (`redis.departures`: the latest board of each airport under `departures:{IATA}`) and
published to the Kafka topic `departs_aeroports`, each version of a departure once. A page that
cannot be read leaves its screenshot and HTML in the landing zone, and the run is red. The site
shows about three days: an older interval is skipped. Its data are licensed: the real site is read
only where `DATAFLOW360_LIVE_SITES` names it.
"""

from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

from dataflow360.sources.flightstats import FLIGHTSTATS
from dataflow360.tasks.steps import TASK_DEFAULTS, land, publish, reconcile, stage


@dag(
    schedule=CronDataIntervalTimetable("0 */6 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args=TASK_DEFAULTS,
    params=FLIGHTSTATS.request.form(),
    doc_md=__doc__,
    tags=["web", "flights", "redis", "kafka"],
)
def scrape_departures():
    @task
    def extract() -> str:
        """Read the boards, check them and land them as one batch."""
        return land(FLIGHTSTATS)

    reconcile.override(outlets=FLIGHTSTATS.outlets)(publish(stage(extract())))


scrape_departures()
