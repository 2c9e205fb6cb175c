"""The front end with changes of its code: without one it is the core, and one that kills the process harms no other."""

import os
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from ..build.alteration import Alteration
from ..build.alterations import NOTHING
from ..frontend.settings import FrontEndSettings
from ..model.samples import sample_values
from . import altered_front_end as module
from .altered_front_end import DEAD, AlteredFrontEnd, Heard, Int16, _Tries
from .c_frontend import FrontEnd
from .changed_process import NONE, Change

pytestmark = pytest.mark.native


@pytest.mark.slow
def test_without_a_change_it_is_the_core_and_with_one_it_is_another() -> None:
    values = sample_values("sigmoid")
    settings: FrontEndSettings = values.settings
    samples = np.random.default_rng(1).integers(-9000, 9000, settings.samples_for(40)).astype(np.int16)
    right = FrontEnd(settings, 0.5, -20).features(samples)
    with AlteredFrontEnd(settings, 0.5, -20) as altered_one:
        found = altered_one.columns(NONE, samples)
        assert found is not None and np.array_equal(found, right)
        assert len(altered_one.alterations) > 400
        every = [(number, 5) for number in range(len(altered_one.alterations))]
        first = settings.samples_for(3)
        alike = altered_one.alike(every, samples[:first], right[:3])
        other = sum(DEAD < equal < right[:3].size for equal in alike)
        assert other > 2 * len(every) // 5, (
            "changes show, those apart that only a capture of stages runs through"
        )
        assert DEAD in alike, "some are the end of a process, and of no other"
        hopeless = every[alike.index(DEAD)]
        assert altered_one.columns(hopeless, samples) is None
        again = altered_one.columns(NONE, samples)
        assert again is not None and np.array_equal(again, right)


def _of_value(what: Alteration) -> bool:
    """Whether a value of one column alone is another one: a changed address reads whatever lies there."""
    return what.file == "log_mel/log.c" and ">>" in what.before and not what.keeps


@pytest.mark.slow
def test_what_was_heard_before_makes_a_difference_to_changes_alone() -> None:
    settings: FrontEndSettings = sample_values("sigmoid").settings
    samples = np.random.default_rng(1).integers(-9000, 9000, settings.samples_for(12)).astype(np.int16)
    cut = settings.samples_for(5)
    begun, behind = Heard(right=samples[:cut]), Heard(streams=(samples[::-1] // 3,))
    right = FrontEnd(settings, 0.5, -20).features(samples)
    with AlteredFrontEnd(settings, 0.5, -20) as altered_one:

        def columns(change: Change, heard: Heard, of: Int16 = samples) -> list[list[int]]:
            found = altered_one.columns(change, of, heard)
            assert found is not None
            return found.tolist()

        assert columns(NONE, begun, samples[cut:]) == right[5:].tolist()
        assert columns(NONE, behind) == right.tolist()
        every = [(number, 0) for number, what in enumerate(altered_one.alterations) if not what.below]
        assert altered_one.alike([NONE], samples, right[5:]) == [right[5:].size], "the last columns"
        left_out = [change for change in every if altered_one.alteration(change).after == NOTHING]
        unwritten = altered_one.alike(left_out, samples, np.zeros_like(right))
        assert max(unwritten) == right.size, "cells that nothing is written to are 0, as on a board"
        few = [change for change in every if _of_value(altered_one.alteration(change))]
        alike = altered_one.alike(few, samples[cut:], right[5:], begun)
        assert altered_one.alike([NONE], samples[cut:], right[5:], begun) == [right[5:].size]
        shown = few[next(place for place, equal in enumerate(alike) if 0 < equal < right[5:].size // 4)]
        assert (
            columns(shown, begun, samples[cut:])[3:] == columns(shown, Heard())[8:] != right[8:].tolist()
        ), "columns without any of the samples before"
        resets = [change for change in every if "reset" in altered_one.alteration(change).function]
        alone, heard = (altered_one.alike(resets, samples, right, given) for given in (Heard(), behind))
        only = [
            change
            for change, first, then in zip(resets, alone, heard, strict=True)
            if first == right.size > then > DEAD
        ]
        assert only, "what is not set back shows behind another stream alone"
        assert columns(only[0], Heard()) == right.tolist() != columns(only[0], behind)
        assert columns(only[0], Heard()) == right.tolist(), "and only where it was heard"


@pytest.mark.slow
def test_a_stage_s_bytes_are_held_against_a_board_s_in_the_place_of_cells() -> None:
    settings: FrontEndSettings = sample_values("sigmoid").settings
    samples = np.random.default_rng(1).integers(-9000, 9000, settings.samples_for(3)).astype(np.int16)
    front_end = FrontEnd(settings, 0.5, -20)
    right = front_end.capture(samples, 2)["mel"]
    assert module._of_stage(front_end, samples, "mel").tobytes() == right
    assert module._of_stage(front_end, samples, "none").shape == (1, 0)
    device = np.frombuffer(right, np.int8)[np.newaxis, :]
    with AlteredFrontEnd(settings, 0.5, -20) as altered_one:
        every = [
            (number, 0) for number, what in enumerate(altered_one.alterations) if what.file.endswith("mel.c")
        ]
        alike = altered_one.alike([NONE, *every[::9]], samples, device, Heard(stage="mel"), device.size)
    assert alike[0] == device.size and min(alike[1:]) < device.size == max(alike)


OVERWRITES, LEAVES_A_TRAP, KILLS = (2, 0), (5, 0), (8, 0)


class _Careless(_Tries):
    """Columns that are a change's number; some changes do to their process what a write beyond an array may."""

    def __init__(self) -> None:
        self._front_end: Any = SimpleNamespace(
            settings=SimpleNamespace(samples_for=lambda columns: columns, columns=lambda samples: samples)
        )
        self._hopeless = set()
        self._overwritten = self._trapped = False

    def _features(self, change: Change, samples: Int16) -> Any:
        silent = not samples.any()
        if (change == KILLS and silent) or (self._trapped and change != NONE):
            os._exit(1)
        self._overwritten |= change == OVERWRITES
        self._trapped |= change == LEAVES_A_TRAP
        return np.full((len(samples), 1), 99 if self._overwritten else change[0], np.int8)


@pytest.mark.parametrize(
    ("came", "columns"),
    [([], None), ([b"\1\2\3"], None), ([b"\1", b"\2\3\4\5\6"], [[1, 2], [3, 4], [5, 6]])],
)
def test_what_came_in_part_is_none(
    came: list[bytes], columns: list[list[int]] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "forked", lambda _: came)
    tries = _Careless()
    tries._front_end.settings.bands = 2
    found = tries.columns((1, 0), np.zeros(2, np.int16))
    assert (None if found is None else found.tolist()) == columns


@pytest.mark.skipif(not hasattr(os, "fork"), reason="changes are tried in forked processes")
def test_what_a_change_leaves_behind_is_no_fault_of_the_next_one() -> None:
    tries = _Careless()
    changes = [(number, 0) for number in range(10)]
    for right in (3, 4, 6, 7, 9):
        found = tries.alike(changes, np.zeros(4, np.int16), np.full((4, 1), right, np.int8))
        assert [number for number, equal in enumerate(found) if equal == 4] == [right]
        assert [number for number, equal in enumerate(found) if equal == DEAD] == [KILLS[0]]
    assert {change for change, _ in tries._hopeless} == {KILLS}
    # What brought nothing of these samples may be the very change that made others.
    found = tries.alike(changes, np.ones(4, np.int16), np.full((4, 1), KILLS[0], np.int8))
    assert found[KILLS[0]] == 4


class _Rows(_Tries):
    """Four bands, each column from a sample; a change gives ones in rows that are told of it."""

    ones: ClassVar[dict[Change, range]] = {
        NONE: range(0),
        (0, 0): range(0),
        (1, 0): range(2, 10),
        (2, 0): range(3, 10),
        (3, 0): range(2, 9),
    }

    def __init__(self) -> None:
        self._front_end: Any = SimpleNamespace(settings=SimpleNamespace(hop=1))
        self._hopeless = set()

    def _features(self, change: Change, samples: Int16) -> Any:
        rows = [[row in self.ones[change]] * 4 for row in range(len(samples))]
        return np.array(rows, np.int8)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="changes are tried in forked processes")
@pytest.mark.parametrize(
    ("least", "found"),
    [
        (0, [8, 40, 36, 36]),
        (37, [8, 40, 8, 36]),  # the fourth can only be told on all of them
        (36, [8, 40, 36, 36]),  # four cells may be others: as many as one column has
        (19, [8, 40, 36, 36]),  # the right one is told in the second half
    ],
)
def test_where_not_enough_can_come_few_columns_are_computed(least: int, found: list[int]) -> None:
    device = np.zeros((10, 4), np.int8)
    device[2:] = 1
    changes = [(number, 0) for number in range(4)]
    assert _Rows().likely(changes, np.zeros(10, np.int16), device, least) == found
    device[:, 1:] = 0
    assert _Rows().likely(changes, np.zeros(10, np.int16), device, 37) == [32, 16, 18, 18], "a single band"
