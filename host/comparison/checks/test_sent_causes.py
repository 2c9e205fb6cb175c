"""What gives the outputs of windows that were sent by themselves is told where it gives all of them."""

from collections.abc import Callable

import numpy as np
import pytest

from .sent_causes import Int8, cause_of

FRAMES, BANDS, COUNT = 20, 6, 8
WINDOWS = np.random.default_rng(3).integers(-128, 128, (COUNT, FRAMES, BANDS)).astype(np.int8)
WEIGHTS = np.random.default_rng(4).integers(-9, 10, (FRAMES * BANDS, 3))


def reference(windows: Int8) -> Int8:
    sums = windows.reshape(len(windows), -1).astype(np.int64) @ WEIGHTS
    return (sums // 64).clip(-128, 127).astype(np.int8)


EXPECTED = reference(WINDOWS)


def kept(windows: Int8, count: int) -> Int8:
    changed = windows.copy()
    for number in range(1, len(windows)):
        changed[number, FRAMES - count :] = windows[number - 1, FRAMES - count :]
    return changed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda w: np.roll(w, -1, axis=1),
            "each window is read from its column 1 on, and wraps around; look at what",
        ),
        (lambda w: np.roll(w, -13, axis=1), "each window is read from its column 13 on, and wraps around"),
        (lambda w: np.roll(w, 1, axis=1), "each window is read from its column 19 on"),
        (lambda w: w[:, ::-1], "the columns of each window are in reverse"),
        (lambda w: kept(w, 1), "the last column of each window is the window's before"),
        (lambda w: kept(w, 16), "the last 16 columns of each window are the window's before"),
        (lambda w: kept(w, 17), ""),
        (
            lambda w: np.roll(w.reshape(COUNT, -1), 1, axis=1).reshape(w.shape),
            "each window is one cell too late",
        ),
        (
            lambda w: np.roll(w.reshape(COUNT, -1), -1, axis=1).reshape(w.shape),
            "each window is one cell too early",
        ),
        (lambda w: w, ""),
        (lambda w: w ^ np.int8(64), ""),
    ],
)
def test_what_gives_all_outputs_is_told(change: Callable[[Int8], Int8], words: str) -> None:
    told = cause_of(WINDOWS, EXPECTED, reference(change(WINDOWS)), reference)
    assert told.startswith(words) and bool(told) == bool(words)


def test_outputs_of_the_window_before() -> None:
    device = np.concatenate([EXPECTED[-1:], EXPECTED[:-1]])
    told = cause_of(WINDOWS, EXPECTED, device, reference)
    assert told.startswith("each window has the outputs of the one before it; look at whether")


def test_all_windows_must_be_given() -> None:
    device = reference(np.roll(WINDOWS, -4, axis=1))
    assert cause_of(WINDOWS, EXPECTED, device, reference)
    device[-1] = EXPECTED[-1]
    assert cause_of(WINDOWS, EXPECTED, device, reference) == ""


@pytest.mark.parametrize(("wrong", "told"), [(1, False), (2, True)])
def test_one_window_may_be_given_by_chance(wrong: int, told: bool) -> None:
    """Windows that are alike in all columns do not change when they are read from another one."""
    windows = np.repeat(WINDOWS[:, :1], FRAMES, axis=1)
    windows[:wrong] = WINDOWS[:wrong]
    device = reference(np.roll(windows, -4, axis=1))
    assert bool(cause_of(windows, reference(windows), device, reference)) == told


@pytest.mark.parametrize("frames", [2, 3, 4])
def test_of_short_windows_all_columns_but_the_first_may_be_missing(frames: int) -> None:
    windows = WINDOWS[:, :frames]
    weights = WEIGHTS[: frames * BANDS]
    tried: list[Int8] = []

    def short(given: Int8) -> Int8:
        tried.append(given)
        return (
            ((given.reshape(len(given), -1).astype(np.int64) @ weights) // 16).clip(-128, 127).astype(np.int8)
        )

    wrong = windows.copy()
    wrong[1:, 1:] = windows[:-1, 1:]
    told = cause_of(windows, short(windows), short(wrong), short)
    count = "column" if frames == 2 else f"{frames - 1} columns"
    assert told.startswith(f"the last {count} of each window")
    tried.clear()
    assert not cause_of(windows, short(windows), short(windows ^ np.int8(85)), short)
    assert len(tried) == 2 + (frames - 1) + 1 + (frames - 1) + 2  # each change once, on one window


def test_outputs_that_are_all_the_same_tell_nothing() -> None:
    """A reference that gives one of two: reversed columns would give them, and so would much else."""

    def loud(windows: Int8) -> Int8:
        return np.where(windows[:, :1, :1].max(axis=2) > 0, 9, -9).astype(np.int8)

    expected = loud(WINDOWS)
    turned = WINDOWS[:, ::-1]
    assert cause_of(WINDOWS, expected, loud(turned), loud)
    same = np.where(expected == 9, 9, 9).astype(np.int8)
    windows = np.concatenate([WINDOWS[expected[:, 0] == -9]] * 2)
    assert len(windows) >= 4
    windows[:, -1] = 5
    assert cause_of(windows, loud(windows), same[:1].repeat(len(windows), axis=0), loud) == ""
