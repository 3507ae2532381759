"""Show text and bytes of strangers without letting them act on the terminal or the log."""

from __future__ import annotations

_BYTES_IN_LINE = 16


def printable(text: str) -> str:
    """The text with escapes in place of control, formatting and other unprintable characters."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def shown(raw: bytes) -> str:
    """Bytes as text where they are printable UTF-8 lines, else as a hex dump."""
    try:
        lines = raw.decode().split("\n")
    except UnicodeDecodeError:
        return hex_dump(raw)
    if all(line.removesuffix("\r").replace("\t", " ").isprintable() for line in lines):
        return "\n".join(line.removesuffix("\r").expandtabs() for line in lines)
    return hex_dump(raw)


def hex_dump(raw: bytes) -> str:
    """Offset, hexadecimal bytes and ASCII of each 16 bytes."""
    lines = []
    for start in range(0, len(raw), _BYTES_IN_LINE):
        part = raw[start : start + _BYTES_IN_LINE]
        letters = "".join(chr(byte) if chr(byte).isascii() and chr(byte).isprintable() else "."
                          for byte in part)  # fmt: skip
        lines.append(f"{start:08x}  {part.hex(' '):<{3 * _BYTES_IN_LINE}} {letters}")
    return "\n".join(lines)
