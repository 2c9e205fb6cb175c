"""Sounds that bring a class to its thresholds: which there are, which a stream meets, and that they are found."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...detector.n_of_m import Int8Votes
from ...model.interpreter import Outputs
from . import decisions
from .conftest import clock_of
from .decisions import DecisionSearch, Goal, goals, goals_met
from .seeds import front_end

pytestmark = pytest.mark.native
Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]


def _bundle(tiny: Bundle, **limits: Any) -> Bundle:
    """With other thresholds."""
    bundle = replace(tiny)
    vars(bundle)["thresholds"] = replace(tiny.thresholds, **limits)
    return bundle


@pytest.fixture
def one(tiny: Bundle) -> Bundle:
    """A bundle in which one class of five is detected: on at 26, off below -25."""
    return _bundle(tiny, detect=(False, True, False, False, False))


def test_goals_are_all_thresholds_and_their_neighbours_within_int8(tiny: Bundle) -> None:
    bundle = _bundle(
        tiny, on=(127, 5, 0, 0, 0), off=(3, -128, 0, 0, 0), detect=(True, True, False, False, False)
    )
    assert goals(bundle) == [
        *(Goal(0, "on", 0), Goal(0, "off", 0), Goal(1, "on", 0), Goal(1, "off", 0)),
        *(Goal(0, "on", -1), Goal(0, "off", -1), Goal(1, "on", -1)),
        *(Goal(0, "off", 1), Goal(1, "on", 1), Goal(1, "off", 1)),
    ]


def test_a_rule_over_several_windows_has_no_goals(one: Bundle) -> None:
    class Slow:
        deciding_windows = 0

    bundle = replace(one)
    vars(bundle)["thresholds"] = Slow()
    assert goals(bundle) == [] and goals_met(bundle, np.zeros((3, 5), np.int8)) == set()


@pytest.mark.parametrize(
    ("scores", "met"),
    [
        ([24, -25], set()),  # two below "on", and "off" counts while active alone
        ([25], {("on", -1)}),
        ([26], {("on", 0)}),
        ([27], {("on", 1)}),
        ([28, -24], {("off", 1)}),
        ([28, -25, -24], {("off", 0), ("off", 1)}),  # at "off" it stays active
        ([28, -26, -25], {("off", -1)}),  # below it does not
        ([28, -27, 26], {("on", 0)}),
        ([28, 26], set()),
    ],
)
def test_goals_that_a_stream_meets(one: Bundle, scores: list[int], met: set[tuple[str, int]]) -> None:
    rows = np.zeros((len(scores), 5), np.int8)
    rows[:, 1] = scores
    rows[:, 0] = 26  # of a class that nobody detects
    assert goals_met(one, rows) == {Goal(1, edge, off_by) for edge, off_by in met}


def _votes(bundle: Bundle, **waits: int) -> Bundle:
    """The bundle with n of m windows."""
    limits = bundle.thresholds
    asked = {"n": 2, "m": 3, "duration": 1, "hold": 1} | waits
    voted = replace(bundle)
    vars(voted)["thresholds"] = Int8Votes(limits.on, limits.off, limits.detect, **asked)
    return voted


@pytest.mark.parametrize(
    ("scores", "met"),
    [
        ([26], set()),  # one window of two
        ([26, 26], {("on", 0)}),
        ([25, 99], {("on", -1)}),  # with 26 it would begin here
        ([25, 26, 99], {("on", 0), ("on", -1)}),
        ([99, 99, 26], set()),  # active already, where 26 is far above "off"
        ([99, 99, -25, -30], {("off", 0)}),
        ([99, 99, -26, -26], {("off", -1)}),
        ([99, 99, 99, -25, 99], set()),  # it would not end
    ],
)
def test_a_score_counts_where_it_decides_among_several_windows(
    one: Bundle, scores: list[int], met: set[tuple[str, int]]
) -> None:
    rows = np.zeros((len(scores), 5), np.int8)
    rows[:, 1] = scores
    assert goals_met(_votes(one), rows) == {Goal(1, edge, off_by) for edge, off_by in met}


def test_streams_are_found_for_votes(one: Bundle) -> None:
    for waits in ({}, {"n": 3, "m": 4, "duration": 2}):
        bundle = _votes(one, **waits)
        found = _found(bundle, Loudness())
        assert sorted(found) == sorted(goals(bundle)) == sorted(goals(one))
        for goal, stream in found.items():
            assert goal in goals_met(bundle, _scores(bundle, stream))


class Loudness:
    """The second class's score follows a window's mean cell, in steps so small that each score can be met."""

    name = "loudness"

    def __init__(self, most: int = 127) -> None:
        self._most = most
        self.resets = self.runs = 0

    def reset(self) -> None:
        """Counted."""
        self.resets += 1

    def run(self, windows: Int8) -> Outputs:
        """See `Interpreter`."""
        self.runs += 1
        scores = np.zeros((len(windows), 5), np.int8)
        scores[:, 1] = np.clip(np.rint(1.5 * windows.mean(axis=(1, 2)) + 40), -128, self._most)
        return Outputs(scores, None)


def _sounds(bundle: Bundle) -> list[Int16]:
    rng = np.random.default_rng(3)
    levels = (3.0, 20.0, 9000.0, 15_000.0)
    return [np.rint(rng.normal(0, level, bundle.window_samples)).astype(np.int16) for level in levels]


def _found(bundle: Bundle, model: Loudness, looks: int = 100_000) -> dict[Goal, Int16]:
    search = DecisionSearch(bundle, model, np.random.default_rng(1))
    return search.run(_sounds(bundle), clock_of(looks))


def _scores(bundle: Bundle, stream: Int16) -> Int8:
    columns = front_end(bundle).features(stream)
    starts = range(0, len(columns) - bundle.frames + 1, bundle.stride)
    windows = np.stack([columns[at : at + bundle.frames] for at in starts])
    return Loudness().run(windows).scores


def test_a_stream_is_found_for_each_goal_and_meets_it(one: Bundle) -> None:
    model = Loudness()
    found = _found(one, model)
    assert sorted(found) == sorted(goals(one))
    assert model.resets == model.runs
    for goal, stream in found.items():
        assert goal in goals_met(one, _scores(one, stream))
        assert stream.dtype == np.int16
        if goal.edge == "on":
            assert len(stream) == one.window_samples
        else:
            step = one.stride * one.settings.hop
            assert len(stream) >= 2 * one.window_samples
            assert (len(stream) - one.window_samples) % step == 0, "the last window is the blend alone"


@pytest.mark.parametrize("goal", [Goal(1, edge, by) for edge in ("on", "off") for by in (-1, 0, 1)])
def test_each_goal_is_found_by_itself(one: Bundle, monkeypatch: pytest.MonkeyPatch, goal: Goal) -> None:
    """Not on the way to another."""
    monkeypatch.setattr(decisions, "goals", lambda _: [goal])
    assert goal in _found(one, Loudness())


def test_a_sound_that_has_the_score_serves_behind_a_loud_one(
    one: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sound is quieter, and the loud one is exactly at its threshold."""
    middle, loud = (_sounds(one)[at] for at in (2, 3))
    scores = [int(_scores(one, sound)[0, 1]) for sound in (middle, loud)]
    bundle = _bundle(one, detect=one.thresholds.detect, on=(scores[1],) * 5, off=(scores[0],) * 5)
    goal = Goal(1, "off", 0)
    monkeypatch.setattr(decisions, "goals", lambda _: [goal])
    for sounds in ([middle, loud], [loud, middle]):
        found = DecisionSearch(bundle, Loudness(), np.random.default_rng(1)).run(sounds, clock_of())
        assert goal in goals_met(bundle, _scores(bundle, found[goal]))


@pytest.mark.parametrize(("share", "blend"), [(0.0, [100, -8]), (0.25, [75, 0]), (1.0, [0, 24])])
def test_a_blend_lies_between_two_sounds(one: Bundle, share: float, blend: list[int]) -> None:
    low, high = np.array([100, -8], np.int16), np.array([0, 24], np.int16)
    search = DecisionSearch(one, Loudness(), np.random.default_rng(1))
    assert search._stream(None, low, high, share).tolist() == blend
    behind = search._stream(np.arange(5, dtype=np.int16), low, high, share)
    step = one.stride * one.settings.hop
    assert behind[:10].tolist() == [0, 1, 2, 3, 4] * 2 and behind[step:].tolist() == blend


def test_of_two_streams_that_meet_a_goal_the_shorter_is_kept(one: Bundle) -> None:
    search = DecisionSearch(one, Loudness(), np.random.default_rng(1))
    sounds = _sounds(one)
    search._found = {}
    found = search.run(sounds, clock_of())
    (goal, stream) = next((goal, stream) for goal, stream in found.items() if goal.edge == "on")
    search._found = {goal: np.concatenate([stream, stream])}
    search._look(stream)
    assert search._found[goal] is stream
    search._look(stream.copy())
    search._look(np.concatenate([stream, stream[:1]]))
    assert search._found[goal] is stream


@pytest.mark.parametrize("looks", [0, 1])
def test_the_search_ends_with_its_time(one: Bundle, looks: int) -> None:
    model = Loudness()
    _found(one, model, looks)
    assert model.runs == len(_sounds(one)) + looks


def test_without_sounds_on_both_sides_there_is_no_search(one: Bundle) -> None:
    sounds = _sounds(one)
    for some in ([], sounds[:2], sounds[2:]):
        model = Loudness()
        assert not DecisionSearch(one, model, np.random.default_rng(1)).run(some, clock_of())
        assert model.runs == len(some)


def test_a_class_that_never_gets_active_has_no_way_to_its_lower_threshold(one: Bundle) -> None:
    quiet = _bundle(one, detect=one.thresholds.detect, on=(127,) * 5)
    model = Loudness(most=100)
    assert not _found(quiet, model) and model.runs == len(_sounds(one))
