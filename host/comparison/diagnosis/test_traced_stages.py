"""A change that spoils a stage which a trace saw right is none; those that give the wrong stage come before others."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...core.altered_front_end import Heard
from ...trace.stages import ColumnTrace, Stage
from .traced_stages import as_traced, samples_of

HOP = 8
RIGHT, WRONG = b"right", b"wrong"
SAMPLES = np.arange(200 * HOP, dtype=np.int16)
MEL, CELLS = Stage("mel", RIGHT, RIGHT), Stage("cells", RIGHT, WRONG)
TRACE = ColumnTrace(198, (MEL, CELLS), samples=SAMPLES)


class Process:
    """Changes by what they make of each stage."""

    def __init__(self, **stages: list[bytes]) -> None:
        self.stages = stages
        self.asked: list[str] = []

    def alike(self, changes: Any, samples: Any, row: Any, heard: Heard, least: int) -> list[int]:
        assert (
            len(samples) and heard.streams == () and heard.right is None and least == row.size == len(RIGHT)
        )
        self.asked.append(heard.stage)
        return [
            sum(a == b for a, b in zip(self.stages[heard.stage][number], row.tobytes(), strict=True))
            for number, _ in changes
        ]


def front_end(remembers: int = 1) -> Any:
    def capture(samples: Any, number: int) -> dict[str, bytes]:
        assert np.array_equal(samples[-HOP:], SAMPLES[-HOP:])
        return dict.fromkeys(("mel", "cells"), RIGHT if number + 1 >= remembers else b"other")

    settings = SimpleNamespace(hop=HOP, columns=lambda count: max(0, count // HOP - 1))
    return SimpleNamespace(settings=settings, capture=capture)


def left(process: Process, *traces: ColumnTrace, remembers: int = 1) -> list[int]:
    changes = [(number, 0) for number in range(len(process.stages["mel"]))]
    return [number for number, _ in as_traced(process, front_end(remembers), changes, traces or (TRACE,))]  # type: ignore[arg-type]


def test_a_stage_that_is_right_stays_so() -> None:
    assert left(Process(mel=[RIGHT, b"other", RIGHT], cells=[WRONG, WRONG, b"more!"])) == [0]
    assert left(Process(mel=[b"other", b"other"], cells=[WRONG, WRONG])) == []


def test_where_none_gives_the_wrong_stage_it_says_nothing() -> None:
    assert left(Process(mel=[RIGHT, b"other", RIGHT], cells=[b"more!", WRONG, b"other"])) == [0, 2]


def test_each_trace_counts() -> None:
    other = replace(TRACE, stages=(MEL, replace(CELLS, device=b"more!")))
    assert left(Process(mel=[RIGHT] * 2, cells=[WRONG, b"more!"]), other) == [1]
    assert left(Process(mel=[RIGHT] * 2, cells=[WRONG, b"more!"])) == [0]


@pytest.mark.parametrize(("remembers", "columns"), [(1, 1), (2, 64), (64, 64), (65, None)])
def test_as_many_columns_are_computed_as_the_stage_needs(remembers: int, columns: int | None) -> None:
    samples = samples_of(TRACE, MEL, front_end(remembers))
    assert (None if samples is None else len(samples) // HOP - 1) == columns


def test_of_fewer_samples_all_are_computed() -> None:
    few = replace(TRACE, samples=SAMPLES[-20 * HOP :])
    samples = samples_of(few, MEL, front_end(19))
    assert samples is not None and np.array_equal(samples, SAMPLES[-20 * HOP :])


def test_of_what_needs_more_columns_nothing_is_asked() -> None:
    process = Process(mel=[b"other"], cells=[WRONG])
    assert left(process, remembers=65) == [0] and left(process, replace(TRACE, samples=None)) == [0]
    assert not process.asked
