"""What a run of ``replay_quarantine`` has found of its records, for whoever reads its XCom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from dataflow360.pipeline.quarantine_records import Entry
    from dataflow360.replay.judging import Judged

#: Name of the XCom of the task ``select``.
XCOM_KEY = "outcome"
#: Records that are told one by one.
MOST_RECORDS = 100

#: Those of ``judging.Verdict``, and that of whatever is dismissed.
Verdict = Literal["new", "unchanged", "superseded", "still refused", "no parser", "dismissed"]


class RecordOutcome(BaseModel):
    """What becomes of one record, and why it cannot be replayed, or why it was refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quarantine_id: str
    verdict: Verdict
    reason: str


class ReplayOutcome(BaseModel):
    """What a run of ``replay_quarantine`` has found: the XCom ``outcome`` of its task ``select``.

    Attributes:
        dry_run: Whether nothing was changed.
        sentence: The outcome in one sentence.
        counts: How many records by verdict; ``new`` and ``unchanged`` pass. None are counted by a
            try that goes on with what an earlier one has chosen.
        records: The first 100 of them. Foreign text is in their reasons: show it inert.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool
    sentence: str
    counts: dict[Verdict, Annotated[int, Field(ge=0)]]
    records: tuple[RecordOutcome, ...]


def of_judged(judged: Sequence[Judged], sentence: str, *, dry_run: bool) -> ReplayOutcome:
    """The outcome of a run that replays records, or would."""
    return _of(
        [(each.entry.quarantine_id, each.verdict.value, each.reason) for each in judged],
        sentence,
        dry_run=dry_run,
    )


def of_dismissed(entries: Sequence[Entry], sentence: str, *, dry_run: bool) -> ReplayOutcome:
    """The outcome of a run that dismisses records, or would."""
    return _of(
        [(entry.quarantine_id, "dismissed", entry.reasons) for entry in entries],
        sentence,
        dry_run=dry_run,
    )


def of_earlier_try(sentence: str) -> ReplayOutcome:
    """The outcome of a try that goes on with what an earlier one of its run has chosen."""
    return _of([], sentence, dry_run=False)


def _of(
    records: Sequence[tuple[str, Verdict, str]], sentence: str, *, dry_run: bool
) -> ReplayOutcome:
    return ReplayOutcome(
        dry_run=dry_run,
        sentence=sentence,
        counts=Counter(verdict for _, verdict, _ in records),
        records=tuple(
            RecordOutcome(quarantine_id=own, verdict=verdict, reason=reason)
            for own, verdict, reason in records[:MOST_RECORDS]
        ),
    )
