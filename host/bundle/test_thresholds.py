"""Real thresholds as int8 scores: the quantisation of bundles, and what every kind of detector makes of it."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ..detector.settings import DetectorError, Window
from ..detector.threshold import Threshold
from .model_info import Quantisation

WINDOW = Window(frames=10, stride=5)
float32_scales = st.floats(2.0**-20, 1000.0, width=32)
int8 = st.integers(-128, 127)


@given(float32_scales, int8, st.floats(-2e5, 2e5))
def test_the_smallest_score_that_reaches_the_threshold_exactly(
    scale: float, zero_point: int, value: float
) -> None:
    scores = Quantisation(scale, zero_point)
    q = scores.smallest_at_least(value)

    def real(score: int) -> Fraction:
        return Fraction(scale) * (score - zero_point)

    if q is None:
        assert real(127) < value
    else:
        assert real(q) >= value
        assert q == -128 or real(q - 1) < value


@given(float32_scales, int8, st.integers(-127, 127), st.integers(-127, 127))
def test_values_on_the_grid_stay_where_they_are(scale: float, zero_point: int, on: int, off: int) -> None:
    assume(off <= on)
    scores = Quantisation(scale, zero_point)
    found = Threshold(scores.real(on), scores.real(off), ("b",)).rule(("a", "b"), scores, WINDOW)
    assert (found.on, found.off, found.detect) == ((on, on), (off, off), (True, False))


def test_a_threshold_that_decides_nothing_is_refused() -> None:
    sigmoid = Quantisation(1 / 256, -128)
    for detector, named in (
        (Threshold(0.997, 0.5), "highest score"),
        (Threshold(0.5, 0.0), "inactive again"),
        (Threshold(0.0, 0.0), "always be active"),
    ):
        with pytest.raises(DetectorError, match=named):
            detector.rule(("a",), sigmoid, WINDOW)
    assert Threshold(255 / 256, 1 / 256).rule(("a",), sigmoid, WINDOW).on == (127,)
