"""A column stage by stage: the stage that departs is named with its value, and what lies behind it is not asked for."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..frontend.log_mel.settings import LogMelSettings
from .fake_traces import FakeStages
from .stages import ColumnTrace, stage_of, trace_column
from .window import front_end

pytestmark = pytest.mark.native
BUNDLE = load_bundle(DEFAULT_BUNDLE)
COLUMN = 40
NAMES = ("window", "spectrum", "mel", "log", "cells")
Alter = Callable[[bytearray], None]


class StageBoard(FakeStages):
    """Tells stages as the host computes them, but for one.

    Args:
        stage: number of the altered one; -1: none.
        alter: what happens to its bytes.
        bundle: in use.
    """

    def __init__(self, stage: int = -1, alter: Alter = lambda _: None, bundle: Bundle = BUNDLE) -> None:
        super().__init__(bundle)
        self._stage, self._change, self._front_end = stage, alter, front_end(bundle)

    def stage_names(self) -> list[str]:
        return self._front_end.stages()

    def stages_of(self, samples: NDArray[np.int16], column: int) -> dict[str, bytes]:
        found = self._front_end.capture(samples, column)
        if self._stage >= 0:
            data = bytearray(found[NAMES[self._stage]])
            self._change(data)
            found[NAMES[self._stage]] = bytes(data)
        return found


def _add_to_word(place: int, add: int) -> Alter:
    def change(data: bytearray) -> None:
        words = np.frombuffer(data, "<i4").copy()
        words[place] += add
        data[:] = words.tobytes()

    return change


def _traced(board: StageBoard) -> ColumnTrace:
    sound = np.random.default_rng(1).normal(0, 3000, 8000).astype(np.int16)
    return trace_column(board, BUNDLE, sound, COLUMN)


def test_equal_stages_are_all_told() -> None:
    traced = _traced(StageBoard())
    assert traced.agreed and traced.later == () and [stage.name for stage in traced.stages] == list(NAMES)
    assert traced.sentence == f"column {COLUMN}: all {len(NAMES)} stages are equal"
    settings = BUNDLE.settings
    counts = {stage.name: stage.values for stage in traced.stages}
    assert counts == {
        "window": settings.fft,
        "spectrum": settings.fft,
        "mel": settings.bands,
        "log": settings.bands,
        "cells": settings.bands,
    }


@pytest.mark.parametrize(
    ("stage", "alter", "place", "largest"),
    [
        (0, _add_to_word(9, -5), "windowed value 9", 5),
        (1, _add_to_word(20, 7), "bin 20", 7),
        (2, _add_to_word(3 * 12, 1), "mel band 12", 0),
        (3, _add_to_word(30, 2), "log band 30", 2),
        (4, lambda data: data.__setitem__(6, data[6] ^ 1), "band 6", 1),
    ],
)
def test_the_stage_that_departs_is_named(stage: int, alter: Alter, place: str, largest: int) -> None:
    board = StageBoard(stage, alter)
    traced = _traced(board)
    departs = traced.departs
    assert departs is not None and departs.name == NAMES[stage]
    assert (departs.place, departs.largest, departs.different) == (place, largest, 1)
    assert traced.later == NAMES[stage + 1 :] and board.asked == set(range(stage + 1))
    assert traced.sentence.startswith(f"column {COLUMN} departs in {place} (stage {NAMES[stage]}: 1 of ")
    if stage:
        assert traced.sentence.endswith(" equal")
    host, device = departs.numbers()
    assert np.count_nonzero(host != device) == 1
    assert host.shape == ((2, BUNDLE.settings.bands + 1) if departs.name == "mel" else (departs.values,))


@pytest.mark.parametrize(("window", "count", "place", "largest"), [(8, 8, 5, 3), (9, 4, 2, 3 << 16)])
def test_windowed_samples_of_16_bits_are_read_as_such(
    window: int, count: int, place: int, largest: int
) -> None:
    host = np.arange(8, dtype="<i2")
    device = host.copy()
    device[5] += 3
    bundle: Any = SimpleNamespace(settings=SimpleNamespace(window=window))
    stage = stage_of("window", host.tobytes(), device.tobytes(), bundle)
    assert (stage.values, stage.different, stage.largest) == (count, 1, largest)
    assert stage.place == f"windowed value {place}"
    ours, theirs = stage.numbers()
    assert len(ours) == count and np.flatnonzero(ours != theirs).tolist() == [place]
    assert stage_of("power", host.tobytes(), host.tobytes(), bundle).values == 4
    assert stage_of("window", host.tobytes(), host.tobytes(), bundle).values == count


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ({}, 3),
        ({"pre_emphasis": 0.97}, 3),
        ({"padding": "reflect"}, 0),
        ({"padding": "zero"}, 1),
        ({"window": 200, "window_placement": "start"}, 3),
    ],
)
def test_the_samples_of_a_trace_end_with_the_last_that_the_column_needs(
    options: dict[str, Any], column: int
) -> None:
    assert isinstance(BUNDLE.settings, LogMelSettings)
    settings = replace(BUNDLE.settings, **options)
    bundle = replace(BUNDLE, settings=settings)
    sound = np.random.default_rng(1).normal(0, 3000, 8000).astype(np.int16)
    traced = trace_column(StageBoard(bundle=bundle), bundle, sound, column)
    assert traced.agreed and traced.samples is not None
    number = settings.columns(len(traced.samples)) - 1
    assert settings.samples_for(number + 1) == len(traced.samples)
    assert front_end(bundle).capture(traced.samples, number)["cells"] == traced.stages[-1].host
