"""The kind of a refusal: its reason without the value, so that like ones can be counted."""

from __future__ import annotations

import re

LONGEST_KIND = 120
"""Characters that a kind has at most; the width of its column."""

#: What the contracts and the parsers say of a column's value, which stands between the two.
_RULE = re.compile(
    r"^(?P<column>\w+) (?:.* )?(?P<rule>is (?:above|below|longer than|not an?|not of|not one of) .*"
    r"|is missing|does not match .*)$",
    re.DOTALL,
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"(?<![\w-])\d[\d.,:TZ+-]*")


def kind_of(reasons: str) -> str:
    """The kind of the first of a record's reasons.

    What a contract says of a column loses the value; in any other sentence quotations and numbers
    become an ellipsis.

    Args:
        reasons: The sentences, separated by semicolons; a value in them may be anything.
    """
    first = reasons.partition("; ")[0]
    if found := _RULE.match(first):
        kind = f"{found['column']} {found['rule']}"
    else:
        kind = _NUMBER.sub("…", _QUOTED.sub("…", first))
    return kind[:LONGEST_KIND].strip()
