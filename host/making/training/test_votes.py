"""The rule over time of a bundle: from the lowest threshold at which few enough detections begin in the background."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ...bundle.model_info import Quantisation
from ...declared import File
from ...detector.n_of_m import NOfM
from ...detector.settings import Window
from ..dataset.windows import Windows, join, single
from .errors import TrainingError
from .recipe import Recipe, from_dict, to_dict
from .votes import Background, Votes, background, choose_votes, n_of_m

SCORES = Quantisation(1 / 256, -128)
STEP = Window(10, 4)
LABELS = ("bird",)


def _quiet(scores: list[int], hours: float) -> Background:
    return Background((np.array(scores, np.int8)[:, np.newaxis],), hours)


def _chosen(votes: Votes, quiet: Background, least: float = 0.0) -> tuple[int, float, dict[str, float]]:
    settings, begun = choose_votes(votes, quiet, LABELS, SCORES, STEP, least)
    assert (settings.n, settings.m) == (votes.n, votes.m)
    assert settings.release == pytest.approx(settings.threshold * 2 / 3, abs=1e-4)
    return settings.rule(LABELS, SCORES, STEP).on[0], settings.threshold, begun


def test_the_threshold_is_the_lowest_with_few_enough_starts() -> None:
    # Pairs that count together at 20, 40 and 60, and lone windows of 100, which two of three never are.
    sound = [
        value for top in (20, 40, 60) for value in (top, -100, top, -100, -100, -100, 100, -100, -100, -100)
    ]
    quiet = _quiet(sound, 0.5)
    for allowed, on in ((0.0, 61), (2.0, 41), (4.0, 21)):
        found, _, begun = _chosen(Votes(2, 3, allowed), quiet)
        assert (found, begun) == (on, {"starts": allowed / 2, "hours": 0.5})
    assert _chosen(Votes(1, 1, 6.0), quiet)[0] == 61


def test_few_enough_windows_have_to_reach_it_as_well() -> None:
    quiet = _quiet([-100] * 50, 1.0)
    assert _chosen(Votes(), quiet)[1] < 0.1
    on, threshold, begun = _chosen(Votes(), quiet, least=0.7)
    assert (on, threshold, begun) == (SCORES.smallest_at_least(0.7), 0.7, {"starts": 0, "hours": 1.0})


def test_where_even_the_highest_score_begins_too_often_it_is_the_threshold_and_the_starts_are_told() -> None:
    on, _, begun = _chosen(Votes(1, 1, 1.0), _quiet([127, -100] * 3, 1.0))
    assert (on, begun["starts"]) == (127, 3)


def test_a_detection_that_is_on_as_one_recording_ends_is_no_part_of_the_next() -> None:
    loud = np.full((5, 1), 90, np.int8)
    rule = n_of_m(SCORES, 2, 3, 50).rule(LABELS, SCORES, STEP)
    assert Background((loud, loud), 1.0).starts(rule) == 2
    assert (_quiet([90], 1.0) + _quiet([90], 1.0)).starts(rule) == 0


def test_every_class_begins_detections() -> None:
    scores = np.array([[90, -100], [90, -100], [-100, 90], [-100, 90]], np.int8)
    rule = NOfM(0.7, 0.4, 2, 2).rule(("a", "b"), SCORES, STEP)
    assert Background((scores,), 1.0).starts(rule) == 2


def _set(first: int, starts: list[int], labels: list[float], recordings: list[int]) -> Windows:
    return single(
        np.zeros((1000, 4), np.int8),
        STEP.frames,
        np.array(starts, np.int64) + first,
        np.array(labels, np.float32)[:, np.newaxis],
        np.array(recordings, np.int32),
        ["with", "quiet", "other"],
    )


def test_background_is_what_a_device_hears_of_recordings_without_a_class() -> None:
    # Windows every 2 columns, a device's every 4; the first recording has a bird in one of its windows.
    windows = _set(0, [0, 2, 4, 30, 32, 34, 36, 38, 61, 65], [0, 1, 0, *[0] * 7], [0] * 3 + [1] * 5 + [2] * 2)
    heard = background(np.arange(10, dtype=np.int8)[:, np.newaxis], windows, STEP, column_s=18.0)
    assert [stream[:, 0].tolist() for stream in heard.streams] == [[3, 5, 7], [8, 9]]
    assert heard.hours == pytest.approx((2 * 4 + 10 + 4 + 10) * 18.0 / 3600.0)


def test_recordings_of_joined_sets_stay_apart() -> None:
    one = _set(0, [0, 4], [0, 0], [1, 1])
    heard = background(np.zeros((4, 1), np.int8), join([one, one]), STEP, column_s=1.0)
    assert [len(stream) for stream in heard.streams] == [2, 2]


def test_background_may_be_missing() -> None:
    windows = _set(0, [0, 4], [1, 1], [0, 0])
    heard = background(np.zeros((2, 1), np.int8), windows, STEP, column_s=1.0)
    assert heard == Background((), 0.0)


def test_a_recipe_keeps_its_votes_and_refuses_more_than_there_are_windows() -> None:
    values = json.loads(json.dumps(to_dict(Recipe(votes=Votes(3, 5, 1.0)))))
    recipe = from_dict(values, File("recipe.json", TrainingError))
    assert recipe.votes == Votes(3, 5, 1.0)
    values |= {"votes": {"n": 4, "m": 3}}
    with pytest.raises(TrainingError, match=r"votes\.n.*is 4, above m, 3"):
        from_dict(values, File("recipe.json", TrainingError))


@pytest.mark.parametrize(("votes", "stride"), [(None, 61), (Votes(), 16)])
def test_scenes_for_the_threshold_have_the_windows_that_it_needs(votes: Votes | None, stride: int) -> None:
    recipe = from_dict(
        {
            "synthetic": {"scenes": 12},
            "background_scenes": 5,
            "votes": votes and {"n": votes.n, "m": votes.m},
        },
        File("recipe.json", TrainingError),
    )
    assert recipe.synthetic_sets()["background"].stride == stride
