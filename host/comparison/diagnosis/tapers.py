"""The hypothesis that samples are tapered by another window than Hann's, and the windows that firmware has instead."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from ...errors import HilError
from ...frontend.log_mel.tables import LogMelTables
from .search import Candidate, Int8, View

Int64 = NDArray[np.int64]

CURE = "Look at fe_hann and at where its table of weights comes from (which window, periodic or symmetric, how long)"
GROUP = 4  # samples, a quarter of the window apart, whose weights lie side by side


def _cosines(*factors: float) -> Callable[[float], float]:
    return lambda x: sum(factor * math.cos(2 * math.pi * k * x) for k, factor in enumerate(factors))


# By the part of the window that lies before a sample, 0 to 1.
SHAPES: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        "a Hann": _cosines(0.5, -0.5),
        "a Hamming": _cosines(0.54, -0.46),
        "a Hamming (25/46)": _cosines(25 / 46, -21 / 46),
        "a Blackman": _cosines(0.42, -0.5, 0.08),
        "a Blackman-Harris": _cosines(0.35875, -0.48829, 0.14128, -0.01168),
        "a sine": lambda x: math.sin(math.pi * x),
        "a triangular": lambda x: 1 - abs(2 * x - 1),
        "a Welch": lambda x: 1 - (2 * x - 1) ** 2,
    }
)


def other_windows(count: int, top: int) -> Iterator[tuple[str, Int64]]:
    """Each window but the right one: its name, and weights of `count` samples in their order, up to `top`."""
    for name, shape in SHAPES.items():
        for form, length in (("", count), ("symmetric ", count - 1)):
            if (name, form) != ("a Hann", ""):
                words = name.replace(" ", f" {form}", 1) + " window"
                yield (
                    words,
                    np.array([round(top * shape(place / length)) for place in range(count)], np.int64),
                )


def weights_order(count: int) -> Int64:
    """Which sample each weight of the table is for: groups in the order of reversed bits, int64 [count]."""
    quarter = count // GROUP
    bits = quarter.bit_length() - 1
    reversed_ = np.array([int(format(group, f"0{bits}b")[::-1], 2) for group in range(quarter)], np.int64)
    offsets = np.array([0, 2 * quarter, quarter, 3 * quarter], np.int64)
    return (reversed_[:, None] + offsets).ravel()


def other_tapers(
    right: FrontEnd, tables: LogMelTables, input_scale: float, zero_point: int
) -> Callable[[list[View]], Iterator[Candidate]]:
    """The samples are tapered by another window (Hamming, symmetric, Blackman, a sine, a triangle)."""

    def columns(other: FrontEnd, view: View) -> Int8:
        found = other.features(view.file.piece.samples)[: len(view.expected)]
        return np.concatenate([found, view.expected[len(found) :]])

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        del views
        settings = tables.settings
        count = settings.fft
        if settings.is_mixed or settings.window != count or len(tables.weights) != count:
            return
        order = weights_order(count)
        for words, weights in other_windows(count, max(tables.weights)):
            changed = replace(tables, weights=tuple(weights[order].tolist()))
            try:
                other = FrontEnd(right.settings, input_scale, zero_point, changed)
            except HilError:  # weights that the core does not take
                continue
            yield Candidate(
                words,
                f"samples are tapered by {words} instead of a Hann window",
                CURE,
                lambda view, other=other: columns(other, view),  # type: ignore[misc]
            )

    return hypothesis
