"""The threshold lets through what it may of the background, and the trade tells what that costs."""

from __future__ import annotations

import numpy as np
import pytest

from ..dataset.windows import Windows, join, single
from . import metrics
from .evaluate import FALSE_AN_HOUR, choose_threshold, strictest, trade


def _windows(labels: list[list[float]]) -> Windows:
    n = len(labels)
    return single(
        np.zeros((n + 1, 4), np.int8),
        1,
        np.arange(n),
        np.array(labels, np.float32),
        np.zeros(n, np.int32),
        ["r"],
    )


def _scores(values: list[float]) -> metrics.Scores:
    return np.array(values, dtype=np.float64)[:, np.newaxis]


@pytest.mark.parametrize(("allowed", "expected"), [(0, 0.9), (1, 0.8), (3, 0.5), (4, 0.0)])
def test_the_threshold_lets_through_what_it_may(allowed: int, expected: float) -> None:
    scores = np.array([0.5, 0.9, 0.7, 0.8])
    threshold = metrics.threshold_for(scores, np.full(4, 0.25), 0.25 * allowed)
    assert np.sum(scores >= threshold) == allowed
    assert expected <= threshold < expected + 0.01


def test_equal_scores_go_together() -> None:
    scores = np.array([0.9, 0.6, 0.6, 0.6, 0.1])
    assert metrics.threshold_for(scores, np.full(5, 0.2), 0.5) > 0.6


def test_birds_do_not_move_the_threshold_and_domains_are_worth_the_same() -> None:
    many = _windows([[0.0]] * 900 + [[1.0]] * 100)
    few = _windows([[0.0]] * 10)
    both = join([many, few])
    loud = [0.3] * 900 + [0.95] * 100
    # One of the ten recorded windows is half of a tenth of all background.
    scores = _scores(loud + [0.8] + [0.1] * 9)
    assert choose_threshold(scores, both, 0.04)[0] > 0.8
    threshold, release = choose_threshold(scores, both, 0.06)
    assert 0.3 < threshold < 0.8 and release == pytest.approx(threshold * 2.0 / 3.0, abs=1e-4)
    assert choose_threshold(scores[:1000], many, 0.0)[0] < 0.4


def test_any_class_of_a_background_window_is_a_false_one() -> None:
    windows = _windows([[0.0, 0.0], [0.0, 1.0]])
    assert choose_threshold(np.array([[0.2, 0.7], [0.1, 0.9]]), windows, 0.0)[0] > 0.7


def test_without_background_the_threshold_still_parts_the_classes() -> None:
    windows = _windows([[1.0, 0.0]] * 20 + [[0.0, 1.0]] * 20)
    scores = np.where(windows.labels > 0.5, 0.9, 0.1).astype(np.float64)
    assert 0.1 < choose_threshold(scores, windows, 0.0)[0] < 0.9


def test_the_rate_holds_on_each_set_that_the_threshold_is_chosen_on() -> None:
    rng = np.random.default_rng(5)
    calm, harsh = (rng.uniform(0.0, top, (2000, 1)) for top in (0.6, 0.9))
    quiet = _windows([[0.0]] * 2000)
    threshold, release = strictest([(calm, quiet), (harsh, quiet)], 0.01)
    assert (threshold, release) == choose_threshold(harsh, quiet, 0.01)
    assert strictest([(harsh, quiet), (calm, quiet)], 0.01) == (threshold, release)
    assert 0.0 < np.mean(harsh >= threshold) <= 0.01 and not np.any(calm >= threshold)
    rows = trade([(calm, quiet), (harsh, quiet)], {"harsh": (harsh, quiet)}, 1.0)
    assert all(row["sets"]["harsh"]["false"] * 3600 <= row["false_an_hour"] + 0.5 for row in rows)


def test_the_trade_follows_from_the_scores() -> None:
    rng = np.random.default_rng(3)
    windows = _windows([[0.0]] * 3600 + [[1.0]] * 1000)
    scores = _scores([*rng.uniform(0.0, 0.9, 3600), *rng.uniform(0.5, 1.0, 1000)])
    silent = _windows([[0.0]] * 50)
    rows = trade([(scores, windows)], {"same": (scores, windows), "silent": (scores[:50], silent)}, 1.0)
    assert [row["false_an_hour"] for row in rows] == list(FALSE_AN_HOUR)
    for row in rows:
        same = row["sets"]["same"]
        assert same["false"] * 3600 <= row["false_an_hour"] + 0.5
        assert same["found"] == pytest.approx(np.mean(scores[3600:] >= row["threshold"]), abs=1e-4)
        assert row["sets"]["silent"]["found"] is None
    thresholds = [row["threshold"] for row in rows]
    assert thresholds == sorted(thresholds)
