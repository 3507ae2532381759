"""What is landed, and what its batch id says."""

import itertools
from datetime import date
from pathlib import Path

import pytest

from dataflow360.errors import FatalError, RetriableError
from dataflow360.pipeline.chunk import Missing
from dataflow360.pipeline.extraction import Extraction, batch_id_of, fault_of
from dataflow360.pipeline.landing import Written
from dataflow360.pipeline.run import Run, day_interval
from dataflow360.records.vols import VOLS

A, B = "a" * 64, "b" * 64


def chain(*digests: str, dag_id: str = "synthetic_weather", key: str = "20261101") -> list[str]:
    ids: list[str] = []
    for digest in digests:
        ids.append(batch_id_of(dag_id, key, digest, ids[-1] if ids else None))
    return ids


def test_content_that_comes_back_is_another_batch():
    assert len(set(chain(A, B, A))) == 3


def test_the_same_chain_has_the_same_ids():
    assert chain(A, B, A) == chain(A, B, A)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(chain(A, dag_id="synthetic_flights"), id="dag"),
        pytest.param(chain(A, key="20261102"), id="source-key"),
        pytest.param(chain(B), id="content"),
        pytest.param(chain(B, A)[1:], id="batch-before"),
    ],
)
def test_each_part_makes_another_id(other):
    assert other != chain(A)


def test_parts_do_not_run_into_each_other():
    parts = [("dag", "key", "x", None), ("dagk", "ey", "x", None), ("dag", "keyx", "", None),
             ("dag", "key", "", "x")]  # fmt: skip
    ids = [batch_id_of(*each) for each in parts]
    assert all(one != other for one, other in itertools.combinations(ids, 2))


def test_an_id_fits_its_column_and_a_transactional_id():
    (batch_id,) = chain(A)
    assert len(batch_id) == 32
    assert set(batch_id) <= set("0123456789abcdef")


def test_ids_never_change():
    """What is landed today must be found again tomorrow."""
    assert chain(A, B, A) == [
        "78f178194a7d3f515374d74fd7bfe682",
        "08ad66248d3ee623414a3bc216091e4a",
        "0fe3c65d3a623128d02f9a6ef8a0206e",
    ]


LAGOS, DAKAR = Missing("LOS", RetriableError("late.")), Missing("DSS", FatalError("unknown."))


@pytest.mark.parametrize(
    ("rows_read", "missing", "last_try", "fault"),
    [
        (5, (), False, None),
        (0, (), False, FatalError),
        (0, (LAGOS, DAKAR), False, RetriableError),
        (0, (LAGOS, DAKAR), True, RetriableError),
        (0, (DAKAR,), False, FatalError),
        (5, (LAGOS, DAKAR), False, RetriableError),
        (5, (LAGOS, DAKAR), True, None),
        (5, (DAKAR,), False, None),
    ],
)
def test_what_arrived_is_landed_when_trying_again_cannot_bring_the_rest(
    rows_read, missing, last_try, fault
):
    written = Written(Path(), "", rows_read, rows_read, 0, 0, missing)
    wanted = Extraction(VOLS, "vols_synthetiques", "key", "flights of today", "{}", list)
    run = Run("dag", "run", -1, day_interval(date(2026, 11, 1)), last_try)
    found = fault_of(wanted, run, written)
    assert type(found) is (fault or type(None))
    if found and missing:
        assert all(f"{part.part}: {part.error}" in str(found) for part in missing)
