"""Quantisation on the host rounds as the QUANTIZE op does."""

import numpy as np

from .rounding import quantised


def test_halves_go_away_from_zero_and_ends_saturate() -> None:
    features = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 200.0, -200.0])
    assert quantised(features, 1.0, 0).tolist() == [1, 2, 3, -1, -2, -3, 0, 127, -128]
    assert quantised(features[:6], 1.0, 10).tolist() == [11, 12, 13, 9, 8, 7]


def test_the_division_is_one_of_float32() -> None:
    scale = np.float32(0.1)
    feature = np.array([np.float32(0.75)])  # 7.5 steps in float32, a little less in float64
    assert float(feature[0]) / float(scale) < 7.5 == feature[0] / scale
    assert quantised(feature, float(scale), 0).tolist() == [8]
