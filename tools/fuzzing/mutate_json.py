"""Damage to JSON that knows what JSON is: odd values at any place, names lost, doubled and misspelt."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from typing import Any

from .mutate import mutated

_DEEP = 3000
# Text of JSON, most of it no value that a file should hold.
ODD = (
    "null", "true", "false", "0", "1", "-1", "5", "0.5", "-0.0", "1e308", "1e999", "-1e999", "NaN", "Infinity",
    "-Infinity", "9" * 400, "1" + "0" * 39, "4294967296", "2147483648", "-2147483649", "9007199254740993", "1e-400",
    '""', '"x"', '" "', "[]", "{}", "[null]", '{"": null}', '{"source": null}', "[[]]", "[1, 2, 3]", '"\\ud800"',
    '"\\u0000"', '"\\u001b[2J"', '"\\u202e"', '"../../x"', '"/etc/passwd"', '"a..b"', '"http://[::1"',
    '"nan"', '"1e999"', '"麻雀"', json.dumps("y" * 5000), json.dumps("é" * 40), "[" * _DEEP + "]" * _DEEP,
    '{"a":' * _DEEP + "1" + "}" * _DEEP, "[" + "0," * 20_000 + "0]", "[" * 50, '"', "tru", "01", "+1", ".5", "1.",
    "0x10", "'x'", "[1,]",
)  # fmt: skip


class _Raw(str):
    """Text that goes into the file as it is."""


def mutated_json(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """`data` after one to four changes of its values; now and then of its bytes."""
    if rng.random() < 0.15:
        return mutated(data, others, rng)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutated(data, others, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        value = _changed(value, rng)
    return _text(value).encode("utf-8", "surrogatepass")


def _changed(value: Any, rng: random.Random) -> Any:
    places = _places(value)
    if not places or rng.random() < 0.02:
        return _Raw(rng.choice(ODD))
    holder, name = rng.choice(places)
    rng.choice(_CHANGES)(holder, name, places, rng)
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(list or list of pairs, index) of every value inside."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found += [(each, name) for name in each]
            waiting += each.values()
        elif isinstance(each, list):
            found += [(each, index) for index in range(len(each))]
            waiting += each
    return found


def _odd(holder: Any, name: Any, _places: Any, rng: random.Random) -> None:
    holder[name] = _Raw(rng.choice(ODD))


def _near(holder: Any, name: Any, _places: Any, rng: random.Random) -> None:
    """A value of the same kind, but another one."""
    value = holder[name]
    if isinstance(value, bool) or value is None:
        holder[name] = not value
    elif isinstance(value, int | float):
        wrong = (0, -value, value + 1, value - 1, value * 2, value * 1e9, value / 7, 2**31, -1, 0.1)
        holder[name] = rng.choice(wrong)
    elif isinstance(value, str):
        holder[name] = rng.choice(
            (value[1:], value * 100, value.upper(), f"{value}\x1b[31m", "\ud800", f"../{value}")
        )
    elif isinstance(value, list):
        holder[name] = rng.choice((value[1:], value * 2, value * 300, [value], value[::-1]))
    elif isinstance(value, dict):
        holder[name] = [value]


def _remove(holder: Any, name: Any, _places: Any, _rng: random.Random) -> None:
    del holder[name]


def _swap(holder: Any, name: Any, places: Any, rng: random.Random) -> None:
    other, place = rng.choice(places)
    with contextlib.suppress(KeyError, IndexError, RecursionError):  # another change took it away
        holder[name] = json.loads(json.dumps(other[place]))


def _rename(holder: Any, name: Any, _places: Any, rng: random.Random) -> None:
    if isinstance(holder, dict):
        holder[rng.choice((name.upper(), f"{name} ", name[:-1], "", "\x1b", "__class__"))] = holder.pop(name)


def _double(holder: Any, name: Any, _places: Any, _rng: random.Random) -> None:
    """The same name twice in one object, which a dict cannot hold: `_text` writes it."""
    if isinstance(holder, dict):
        holder[_Twice(name)] = holder[name]
    else:
        holder.insert(name, holder[name])


class _Twice(str):
    """A name that equals no other, but is written like it."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


_CHANGES: tuple[Callable[[Any, Any, Any, random.Random], None], ...] = (
    _odd, _odd, _odd, _near, _near, _remove, _swap, _rename, _double,
)  # fmt: skip


def _text(value: Any, depth: int = 0) -> str:
    """JSON with raw text in it."""
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, dict) and depth < 100:
        inner = (f"{json.dumps(str(name))}: {_text(each, depth + 1)}" for name, each in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list) and depth < 100:
        return "[" + ", ".join(_text(each, depth + 1) for each in value) + "]"
    return json.dumps(value)
