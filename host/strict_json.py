"""JSON from anywhere: bounded in size, depth and digits, no name twice, no NaN. Standard library only.

`json` alone takes the last of two equal names, turns `1e999` and `Infinity` into floats that no later check expects,
and reads whole numbers of thousands of digits. What passes here is a plain value; its reader checks what it means.
"""

import itertools
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from .errors import HilError

MAX_BYTES = 4 << 20
MAX_DEPTH = 40
_CHUNKS = 4096
MAX_DIGITS = 40  # the largest whole number that any file needs has 20

Way = tuple[tuple[Any, ...], Any]  # how a value is reached, and the value


class JsonError(HilError):
    """Bytes that are not acceptable JSON."""


def read_json_object(path: Path, cure: str, most_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return the object in a JSON file.

    Args:
        path: a regular file, UTF-8, with or without a byte order mark.
        cure: what to do when it cannot be read.
        most_bytes: a larger file is refused before it is parsed.

    Raises:
        JsonError: no such file, it cannot be read, is too large, or is not one strict JSON object.
    """
    return parse_json_object(read_limited(path, most_bytes, cure), str(path))


def read_limited(path: Path, most_bytes: int, cure: str) -> bytes:
    """Return the content of a regular file of at most `most_bytes` bytes.

    Raises:
        JsonError: there is no such file, or it is larger, or cannot be read.
    """
    try:
        if not path.is_file():
            raise JsonError(f"{path} is missing" if not path.exists() else f"{path} is not a file", cure)
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise JsonError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}", cure
        ) from error
    if len(data) > most_bytes:
        raise JsonError(f"{path} is larger than {most_bytes} bytes", cure)
    return data


def parse_json_object(data: bytes, name: str) -> dict[str, Any]:
    """Return the object that `data` holds; `name` is what messages call it.

    Raises:
        JsonError: it is not one strict JSON object.
    """
    values = parse_json(data, name)
    if not isinstance(values, dict):
        raise JsonError(f"{name} does not hold a JSON object", 'write {"name": value, ...}')
    return values


def parse_json(data: bytes, name: str) -> Any:
    """Return the value that `data` holds; `name` is what messages call it.

    Raises:
        JsonError: no UTF-8, no JSON, a name twice in one object, NaN or Infinity, too many digits, nested too deeply.
    """
    try:
        values = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=lambda constant: _Refused(f"{constant} is not a number in JSON"),
            parse_int=_bounded_int,
            parse_float=_finite_float,
        )
        _check(values)
    except RecursionError as error:
        raise JsonError(
            f"{name} is not valid JSON: nested too deeply", f"use at most {MAX_DEPTH} levels"
        ) from error
    except ValueError as error:
        raise JsonError(f"{name} is not valid JSON: {error}", "correct it at the place named") from error
    return values


def read_remembered(path: Path) -> dict[str, Any]:
    """Return what this program noted for itself in a JSON file; nothing where the file is missing or damaged."""
    try:
        return read_json_object(path, "")
    except JsonError:
        return {}


class _Refused(NamedTuple):
    """Stands where a value must not be, until its place in the file is known."""

    why: str


def json_text(values: Any, indent: int = 2) -> str:
    """Return JSON for a file that people look at too: Unicode as it is, but what is invisible or steers as `\\uXXXX`.

    Raises:
        ValueError: NaN or infinity, which JSON has not.
    """
    encoder = json.JSONEncoder(indent=indent, ensure_ascii=False, allow_nan=False)
    chunks = iter(encoder.iterencode(values))
    parts = []  # joined in between: the chunks are words, which would take ten times the room of their text
    while part := "".join(itertools.islice(chunks, _CHUNKS)):
        for character in {each for each in set(part) if not each.isprintable()} - {"\n"}:
            part = part.replace(character, json.dumps(character)[1:-1])
        parts.append(part)
    return "".join((*parts, "\n"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Refused:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return _Refused(f"the name {twice[:60]!r} appears twice in one object")


def _bounded_int(digits: str) -> int | _Refused:
    count = len(digits.lstrip("-"))
    if count > MAX_DIGITS:
        return _Refused(f"a whole number has {count} digits; at most {MAX_DIGITS} are read")
    return int(digits)


def _finite_float(text: str) -> float | _Refused:
    value = float(text)
    return value if math.isfinite(value) else _Refused(f"{text[:40]} is beyond what a number can hold")


def _check(values: Any) -> None:
    """Raise ValueError where something was refused, with its place, and where values are nested too deeply."""
    level: list[Way] = [((), values)]
    depth = 0
    while level:
        depth += 1
        inner: list[Way] = []
        for way, value in level:
            if isinstance(value, _Refused):
                raise ValueError(f"`{_place(way)}`: {value.why}" if way else value.why)
            if isinstance(value, dict):
                inner += [((way, name), each) for name, each in value.items()]
            elif isinstance(value, list):
                inner += [((way, index), each) for index, each in enumerate(value)]
        if inner and depth == MAX_DEPTH:
            raise ValueError(f"it is nested too deeply; at most {MAX_DEPTH} levels are read")
        level = inner


def _place(way: tuple[Any, ...]) -> str:
    """The place that a way (outer way, name or index) leads to."""
    parts = []
    while way:
        way, step = way
        parts.append(f"[{step}]" if isinstance(step, int) else f".{step[:60]}")
    return "".join(reversed(parts)).removeprefix(".")
