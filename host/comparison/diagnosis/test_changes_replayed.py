"""What a column's trace shows of samples is replayed on all of them: by its period, and column by column."""

from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .fakes_device import sound
from .fakes_views import best, replay_of, verified, view_of
from .figures import Cause
from .pieces import _places
from .samples import changed
from .search import View
from .stage_cause import _of_samples

pytestmark = pytest.mark.native
SOUND = (sound(8000, 1, 3).astype(np.int64) + 1500).astype(np.int16)


def view_with(front_end: FrontEnd, device: Any, first: int = 0) -> View:
    right = front_end.features(SOUND)
    return view_of(right[first:], device[first:], samples=SOUND[first * 128 :], first=first)


def zeroed(x: Int16, period: int = 100) -> Int16:
    return np.where(np.arange(len(x)) % period == 99, np.int16(0), x)


@pytest.mark.parametrize("first", [0, 37])
def test_a_change_repeats_itself_from_the_streams_first_sample_on(front_end: FrontEnd, first: int) -> None:
    view = view_with(front_end, front_end.features(zeroed(SOUND)), first)
    candidate = changed(front_end, "a", "b", "c", zeroed, 100)
    assert np.array_equal(replay_of(candidate, view), view.device)
    if first:  # 4,736 samples are no multiple of 512
        assert not np.array_equal(replay_of(changed(front_end, "a", "b", "c", zeroed), view), view.device)


def made_loud(x: Int16) -> Int16:
    return (x.astype(np.int64) * 20_000 // max(1, int(np.abs(x.astype(np.int64)).max()))).astype(np.int16)


def test_columns_whose_own_samples_are_changed(front_end: FrontEnd) -> None:
    columns = [made_loud(SOUND[at : at + 256]) for at in range(0, len(SOUND) - 255, 128)]
    view = view_with(front_end, np.concatenate([front_end.features(column) for column in columns]))
    cause = Cause(
        "of each column; or, which gives the same here: of 256",
        "c",
        True,
        lambda x: x,
        of_column=(made_loud,),
    )
    found = best(_of_samples(front_end, cause), [view])
    assert found is not None and found.explanation == "of each column"


def test_both_ways_to_keep_what_is_limited_are_tried(front_end: FrontEnd) -> None:
    cause = Cause("told", "c", True, lambda x: x // 2, or_else=lambda x: x // 4)
    view = view_with(front_end, front_end.features(SOUND // 4))
    candidates = _of_samples(front_end, cause)([view])
    assert len(list(candidates)) == 2 and len(verified(candidates, [view])) == 1


@pytest.mark.parametrize(
    ("begins", "more"),
    [
        ((100, 2148, 4196, 8292), ", and as many of each 2,048 from there on"),
        ((100, 2148, 4196), ""),
        ((100, 150, 201, 260), ""),
    ],
)
def test_pieces_that_repeat_are_told_with_their_period(begins: tuple[int, ...], more: str) -> None:
    right = np.zeros((2, 3), np.int8)
    found = {"a.wav": [(begin, begin + 64) for begin in begins]}
    assert _places([view_of(right, right)], found) == f"samples 100 to 163 of a.wav{more}"
