"""Figures against their definitions, counted the slow way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import metrics

pairs = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40)


def _arrays(items: list[tuple[int, bool]]) -> tuple[metrics.Scores, metrics.Truth]:
    return np.array([each[0] / 8.0 for each in items]), np.array([each[1] for each in items])


@given(pairs)
def test_auc_is_the_share_of_pairs_in_order(items: list[tuple[int, bool]]) -> None:
    scores, truth = _arrays(items)
    wins = [(a > b) + 0.5 * (a == b) for a in scores[truth] for b in scores[~truth]]
    value = metrics.roc_auc(scores, truth)
    if wins:
        assert value == pytest.approx(np.mean(wins))
    else:
        assert np.isnan(value)


@given(pairs)
def test_average_precision_follows_its_sum(items: list[tuple[int, bool]]) -> None:
    scores, truth = _arrays(items)
    value = metrics.average_precision(scores, truth)
    if not truth.any():
        assert np.isnan(value)
        return
    total, before = 0.0, 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        said = scores >= threshold
        recall = (said & truth).sum() / truth.sum()
        total += (recall - before) * (said & truth).sum() / said.sum()
        before = recall
    assert value == pytest.approx(total)


@given(pairs, st.sampled_from([0.2, 0.5, 1.0]))
def test_no_threshold_has_a_higher_expected_accuracy(items: list[tuple[int, bool]], softness: float) -> None:
    scores, truth = _arrays(items)

    def expected(threshold: float) -> float:
        total = 0.0
        for score, true in zip(scores, truth, strict=True):
            clipped = min(max(float(score), 1 / 512), 511 / 512)
            distance = math.log(clipped / (1 - clipped)) - math.log(threshold / (1 - threshold))
            above = 1.0 / (1.0 + math.exp(-distance / softness))
            total += above if true else 1.0 - above
        return total

    best = expected(metrics.best_threshold(scores, truth, softness))
    for threshold in np.linspace(0.03, 0.97, 95):
        assert expected(threshold) <= best + 0.01 * len(items)  # the search has a grid


@given(pairs)
def test_the_threshold_depends_on_shares_not_on_counts(items: list[tuple[int, bool]]) -> None:
    scores, truth = _arrays(items)
    threshold = metrics.best_threshold(scores, truth)
    assert 0.0 < threshold < 1.0
    assert metrics.best_threshold(np.tile(scores, 2), np.tile(truth, 2)) == threshold


def test_the_threshold_parts_what_can_be_parted_and_moves_little() -> None:
    rng = np.random.default_rng(1)
    scores = np.concatenate([rng.uniform(0.0, 0.2, 300), rng.uniform(0.8, 1.0, 60)])
    truth = np.arange(360) >= 300
    assert 0.2 < metrics.best_threshold(scores, truth) < 0.8

    truth = rng.random(700) < 0.13
    logits = np.where(truth, 1.0, -2.0) + rng.normal(0.0, 1.5, 700)
    found = []
    for _ in range(20):  # the same windows, scores moved by what a quantised model moves them
        moved = logits + rng.normal(0.0, 0.15, 700)
        found.append(metrics.best_threshold(1.0 / (1.0 + np.exp(-moved)), truth))
    assert np.ptp(found) < 0.05
    assert metrics.best_threshold(np.zeros(0), np.zeros(0, bool)) == 0.5


def test_confusion_counts_each_kind() -> None:
    counts = metrics.confusion(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, False, True, False]), 0.5)
    assert counts == metrics.Confusion(1, 1, 1, 1)
    assert counts.accuracy == 0.5 and counts.balanced_accuracy == 0.5


def test_false_alarms_count_starts_with_hysteresis() -> None:
    scores = np.array([0.1, 0.7, 0.5, 0.7, 0.3, 0.7, 0.9])
    recordings = np.array([0, 0, 0, 0, 0, 0, 1], dtype=np.int32)
    assert metrics.false_alarms_per_hour(scores, recordings, 0.6, 0.4, 0.5) == 6.0


def test_recordings_take_their_highest_windows() -> None:
    scores, truth = metrics.per_recording(
        np.array([0.1, 0.9, 0.8, 0.7, 0.2]),
        np.array([False, True, True, True, False]),
        np.array([0, 1, 1, 1, 1], dtype=np.int32),
    )
    assert scores == pytest.approx([0.1, 0.8]) and truth.tolist() == [False, True]


def test_a_summary_without_positives_has_no_auc() -> None:
    plain = metrics.summarise(np.array([0.1, 0.2]), np.array([False, False]), 0.5).to_dict()
    assert plain["roc_auc"] is None and plain["accuracy"] == 1.0
