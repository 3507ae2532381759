"""Make foreign text and bytes visible, so that nothing in them acts on whoever looks at them."""

from __future__ import annotations

import base64

from dataflow360.pipeline.plain_text import printable

_LINE_BREAK = "\n"
#: What surrogateescape makes of the bytes 0x80 to 0xff where they are not UTF-8.
_ESCAPED_BYTES = range(0xDC80, 0xDD00)


def visible(text: str, most: int) -> str:
    r"""The text with escapes in place of whatever is not printable: ``\x00``, ``\u202e``.

    Line breaks and tabs are escaped as well. A backslash is doubled, so that no text can look like
    an escape.

    Args:
        text: Any text.
        most: Characters that the result has at most; one that is cut ends with an ellipsis.
    """
    # No character becomes shorter, so no more of the text is needed.
    shown = "".join(_shown(letter) for letter in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def visible_bytes(raw: bytes, most: int) -> str:
    r"""Bytes as text, as :func:`visible`; what is not UTF-8 is ``\xNN``, and lines stay lines.

    Args:
        raw: Any bytes.
        most: Characters that the result has at most; one that is cut ends with an ellipsis.
    """
    shown = _shown_bytes(raw, most)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def is_cut(raw: bytes, most: int) -> bool:
    """Whether :func:`visible_bytes` leaves out some of the bytes."""
    return len(_shown_bytes(raw, most)) > most


def first_bytes(raw: bytes, most: int) -> str:
    """The first bytes in base64, at most so many."""
    return base64.b64encode(raw[:most]).decode()


def _shown_bytes(raw: bytes, most: int) -> str:
    # A character has at most four bytes. Of one that is cut the rest looks like bytes, but only
    # behind so many characters that it is not shown.
    text = raw[: 4 * (most + 1)].decode(errors="surrogateescape")
    return "".join(
        letter if letter == _LINE_BREAK else _shown(letter) for letter in text[: most + 1]
    )


def _shown(letter: str) -> str:
    if letter == "\\":
        return "\\\\"
    code = ord(letter)
    if code in _ESCAPED_BYTES:
        return f"\\x{code - _ESCAPED_BYTES.start + 0x80:02x}"
    return printable(letter)
