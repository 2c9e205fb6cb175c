"""What the values that differ have in common: where they are, and how they differ. Facts, no guesses."""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .search import View

SINGLE = 1.5  # differing values in a differing row, up to which one speaks of single values
LEAST = 4  # values from which on a thing they have in common is told
LEAST_BOUNDED = 8  # rows on either side of a bound
CHANCE = 3  # decimal places
SHORT = 0.05  # of a file's rows
NARROW_RANGE = 0.5  # of the right values' range, that those which differ keep to


def in_common(views: list[View], row: str) -> str:
    """In words, each part true of all recorded values that differ; empty when they have nothing in common."""
    parts = (_singles(views, row), _stretch(views, row), _bit(views), _range(views))
    told = [text for text in parts if text]
    return ", ".join(told)


def numbers(views: list[View], masks: list[NDArray[np.bool_]], row: str) -> list[int]:
    """Numbers in the whole run of rows with a marked value, as far as all rows before them were compared."""
    found = []
    for view, mask in zip(views, masks, strict=True):
        before = view.file.columns_before if row == "column" else view.file.windows_before
        found += [before + view.first + int(place) for place in np.flatnonzero(mask.any(axis=1))]
    return found


def regular(views: list[View], masks: list[NDArray[np.bool_]], row: str) -> str:
    """How far apart rows with a marked value are, in the run or in each file; empty when that is nothing regular."""
    told = apart(numbers(views, masks, row), row)
    if told:
        return told
    places = {
        view.first + int(place)
        for view, mask in zip(views, masks, strict=True)
        for place in np.flatnonzero(mask.any(axis=1))
    }
    step = _step(places)
    if not beyond_chance(step, len(places)):
        return ""
    return f"in each file {row} {min(places):,} and multiples of {step:,} after it"


def _step(places: Iterable[int]) -> int:
    """What all distances between some places are multiples of."""
    return int(np.gcd.reduce(np.diff(np.array(sorted(places), np.int64))))


def beyond_chance(step: int, count: int) -> bool:
    """Whether that many places, three at least, would hardly all be multiples of `step` apart by themselves."""
    return count >= 3 and (count - 1) * math.log10(max(1, step)) > CHANCE


class Grid(NamedTuple):
    """Rows that are the same number of rows apart.

    Attributes:
        step: how far.
        first: the first one's number.
        of_run: whether rows are counted through all files, and not in each.
    """

    step: int
    first: int
    of_run: bool

    def rows(self, view: View) -> NDArray[np.bool_]:
        """Which of a file's rows they are."""
        return self._on(view, 0)

    def rows_before(self, view: View) -> NDArray[np.bool_]:
        """Which of a file's rows are so far apart from them, but before the first one."""
        return self._on(view, -self.step) & ~self.rows(view)

    def told(self, row: str, begins: bool) -> str:
        """Which they are, in words; `begins`: those before the first one are known not to belong to them."""
        which = f"every {self.step:,}{ordinal(self.step)} {row}"
        if self.of_run:
            return f"{which} of the run, counted through all its files,"
        first = self.first if begins else self.first % self.step
        since = f"from {row} {first:,} on " if begins else ""
        return f"{since}{which} ({first:,}, {first + self.step:,} … of each file)"

    def _on(self, view: View, by: int) -> NDArray[np.bool_]:
        begins = view.first + (view.file.columns_before if self.of_run else 0)
        numbers = begins + np.arange(len(view.expected))
        mask: NDArray[np.bool_] = (numbers % self.step == self.first % self.step) & (
            numbers >= self.first + by
        )
        return mask


def grid_of(views: list[View]) -> Grid | None:
    """What columns that differ have in common of their numbers, in each file or in the run; None where nothing."""
    for of_run in (False, True):
        found = {
            view.first + row + (view.file.columns_before if of_run else 0)
            for view in views
            for row in view.wrong_rows.tolist()
        }
        step = _step(found)
        if beyond_chance(step, len(found)):
            return Grid(step, min(found), of_run)
    return None


def apart(places: list[int], row: str) -> str:
    """How far apart rows are; empty when that is nothing regular."""
    step = _step(places)
    if not beyond_chance(step, len(places)):
        return ""
    if len(places) == (max(places) - min(places)) // step + 1:
        return f"every {step:,}{ordinal(step)} {row} of the run"
    return f"always a multiple of {step:,} {row}s apart"


def ordinal(number: int) -> str:
    """What follows a number that counts places, in English."""
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")


def where_told(views: list[View], masks: list[NDArray[np.bool_]], name: Callable[[int], str]) -> str:
    """Which right value all marked rows, and no others, have in common: a bound of it; empty when there is none."""
    marked = [mask.any(axis=1) for mask in masks]
    rows = np.concatenate([view.expected[rows] for view, rows in zip(views, marked, strict=True)])
    others = np.concatenate(
        [view.expected[view.present & ~rows] for view, rows in zip(views, marked, strict=True)]
    )
    if min(len(rows), len(others)) < LEAST_BOUNDED:
        return ""
    for value in range(rows.shape[1]):
        ours, theirs = rows[:, value], others[:, value]
        if ours.max() < theirs.min():
            return (
                f"all where {name(value)} is {ours.max()} or less and none where it is {theirs.min()} or more"
            )
        if ours.min() > theirs.max():
            return (
                f"all where {name(value)} is {ours.min()} or more and none where it is {theirs.max()} or less"
            )
    return ""


def _singles(views: list[View], row: str) -> str:
    wrong = sum(int(view.wrong.sum()) for view in views)
    rows = sum(len(view.wrong_rows) for view in views)
    if not rows:
        return ""
    where = regular(views, [view.wrong for view in views], row)
    if wrong <= SINGLE * rows and views[0].expected.shape[1] > 1:
        which = "a single value" if wrong == 1 else f"{wrong:,} single values in {rows:,} {row}s"
        return f"{which}, {where}" if where else which
    return where or (f"a single {row}" if rows == 1 else "")


def _stretch(views: list[View], row: str) -> str:
    """A short stretch that is the same in every file."""
    spans = [
        (view.first + view.wrong_rows[[0, -1]], len(view.expected)) for view in views if view.wrong.any()
    ]
    low, high = min(int(s[0]) for s, _ in spans), max(int(s[1]) for s, _ in spans)
    if len(spans) < 2 or high == low or high - low > SHORT * min(length for _, length in spans):
        return ""
    return f"{row}s {low:,} to {high:,} of each file"


def _bit(views: list[View]) -> str:
    flipped = np.concatenate([(view.expected ^ view.device)[view.wrong].view(np.uint8) for view in views])
    values = np.unique(flipped)
    if len(values) != 1 or len(flipped) < 2 or bin(int(values[0])).count("1") != 1:
        return ""
    return f"bit {int(values[0]).bit_length() - 1} inverted in each"


def _range(views: list[View]) -> str:
    """A range of right values that all of them keep to, and where hardly any other value is right."""
    right = np.concatenate([view.expected[view.present].ravel() for view in views]).astype(np.int64)
    wrong = np.concatenate([view.expected[view.wrong] for view in views]).astype(np.int64)
    if len(wrong) < LEAST:
        return ""
    low, high = int(wrong.min()), int(wrong.max())
    span = int(right.max()) - int(right.min())
    if high - low > NARROW_RANGE * span or not span:
        return ""
    if low == high:
        return f"only where {low} is right"
    if high == right.max():
        return f"only where {low} or more is right"
    if low == right.min():
        return f"only where {high} or less is right"
    return f"only where {low} to {high} is right"
