"""What a stream's messages tell besides values, and when that is as it must be."""

from dataclasses import replace
from typing import Any

import pytest

from ...bundle.load import Bundle
from ...link import messages as m
from . import said as module
from .said import Said


def spoken(bundle: Bundle, count: int, inference: bool = True, **changes: Any) -> Said:
    """Of a right stream of so many columns, in messages of 3; `changes`: of the last window."""
    said = Said(inference)
    bands, frames, stride = bundle.settings.bands, bundle.frames, bundle.stride
    for first in range(0, count, 3):
        said.add(m.Features(first, bytes(bands * min(3, count - first))), bands)
    windows = (count - frames) // stride + 1
    for index in range(windows):
        told = m.WindowResult(
            index,
            index * stride,
            columns=stride if index else frames,
            classes=len(bundle.labels) if inference else 0,
            has_logits=int(inference and bundle.model.logits is not None),
            outputs=bytes(bundle.model.values if inference else 0),
        )
        said.add(replace(told, **changes) if index == windows - 1 else told, bands)
    said.add(m.Detection(0, 1, 1, 5), bands)
    said.add(m.StreamDone(0, bundle.settings.samples_for(count), count, windows, 1), bands)
    return said


COLUMNS = 50


@pytest.mark.parametrize("inference", [True, False])
def test_a_right_stream(bundle: Bundle, inference: bool) -> None:
    said = spoken(bundle, COLUMNS, inference)
    samples = bundle.settings.samples_for(COLUMNS)
    assert said.is_right(bundle, samples)
    assert not said.is_right(bundle, samples + bundle.settings.hop)
    said.inference = not inference
    assert not said.is_right(bundle, samples)
    assert said.columns == [(0, COLUMNS * bundle.settings.bands)]
    assert said.detections == [(3, 0, 1, 1, 5)], "behind three windows"


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 3},
        {"first_column": 15},
        {"columns": 8},
        {"classes": 0},
        {"has_logits": 0},
        {"outputs": b"1"},
    ],
    ids=str,
)
def test_a_window_that_tells_something_else(bundle: Bundle, changes: Any) -> None:
    said = spoken(bundle, COLUMNS, **changes)
    assert not said.is_right(bundle, bundle.settings.samples_for(COLUMNS))


@pytest.mark.parametrize("wrong", [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)])
def test_an_end_that_tells_something_else(bundle: Bundle, wrong: tuple[int, ...]) -> None:
    said = spoken(bundle, COLUMNS)
    assert said.done is not None
    said.done = tuple(a + b for a, b in zip(said.done, wrong, strict=True))  # type: ignore[assignment]
    assert not said.is_right(bundle, bundle.settings.samples_for(COLUMNS))
    said.done = None
    assert not said.is_right(bundle, bundle.settings.samples_for(COLUMNS))


def test_columns_that_do_not_follow_each_other(bundle: Bundle) -> None:
    said, bands = Said(), bundle.settings.bands
    for first, size in ((0, 2 * bands), (2, bands), (4, bands), (5, bands - 1), (6, bands), (6, bands)):
        said.add(m.Features(first, bytes(size)), bands)
    assert said.columns == [(0, 3 * bands), (4, 2 * bands - 1), (6, bands), (6, bands)]


def test_outputs_are_kept_as_they_came(bundle: Bundle) -> None:
    said = spoken(bundle, COLUMNS, outputs=b"\1\2")
    assert said.outputs == [bytes(2), bytes(2), b"\1\2"] and Said().inference


def test_a_sound_shorter_than_a_window_has_none(bundle: Bundle) -> None:
    said, bands = Said(), bundle.settings.bands
    said.add(m.Features(0, bytes(4 * bands)), bands)
    said.add(m.StreamDone(0, bundle.settings.samples_for(4), 4, 0, 0), bands)
    assert said.is_right(bundle, bundle.settings.samples_for(4))


def test_thousands_are_kept(bundle: Bundle) -> None:
    said = Said()
    for number in range(4097):
        assert said.whole and len(said.detections) == number
        said.add(m.Detection(window=number), bundle.settings.bands)
    assert not said.whole and said.detections == []


def test_of_very_many_messages_nothing_is_kept(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    whole, cut = spoken(bundle, COLUMNS), spoken(bundle, COLUMNS + bundle.stride)
    assert whole.whole and len(whole.windows) == 3
    assert not cut.whole and not cut.windows and not cut.outputs


def test_where_messages_of_columns_begin(bundle: Bundle) -> None:
    said, bands = Said(), bundle.settings.bands
    for first, count in ((0, 2), (2, 1), (3, 4)):
        said.add(m.Features(first_column=first, cells=bytes(count * bands)), bands)
    assert said.firsts_known == (0, 2, 3) and said.columns == [(0, 7 * bands)]
    said.add(m.Features(first_column=3, cells=bytes(bands)), bands)
    assert not said.firsts_known, "not in order"


def test_of_a_stream_without_its_beginning_messages_are_not_known(bundle: Bundle) -> None:
    said = Said()
    said.add(m.Features(first_column=2, cells=bytes(bundle.settings.bands)), bundle.settings.bands)
    assert not said.firsts_known and not Said().firsts_known
