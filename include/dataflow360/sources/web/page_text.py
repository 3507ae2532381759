"""What a script-driven page says: the data embedded in it, and the rows of its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from bs4 import BeautifulSoup
from pydantic import BaseModel, ConfigDict, ValidationError

#: The script element in which a Next.js page carries its data.
EMBEDDED_SELECTOR = "script#__NEXT_DATA__"


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as the browser had it.

    Attributes:
        embedded: Text of its ``__NEXT_DATA__`` element, None without one.
        html: Its document after the scripts have run.
    """

    embedded: str | None
    html: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a page, in the shape that the embedded data have.

    Attributes:
        value: What the page says, nothing of it checked.
        raw: Its original bytes.
    """

    value: Any
    raw: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a page's table.

    Attributes:
        cells: The texts in each of its cells.
        raw: Its HTML.
    """

    cells: list[list[str]]
    raw: bytes

    def texts(self, cell: int) -> list[str]:
        """The texts of a cell, counted from 0."""
        return self.cells[cell] if cell < len(self.cells) else []

    def text(self, cell: int, place: int = 0) -> str | None:
        """A text of a cell, both counted from 0; None when there is none."""
        texts = self.texts(cell)
        return texts[place] if place < len(texts) else None


class Embedded(BaseModel):
    """Base of what is read from embedded data: only what is used, whatever stands beside it."""

    model_config = ConfigDict(coerce_numbers_to_str=True, str_strip_whitespace=True, extra="ignore")


def embedded_value(embedded: str | None, path: Sequence[str]) -> Any:
    """What lies at a path of the embedded JSON, None when nothing does.

    Args:
        embedded: Text of the ``__NEXT_DATA__`` element.
        path: Names of the objects from the root on.
    """
    if embedded is None:
        return None
    try:
        value = orjson.loads(embedded)
    except orjson.JSONDecodeError:
        return None
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def embedded_list(embedded: str | None, path: Sequence[str]) -> list[Any] | None:
    """The list at a path of the embedded JSON, None when there is none."""
    value = embedded_value(embedded, path)
    return value if isinstance(value, list) else None


def entry_of(value: Any, embedded: str) -> Entry:
    """A record of the embedded data, with its JSON as the original.

    Args:
        value: The record.
        embedded: Text that it comes from; kept whole when the record is nested too deeply to be
            written down alone.
    """
    try:
        return Entry(value, orjson.dumps(value))
    except orjson.JSONEncodeError:
        return Entry(value, embedded.encode())


class Kept(BaseModel):
    """What quarantine keeps of a record.

    Attributes:
        airport: IATA code of the airport whose page it was on.
        record: The record itself, JSON or HTML.
    """

    airport: str
    record: str

    @classmethod
    def of(cls, raw: bytes) -> Kept:
        """The inverse of :func:`kept`.

        Raises:
            ValueError: The bytes are of another shape.
        """
        try:
            return cls.model_validate_json(raw)
        except ValidationError as error:
            raise ValueError(reason_of(error)) from error


def kept(airport: str, record: bytes) -> bytes:
    """The original bytes of a record, with the airport whose page it was on."""
    text = record.decode("utf-8", "replace")
    return Kept(airport=airport, record=text).model_dump_json().encode()


def read_again(raw: bytes, from_html: Callable[[str], Any]) -> tuple[str, Any]:
    """The airport of a record that quarantine has kept, and its value as the page had it.

    Args:
        raw: The record, as :func:`kept` made it.
        from_html: The value of a row of the page's table.

    Raises:
        ValueError: The bytes are of another shape.
    """
    again = Kept.of(raw)
    is_html = again.record.startswith("<")
    return again.airport, from_html(again.record) if is_html else orjson.loads(again.record)


def first_row(html: str, row_selector: str, cell_selector: str) -> Row:
    """The first row of a table's HTML.

    Raises:
        ValueError: It has none.
    """
    for row in table_rows(html, row_selector, cell_selector):
        return row
    raise ValueError(f"it has no {row_selector}")


def table_rows(html: str, row_selector: str, cell_selector: str) -> Iterator[Row]:
    """The rows of a page's table.

    Args:
        html: The document.
        row_selector: What selects a row.
        cell_selector: What selects a cell in it.
    """
    if "<" not in html:
        # There is no element in it, and Beautiful Soup would warn that it looks like a file's name.
        return
    # The driver hands on what scripts have put into a page, halves of surrogate pairs included.
    document = BeautifulSoup(html.encode("utf-8", "replace"), "lxml", from_encoding="utf-8")
    for row in document.select(row_selector):
        cells = [list(cell.stripped_strings) for cell in row.select(cell_selector)]
        yield Row(cells, str(row).encode("utf-8", "replace"))


def reason_of(error: ValidationError) -> str:
    """Why a record could not be read, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "the record"
    return f"{name} is wrong: {first['msg']}"
