"""Hypotheses in which a value depends on nothing but the right value: saturation elsewhere, ranges that are off."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .search import Candidate, Int8, View, largest
from .values import Words

SURE = 0.95  # of the rows with a right value that must show the same wrong one
LEAST_PAIRS = 6  # rows that are looked at for each range that is told
SURE_AT_RAILS = 3  # values at the end of int8, all of which become the same: that is a matter of bounds
MOST_RANGES = 3  # more are no rule


@dataclass(frozen=True)
class Range:
    """Right values from `low` to `high` and what becomes of them: `by` is added, or they become `to`."""

    low: int
    high: int
    by: int
    to: int | None = None

    @property
    def told(self) -> str:
        """In words."""
        if self.low == self.high:
            which = f"{self.low}"
        elif self.high == 127:
            which = f"{self.low} and more"
        elif self.low == -128:
            which = f"{self.high} and less"
        else:
            which = f"{self.low} to {self.high}"
        return f"{which} → {self.to}" if self.to is not None else f"{which}: {self.by:+d}"


def mapped(views: list[View], words: Words) -> Iterator[Candidate]:
    """Values of one or more places are a function of the right value, and that has few ranges."""
    view = largest(views)
    places = np.flatnonzero(view.wrong.any(axis=0))
    sets = [places] if len(places) == view.expected.shape[1] else [np.arange(view.expected.shape[1]), places]
    for some in sets:
        table = _table(views, some)
        ranges = _ranges(table)
        if not ranges or len(ranges) > MOST_RANGES:
            continue
        which = _which(some, view.expected.shape[1], words)
        told = ", ".join(each.told for each in ranges) + _as_divided(ranges)
        yield Candidate(
            f"values off: {', '.join(each.told for each in ranges)}",
            f"{which}: of all right values only these come out wrong, and always so: {told}",
            words.cures.offset,
            _replay(some, _complete(ranges)),
            sure=SURE_AT_RAILS if _at_a_rail(ranges) else None,
        )


def _as_divided(ranges: list[Range]) -> str:
    """That it is what a division gives, which rounds towards 0, in the place of a shift, which rounds down."""
    if (
        len(ranges) > 1
        or (ranges[0].low, ranges[0].high, ranges[0].by) != (-128, -1, 1)
        or ranges[0].to is not None
    ):
        return ""
    return " (as rounding towards 0 gives, a division, in the place of rounding down: negative ones alone differ)"


def _at_a_rail(ranges: list[Range]) -> bool:
    """Whether one value at the end of int8 is concerned, and that alone."""
    return len(ranges) == 1 and ranges[0].low == ranges[0].high and ranges[0].low in (-128, 127)


def _which(places: NDArray[np.int64], count: int, words: Words) -> str:
    if len(places) == count:
        return f"the {words.values}"
    return words.named(places)


def _table(views: list[View], places: NDArray[np.int64]) -> dict[int, int]:
    """By right value, the device's one; values never seen are left out. Empty where one value becomes several."""
    counts = np.zeros((256, 256), np.int64)
    for view in views:
        rows = view.present
        right = view.expected[rows][:, places].astype(np.int64) + 128
        theirs = view.device[rows][:, places].astype(np.int64) + 128
        counts += np.bincount((right * 256 + theirs).ravel(), minlength=1 << 16).reshape(256, 256)
    seen = np.flatnonzero(counts.sum(axis=1))
    usual = counts[seen].argmax(axis=1)
    if (counts[seen, usual] < SURE * counts[seen].sum(axis=1)).any():
        return {}
    changed = seen[seen != usual]
    pairs = int(counts[changed].sum())
    rail = changed.tolist() in ([0], [255]) and pairs >= SURE_AT_RAILS
    if not rail and pairs < LEAST_PAIRS * min(len(changed), MOST_RANGES):
        return {}
    return dict(zip((seen - 128).tolist(), (usual - 128).tolist(), strict=True))


def _ranges(table: dict[int, int]) -> list[Range]:
    """Stretches of right values to which the same happens; values never seen between them are passed over."""
    found: list[Range] = []
    run: list[int] = []

    def close() -> None:
        if run:
            found.append(_range(table, run))
            run.clear()

    for right, theirs in sorted(table.items()):
        if run and not _goes_on(table, run, right):
            close()
        if theirs != right:
            run.append(right)
    close()
    return found


def _range(table: dict[int, int], run: list[int]) -> Range:
    """What happens to a stretch of right values; beyond it nothing was seen that is right, but what has no room."""
    theirs, by = {table[right] for right in run}, _step(table, run)
    low, high = run[0], run[-1]
    if high == max(table) or (high == 126 and table.get(127) == min(127, 127 + by)):
        high = 127
    if len(run) > 1 and (low == min(table) or (low == -127 and table.get(-128) == max(-128, by - 128))):
        low = -128
    if len(theirs) == 1 and (len(run) > 1 or low in (-128, 127)):
        return Range(low, high, by, theirs.pop())
    return Range(low, high, by)


def _step(table: dict[int, int], run: Sequence[int]) -> int:
    """What is added where there is room for it."""
    return max((table[right] - right for right in run), key=abs)


def _goes_on(table: dict[int, int], run: list[int], right: int) -> bool:
    theirs, longer = table[right], (*run, right)
    step = _step(table, longer)
    same_step = all(table[r] == min(127, max(-128, r + step)) for r in longer)
    same_value = all(table[r] == theirs for r in run)
    return theirs != right and (same_step or same_value)


def _complete(ranges: list[Range]) -> Callable[[Int8], Int8]:
    """Apply the ranges."""

    def change(values: Int8) -> Int8:
        wide = values.astype(np.int16)
        changed = wide.copy()
        for each in ranges:
            within = (wide >= each.low) & (wide <= each.high)
            changed[within] = each.to if each.to is not None else wide[within] + each.by
        return changed.clip(-128, 127).astype(np.int8)

    return change


def _replay(places: NDArray[np.int64], change: Callable[[Int8], Int8]) -> Callable[[View], Int8 | None]:
    def replay(view: View) -> Int8:
        values = view.expected.copy()
        values[:, places] = change(values[:, places])
        return values

    return replay
