"""Detections in streams, and the choice of a rule, on scores made by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from host.bundle.model_info import Quantisation
from host.detector.n_of_m import Int8Votes, NOfM
from host.detector.rule import Int8Rule
from host.detector.settings import Window
from host.detector.threshold import Int8Thresholds
from tools.detector_bench.rules import VOTES, lowest, rule_rows
from tools.detector_bench.streams import Detections, Stream, detections, most_starts

SINGLE = Int8Thresholds((50,), (50,), (True,))
STEP_S = 0.25
SLOW_S = 5.0
"""From window to window where hours are streamed many times over."""
BUNDLE: Any = SimpleNamespace(
    labels=("bird",), frames=61, stride=16, model=SimpleNamespace(scores=Quantisation(1 / 256, -128))
)


def _stream(
    seconds: float, peaks: dict[float, int], birds: tuple[float, ...] = (), step: float = STEP_S
) -> Stream:
    """Scores of -100, but for those at some seconds."""
    scores = np.full((round(seconds / step), 1), -100, np.int8)
    for at, score in peaks.items():
        scores[round(at / step)] = score
    return Stream(scores, seconds, step, birds)


def test_starts_are_counted_where_no_bird_is_and_each_stream_begins_anew() -> None:
    loud_to_the_end = _stream(1800.0, {0.0: 60, 900.0: 50, 1799.75: 60})
    made = detections(SINGLE, [loud_to_the_end, _stream(1800.0, {0.0: 70, 0.25: 70})])
    assert made == Detections(starts=4, hours=1.0, found=0, seconds=0, heard=0, recordings=0)


def test_a_second_is_found_by_a_window_that_covers_half_of_it() -> None:
    for at, found in ((1.5, 1), (2.5, 1), (1.25, 0), (2.75, 0)):
        made = detections(SINGLE, [_stream(6.0, {at: 60}, birds=(2.0,))])
        assert (made.found, made.seconds, made.heard, made.recordings) == (found, 1, 1, 1), at
    assert detections(SINGLE, [_stream(6.0, {}, birds=(2.0, 3.0))]).heard == 0


def test_a_rule_over_time_goes_over_the_windows_one_after_another() -> None:
    votes: Int8Rule = Int8Votes((50,), (50,), (True,), 2, 3, 1, 1)
    assert detections(votes, [_stream(600.0, {1.0: 60, 60.0: 60, 60.5: 60})]).starts == 1


@pytest.mark.parametrize(("starts", "bound"), [(0, 2.9957), (2, 6.2958), (10, 16.9622)])
def test_bounds_are_those_of_garwoods_table(starts: int, bound: float) -> None:
    assert most_starts(starts) == pytest.approx(bound, abs=1e-4)


def test_the_lowest_threshold_with_few_enough_starts_is_found() -> None:
    # Lone peaks at 10 to 60: 1 of 1 may let the two highest through, and 2 of 3 none of them reaches.
    peaks = {60.0 * k: 10 * k for k in range(1, 7)} | {2000.0: 5, 2005.0: 5}
    noise = _stream(3600.0, peaks, step=SLOW_S)
    alone, pairs = lowest(BUNDLE, 1, 1, [noise]), lowest(BUNDLE, 2, 3, [noise], most=0.0)
    assert alone is not None and pairs is not None
    assert _on(alone.settings) == 41 and alone.made.starts == 2
    assert _on(pairs.settings) == 6 and pairs.made.starts == 0
    assert lowest(BUNDLE, 1, 1, [_stream(60.0, {1.0: 127})]) is None


def test_one_endless_detection_is_no_quiet_rule() -> None:
    restless = Stream(np.tile(np.array([[-50], [20]], np.int8), (360, 1)), 3600.0, SLOW_S)
    choice = lowest(BUNDLE, 1, 1, [restless])
    assert choice is not None and _on(choice.settings) == 21


def test_the_table_judges_each_rule_on_streams_it_was_not_chosen_on() -> None:
    noise = _stream(3600.0, {10.0: 20, 100.0: 20, 1000.0: 20}, step=SLOW_S)
    bird = _stream(4.0, {1.0: 30}, birds=(1.0,))
    rows = rule_rows(BUNDLE, [noise, noise], {"others": [bird, _stream(1800.0, {5.0: 40}, step=SLOW_S)]})
    assert rows[0].startswith("  1 of 1 from 0.582 on: 0 starts in 2.00 h")
    assert rows[1].startswith(
        "    others: 1 starts in 0.50 h without birds, 2.0 an hour (95 %: at most 9.5); found 100.0 %"
    )
    assert len(rows) == 2 * len(VOTES)


def _on(settings: NOfM) -> int:
    rule = settings.rule(BUNDLE.labels, BUNDLE.model.scores, Window(BUNDLE.frames, BUNDLE.stride))
    return rule.on[0]
