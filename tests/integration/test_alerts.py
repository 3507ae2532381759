"""One message when a source becomes late or empty, one when it recovers, whatever fails between."""

import json
import socket
import threading
import traceback
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from dataflow360.alerts import incidents, notifiers, watching
from dataflow360.alerts.judging import Kind
from dataflow360.clients import mysql
from dataflow360.errors import FatalError, RetriableError
from dataflow360.freshness import watches
from dataflow360.freshness.sources import Source
from dataflow360.page import ledger as page_ledger
from dataflow360.pipeline import registry
from dataflow360.settings import settings
from tests.integration.killing import Point, run_and_kill

NOW = datetime(2026, 11, 24, 12, 45, tzinfo=UTC)
NOON = NOW.replace(minute=0)
HOUR = timedelta(hours=1)
SECRET_PATH = "services/T0/B0/s3cr3tpath"
AIRFLOW = "http://airflow.example/"


@pytest.fixture(autouse=True)
def undisturbed(connection: Any) -> Iterator[None]:
    """The stack's own DAG neither sends a test's messages nor gives up its sources."""
    with mysql.connect() as holder, registry.lock(holder, "alerts"):
        yield


@pytest.fixture
def dag_id(connection: Any) -> Iterator[str]:
    """A source of the test's own."""
    name = f"test-{uuid.uuid4()}"
    yield name
    for table in ("runs", "watches", "incidents"):
        mysql.execute(
            connection, f"DELETE FROM dataflow360.{table} WHERE dag_id LIKE %s", (f"{name}%",)
        )


@pytest.fixture
def hourly(dag_id: str, connection: Any) -> Source:
    """A source that should land every hour, and has been watched for long."""
    watches.begin(connection, dag_id, NOW - timedelta(days=9))
    return Source(dag_id, "0 * * * *")


@pytest.fixture
def ledger(connection: Any, dag_id: str):
    """Enter a run: the hour that ends at a moment, unless told otherwise."""

    def enter(
        end: datetime,
        state: str = "reconciled",
        rows: int = 16,
        reason: str | None = None,
        at: datetime | None = None,
        of: str = dag_id,
    ) -> str:
        run_id = f"test__{end:%Y-%m-%dT%H:%M}"
        values = (
            *(of, run_id, -1, (end - HOUR).replace(tzinfo=None), end.replace(tzinfo=None)),
            *(16, rows, 0, 16 - rows, rows, 0, 0, rows, rows, state, reason),
            (at or end).replace(tzinfo=None),
        )
        mysql.execute(
            connection,
            "REPLACE INTO dataflow360.runs (dag_id, run_id, map_index, interval_start,"
            " interval_end, rows_read, rows_valid, rows_duplicate, rows_quarantined, rows_new,"
            " rows_changed, rows_unchanged, rows_stored, messages_published, state, reason,"
            f" reconciled_at) VALUES ({', '.join(['%s'] * len(values))})",
            values,
        )
        return run_id

    return enter


class Webhook:
    """A receiver of webhooks: what was posted to it, and with which status it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.paths: list[str] = []
        self.posted: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.status == 200:
                    outer.paths.append(self.path)
                    outer.posted.append(json.loads(body))
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(f"{self.path} is answered by {outer.status}".encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def of(self, dag_id: str) -> list[dict[str, Any]]:
        return [each for each in self.posted if each["source"].startswith(dag_id)]


def use_webhook(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATAFLOW360_NOTIFIER", "webhook")
    monkeypatch.setenv(
        "AIRFLOW_CONN_DATAFLOW360_WEBHOOK",
        json.dumps({"conn_type": "http", "host": url, "password": SECRET_PATH}),
    )
    settings.cache_clear()


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    receiver = Webhook()
    use_webhook(monkeypatch, receiver.url)
    yield receiver
    receiver.close()


def look(connection: Any, source: Source, now: datetime) -> None:
    """What the DAG does for one source."""
    watching.watch(connection, [source], now, AIRFLOW)
    watching.deliver(connection, notifiers.notifier())


def test_a_late_source_is_told_once_and_its_recovery_once(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    ledger(NOON - HOUR)
    look(connection, hourly, NOON + timedelta(minutes=29))
    assert webhook.of(hourly.dag_id) == []

    for minutes in (30, 40, 90):
        look(connection, hourly, NOON + timedelta(minutes=minutes))
    (told,) = webhook.of(hourly.dag_id)
    assert told.pop("incident") > 0
    assert told == {
        "event": "opening",
        "source": hourly.dag_id,
        "kind": "late",
        "text": f"{hourly.dag_id} is late: what it should have landed up to 2026-11-24 12:00 UTC "
        "was due by 2026-11-24 12:30 UTC, and its newest is of 2026-11-24 11:00 UTC; see what "
        "holds up its runs and clear the task that failed. "
        f"http://airflow.example/dags/{hourly.dag_id}",
    }
    assert set(webhook.paths) == {f"/{SECRET_PATH}"}

    ledger(NOON)  # it is still an hour behind
    look(connection, hourly, NOON + timedelta(minutes=95))
    assert len(webhook.of(hourly.dag_id)) == 1

    ledger(NOON + HOUR)
    for minutes in (100, 110):
        look(connection, hourly, NOON + timedelta(minutes=minutes))
    _, recovered = webhook.of(hourly.dag_id)
    assert (recovered["event"], recovered["kind"]) == ("closing", "late")
    assert recovered["text"].startswith(f"{hourly.dag_id} is on time again: ")

    look(connection, hourly, NOON + timedelta(hours=3))
    *_, again = webhook.of(hourly.dag_id)
    assert (again["event"], len(webhook.of(hourly.dag_id))) == ("opening", 3)
    assert again["incident"] != recovered["incident"]


def test_a_source_that_landed_nothing_ever_is_told(
    connection: Any, hourly: Source, webhook: Webhook
) -> None:
    look(connection, hourly, NOW)
    (told,) = webhook.of(hourly.dag_id)
    assert "has never landed anything" in told["text"]


@pytest.mark.parametrize(
    "reason", ["All 100 calls to aviationstack are used.", "The inbox has no file to load."]
)
def test_a_skipped_interval_is_not_missing(
    reason: str, connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    ledger(NOON, "skipped", rows=0, reason=reason)
    look(connection, hourly, NOW)
    assert webhook.of(hourly.dag_id) == []


def test_a_failed_run_does_not_answer_its_interval_and_is_named(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    ledger(NOON - HOUR)
    ledger(NOON, "failed", reason="LOS: 503")
    look(connection, hourly, NOW)
    (told,) = webhook.of(hourly.dag_id)
    assert "and its last run failed (LOS: 503)" in told["text"]
    assert told["text"].endswith(f"/dags/{hourly.dag_id}/runs/test__2026-11-24T12%3A00")


def test_a_run_for_a_day_to_come_answers_nothing(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    ledger(NOON - HOUR)
    ledger(datetime(2999, 1, 1, tzinfo=UTC), at=NOW)
    look(connection, hourly, NOW)
    assert [each["event"] for each in webhook.of(hourly.dag_id)] == ["opening"]


def test_a_source_that_lands_no_row_is_told_once_and_its_recovery_once(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    for hours in range(3, 0, -1):
        ledger(NOON - hours * HOUR)
    run_id = ledger(NOON, rows=0)
    for minutes in (5, 15):
        look(connection, hourly, NOON + timedelta(minutes=minutes))
    (told,) = webhook.of(hourly.dag_id)
    assert (told["event"], told["kind"]) == ("opening", "empty")
    assert "has landed no row for the interval from 2026-11-24 11:00 UTC" in told["text"]
    assert told["text"].endswith(f"/runs/{run_id.replace(':', '%3A')}")

    for hours in range(1, 12):  # by now it is usual
        ledger(NOON + hours * HOUR, rows=0)
        look(connection, hourly, NOON + hours * HOUR + timedelta(minutes=5))
    assert len(webhook.of(hourly.dag_id)) == 1

    ledger(NOON + 12 * HOUR, rows=15)
    look(connection, hourly, NOON + 12 * HOUR + timedelta(minutes=5))
    _, recovered = webhook.of(hourly.dag_id)
    assert (recovered["event"], recovered["kind"]) == ("closing", "empty")
    assert "lands rows again: 15 for " in recovered["text"]


def test_a_backfill_of_an_hour_without_rows_says_nothing_of_today(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    for hours in range(3):
        ledger(NOON - hours * HOUR)
    ledger(NOON - timedelta(days=20), rows=0, at=NOW)
    look(connection, hourly, NOW)
    assert webhook.of(hourly.dag_id) == []


@pytest.mark.parametrize("removed", [False, True], ids=["paused", "removed"])
def test_nothing_is_expected_of_a_source_that_is_paused_or_removed(
    removed: bool, connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    ledger(NOON - HOUR)
    look(connection, hourly, NOW)
    others = watches.watched(connection) - {hourly.dag_id}
    if removed:
        watching.give_up(connection, paused=set(), known=others)
    else:
        watching.give_up(connection, paused={hourly.dag_id}, known=others | {hourly.dag_id})
    watching.deliver(connection, notifiers.notifier())
    assert [each["event"] for each in webhook.of(hourly.dag_id)] == ["opening"]

    later = NOW + timedelta(hours=5)  # unpaused, it has its grace before it is late again
    look(connection, hourly, later)
    look(connection, hourly, later + timedelta(minutes=29))
    assert len(webhook.of(hourly.dag_id)) == 1
    look(connection, hourly, later + timedelta(minutes=30))
    assert [each["event"] for each in webhook.of(hourly.dag_id)] == ["opening"] * 2


def test_what_cannot_be_read_just_now_is_neither_paused_nor_removed(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    look(connection, hourly, NOW)
    watching.give_up(connection, paused=set(), known=None)
    look(connection, hourly, NOW + timedelta(minutes=10))
    assert len(webhook.of(hourly.dag_id)) == 1


def test_a_derived_source_is_late_when_it_does_not_follow_its_inputs(
    connection: Any, dag_id: str, ledger: Any, webhook: Webhook
) -> None:
    boards, weather = f"{dag_id}-boards", f"{dag_id}-weather"
    source = Source(dag_id, None, inputs=((boards,), (weather, f"{weather}-archive")))
    watches.begin(connection, dag_id, NOW - timedelta(days=9))
    ledger(NOON, at=NOON - 6 * HOUR)
    ledger(NOON, of=boards, at=NOON)
    look(connection, source, NOW)
    assert webhook.of(dag_id) == [], "one of its inputs has not been updated since"

    ledger(NOON + HOUR, of=weather, at=NOON + HOUR)
    ledger(NOON, "skipped", of=f"{weather}-archive", at=NOON)
    look(connection, source, NOON + HOUR + timedelta(minutes=29))
    assert webhook.of(dag_id) == []
    look(connection, source, NOON + HOUR + timedelta(minutes=30))
    ledger(NOON + 2 * HOUR, of=boards, at=NOON + 2 * HOUR)
    ledger(NOON + 2 * HOUR, of=weather, at=NOON + 2 * HOUR)
    look(connection, source, NOON + 2 * HOUR + timedelta(minutes=5))
    assert [each["event"] for each in webhook.of(dag_id)] == ["opening"]

    ledger(NOON, at=NOON + 2 * HOUR + timedelta(minutes=6))
    look(connection, source, NOON + 2 * HOUR + timedelta(minutes=10))
    assert [each["event"] for each in webhook.of(dag_id)] == ["opening", "closing"]


def test_what_came_while_a_derived_source_was_paused_is_not_expected_of_it(
    connection: Any, dag_id: str, ledger: Any, webhook: Webhook
) -> None:
    source = Source(dag_id, None, inputs=((f"{dag_id}-boards",),))
    ledger(NOON, of=f"{dag_id}-boards", at=NOON)
    watches.begin(connection, dag_id, NOON + timedelta(minutes=1))
    look(connection, source, NOW)
    assert webhook.of(dag_id) == []


def both(connection: Any, source: Source, now: datetime) -> str:
    """What the page says of a source at a moment; that the alerts say the same is asserted."""
    said = page_ledger.accounts([source], now)[source.dag_id].freshness
    watching.watch(connection, [source], now, AIRFLOW)
    told = incidents.open_one(connection, source.dag_id, Kind.LATE)
    assert (told and told.since) == said.missing
    return str(said.status)


def test_the_page_and_the_alerts_agree_on_a_derived_source_that_was_paused(
    connection: Any, dag_id: str, ledger: Any
) -> None:
    boards = f"{dag_id}-boards"
    source = Source(dag_id, None, inputs=((boards,),))
    ledger(NOON - 6 * HOUR)
    ledger(NOON - HOUR, of=boards)  # while it is paused
    assert both(connection, source, NOON) == "unwatched"  # the alerts have seen it now
    assert both(connection, source, NOON + 5 * HOUR) == "on_time"

    ledger(NOON + 5 * HOUR, of=boards)
    assert both(connection, source, NOON + 5 * HOUR + timedelta(minutes=29)) == "on_time"
    assert both(connection, source, NOON + 5 * HOUR + timedelta(minutes=30)) == "late"
    ledger(NOON + 6 * HOUR)
    assert both(connection, source, NOON + 6 * HOUR) == "on_time"

    watching.give_up(connection, paused={dag_id}, known={dag_id})
    ledger(NOON + 7 * HOUR, of=boards)
    assert page_ledger.accounts([source], NOON + 9 * HOUR)[dag_id].freshness.status == "unwatched"


@pytest.mark.parametrize(("landed", "before"), [(True, "on_time"), (False, "never")])
def test_the_page_and_the_alerts_agree_on_a_scheduled_source_that_was_just_unpaused(
    landed: bool, before: str, connection: Any, dag_id: str, ledger: Any
) -> None:
    source = Source(dag_id, "0 * * * *")
    if landed:
        ledger(NOON - 9 * HOUR)
    assert both(connection, source, NOW) == ("unwatched" if landed else "never")
    assert both(connection, source, NOW + timedelta(minutes=29)) == before
    assert incidents.open_one(connection, dag_id, Kind.LATE) is None
    assert both(connection, source, NOW + timedelta(minutes=30)) == ("late" if landed else "never")
    assert incidents.open_one(connection, dag_id, Kind.LATE) is not None


def test_what_cannot_be_sent_is_kept_and_sent_once(
    connection: Any, hourly: Source, webhook: Webhook
) -> None:
    webhook.status = 503
    with pytest.raises(RetriableError) as caught:
        look(connection, hourly, NOW)
    assert str(caught.value) == (
        f"The message that {hourly.dag_id} is late could not be sent by webhook (connection "
        "dataflow360_webhook: it answered 503 Service Unavailable); it is kept, and sent by a "
        "later try."
    )
    webhook.status = 200
    for _ in range(2):
        look(connection, hourly, NOW)
    assert [each["event"] for each in webhook.of(hourly.dag_id)] == ["opening"]


def test_an_incident_that_ends_before_it_could_be_told_is_told_in_order(
    connection: Any, hourly: Source, ledger: Any, webhook: Webhook
) -> None:
    webhook.status = 503
    with pytest.raises(RetriableError):
        look(connection, hourly, NOW)
    ledger(NOON)
    with pytest.raises(RetriableError):
        look(connection, hourly, NOW)
    webhook.status = 200
    look(connection, hourly, NOW)
    assert [each["event"] for each in webhook.of(hourly.dag_id)] == ["opening", "closing"]


@pytest.mark.parametrize("away", [True, False], ids=["away", "quotes-its-address"])
def test_a_webhook_that_fails_is_told_without_its_address(
    away: bool,
    connection: Any,
    hourly: Source,
    webhook: Webhook,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    webhook.status = 404
    if away:
        webhook.close()
    with pytest.raises(RetriableError, match="dataflow360_webhook: ") as caught:
        look(connection, hourly, NOW)
    words = (
        "".join(traceback.format_exception(caught.value))
        + caplog.text
        + "".join(capfd.readouterr())
    )
    assert "could not be sent by webhook" in words
    assert "s3cr3tpath" not in words


@pytest.mark.parametrize(
    ("call", "when", "times"), [(1, "before", 2), (1, "after", 1)], ids=["before", "after"]
)
def test_a_run_that_is_killed_around_its_mark_tells_twice_rather_than_never(
    call: int, when: str, times: int, connection: Any, hourly: Source, webhook: Webhook
) -> None:
    point = Point("deliver", "alerts.incidents:mark_sent", when, call)
    run_and_kill(point, _look_alone, hourly, NOW)
    look(connection, hourly, NOW)
    told = webhook.of(hourly.dag_id)
    assert len(told) == times
    assert len({each["incident"] for each in told}) == 1


def test_a_run_that_is_killed_before_it_sends_leaves_its_message_to_the_next(
    connection: Any, hourly: Source, webhook: Webhook
) -> None:
    run_and_kill(Point("deliver", "alerts.incidents:unsent"), _look_alone, hourly, NOW)
    assert webhook.of(hourly.dag_id) == []
    look(connection, hourly, NOW)
    assert len(webhook.of(hourly.dag_id)) == 1


def _look_alone(source: Source, now: datetime) -> None:
    settings.cache_clear()
    with mysql.connect() as connection:
        look(connection, source, now)


def test_a_notifier_without_its_connection_says_what_is_missing(
    connection: Any, hourly: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW360_NOTIFIER", "webhook")
    settings.cache_clear()
    with pytest.raises(FatalError) as caught:
        look(connection, hourly, NOW)
    assert str(caught.value) == (
        "The notifier webhook needs the Airflow connection dataflow360_webhook, which is missing; "
        "set AIRFLOW_CONN_DATAFLOW360_WEBHOOK in .env, and the message will be sent."
    )


class Mailbox:
    """Takes mails in; refuses them while it is full."""

    def __init__(self) -> None:
        self.full = False
        self.received: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.full:
            return "452 no room"
        message = message_from_bytes(envelope.content, policy=default)
        self.received.append((envelope.rcpt_tos, message))
        return "250 OK"

    def of(self, dag_id: str) -> list[tuple[list[str], Message]]:
        return [each for each in self.received if dag_id in each[1]["Subject"]]


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "dataflow360@example.org"}
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        json.dumps(
            {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": port,
                "extra": {**extra, "retry_limit": 0},
            }
        ),
    )
    monkeypatch.setenv("DATAFLOW360_NOTIFIER", "mail")
    monkeypatch.setenv("DATAFLOW360_MAIL_TO", "awa@example.org, kofi@example.org")
    settings.cache_clear()
    yield box
    controller.stop()


def test_a_mail_goes_to_everyone_and_what_a_source_has_sent_is_inert_in_it(
    connection: Any, hourly: Source, ledger: Any, mailbox: Mailbox
) -> None:
    ledger(NOON, "failed", reason="<script>{{ 6 * 7 }}</script>")
    for _ in range(2):
        look(connection, hourly, NOW)
    ((recipients, mail),) = mailbox.of(hourly.dag_id)
    assert recipients == ["awa@example.org", "kofi@example.org"]
    assert mail["From"] == "dataflow360@example.org"
    assert mail["Subject"] == f"DataFlow360: {hourly.dag_id} is late"
    body = mail.get_body(("html",)).get_content()
    assert "&lt;script&gt;{{ 6 * 7 }}&lt;/script&gt;" in body
    assert f"http://airflow.example/dags/{hourly.dag_id}" in body


def test_a_mail_that_is_refused_is_kept_and_sent_once(
    connection: Any, hourly: Source, mailbox: Mailbox
) -> None:
    mailbox.full = True
    with pytest.raises(RetriableError, match=r"could not be sent by mail .*no room"):
        look(connection, hourly, NOW)
    mailbox.full = False
    for _ in range(2):
        look(connection, hourly, NOW)
    assert len(mailbox.of(hourly.dag_id)) == 1


def test_the_log_is_told_unless_something_else_is_set(
    connection: Any, hourly: Source, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        look(connection, hourly, NOW)
    told = [each for each in caplog.records if each.getMessage().startswith(hourly.dag_id)]
    assert [each.levelname for each in told] == ["WARNING"]


def test_one_message_that_cannot_be_sent_holds_up_no_other(connection: Any, dag_id: str) -> None:
    sent: list[str] = []

    def refuse_the_first(notice: incidents.Notice) -> None:
        if notice.dag_id == f"{dag_id}-1":
            raise RetriableError("It is refused.")
        sent.append(notice.dag_id)

    sources = [Source(f"{dag_id}-{number}", "0 * * * *") for number in (1, 2)]
    for source in sources:
        watches.begin(connection, source.dag_id, NOW - timedelta(days=9))
    watching.watch(connection, sources, NOW, AIRFLOW)
    with pytest.raises(RetriableError, match="It is refused"):
        watching.deliver(connection, refuse_the_first)
    assert sent == [f"{dag_id}-2"]
