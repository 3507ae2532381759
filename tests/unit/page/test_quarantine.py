"""Where a page of the list begins, and which records a filter names."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.page.quarantine import Cursor, Group, group_of


@given(st.builds(Cursor, st.datetimes(), st.integers(0, 2**63), st.text(), st.text()))
def test_a_cursor_stands_in_an_address_and_comes_back(cursor):
    text = str(cursor)
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert Cursor.of(text) == cursor


@pytest.mark.parametrize(
    "json",
    [
        b"",
        b"null",
        b"[]",
        b'["2026-11-01T00:00:00", 1, "dag"]',
        b'["2026-11-01T00:00:00", "1", "dag", "id"]',
        b'["2026-11-01T00:00:00", 1, "dag", ["id"]]',
        b'["2026-11-01T00:00:00Z", 1, "dag", "id"]',
        b'["yesterday", 1, "dag", "id"]',
        b'["2026-11-01T00:00:00", 1, "dag", "id"',
    ],
)
def test_what_is_no_cursor_is_refused(json):
    with pytest.raises(ValueError, match="the cursor is none of this list's"):
        Cursor.of(base64.urlsafe_b64encode(json).decode().rstrip("="))


@given(st.text(max_size=40))
def test_no_text_of_strangers_is_a_cursor(text):
    with pytest.raises(ValueError, match="the cursor is none of this list's"):
        Cursor.of(text)


@pytest.mark.parametrize(
    ("names", "group"),
    [
        ((None, None, None), None),
        (("csv_files", None, None), Group("csv_files")),
        (("csv_files", "vols", "x is missing"), Group("csv_files", "vols", "x is missing")),
        (("csv_files", "vols", ""), Group("csv_files", "vols", "")),
    ],
)
def test_a_source_or_all_that_names_a_group_is_a_filter(names, group):
    assert group_of(*names) == group


@pytest.mark.parametrize(
    "names",
    [(None, "vols", "x"), ("csv_files", "vols", None), ("csv_files", None, "x"), (None, None, "x")],
)
def test_half_a_group_is_refused(names):
    with pytest.raises(ValueError, match="record_type and reason_kind go together"):
        group_of(*names)
