"""Outputs that are scaled, smoothed or held are computed so, and named."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .arithmetic import computed, limited, paired
from .fakes_views import OUTPUT_WORDS, best, cells, replay_of, view_of

Values = NDArray[np.float64]
RIGHT = cells(60, 2, seed=5)


def before(x: Values) -> Values:
    return np.concatenate([x[:1], x[:-1]])


def smoothed(new: float) -> Callable[[Values], Values]:
    def way(x: Values) -> Values:
        told = x.copy()
        for row in range(1, len(x)):
            told[row] = np.floor(new * x[row] + (1 - new) * told[row - 1])
        return told

    return way


WAYS: dict[str, tuple[Callable[[Values], Values], str]] = {
    "values halved": (lambda x: np.trunc(x / 2), "half of what they must be (rounded to 0)"),
    "values a quarter": (lambda x: np.floor(x / 4), "a quarter of what they must be (rounded down)"),
    "values halved without sign": (lambda x: np.floor(np.where(x < 0, x + 256, x) / 2), "read without a sign"),
    "values doubled": (lambda x: x * 2, "twice what they must be"),
    "values negated": (lambda x: -x, "the negative of what they must be ("),
    "values complemented": (lambda x: -x - 1, "all bits inverted"),
    "values magnitudes": (np.abs, "without their sign"),
    "values mean of two": (lambda x: np.floor((x + before(x)) / 2), "the mean of a window's and the one's before it"),
    "values mean of three": (lambda x: np.floor((x + before(x) + before(before(x))) / 3), "and the two before it"),
    "values higher of two": (lambda x: np.maximum(x, before(x)), "the higher one"),
    "values lower of two": (lambda x: np.minimum(x, before(x)), "the lower one"),
    "values highest so far": (np.maximum.accumulate, "the highest of the stream so far"),
    "values differences": (lambda x: x - before(x), "a window's less the one's before it"),
    "values smoothed by 0.5": (smoothed(0.5), "0.5 of a window's and 0.5 of what was told before it"),
    "values smoothed by 0.25": (smoothed(0.25), "0.25 of a window's and 0.75 of what was told before it"),
    "values smoothed by 0.75": (smoothed(0.75), "0.75 of a window's and 0.25 of what was told before it"),
    "values smoothed by 0.125": (smoothed(0.125), "0.125 of a window's and 0.875 of what was told before it"),
}  # fmt: skip


@pytest.mark.parametrize("cause", WAYS)
def test_a_way_is_named_with_the_outputs_it_concerns(cause: str) -> None:
    way, words = WAYS[cause]
    device = RIGHT.copy()
    device[:, 1] = way(RIGHT[:, 1].astype(np.float64)).clip(-128, 127)
    candidate = best(lambda views: computed(views, OUTPUT_WORDS), [view_of(RIGHT, device)])
    assert candidate is not None and candidate.cause == cause
    assert candidate.explanation.startswith("score 1: ") and words in candidate.explanation


PLAIN = {"halved", "a quarter", "halved without sign", "doubled", "negated", "complemented", "magnitudes"}
PLAIN |= {"mean of two", "mean of three", "higher of two", "lower of two", "highest so far", "differences"}
FIGURED: dict[str, list[float]] = {
    "highest of": [3, 4, 5],
    "lowest of": [3, 4, 5],
    "median of": [3, 4, 5],
    "mean of": [4, 5, 6, 7, 8, 9, 10, 11],
    "smoothed by": [0.5, 0.25, 0.75, 0.125],
    "smoothed finely by": [
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        0.05,
        0.0625,
        0.125,
        0.25,
        0.75,
        0.875,
    ],
    "held, sinking by": list(range(1, 33)),
    "held, fading by": [0.5, 0.75, 0.875, 0.9],
    "slow to sink by": [0.5, 0.25, 0.125, 0.1],
}


def test_these_ways_are_tried_and_each_is_rounded_in_three() -> None:
    given = {f"{way} {figure:g}" for way, figures in FIGURED.items() for figure in figures}
    view = view_of(RIGHT, cells(60, 2, seed=6))
    tried = [each.cause.removeprefix("values ") for each in computed([view], OUTPUT_WORDS)]
    assert set(tried) == PLAIN | given and len(tried) == 3 * (len(PLAIN) + sum(map(len, FIGURED.values())))


def test_other_values_have_no_way() -> None:
    assert best(lambda views: computed(views, OUTPUT_WORDS), [view_of(RIGHT, cells(60, 2, seed=6))]) is None


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (1, "score 0"),
        (4, "score 0, score 1, score 2, score 3"),
        (5, "score 0, score 1, score 2, score 3 and 1 more"),
        (7, "score 0, score 1, score 2, score 3 and 3 more"),
    ],
)
def test_four_outputs_are_named(count: int, names: str) -> None:
    right = cells(60, 8, seed=5)
    device = right.copy()
    device[:, :count] = np.trunc(right[:, :count] / 2)
    candidate = best(lambda views: computed(views, OUTPUT_WORDS), [view_of(right, device)])
    assert (
        candidate is not None
        and candidate.explanation == f"{names}: half of what they must be (rounded to 0)"
    )


def test_the_outputs_of_all_files_are_taken_and_right_ones_have_no_way() -> None:
    halves = [RIGHT.copy(), RIGHT.copy(), RIGHT]
    for place, device in enumerate(halves[:2]):
        device[:, place] = np.trunc(RIGHT[:, place] / 2)
    views = [view_of(RIGHT, device) for device in halves]
    assert next(iter(computed(views, OUTPUT_WORDS))).explanation.startswith("score 0, score 1: half")
    assert list(computed(views[2:], OUTPUT_WORDS)) == []
    assert list(computed([], OUTPUT_WORDS)) == []


def test_values_saturate_at_their_type_s_limits() -> None:
    right = np.array([[-128], [-100], [-64], [63], [64], [127]], np.int8)
    view = view_of(right, np.zeros_like(right))
    doubled = next(each for each in computed([view], OUTPUT_WORDS) if each.cause == "values doubled")
    values = doubled.replay(view)
    assert values is not None and values.dtype == np.int8
    assert values.ravel().tolist() == [-128, -128, -128, 126, 127, 127]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-128, 60, "score 1 is limited to at most 60"),
        (-50, 127, "score 1 is limited to at least -50"),
        (-50, 60, "score 1 is limited to at least -50 and at most 60"),
    ],
)
def test_outputs_that_are_limited(low: int, high: int, words: str) -> None:
    device = RIGHT.copy()
    device[:, 1] = device[:, 1].clip(low, high)
    candidate = best(lambda views: limited(views, OUTPUT_WORDS), [view_of(RIGHT, device)])
    assert candidate is not None and candidate.explanation == words
    other = view_of(np.array([[5, 90], [5, -90]], np.int8), np.array([[5, 0], [5, 0]], np.int8))
    values = candidate.replay(other)
    assert values is not None and values.tolist() == [[5, min(90, high)], [5, max(-90, low)]]


@pytest.mark.parametrize(("wrong", "found"), [(4, True), (3, False)])
def test_four_values_tell_a_limit(wrong: int, found: bool) -> None:
    right = np.zeros((60, 2), np.int8)
    right[:wrong, 0] = 110
    device = right.clip(-128, 100)
    assert bool(best(lambda views: limited(views, OUTPUT_WORDS), [view_of(right, device)])) == found


def test_values_within_are_not_limited() -> None:
    device = RIGHT.copy()
    device[3, 0] = 7
    assert list(limited([view_of(RIGHT, device)], OUTPUT_WORDS)) == []
    device[4, 0] = 127
    assert list(limited([view_of(RIGHT, device)], OUTPUT_WORDS)) == []


RISING = np.array([[0], [100], [20], [-100], [-100], [-100], [90], [0]], np.int8)


@pytest.mark.parametrize(
    ("cause", "told", "values"),
    [
        ("held, sinking by 8", [0, 100, 92, 84, 76, 68, 90, 82], [0, 100, 92, 84, 76, 68, 90, 82]),
        ("held, fading by 0.5", [0, 100, 20, -54, -91, -100, 90, 0], [0, 100, 20, -54, -91, -100, 90, 0]),
        ("slow to sink by 0.5", [0, 100, 60, -20, -60, -80, 90, 45], [0, 100, 60, -20, -60, -80, 90, 45]),
    ],
)
def test_values_that_sink_slowly(cause: str, told: list[int], values: list[int]) -> None:
    view = view_of(RISING, np.array(told, np.int8)[:, None])
    ways = [
        each
        for each in computed([view], OUTPUT_WORDS)
        if each.cause == f"values {cause}" and "rounded down" in each.explanation
    ]
    assert [replay_of(each, view).ravel().tolist() for each in ways] == [values]


@pytest.mark.parametrize(
    ("cause", "values"),
    [
        ("highest of 3", [0, 100, 100, 100, 20, -100, 90, 90]),
        ("lowest of 3", [0, 0, 0, -100, -100, -100, -100, -100]),
        ("median of 3", [0, 0, 20, 20, -100, -100, -100, 0]),
        ("smoothed finely by 0.3", [0, 30, 27, -12, -38, -57, -13, -9]),
        ("mean of 4", [0, 25, 30, 5, -20, -70, -53, -28]),
    ],
)
def test_values_over_some_windows(cause: str, values: list[int]) -> None:
    view = view_of(RISING, np.zeros_like(RISING))
    (way,) = [
        each
        for each in computed([view], OUTPUT_WORDS)
        if each.cause == f"values {cause}" and "rounded down" in each.explanation
    ]
    assert replay_of(way, view).ravel().tolist() == values
    name, _, count = cause.rpartition(" of ")
    assert not name or f": the {name} of a window's and the {int(count) - 1} before it (" in way.explanation


@pytest.mark.parametrize(
    ("way", "cause", "words"),
    [
        (
            lambda a, b: np.trunc((a + b) / 2),
            "mean with score 1",
            "is the mean of itself and score 1 (rounded to 0)",
        ),
        (lambda a, b: a + b, "sum with score 1", "is the sum of itself and score 1"),
        (lambda a, b: a - b, "difference with score 1", "is the difference of itself and score 1"),
        (np.maximum, "higher with score 1", "is the higher one of itself and score 1"),
        (np.minimum, "lower with score 1", "is the lower one of itself and score 1"),
    ],
)
def test_a_value_made_of_two(way: Callable[[Values, Values], Values], cause: str, words: str) -> None:
    device = RIGHT.copy()
    a, b = RIGHT.astype(np.float64).T
    device[:, 0] = way(a, b).clip(-128, 127)
    view = view_of(RIGHT, device)
    candidate = best(lambda views: paired(views, OUTPUT_WORDS), [view], 4)
    assert candidate is not None and candidate.cause == cause and words in candidate.explanation
    np.testing.assert_array_equal(replay_of(candidate, view), device)
    device[:, 1] = 3
    assert not list(paired([view_of(RIGHT, device)], OUTPUT_WORDS))  # both are wrong


@pytest.mark.parametrize(("outputs", "tried"), [(2, 15), (32, 31 * 15), (33, 0)])
def test_a_value_is_paired_with_each_of_32_outputs(outputs: int, tried: int) -> None:
    right = cells(4, outputs)
    device = right.copy()
    device[0, 0] ^= 1
    assert len(list(paired([view_of(right, device)], OUTPUT_WORDS))) == tried
