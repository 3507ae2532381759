"""Foreign text and bytes are shown so that nothing in them acts on whoever looks at them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow360.page.inert import first_bytes, is_cut, visible, visible_bytes

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Sénégal, 30 °C", "Sénégal, 30 °C", id="plain"),
        pytest.param(SCRIPT, SCRIPT, id="markup-stays-text"),
        pytest.param("a\x00b", "a\\x00b", id="nul"),
        pytest.param("\u202egnp.exe\u2069", "\\u202egnp.exe\\u2069", id="right-to-left"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="no-width"),
        pytest.param("a\r\nb\tc", "a\\r\\nb\\tc", id="line-breaks"),
        pytest.param("\x1b[2J", "\\x1b[2J", id="terminal"),
        pytest.param("\\x00", "\\\\x00", id="no-text-looks-like-an-escape"),
        pytest.param("", "", id="empty"),
    ],
)
def test_what_cannot_be_printed_is_escaped(text, expected):
    assert visible(text, 100) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"Dakar\nLagos", "Dakar\nLagos", id="lines-stay"),
        pytest.param(b"Dakar\r\n", "Dakar\\r\n", id="carriage-return"),
        pytest.param("Bénin".encode("latin-1"), "B\\xe9nin", id="latin-1"),
        pytest.param("Bénin".encode(), "Bénin", id="utf-8"),
        pytest.param(b"\xff\xfe\x00", "\\xff\\xfe\\x00", id="bytes"),
        pytest.param(SCRIPT.encode(), SCRIPT, id="markup-stays-text"),
        pytest.param("\u202e".encode(), "\\u202e", id="right-to-left"),
    ],
)
def test_bytes_are_text_where_they_are_and_escapes_elsewhere(raw, expected):
    assert visible_bytes(raw, 100) == expected


def test_a_megabyte_is_cut_and_says_so():
    raw = b"x" * 1_000_000
    assert visible_bytes(raw, 20) == "x" * 19 + "…"
    assert is_cut(raw, 20)
    assert not is_cut(b"x" * 20, 20)
    assert len(base64.b64decode(first_bytes(raw, 64))) == 64


@given(st.text(max_size=60), st.integers(1, 80))
def test_no_text_acts_or_is_too_long(text, most):
    shown = visible(text, most)
    assert shown.isprintable()
    assert len(shown) <= most


@given(st.binary(max_size=60), st.integers(1, 80))
def test_no_bytes_act_or_are_too_long(raw, most):
    shown = visible_bytes(raw, most)
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert len(shown) <= most


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cut_never_breaks_a_character_into_bytes(text, most):
    raw = text.encode("utf-8", "surrogatepass").decode("utf-8", "ignore").encode()
    assert visible_bytes(raw, most).rstrip("…") in visible_bytes(raw, 1_000)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_different_bytes_look_different(one, other):
    assert (visible_bytes(one, 1_000) == visible_bytes(other, 1_000)) == (one == other)
