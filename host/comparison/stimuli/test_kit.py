"""All stimuli of a bundle together: made once, kept, and found again by what they depend on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ..fakes import FakeInterpreter
from . import kit as making
from .conftest import with_settings
from .decisions import Goal, goals
from .kit import Kit, keep, kept_as, kit_for, long_stream, make_kit
from .table_steps import TableSound

pytestmark = pytest.mark.native


def _kit(tiny: Bundle, **parts: Any) -> Kit:
    rng = np.random.default_rng(1)
    made = Kit(
        rng.integers(-128, 128, (3, tiny.frames, tiny.settings.bands), np.int8),
        {"'a' at the on threshold": np.arange(5, dtype=np.int16), "b": np.arange(3, dtype=np.int16)},
        7,
        np.arange(11, dtype=np.int16),
        (1, 2),
        (3, 4),
    )
    return replace(made, **parts)


def _alike(one: Kit, other: Kit) -> bool:
    streams = zip(one.streams.items(), other.streams.items(), strict=True)
    return (
        np.array_equal(one.tensors, other.tensors)
        and one.tensors.dtype == other.tensors.dtype
        and all(a == b and np.array_equal(x, y) for (a, x), (b, y) in streams)
        and np.array_equal(one.tables, other.tables)
        and (one.decisions_of, one.shares, one.entries) == (other.decisions_of, other.shares, other.entries)
    )


@pytest.fixture
def making_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Kit], list[Bundle]]:
    """Replaces the search: it gives a kit, and writes down for which bundles."""

    def replaced(made: Kit) -> list[Bundle]:
        asked: list[Bundle] = []

        def make(bundle: Bundle, _: Any) -> Kit:
            asked.append(bundle)
            return made

        monkeypatch.setattr(making, "make_kit", make)
        return asked

    return replaced


@pytest.mark.parametrize("streams", [None, {}])
def test_a_kit_is_made_once_and_comes_back_as_it_was(
    tiny: Bundle, tmp_path: Path, making_of: Callable[[Kit], list[Bundle]], streams: dict[str, Any] | None
) -> None:
    made = _kit(tiny) if streams is None else _kit(tiny, streams=streams)
    asked, model = making_of(made), FakeInterpreter(tiny)
    for _ in range(3):
        assert _alike(kit_for(tiny, model, tmp_path), made)
    assert asked == [tiny]


def test_a_damaged_kit_is_made_anew(
    tiny: Bundle, tmp_path: Path, making_of: Callable[[Kit], list[Bundle]]
) -> None:
    asked, model = making_of(_kit(tiny)), FakeInterpreter(tiny)
    path = kept_as(tiny, model, tmp_path)
    for damaged in (b"", b"no archive"):
        path.write_bytes(damaged)
        assert _alike(kit_for(tiny, model, tmp_path), _kit(tiny))
    assert len(asked) == 2


def test_a_damaged_kit_may_be_removed_by_another_process(
    tiny: Bundle, tmp_path: Path, making_of: Callable[[Kit], list[Bundle]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, model = making_of(_kit(tiny)), FakeInterpreter(tiny)
    kept_as(tiny, model, tmp_path).write_bytes(b"no archive")

    def removed(path: Path, *_: str) -> Any:
        path.unlink()
        raise OSError("gone")

    monkeypatch.setattr(making, "read_arrays", removed)
    kit_for(tiny, model, tmp_path)
    assert asked == [tiny]


def test_another_process_may_have_made_it_meanwhile(
    tiny: Bundle, tmp_path: Path, making_of: Callable[[Kit], list[Bundle]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, model, made = making_of(_kit(tiny)), FakeInterpreter(tiny), _kit(tiny, decisions_of=2)
    lock = making.file_lock

    def late(path: Path) -> Any:
        keep(made, kept_as(tiny, model, tmp_path))
        return lock(path)

    monkeypatch.setattr(making, "file_lock", late)
    assert kit_for(tiny, model, tmp_path).decisions_of == 2 and not asked


def test_a_kit_belongs_to_its_bundle_and_model(tiny: Bundle, tmp_path: Path) -> None:
    model = FakeInterpreter(tiny)
    other = FakeInterpreter(tiny)
    other.name = "another"
    slow = replace(tiny, stride=3)
    bass = with_settings(tiny, fmin=900.0)
    names = [
        kept_as(tiny, model, tmp_path),
        kept_as(tiny, other, tmp_path),
        kept_as(tiny, None, tmp_path),
        kept_as(slow, model, tmp_path),
        kept_as(bass, model, tmp_path),
    ]
    assert len(set(names)) == len(names) and {path.parent for path in names} == {tmp_path}
    assert {path.suffix for path in names} == {".npz"}
    assert kept_as(tiny, FakeInterpreter(tiny), tmp_path) == names[0]


def test_a_kit_belongs_to_the_search_that_made_it(
    tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "search.py"
    monkeypatch.setattr(making, "sources_of", lambda *_: [source])
    names = []
    for text in ("1", "2", "1"):
        source.write_text(text, encoding="utf-8")
        names.append(kept_as(tiny, None, tmp_path))
    assert names[0] == names[2] != names[1]


def test_searches_get_their_time_and_what_they_find_is_put_together(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[tuple[str, float]] = []
    stream = np.arange(9, dtype=np.int16)
    tables = TableSound([np.full(tiny.settings.span, 5, np.int16)], {(0, 1), (1, 1)}, 12, {(3, -1)}, 130)
    goal = Goal(1, "off", -1)

    def search(name: str, result: Any) -> Any:
        class Search:
            def __init__(self, *_: Any) -> None:
                pass

            def run(self, *arguments: Any) -> Any:
                limits.append((name, arguments[-1]))
                return result(*arguments) if callable(result) else result

        return Search

    monkeypatch.setattr(making, "Clock", lambda limit_s: limit_s)
    monkeypatch.setattr(making, "TensorSearch", search("tensors", lambda seeds, _: seeds[:2]))
    monkeypatch.setattr(making, "DecisionSearch", search("decisions", {goal: stream}))
    monkeypatch.setattr(making, "TableSearch", search("tables", tables))
    kit = make_kit(tiny, FakeInterpreter(tiny))
    assert limits == [("tensors", 30.0), ("decisions", 30.0), ("tables", 60.0)]
    assert kit.tensors.shape == (2, tiny.frames, tiny.settings.bands)
    assert kit.streams == {"'robin' at the off threshold -1": stream}
    assert kit.decisions_of == len(goals(tiny))
    assert (kit.shares, kit.entries) == ((2, 12), (1, 130))
    assert kit.tables.tolist() == [5] * 128 + [0] * 64
    limits.clear()
    make_kit(tiny, FakeInterpreter(tiny), 2.0)
    assert limits[:2] == [("tensors", 2.0), ("decisions", 2.0)]
    limits.clear()
    kit = make_kit(tiny, None)
    assert [name for name, _ in limits] == ["tables"]
    assert (len(kit.tensors), kit.tensors.shape[1:], kit.streams, kit.decisions_of) == (
        0,
        (tiny.frames, tiny.settings.bands),
        {},
        0,
    )


def test_goals_are_named_by_class_and_threshold(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {Goal(4, "on", 0): np.zeros(1, np.int16), Goal(0, "on", 1): np.ones(1, np.int16)}

    class Found:
        def __init__(self, *_: Any) -> None:
            pass

        def run(self, *_: Any) -> Any:
            return found

    monkeypatch.setattr(making, "DecisionSearch", Found)
    monkeypatch.setattr(making, "TABLES_S", 0.0)
    kit = make_kit(tiny, FakeInterpreter(tiny), 0.0)
    assert list(kit.streams) == ["'Großspecht' at the on threshold +1", "'wren' at the on threshold"]
    assert kit.tables.tolist() == [0] * tiny.settings.span, "nothing was found: one column of silence"


def test_front_ends_of_other_kinds_have_no_tables_to_search(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = replace(tiny)
    vars(bundle)["tables"] = object()
    monkeypatch.setattr(making, "TableSearch", None)
    kit = make_kit(bundle, None)
    assert (kit.shares, kit.entries) == ((0, 0), (0, 0))


@pytest.mark.parametrize("columns", [1, 250, 251])
def test_the_long_stream_is_noise_of_any_level(tiny: Bundle, columns: int) -> None:
    blocks = list(long_stream(tiny, columns))
    samples = np.concatenate(blocks)
    assert tiny.settings.columns(len(samples)) == columns and len(samples) == tiny.settings.samples_for(
        columns
    )
    rate = tiny.settings.sample_rate
    assert [len(block) for block in blocks[:-1]] == [rate] * (len(blocks) - 1) and 0 < len(blocks[-1]) <= rate
    again = np.concatenate(list(long_stream(tiny, columns)))
    assert np.array_equal(samples, again) and samples.dtype == np.int16


def test_the_long_stream_goes_from_silence_to_clipping(tiny: Bundle) -> None:
    """Which is not what most of it is."""
    blocks = list(long_stream(tiny, 10_000))
    peaks = [int(np.abs(block.astype(int)).max()) for block in blocks]
    rails = [(int(block.min()), int(block.max())) for block in blocks]
    assert min(peaks) < 20 and 1 <= rails.count((-32768, 32767)) <= len(blocks) // 10
    assert len([peak for peak in peaks if 100 < peak < 10_000]) > len(peaks) // 4
