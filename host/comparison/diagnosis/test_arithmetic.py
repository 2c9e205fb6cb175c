"""Outputs that are scaled, smoothed or held are computed so, and named."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .arithmetic import computed
from .fakes_views import OUTPUT_WORDS, best, cells, view_of

Values = NDArray[np.float64]
RIGHT = cells(60, 2, seed=5)


def before(x: Values) -> Values:
    return np.concatenate([x[:1], x[:-1]])


def smoothed(x: Values) -> Values:
    told = x.copy()
    for row in range(1, len(x)):
        told[row] = np.floor(0.25 * x[row] + 0.75 * told[row - 1])
    return told


WAYS: dict[str, tuple[Callable[[Values], Values], str]] = {
    "values halved": (lambda x: np.trunc(x / 2), "half of what they must be (rounded to 0)"),
    "values a quarter": (lambda x: np.floor(x / 4), "a quarter of what they must be (rounded down)"),
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
    "values smoothed by 0.25": (smoothed, "0.25 of a window's and 0.75 of what was told before it"),
}  # fmt: skip


@pytest.mark.parametrize("cause", WAYS)
def test_a_way_is_named_with_the_outputs_it_concerns(cause: str) -> None:
    way, words = WAYS[cause]
    device = RIGHT.copy()
    device[:, 1] = way(RIGHT[:, 1].astype(np.float64)).clip(-128, 127)
    candidate = best(lambda views: computed(views, OUTPUT_WORDS), [view_of(RIGHT, device)])
    assert candidate is not None and candidate.cause == cause
    assert candidate.explanation.startswith("score 1: ") and words in candidate.explanation


def test_other_values_have_no_way() -> None:
    assert best(lambda views: computed(views, OUTPUT_WORDS), [view_of(RIGHT, cells(60, 2, seed=6))]) is None
