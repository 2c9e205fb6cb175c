"""mean-window against ESPHome's rule told slice by slice, as its firmware goes through it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .detector import Change, Detector
from .mean_window import Int8Means, MeanWindow
from .settings import DetectorError, Window


class Probabilities:
    """int8 scores of one class whose uint8 probabilities are nicer to read."""

    def __init__(self, values: list[int]) -> None:
        self._values = values

    def tolist(self) -> Any:
        return [[value - 128] for value in self._values]


def slice_by_slice(
    probabilities: list[int], n: int, cutoff: int, slices: int, window: Window
) -> list[tuple[int, bool]]:
    """The windows at, or after, which a detection begins (True), or is over and the next one may begin (False).

    A slice is a column. Each first takes in a new probability, if an inference is due; then it passes, if the newest
    probability is below the cutoff; then the mean is looked at, if slices enough have passed and a probability is new.
    """
    last, newest, index = [0] * n, 0, 0
    ignored, fresh, active = -slices, False, False
    found: list[tuple[int, bool]] = []
    done = -1  # the newest window
    for column in range(1, window.frames + window.stride * len(probabilities)):
        if column >= window.frames and (column - window.frames) % window.stride == 0:
            done += 1
            index = (index + 1) % n
            last[index] = newest = probabilities[done]
            fresh = True
        if newest < cutoff:
            ignored = min(ignored + 1, 0)
        if ignored < 0 or not fresh:
            continue
        fresh = False
        if active:
            found.append((done, False))
            active = False
        if sum(last) > cutoff * n:
            found.append((done, True))
            active = True
            last, newest, ignored = [0] * n, 0, -slices
    return found


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 8),
    st.integers(1, 254),
    st.integers(0, 40),
    st.builds(Window, st.integers(1, 30), st.integers(1, 9)),
    st.integers(1, 5),
)
def test_as_slice_by_slice(seed: int, n: int, cutoff: int, more: int, window: Window, held: int) -> None:
    rng = np.random.default_rng(seed)
    near = (cutoff + rng.integers(-3, 4, 200)).clip(0, 255)
    values = np.where(rng.random(200) < 0.5, near, rng.choice([0, 255, 20, 240], 200))
    probabilities = np.repeat(values, held)[:200].tolist()
    slices = window.stride + more
    on = (cutoff - 128,)
    rule = Int8Means(on, on, (True,), n, slices, window)
    found = Detector(rule).update(Probabilities(probabilities))
    assert [(change.window, change.active) for change in found] == slice_by_slice(
        probabilities, n, cutoff, slices, window
    )


def test_a_wake_word() -> None:
    """3 columns a window, 100 slices: nothing in the first 34 windows, then one detection a word."""
    rule = Int8Means((247 - 128,), (247 - 128,), (True,), 5, 100, Window(3, 3))
    word = [255] * 6 + [0] * 40
    found = Detector(rule).update(Probabilities([0] * 10 + word[:6] + [0] * 40 + word + word))
    # slice 100 lies in window 33; the mean is above the cutoff once the last five are 255
    assert found == [
        Change(60, 0, True, 127),
        Change(94, 0, False, -128),
        Change(106, 0, True, 127),
        Change(140, 0, False, -128),
    ]


def test_a_word_that_lasts_is_one_detection() -> None:
    """No slice passes while the newest probability stays at the cutoff or above."""
    rule = Int8Means((0,), (0,), (True,), 2, 3, Window(1, 1))
    assert Detector(rule).update(Probabilities([0] * 5 + [200] * 50 + [0] * 5))[:2] == [
        Change(6, 0, True, 72),
        Change(57, 0, False, -128),
    ]


@pytest.mark.parametrize(("cutoff", "uint8"), [(0.97, 247), (0.5, 127), (0.85, 216), (0.999, 254)])
def test_the_cutoff_is_quantised_as_esphome_does(cutoff: float, uint8: int) -> None:
    assert MeanWindow(cutoff, 5).cutoff_uint8 == uint8 == int(cutoff * 255)


def test_scores_that_are_no_probabilities_are_refused() -> None:
    class Raw:
        def real(self, q: int) -> float:
            return q / 10

        def smallest_at_least(self, value: float) -> int | None:
            raise NotImplementedError

    with pytest.raises(DetectorError, match=r"go from -12.8 to 12.7") as raised:
        MeanWindow(0.5, 3).rule(("a",), Raw(), Window(3, 3))
    assert "threshold" in raised.value.cure
