"""``/api/quarantine`` and ``/api/quarantine/{id}``, which is 404 when there is no such record.

Parameters of the list: state=open|replayed|dismissed (default open); dag_id, or all of dag_id,
record_type and reason_kind (those of a group); after (``next`` of the page before); limit (1 to
200, else 50).

To replay or to dismiss, the browser triggers ``Me.replay_dag`` with the user's own session, by
Airflow's REST API: ``POST {root}/api/v2/dags/replay_quarantine/dagRuns`` with a null
``logical_date`` and, as ``conf``, the ``ids`` (or ``dag``, ``record_type``, ``reason``,
``limit``), ``dry_run`` and, to dismiss, the comment under ``dismiss``. It follows
``…/dagRuns/{run_id}`` until that ends, and reads
``…/dagRuns/{run_id}/taskInstances/select/xcomEntries/outcome``, whose ``value`` is a
``ReplayOutcome`` of replay/outcome.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from dataflow360.page.models.common import Answer, Count, Natural, Part

QuarantineState = Literal["open", "replayed", "dismissed"]


class QuarantineGroup(Answer):
    """Records of one source that were refused for one kind of reason.

    Attributes:
        reason_kind: The reason without the values. Foreign text: show it inert.
    """

    dag_id: str
    record_type: str
    reason_kind: str
    count: Count


class QuarantineRow(Answer):
    """A refused record in the list.

    Attributes:
        position: Row or line number in its source, from 1.
        reasons: Why it was refused, at most 500 characters, made visible.
        preview: Beginning of its bytes as text, at most 200 characters, made visible.
        size: Bytes that it has.
    """

    quarantine_id: str
    dag_id: str
    record_type: str
    state: QuarantineState
    position: int
    reasons: str
    preview: str
    size: Natural
    source_name: str | None
    first_seen: AwareDatetime
    last_seen: AwareDatetime


class QuarantinePage(Answer):
    """A page of the list, those seen last first, and the groups of that state.

    Attributes:
        groups: The largest first, at most 200; of all sources, whatever else is filtered.
        next: Cursor of the next page; None on the last one.
    """

    groups: list[QuarantineGroup]
    records: list[QuarantineRow]
    next: str | None


class Quarantine(Answer):
    """Answer of ``/api/quarantine``."""

    now: AwareDatetime
    page: Part[QuarantinePage]


class QuarantineRecord(QuarantineRow):
    r"""One refused record.

    Attributes:
        text: Its bytes as text in which whatever is not printable is an escape, at most 20,000
            characters; bytes that are not UTF-8 are ``\xNN``.
        raw_base64: Its first bytes, at most 64 KiB.
        truncated: Whether ``text`` or ``raw_base64`` is not the whole.
        run_id: Run that has landed its batch; None when the batch is not registered any more.
        link: That run.
    """

    text: str
    raw_base64: str
    truncated: bool
    batch_id: str
    run_id: str | None
    link: str | None
    replayed_batch_id: str | None
    replayed_at: AwareDatetime | None
    dismissed_by: str | None
    dismissed_at: AwareDatetime | None
    comment: str | None


class QuarantineDetail(Answer):
    """Answer of ``/api/quarantine/{id}``."""

    now: AwareDatetime
    record: Part[QuarantineRecord | None]
