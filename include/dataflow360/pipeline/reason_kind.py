"""The kind of a refusal: its reason without the value, so that like ones can be counted."""

from __future__ import annotations

import re

from dataflow360.records.sentences import SEPARATOR

LONGEST_KIND = 120
"""Characters that a kind has at most; the width of its column."""

#: As ``records/sentences.py`` writes it.
_VALUE = re.compile(r"(\w+ is )(?:'(?:[^']|'')*'|[^';|][^;|]*)(; [^;|]* is wanted)")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"(?<![\w-])\d[\d.,:TZ+-]*")


def kind_of(reasons: str) -> str:
    """The kind of the first of a record's reasons.

    What a contract says of a value loses the value; in any other sentence quotations and numbers
    become an ellipsis.

    Args:
        reasons: The sentences, one after the other; a value in them may be anything.
    """
    if found := _VALUE.match(reasons):
        kind = f"{found[1]}…{found[2]}"
    else:
        first = reasons.partition(SEPARATOR)[0]
        kind = _NUMBER.sub("…", _QUOTED.sub("…", first))
    return kind[:LONGEST_KIND].strip()
