"""The hypothesis that each output is converted: the device's value is a function of the right one alone."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .search import Candidate, Int8, View
from .values import Words

LEAST_REPEATS = 40  # times that a right value came again and gave the same wrong one, so that it is no chance
LEAST_CHANGED = 4  # right values that come out as others; fewer are a matter of ranges
STEPS = range(2, 201)
CURE = (
    "Look at what converts values between the model's output tensors and the line: a unit, a scale, a table"
)

Table = dict[int, int]  # the device's value by the right one


def converted(views: list[View], words: Words) -> Iterator[Candidate]:
    """Every value is a function of the right one (whole percents, steps, a table), and of nothing else."""
    table = _table(views)
    changed = {right: theirs for right, theirs in table.items() if right != theirs}
    if len(changed) < LEAST_CHANGED:
        return
    yield Candidate(
        "values converted",
        f"each of the {words.values} is a function of the right value{_steps(table)}: {_pairs(changed)}",
        CURE,
        lambda view: _applied(view, table),
    )


def _table(views: list[View]) -> Table:
    """Of all right values that came; empty where one of them becomes several, or where hardly one came again."""
    right = np.concatenate([view.expected[view.present].ravel() for view in views])
    theirs = np.concatenate([view.device[view.present].ravel() for view in views])
    pairs = np.unique(np.stack([right, theirs], axis=1), axis=0)
    changed = right != theirs
    repeats = np.count_nonzero(changed) - len(np.unique(right[changed]))
    if len(pairs) != len(np.unique(right)) or repeats < LEAST_REPEATS:
        return {}
    return {int(ours): int(device) for ours, device in pairs}


def _steps(table: Table) -> str:
    """That it has only so many steps, where they give all that came."""
    right = np.array(sorted(table), np.int64)
    theirs = np.array([table[value] for value in right.tolist()], np.int64)
    for steps in STEPS:
        for whole in (255, 256):
            for rounded in (0, 1):
                if np.array_equal(_in_steps(right, steps, whole, rounded), theirs):
                    how = "rounded" if rounded else "rounded down"
                    return f" in steps of {'1 %' if steps == 100 else f'1/{steps}'} of its range, {how}"
    return ""


def _in_steps(values: NDArray[np.int64], steps: int, whole: int, rounded: int) -> NDArray[np.int64]:
    """Values as a number of steps, and back."""
    taken = ((values + 128) * steps + rounded * (whole // 2)) // whole
    return np.minimum((taken * whole + rounded * (steps // 2)) // steps - 128, 127)


def _pairs(changed: Table) -> str:
    every = sorted(changed)
    shown = every[0], every[len(every) // 2], every[-1]
    return ", ".join(f"{right} → {changed[right]}" for right in shown) + ", always"


def _applied(view: View, table: Table) -> Int8:
    given = view.expected.copy()
    for right, theirs in table.items():
        given[view.expected == right] = theirs
    return given
