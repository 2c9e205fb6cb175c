"""Drawing and weighting: what is rare must not drown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..dataset.windows import Windows, join, single
from .balance import chances_of, class_weights, draw, noise_of
from .errors import TrainingError


def _windows(labels: list[list[float]], recordings: list[int]) -> Windows:
    n = len(labels)
    return single(
        np.zeros((n + 1, 4), np.int8),
        1,
        np.arange(n),
        np.array(labels, np.float32),
        np.array(recordings, np.int32),
        [f"recording-{i}" for i in range(max(recordings) + 1)],
    )


def test_a_few_recordings_do_not_drown_in_many_scenes() -> None:
    many = _windows([[1.0]] * 300 + [[0.0]] * 700, [0] * 500 + [1] * 500)
    few = _windows([[1.0]] * 3 + [[0.0]] * 7, [0] * 10)
    both = join([many, few])
    chances = chances_of(both, 0.4)
    positive = both.labels[:, 0] > 0.5
    for mask, share in ((positive, 0.4), (~positive, 0.6)):
        assert chances[mask].sum() == pytest.approx(share)
        assert chances[mask & (both.domains == 1)].sum() == pytest.approx(share / 2)
    drawn = draw(np.random.default_rng(1), both, chances, 1000, 0.4)
    assert positive[drawn].sum() == 400
    assert 400 < (both.domains[drawn] == 1).sum() < 600


def test_one_long_recording_does_not_fill_the_epoch() -> None:
    windows = _windows([[1.0]] * 100 + [[0.0]], [0] * 99 + [1, 1])
    chances = chances_of(windows, 0.5)
    assert chances[99] > 20 * chances[0]


def test_what_is_mixed_in_holds_no_bird_and_comes_from_all_domains() -> None:
    synthetic = _windows([[1.0]] * 100 + [[0.0]] * 900, [0] * 1000)
    recorded = _windows([[1.0]] * 5 + [[0.3]] * 5 + [[0.1]] * 10, [0] * 20)
    both = join([synthetic, recorded])
    places, chances = noise_of(both, chances_of(both, 0.4))
    assert both.labels[places].max() == pytest.approx(0.1) and len(places) == 910
    assert chances.sum() == pytest.approx(1.0)
    assert 0.3 < chances[both.domains[places] == 1].sum() < 0.6
    doubtful = _windows([[1.0], [0.3]], [0, 1])
    assert noise_of(doubtful, chances_of(doubtful, 0.5))[0].tolist() == [1]


@pytest.mark.parametrize(("label", "missing"), [(1.0, "of background"), (0.0, "with a class")])
def test_a_missing_kind_is_named(label: float, missing: str) -> None:
    with pytest.raises(TrainingError, match=f"no windows {missing}"):
        chances_of(_windows([[label]] * 5, [0] * 5), 0.5)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_every_class_is_worth_the_same(counts: list[int]) -> None:
    classes = len(counts)
    rows = [row for c, n in enumerate(counts) for row in [[float(c == each) for each in range(classes)]] * n]
    windows = _windows([*rows, [0.0] * classes], [*range(len(rows)), 0])
    chances = chances_of(windows, 0.4)
    weights = class_weights(windows.labels, chances)
    worth = weights * (chances @ (windows.labels > 0.5))
    assert worth == pytest.approx(np.full(classes, 0.4 / classes), rel=1e-5)
    if classes == 1:
        assert weights[0] == 1.0


def test_a_class_without_windows_has_no_part_in_it() -> None:
    windows = _windows([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]], [0, 1, 2])
    assert class_weights(windows.labels, chances_of(windows, 0.4)).tolist() == [1.0, 1.0]
