"""Sounds of many changes: how many there are, how long they are, and where the first one ends."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Change
from ..model.interpreter import Outputs
from . import changing_sounds as module
from .changing_sounds import changing_sounds
from .expected import Expected
from .fakes import FakeInterpreter

pytestmark = pytest.mark.native


def _made(bundle: Bundle, heard: list[NDArray[Any]], windows: int) -> tuple[NDArray[Any], NDArray[Any]]:
    made = changing_sounds(bundle, heard, FakeInterpreter(bundle), windows)
    assert made is not None
    return made


@pytest.mark.parametrize("windows", [30, 80])
def test_most_windows_change_something_and_there_are_not_more_of_them(bundle: Bundle, windows: int) -> None:
    _, sound = _made(bundle, [], windows)
    found = Expected(bundle, FakeInterpreter(bundle)).push(sound)
    assert found.outputs is not None and len(found.outputs.scores) == windows
    assert len(found.changes) > windows / 4
    assert {change.label for change in found.changes} == set(np.flatnonzero(bundle.thresholds.detect))


def test_the_first_sound_ends_with_the_window_in_which_a_class_begins(bundle: Bundle) -> None:
    first, _ = _made(bundle, [], 60)
    host = Expected(bundle, FakeInterpreter(bundle)).push(first)
    assert host.outputs is not None
    last = len(host.outputs.scores) - 1
    assert last <= 20
    assert any(change.active and change.window == last for change in host.changes)
    assert len(first) == bundle.settings.samples_for(bundle.frames + last * bundle.stride)


def test_what_a_run_heard_is_used_and_the_same_gives_the_same(bundle: Bundle, samples: NDArray[Any]) -> None:
    made = _made(bundle, [samples], 40)
    for first, again in zip(made, _made(bundle, [samples], 40), strict=True):
        np.testing.assert_array_equal(first, again)
    assert len(made[1]) != len(_made(bundle, [], 40)[1]) or not np.array_equal(
        made[1], _made(bundle, [], 40)[1]
    )


def test_where_no_class_changes_there_is_none(bundle: Bundle) -> None:
    assert changing_sounds(bundle, [], FakeInterpreter(bundle, flaw=-400), 40) is None


class Asked(FakeInterpreter):
    """It notes what it is asked."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.asked: list[Any] = []

    def reset(self) -> None:
        """It remembers what it was asked alone."""
        self.asked.append("reset")

    def run(self, windows: NDArray[np.int8]) -> Outputs:
        """As it is."""
        self.asked.append(len(windows))
        return super().run(windows)


@pytest.mark.parametrize(
    ("heard", "windows", "looked_at"),
    [(0, 30, 70), (7, 30, 70), (90, 30, 70), (0, 119, 159), (0, 121, 160), (200, 300, 160)],
)
def test_so_many_pieces_are_looked_at_those_that_were_heard_first(
    bundle: Bundle, heard: int, windows: int, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty and one a window, 160 at most: of a slow model, which has few windows, fewer."""
    piece = np.zeros(bundle.window_samples, np.int16)
    made = [piece + (1 + number) for number in range(170)]
    monkeypatch.setattr(module, "seed_sounds", lambda *_: made)
    pools: list[list[int]] = []

    def put_together(_: Bundle, pool: list[NDArray[Any]], *__: Any) -> NDArray[Any]:
        pools.append([int(piece[0]) for piece in pool])
        return piece

    monkeypatch.setattr(module, "_put_together", put_together)
    interpreter = Asked(bundle)
    changing_sounds(bundle, [piece] * heard, interpreter, windows)
    assert interpreter.asked[:2] == ["reset", looked_at]
    pool, others = pools[0], max(0, looked_at - heard)
    assert len(pool) == looked_at and not any(pool[: looked_at - others])
    assert not others or (pool[-others], pool[-1]) == (1, 170), "from the first to the last"


def test_of_three_sounds_the_one_with_most_changes_is_taken_and_the_second_is_cut(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds = [np.full(5, number, np.int16) for number in range(4)]
    changes = [[Change(at, 0, True, 9) for at in range(count)] for count in (4, 1, 7, 99)]
    made = iter(sounds)
    monkeypatch.setattr(module, "_put_together", lambda *_: next(made))
    monkeypatch.setattr(module, "_changes", lambda _, sound, __: changes[sound[0]])
    cut: list[Any] = []

    def cut_while_active(*given: Any) -> NDArray[Any]:
        cut.append(given)
        return sounds[3]

    monkeypatch.setattr(module, "_cut_while_active", cut_while_active)
    assert _made(bundle, [], 32) == (sounds[3], sounds[2])
    assert cut == [(bundle, sounds[0], changes[0], 10)]


@pytest.mark.parametrize(
    ("begins", "ends", "last"),
    [((3, 8, 10, 11), (5, 9), 10), ((3, 8, 11), (10,), 8), ((11, 14), (3,), 11), ((), (3,), 0)],
)
def test_a_sound_ends_with_the_last_early_window_in_which_a_class_begins(
    bundle: Bundle, begins: tuple[int, ...], ends: tuple[int, ...], last: int
) -> None:
    """Early is up to the tenth; where none is early, it ends with the first one that there is."""
    changes = [Change(at, 0, at in begins, 9) for at in sorted((*begins, *ends))]
    sound = np.zeros(bundle.settings.samples_for(bundle.frames + 20 * bundle.stride), np.int16)
    found = module._cut_while_active(bundle, sound, changes, 10)
    assert len(found) == bundle.settings.samples_for(bundle.frames + last * bundle.stride)


class Drawing:
    """Draws in turn: the least and the most of whole numbers, and each one of those to choose from."""

    def __init__(self) -> None:
        self.pieces = 0

    def choice(self, of: NDArray[Any]) -> Any:
        """The one whose turn it is."""
        return of[self.pieces // 2 % len(of)]

    def integers(self, low: int, high: int) -> int:
        """Low, and the next time the highest."""
        self.pieces += 1
        return (low, high - 1)[(self.pieces - 1) // 2 % 2]


def _put(count: int, windows: int, rate: int = 100, window: int = 9) -> tuple[list[tuple[int, int]], int]:
    """Of pieces of one number each: the number and how long it lasts, and how many were drawn."""
    settings = SimpleNamespace(hop=5, sample_rate=rate, samples_for=lambda columns: 10 * columns)
    thresholds = SimpleNamespace(detect=np.array([False, True, False]))
    bundle: Any = SimpleNamespace(
        stride=3, frames=4, settings=settings, window_samples=window, thresholds=thresholds
    )
    pool = [np.full(9, number, np.int16) for number in range(count)]
    other = np.zeros(count, np.intp)
    order = np.stack([other, np.arange(count), other], axis=1)
    rng: Any = Drawing()
    sound = module._put_together(bundle, pool, order, rng, windows)
    ends = [*np.flatnonzero(np.diff(sound)).tolist(), len(sound) - 1]
    starts = [0, *(end + 1 for end in ends[:-1])]
    runs = [(int(sound[end]), end + 1 - start) for start, end in zip(starts, ends, strict=True)]
    return runs, rng.pieces


def test_pieces_of_the_six_highest_and_the_six_lowest_scores_come_in_turn() -> None:
    """Each lasts half its length and one to twelve strides of 15 samples."""
    runs, _ = _put(20, 100)
    assert [number for number, _ in runs[:14]] == [14, 0, 15, 1, 16, 2, 17, 3, 18, 4, 19, 5, 14, 0]
    assert [length for _, length in runs[:6]] == [19, 19, 184, 184, 19, 19]


@pytest.mark.parametrize(
    ("windows", "rate", "window", "samples"),
    [
        (40, 100, 9, 1210),
        (159, 100, 9, 4780),
        (161, 100, 9, 4800),  # 48 s
        (161, 100, 1199, 4800),
        (162, 100, 1201, 4804),  # four windows are more
        (9, 100, 9, 280),
    ],
)
def test_a_sound_has_so_many_windows_48_seconds_at_most(
    windows: int, rate: int, window: int, samples: int
) -> None:
    runs, _ = _put(20, windows, rate, window)
    assert sum(length for _, length in runs) == samples


def test_no_piece_is_drawn_of_which_nothing_is_needed() -> None:
    runs, drawn = _put(20, 28)
    assert [length for _, length in runs] == [19, 19, 184, 184, 19, 19, 184, 184, 19, 19]
    assert drawn == len(runs)
