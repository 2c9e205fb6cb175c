"""JSON of a server that is not trusted: deep nesting, huge numbers and broken text leave out values, not answers."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_DEEPEST = 32
_LONGEST_NUMBER = 40
_TOKEN = re.compile(r'"(?:[^"\\]|\\.|\\\Z)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
"""A string (also one that never ends, or searching would start anew at each quote in it), or a bracket."""


def parse_untrusted(body: bytes) -> Any:
    """The JSON value of `body`; what is nested deeper than 32 levels, too long a number, NaN and Infinity become null.

    Raises:
        ValueError: it is not JSON.
    """
    text = _shallow(body.decode("utf-8-sig", errors="replace"))
    try:
        return json.loads(text, parse_int=_integer, parse_float=_real, parse_constant=lambda _name: None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _real(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _shallow(text: str) -> str:
    """`text` with every object and list below the deepest level replaced by null."""
    out: list[str] = []
    depth, kept_to = 0, 0
    for token in _TOKEN.finditer(text):
        bracket = token[0]
        if bracket in "[{":
            if depth == _DEEPEST:
                out.append(text[kept_to : token.start()])
            depth += 1
        elif bracket in "]}":
            depth -= 1
            if depth == _DEEPEST:
                out.append("null")
                kept_to = token.end()
    if depth > _DEEPEST:
        raise ValueError("brackets that never close")
    out.append(text[kept_to:])
    return "".join(out)


def whole_number(value: Any, most: int) -> int:
    """A count that a server tells as number or text, 0 to `most`; 0 when it is none."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return 0
    return int(min(value, most))
