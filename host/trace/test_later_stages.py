"""Behind a stage that departs, another one that departs by itself is found; what only follows is not."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..core.c_stages import Segments, Stages
from ..frontend.log_mel.settings import LogMelSettings
from . import later_stages
from .fake_traces import FakeStages
from .later_stages import later_departures
from .stages import ColumnTrace, segments_of, trace_column
from .window import front_end

pytestmark = pytest.mark.native
BUNDLE = load_bundle(DEFAULT_BUNDLE)
NAMES = ("window", "spectrum", "mel", "log", "cells")
COLUMN = 40
Words = NDArray[np.int32]
Alter = Callable[[Words], None]


def one_more(words: Words) -> None:
    words[5] += 1 << 18


def of_stage(name: str) -> Alter:
    return shifted if name in ("mel", "cells") else one_more


def shifted(words: Words) -> None:
    words[5] ^= 1


class Chained(FakeStages):
    """Computes each stage from what it has of the one before, and alters some.

    Args:
        alter: what happens to a stage's words, by its name.
        bundle: that it runs.
        named: the stages that it tells.
    """

    def __init__(
        self, alter: dict[str, Alter], bundle: Bundle = BUNDLE, named: tuple[str, ...] = NAMES
    ) -> None:
        super().__init__(bundle)
        self._runs, self._changes, self._named = bundle, alter, named

    def stage_names(self) -> list[str]:
        return list(self._named)

    def stages_of(self, samples: NDArray[np.int16], column: int) -> dict[str, bytes]:
        found = front_end(self._runs).capture(samples, column)
        quantisation = self._runs.model.input
        stages = Stages(
            cast(LogMelSettings, self._runs.settings), quantisation.scale, quantisation.zero_point
        )

        def altered(name: str, data: bytes) -> bytes:
            words = np.frombuffer(data, "<i4").astype(np.int32)
            if name in self._changes:
                self._changes[name](words)
            return words.tobytes()

        window = altered("window", found["window"])
        spectrum = altered("spectrum", stages.rfft(np.frombuffer(window, np.int32)).tobytes())
        sums = stages.mel(np.frombuffer(spectrum, np.int32))
        mel = altered("mel", np.stack([part.astype(np.uint32) for part in sums], axis=1).tobytes())
        up, down, shift = segments_of(mel)
        levels = stages.log(Segments(up.astype(np.uint32), down.astype(np.uint32), shift.astype(np.int32)))
        log = altered("log", levels.tobytes())
        cells = stages.quantise(np.frombuffer(log, np.int32))
        if "cells" in self._changes:
            wide = cells.astype(np.int32)
            self._changes["cells"](wide)
            cells = wide.astype(np.int8)
        return {"window": window, "spectrum": spectrum, "mel": mel, "log": log, "cells": cells.tobytes()}


def traced(board: Chained, bundle: Bundle = BUNDLE) -> tuple[ColumnTrace, tuple[ColumnTrace, ...]]:
    sound = np.random.default_rng(1).normal(0, 3000, 8000).astype(np.int16)
    trace = trace_column(board, bundle, sound, COLUMN)
    return trace, later_departures(board, bundle, trace)


def departing(traces: Iterable[ColumnTrace]) -> list[str]:
    return [trace.departs.name for trace in traces if trace.departs is not None]


@pytest.mark.parametrize("name", NAMES)
def test_what_follows_from_a_stage_is_no_departure(name: str) -> None:
    trace, later = traced(Chained({name: of_stage(name)}))
    assert departing([trace]) == [name] and later == ()


@pytest.mark.parametrize(
    "names",
    [(a, b) for at, a in enumerate(NAMES) for b in NAMES[at + 1 :]] + [("window", "mel", "cells")],
    ids=",".join,
)
def test_each_stage_that_is_wrong_by_itself_is_found(names: tuple[str, ...]) -> None:
    trace, later = traced(Chained({name: of_stage(name) for name in names}))
    assert departing([trace]) == [names[0]] and departing(later) == list(names[1:])
    for each in later:
        departs = each.departs
        assert departs is not None and each.column == COLUMN and each.samples is trace.samples
        assert departs.different <= 2  # that of the device's own values, not what follows from the first
        at = NAMES.index(departs.name)
        assert [stage.name for stage in each.stages] == list(NAMES[: at + 1])
        assert all(stage.equal for stage in each.stages[:-1])
        assert each.later == NAMES[at + 1 :]


def test_a_board_whose_stages_are_right_is_not_asked_again() -> None:
    board = Chained({})
    trace, later = traced(board)
    assert trace.agreed and later == ()


@pytest.mark.parametrize("name", ["window", "log"])
def test_what_is_another_each_time_is_not_told(name: str) -> None:
    numbers = count(1)

    def another(words: Words) -> None:
        words[3] += 1000 * next(numbers)

    alter: dict[str, Alter] = {"window": one_more, "log": one_more}
    alter[name] = another
    trace, later = traced(Chained(alter))
    assert departing([trace]) == ["window"] and later == ()


@pytest.mark.parametrize("changed", [{"log_offset": 1e-3}, {"spectrum": "magnitude"}, {"pre_emphasis": 0.9}])
def test_of_a_front_end_with_options_nothing_is_said(changed: dict[str, Any]) -> None:
    """Its stages cannot be computed one by one."""
    settings = cast(LogMelSettings, BUNDLE.settings)
    bundle = replace(BUNDLE, settings=replace(settings, **changed))

    class Board(Chained):
        def stages_of(self, samples: NDArray[np.int16], column: int) -> dict[str, bytes]:
            found = front_end(bundle).capture(samples, column)
            words = np.frombuffer(found["mel"], "<i4").astype(np.int32)
            shifted(words)
            return {**found, "mel": words.tobytes()}

    assert front_end(bundle).stages() == list(NAMES)
    trace, later = traced(Board({}, bundle), bundle)
    assert departing([trace]) == ["mel"] and later == ()


def test_a_stage_that_is_computed_otherwise_here_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    board = Chained({"window": one_more, "log": one_more, "cells": shifted})
    assert departing(traced(board)[1]) == ["log", "cells"]
    computes = later_stages._computations(BUNDLE)
    monkeypatch.setattr(later_stages, "_computations", lambda _: {**computes, "log": lambda _: b""})
    assert traced(board)[1] == ()


def test_nothing_is_said_where_samples_are_not_known_or_stages_are_others() -> None:
    board = Chained({"window": one_more, "log": one_more})
    trace, later = traced(board)
    assert departing(later) == ["log"]
    assert later_departures(board, BUNDLE, replace(trace, samples=None)) == ()
    assert trace.samples is not None
    assert later_departures(board, BUNDLE, replace(trace, samples=trace.samples[:9])) == ()
    others = Chained({"window": one_more, "log": one_more}, named=(*NAMES, "more"))
    assert later_departures(others, BUNDLE, trace) == ()
    assert later_departures(board, BUNDLE, replace(trace, later=("power",))) == ()
