"""Files that people write, damaged in thousands of ways: each is read, or refused with its place and a cure."""

from __future__ import annotations

import copy
import json
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from .bundle.load import load_bundle
from .bundle.write import write_bundle
from .errors import HilError
from .making.dataset.store import load_dataset
from .making.pipeline.config import load_config
from .making.recordings.catalogue import Catalogue, Recording
from .making.training import recipe
from .model.samples import sample_values
from .strict_json import MAX_DEPTH

DATASET = Path(__file__).parent / "testdata" / "written_before" / "dataset"
pytestmark = pytest.mark.slow

Place = tuple[str | int, ...]
Read = Callable[[Path], object]
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, -1e308, 5e-324, 10**39, -(10**39), 2**31, 2**32, 2**63, 2**64,
    "", " ", "x", "x" * 100_000, "\u202e", "\x00", "\x1b[31m", "\ud800", "NaN", "0", "e\u0301", "../x", "[/b]",
)  # fmt: skip
HOLDERS: tuple[Any, ...] = (
    [], {}, [[]], [{}], {"a": 1}, {"": None}, {"kind": "log-mel"}, {"kind": 3}, [None], [1] * 1000, ["a", "a"],
)  # fmt: skip
# As text, where a value stood.
WRITTEN = (
    "NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "-" + "9" * 400, "0." + "1" * 400, "1e-999", "01", "tru",
    "[" * 100_000, '{"a":' * 50_000, "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), '{"x": 1, "x": 2}',
    "'a'", '"\\u12"',
    "",
)  # fmt: skip


def _bundle(folder: Path) -> tuple[dict[str, Any], Path, Read]:
    write_bundle(folder, sample_values("softmax"))
    path = folder / "bundle.json"
    return json.loads(path.read_text(encoding="utf-8")), path, lambda path: load_bundle(path.parent)


def _pipeline(folder: Path) -> tuple[dict[str, Any], Path, Read]:
    values = {
        "bundle": "models/mine",
        "workspace": "build/mine",
        "preset": "tiny",
        "recipe": {"description": "d", "float_plan": {"epochs": 3}, "labels": ["a", "b"]},
        "download": [{"query": "q:A", "label": "bird", "most": 3, "interval": 4, "allow_nd": False}],
        "collect": [{"manifest": "list.csv", "where": {"licence": "CC0"}, "label": {"*": "bird"}}],
        "split": {
            "shares": [0.6, 0.2, 0.2],
            "seed": 1,
            "left_out": {"source": ["x"]},
            "background": ["noise"],
        },
    }
    return values, folder / "pipeline.json", load_config


def _recipe(folder: Path) -> tuple[dict[str, Any], Path, Read]:
    return json.loads(json.dumps(asdict(recipe.PRESETS["default"]))), folder / "recipe.json", recipe.load


def _dataset(folder: Path) -> tuple[dict[str, Any], Path, Read]:
    shutil.copytree(DATASET, folder)
    path = folder / "dataset.json"
    return json.loads(path.read_text(encoding="utf-8")), path, lambda path: load_dataset(path.parent)


def _sidecar(folder: Path) -> tuple[dict[str, Any], Path, Read]:
    recording = Recording("bird", "one", "local", "local:one", "A. B.", "CC0", "https://x", extra={"a": [1]})
    Catalogue(folder).add(recording, b"RIFF")
    return asdict(recording), folder / "bird" / "one.json", lambda _path: list(Catalogue(folder))


WRITERS = {
    "bundle": _bundle,
    "pipeline": _pipeline,
    "recipe": _recipe,
    "dataset": _dataset,
    "sidecar": _sidecar,
}


@pytest.fixture(params=list(WRITERS.values()), ids=list(WRITERS))
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], Path, Read]:
    values, path, read = request.param(tmp_path / "a")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")
    read(path)
    return values, path, read


def _places(value: object, place: Place = ()) -> Iterator[Place]:
    yield place
    few = value[:2] if isinstance(value, list) else []  # the others are as these
    inside = value.items() if isinstance(value, dict) else enumerate(few)
    for key, inner in inside:
        if place[:1] not in (
            ("provenance",),
            ("metrics",),
            ("options",),
            ("extra",),
        ):  # anything may stand there
            yield from _places(inner, (*place, key))


def _changed(values: dict[str, Any], place: Place, change: Callable[[Any, Any], object]) -> dict[str, Any]:
    result = copy.deepcopy(values)
    inner: Any = result
    for key in place[:-1]:
        inner = inner[key]
    change(inner, place[-1])
    return result


def _shown(place: Place) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).lstrip(".")


def _refusal(read: Read, path: Path) -> str | None:
    """What is said of a file; None when it is read. Anything else that is raised ends the test."""
    try:
        read(path)
    except HilError as error:
        assert error.cure and len(str(error)) < 1500, str(error)[:2000]
        assert str(error).isprintable() or str(error).replace("\n", "").isprintable()
        return error.cause
    return None


def _is_json_type(value: object, as_was: object) -> bool:
    """Whether a value is at least of the JSON type that stood there."""
    kinds: tuple[type, ...] = (int, float) if isinstance(as_was, int | float) else (type(as_was),)
    return isinstance(value, kinds) and isinstance(value, bool) == isinstance(as_was, bool)


def test_any_value_at_any_place(written: tuple[dict[str, Any], Path, Read]) -> None:
    values, path, read = written
    count = refused = 0
    chance = random.Random(12)
    for place in _places(values):
        if not place:
            continue
        was: list[object] = []
        _changed(values, place, lambda inner, key, was=was: was.append(inner[key]))  # type: ignore[misc]
        for odd in chance.sample((*SCALARS, *HOLDERS), 11):
            changed = _changed(values, place, lambda inner, key, odd=odd: inner.__setitem__(key, odd))  # type: ignore[misc]
            path.write_text(json.dumps(changed), encoding="utf-8")
            cause = _refusal(read, path)
            count += 1
            refused += cause is not None
            if cause is not None:
                named = re.findall(r"`([^`]+)`", cause)
                assert named or str(path.parent) in cause, cause
                if not _is_json_type(odd, was[0]) and odd is not None:
                    assert any(
                        each.startswith(_shown(place)) or _shown(place).startswith(each) for each in named
                    ), (place, cause)
    assert count > 100 and refused > count / 3


MISNAMED: tuple[Callable[[Any, Any], object], ...] = (
    lambda inner, key: inner.pop(key),
    lambda inner, key: inner.update({f"{key}x": inner.pop(key)}),
    lambda inner, key: inner.update({f"{key}\x1b[31m\n": 1}),
    lambda inner, _key: inner.update({"x" * 100_000: 1}),
    lambda inner, _key: inner.update({"\ud800": 1}),
)


def test_names_gone_added_or_misspelt(written: tuple[dict[str, Any], Path, Read]) -> None:
    values, path, read = written
    chance = random.Random(14)
    for place in _places(values):
        if not place or isinstance(place[-1], int):
            continue
        for change in chance.sample(MISNAMED, 2):
            path.write_text(json.dumps(_changed(values, place, change)), encoding="utf-8")
            _refusal(read, path)
        misspelt = _changed(values, place, lambda inner, key: inner.update({f"{key}x": 1}))
        path.write_text(json.dumps(misspelt), encoding="utf-8")
        cause = _refusal(read, path)
        free = place[0] in ("provenance", "metrics", "collect") and len(place) > 1
        free |= path.name == "one.json"  # a newer version may tell more of a recording
        assert free or (cause and f"{place[-1]}x" in cause), (place, cause)


def test_what_no_json_may_hold(written: tuple[dict[str, Any], Path, Read]) -> None:
    values, path, read = written
    chance = random.Random(13)
    for place in _places(values):
        if not place:
            continue
        marked = json.dumps(_changed(values, place, lambda inner, key: inner.__setitem__(key, "@@")))
        for text in chance.sample(WRITTEN, 7):
            path.write_text(marked.replace('"@@"', text), encoding="utf-8")
            began = time.process_time()
            cause = _refusal(read, path)
            assert time.process_time() - began < 2.0, text[:40]
            gone = text == "" and isinstance(place[-1], int)  # an empty list
            if not gone and text not in ("1e-999", "0." + "1" * 400):
                assert cause and path.name in cause, (place, text[:40], cause)
            if text[:3] in ("NaN", "Inf", "1e9", "999", "-99", '{"x'):
                assert cause and f"`{_shown(place)}`" in cause, (place, cause)


def test_bytes_of_all_kinds(written: tuple[dict[str, Any], Path, Read]) -> None:
    values, path, read = written
    good = json.dumps(values).encode()
    path.write_bytes(b"\xef\xbb\xbf" + good)
    read(path)
    twice = good[:1] + good[1:].split(b", ", 1)[0] + b", " + good[1:]
    damaged = [
        b"", b"\x00", b"\xff\xfe" + json.dumps(values).encode("utf-16-le"), good.replace(b"a", b"\xe9", 1), twice,
        b"\xef\xbb\xbf" * 2 + good, good + good, good[:-1] + b",}", b"\x1f\x8b" + good, b" " * (5 << 20),
        b"[" + good + b"]", b"null", b'"x"', good.replace(b":", b"=", 1), b"//\n" + good,
    ]  # fmt: skip
    damaged += [good[:at] for at in range(0, len(good), max(1, len(good) // 50))]
    damaged += [
        good[:at] + bytes([value]) + good[at + 1 :] for at in range(0, len(good), 97) for value in (0, 0xFF)
    ]
    for data in damaged:
        path.write_bytes(data)
        cause = _refusal(read, path)
        assert cause and path.name in cause, data[:60]
