"""What strangers have written is shown without acting on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.pipeline.plain_text import hex_dump, printable, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sénégal, 30 °C", "Sénégal, 30 °C"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_printed_is_escaped(text, expected):
    assert printable(text) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("Sénégal,Dakar".encode(), "Sénégal,Dakar", id="text"),
        pytest.param(b"a\r\nb\r", "a\nb", id="lines"),
        pytest.param(b"a\tb", "a       b", id="tab"),
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"\x1b[2J", "00000000  1b 5b 32 4a" + 38 * " " + ".[2J", id="escape"),
        pytest.param(b"\xe9t\xe9", "00000000  e9 74 e9" + 41 * " " + ".t.", id="not-utf-8"),
        pytest.param(b"a\rb", "00000000  61 0d 62" + 41 * " " + "a.b", id="overwriting"),
    ],
)
def test_bytes_are_shown_as_text_where_they_are_text(raw, expected):
    assert shown(raw) == expected


@given(st.binary(max_size=200))
def test_no_bytes_reach_the_terminal_raw(raw):
    text = shown(raw)
    assert all(letter.isprintable() or letter == "\n" for letter in text)


@given(st.binary(max_size=200))
def test_a_dump_has_every_byte(raw):
    digits = "".join(line[10:57].replace(" ", "") for line in hex_dump(raw).splitlines())
    assert bytes.fromhex(digits) == raw


@given(st.text(max_size=200))
def test_a_cell_stays_one_line(text):
    assert printable(text).isprintable()
