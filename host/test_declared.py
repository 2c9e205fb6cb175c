"""Declared types: every refusal names place and cure, kinds are told apart, schemas say the same."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import pytest
from msgspec import Meta

from .declared import File, by_kind, declared, expecting, json_schema, read_declared, text
from .errors import HilError


class Shape:
    """What the two kinds below share."""


@dataclass(frozen=True)
class Circle(Shape):
    radius: Annotated[float, Meta(gt=0)]


@dataclass(frozen=True)
class Square(Shape):
    side: Annotated[int, Meta(ge=1, le=9)] = 1


@dataclass(frozen=True)
class Inner:
    """An object in another.

    Attributes:
        seed: of chance.
        pair: two numbers,
            one below the other
    """

    seed: int
    pair: tuple[float, float] = (0.0, 1.0)
    deep: Annotated[float, Meta(ge=0, le=1)] | None = None


@dataclass(frozen=True)
class Outer:
    name: Annotated[str, text(8, "give it a name")]
    shape: Annotated[Shape, by_kind({"circle": Circle, "square": Square}, "square")]
    inner: Inner | None = None
    rows: Annotated[tuple[Inner, ...], Meta(max_length=2)] = ()
    where: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    free: dict[str, Any] = field(default_factory=dict)
    on: bool = False
    code: Annotated[str, expecting("give two digits", pattern="^[0-9]{2}$")] = "00"


GOOD: dict[str, Any] = {"name": "a", "shape": {"kind": "circle", "radius": 2}, "inner": {"seed": 1}}


class OddError(HilError):
    pass


FILE = File("odd.json", OddError, "ask for another")


def test_values_become_what_is_declared() -> None:
    values = GOOD | {"rows": [{"seed": 2, "pair": [3, 4]}], "free": {"a": [None, "\n"]}, "where": {"x": "y"}}
    found = declared(values, Outer, FILE)
    assert found == Outer(
        "a", Circle(2.0), Inner(1), (Inner(2, (3.0, 4.0)),), {"x": "y"}, {}, {"a": [None, "\n"]}
    )
    assert values["shape"] == {"kind": "circle", "radius": 2}
    assert declared(GOOD | {"shape": {"side": 3}, "inner": None}, Outer, FILE).shape == Square(3)


@pytest.mark.parametrize(
    ("change", "cause", "cure"),
    [
        ({"name": None}, "`name` is None", "give it a name"),
        ({"name": " "}, "`name` is empty", "give it a name"),
        ({"name": "äöüßé"}, "`name` is 10 bytes", "at most 8 bytes"),
        ({"name": "a\u202e"}, "`name` is 'a\\u202e'", "printable"),
        ({"name": "\ud800"}, "`name`", "printable"),
        ({"nane": "x"}, "`nane`", "did you mean `name`?"),
        ({"zzzzzz": 1, "yyyyyy": 2}, "`yyyyyy`, `zzzzzz`", "known here: name, shape"),
        ({"inner": {"sed": 1}}, "`inner.sed`", "did you mean `seed`?"),
        ({"inner": {}}, "`inner.seed` is missing", "add it: a whole number, or ask for another"),
        ({"inner": 5}, "`inner` is not an object, but 5", "{"),
        ({"inner": {"seed": True}}, "`inner.seed` is True", "give a whole number"),
        ({"inner": {"seed": 1.0}}, "`inner.seed` is 1.0", "give a whole number"),
        ({"inner": {"seed": 1, "pair": [1]}}, "`inner.pair` is [1]", "a list of 2: a finite number each"),
        ({"inner": {"seed": 1, "pair": [1, "x"]}}, "`inner.pair[1]` is 'x'", "a finite number"),
        ({"inner": {"seed": 1, "deep": 2}}, "`inner.deep` is 2", "from 0 to 1 or null"),
        ({"inner": {"seed": 1, "deep": math.nan}}, "`inner.deep` is nan", "finite number"),
        ({"rows": {}}, "`rows` is {}", "a list of at most 2 entries"),
        ({"rows": [{"seed": 1}, {"seed": "x"}]}, "`rows[1].seed` is 'x'", "whole number"),
        ({"rows": [{"seed": 1}] * 3}, "`rows` is [", "at most 2"),
        ({"where": {"a": "b", "c": 3}}, "`where.c` is 3", "give text"),
        ({"where": []}, "`where` is not an object, but []", "make it {"),
        ({"groups": {"a": "b"}}, "`groups.a` is 'b'", "a list of entries: text each"),
        ({"groups": {"a": ["b", None]}}, "`groups.a[1]` is None", "text"),
        ({"free": 1}, "`free` is not an object, but 1", "make it {"),
        ({"on": 1}, "`on` is 1", "true or false"),
        ({"code": "123"}, "`code` is '123'", "give two digits"),
        ({"shape": None}, "`shape` is not an object", "{"),
        ({"shape": {"kind": "circl"}}, "`shape.kind` is 'circl'", "did you mean `circle`?"),
        ({"shape": {"kind": 3}}, "`shape.kind` is 3", "give its name"),
        ({"shape": {"kind": "circle", "radius": 0}}, "`shape.radius` is 0", "above 0"),
        ({"shape": {"kind": "circle"}}, "`shape.radius` is missing", "above 0"),
        ({"shape": {"side": 10}}, "`shape.side` is 10", "a whole number from 1 to 9"),
        ({"shape": {"radius": 1}}, "`shape.radius`", "known here: side"),
    ],
)
def test_what_is_wrong_is_named_with_place_and_cure(change: dict[str, Any], cause: str, cure: str) -> None:
    with pytest.raises(OddError) as raised:
        declared(GOOD | change, Outer, FILE)
    assert raised.value.cause.startswith("odd.json")
    assert cause in raised.value.cause, raised.value
    assert cure in raised.value.cure, raised.value
    assert len(str(raised.value)) < 400


def test_a_place_may_lie_in_a_larger_file() -> None:
    with pytest.raises(OddError, match=r"odd\.json: `recipe\.inner\.seed` is missing"):
        declared(GOOD | {"inner": {}}, Outer, FILE, "recipe")
    with pytest.raises(OddError, match=r"`recipe` is not an object"):
        declared([], Outer, FILE, "recipe")


def test_a_file_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text('{"name": "a", "shape": {}}', encoding="utf-8")
    assert read_declared(path, Outer, FILE, "write it") == Outer("a", Square())
    path.write_text('{"name": "a", "name": "b", "shape": {}}', encoding="utf-8")
    with pytest.raises(OddError, match="twice"):
        read_declared(path, Outer, FILE, "write it")


def _allows(schema: Mapping[str, Any], values: object) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(values)


def test_the_schema_says_what_the_types_say() -> None:
    schema = json_schema(Outer, "odd.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["Inner"]["properties"]["pair"]["description"] == "two numbers, one below the other"
    assert _allows(schema, GOOD)
    assert _allows(schema, GOOD | {"shape": {}})
    wrong: list[dict[str, Any]] = [
        {"nane": "x"},
        {"inner": {}},
        {"shape": {"kind": "circl"}},
        {"shape": {"radius": 1}},  # of no kind: a square
        {"shape": {"kind": "circle"}},
        {"shape": {"side": 10}},
        {"code": "123"},
        {"rows": [{"seed": 1}] * 3},
    ]
    for change in wrong:
        assert not _allows(schema, GOOD | change), change
