"""Hypotheses about outputs of 16 bits, which travel as upper bytes and, behind all of these, low bytes less 128."""

from collections.abc import Callable, Iterator

import numpy as np

from ...bundle.load import Bundle
from .search import Candidate, Int8, View

_CURE = "Look at what takes the int16 output tensor apart (order of its bytes, the offset of the low ones)"
_FLIP = np.int8(-128)

Way = Callable[[Int8, Int8], tuple[Int8, Int8]]


def _rounded(high: Int8, low: Int8) -> tuple[Int8, Int8]:
    return np.where((low >= 0) & (high < 127), high + 1, high).astype(np.int8), low


# Name, what is told, and what becomes of (upper bytes, low bytes).
_WAYS: tuple[tuple[str, str, Way], ...] = (
    (
        "low bytes are 0",
        "the low bytes of the outputs are all 0",
        lambda high, low: (high, np.full_like(low, _FLIP)),
    ),
    (
        "low bytes as they are",
        "the low bytes of the outputs lack their offset of 128",
        lambda high, low: (high, low ^ _FLIP),
    ),
    (
        "bytes of outputs exchanged",
        "the outputs' two bytes are exchanged, as on a machine of the other byte order",
        lambda high, low: (low ^ _FLIP, high ^ _FLIP),
    ),
    (
        "upper bytes twice",
        "the low bytes of the outputs are their upper bytes once more",
        lambda high, _low: (high, high),
    ),
    (
        "upper bytes rounded",
        "the upper bytes of the outputs are rounded to the nearest instead of cut off",
        _rounded,
    ),
)


def wide_outputs(bundle: Bundle) -> Callable[[list[View]], Iterator[Candidate]]:
    """The two bytes of int16 outputs are taken apart in another way."""

    def hypothesis(_views: list[View]) -> Iterator[Candidate]:
        if bundle.model.scores.width != 2:
            return
        for name, told, change in _WAYS:
            yield Candidate(name, told, _CURE, lambda view, change=change: _changed(view, change))  # type: ignore[misc]

    return hypothesis


def _changed(view: View, change: Way) -> Int8:
    half = view.expected.shape[1] // 2
    return np.concatenate(change(view.expected[:, :half], view.expected[:, half:]), axis=1)
