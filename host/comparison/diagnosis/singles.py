"""The hypothesis that single values have a bit inverted, here and there or at every n-th place."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .places import beyond_chance
from .search import Candidate, Int8, View
from .values import Words

SINGLE = 1.5  # differing values in a differing row, up to which they are single ones
LEAST = 4
LEAST_OF_LOWEST = 8  # of bit 0, which any small difference inverts half of the time


def single_values(views: list[View], words: Words) -> Iterator[Candidate]:
    """Single values have one bit inverted, in some rows or at every n-th value of the run."""
    wrong = sum(int(view.wrong.sum()) for view in views)
    rows = sum(len(view.wrong_rows) for view in views)
    if wrong < LEAST or wrong > SINGLE * rows:
        return
    flipped = np.concatenate([(view.expected ^ view.device)[view.wrong].view(np.uint8) for view in views])
    bits = np.unique(flipped)
    if len(bits) != 1 or int(bits[0]).bit_count() != 1:
        return
    bit = int(bits[0]).bit_length() - 1
    where = _regular(views)
    if bit == 0 and wrong < LEAST_OF_LOWEST and not where:
        return
    many = "values" if words.values == "outputs" else "cells"
    yield Candidate(
        f"bit {bit} of single {many}",
        f"bit {bit} of single {many} is inverted{where}",
        words.cures.stale,
        _flipped,
        sure=LEAST,
    )


def _flipped(view: View) -> Int8:
    """As the device has them; that they are single ones and of one bit was looked at before."""
    return np.where(view.wrong, view.device, view.expected).astype(np.int8)


def _regular(views: list[View]) -> str:
    """How far apart they are, counted in values of the run; empty when that is nothing regular."""
    step = int(np.gcd.reduce(np.diff(np.sort(_numbers(views)))))
    count = sum(int(view.wrong.sum()) for view in views)
    return f", always a multiple of {step:,} apart in the run" if beyond_chance(step, count) else ""


def _numbers(views: list[View]) -> NDArray[np.int64]:
    found = []
    for view in views:
        rows, places = np.nonzero(view.wrong)
        begin = (view.file.columns_before + view.first) * view.expected.shape[1]
        found.append(begin + rows * view.expected.shape[1] + places)
    return np.concatenate(found)
