"""Figures of the detector's bench against their definitions."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tools.detector_bench.figures import (
    Scored,
    false_share,
    found,
    found_at,
    interval,
    threshold_at,
    upper_bound,
)
from tools.detector_bench.tables import read_windows


def _scored(others: int = 7200, seed: int = 3) -> Scored:
    rng = np.random.default_rng(seed)
    scores = np.concatenate([rng.random(others), 0.5 + 0.5 * rng.random(200)])
    truth = np.arange(others + 200) >= others
    return Scored(scores, truth, np.arange(others + 200) // 10)


def test_the_threshold_lets_just_so_many_through() -> None:
    scored = _scored()  # two hours of other sound
    for rate, seconds in ((10.0, 20), (5.0, 10), (1.0, 2)):
        threshold = threshold_at(scored, rate)
        assert np.sum(scored.scores[~scored.truth] >= threshold) == seconds
    assert found_at(scored, 10.0) == found(scored, threshold_at(scored, 10.0)) > 0.0


def test_equal_scores_are_all_let_through_or_none() -> None:
    scored = Scored(np.full(3600, 0.25), np.zeros(3600, bool), np.arange(3600))
    assert false_share(scored, threshold_at(scored, 10.0)) == 0.0
    assert np.isnan(found_at(scored, 10.0))


def test_an_interval_of_whole_recordings_is_wider_than_one_of_windows() -> None:
    rng = np.random.default_rng(1)
    by_recording = np.repeat(rng.random(20), 50)
    scored = Scored(by_recording, np.ones(1000, bool), np.repeat(np.arange(20), 50))
    loose = Scored(by_recording, np.ones(1000, bool), np.arange(1000))
    of_recordings, of_windows = (interval(lambda s: found(s, 0.5), each) for each in (scored, loose))
    assert of_recordings.low <= of_recordings.value <= of_recordings.high
    assert of_recordings.high - of_recordings.low > 3.0 * (of_windows.high - of_windows.low)


@pytest.mark.parametrize(("false", "total", "bound"), [(0, 100, 0.02951), (5, 100, 0.10225), (3, 3, 1.0)])
def test_upper_bounds_are_those_of_the_tables(false: int, total: int, bound: float) -> None:
    assert upper_bound(false, total) == pytest.approx(bound, abs=2e-5)


def test_a_score_beats_the_label_and_doubt_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "SOURCES.csv").write_text("file,label,group,repo,category\na,bird,g,s,wren\nb,nonbird,h,s,\n")
    rows = [("a", "bird", 0, 0, 1, "0.9"), ("a", "bird", 1, 0, 30, "0.1"), ("a", "bird", 2, 0, 30, "0.3")]
    rows += [("b", "nonbird", 0, 0, 30, "0.7"), ("b", "nonbird", 1, 0, 0, ""), ("b", "nonbird", 2, 1, 0, "")]
    with (tmp_path / "windows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        names = ["file", "label", "start_s", "digital_silence", "band_p95_over_floor_db", "teacher_score"]
        writer.writerows([names, *rows])
    found_windows = [(w.file, w.start_s, w.kind, w.bird) for w in read_windows(tmp_path)]
    assert found_windows == [
        ("a", 0.0, "wren", True),
        ("a", 1.0, "wren", False),
        ("b", 0.0, "nonbird", True),
        ("b", 1.0, "nonbird", False),
    ]
