"""That wrong windows are those in which a class is active, as the board told it, and no others."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .search import View

LEAST = 6  # windows on either side, so that it is no chance

Marked = NDArray[np.bool_]


def while_active(views: list[View], masks: list[Marked], labels: Sequence[str]) -> str:
    """In words what parts the marked windows from all others; empty where nothing of it does.

    Args:
        views: of outputs.
        masks: marked values of each, bool [n, values].
        labels: of the classes.
    """
    marked = np.concatenate([mask.any(axis=1)[view.present] for view, mask in zip(views, masks, strict=True)])
    if min(np.count_nonzero(marked), np.count_nonzero(~marked)) < LEAST:
        return ""
    each = [list(_states(view, labels)) for view in views]
    for words, *_ in each[0] if each else ():
        states = np.concatenate(
            [
                state[view.present]
                for view, known in zip(views, each, strict=True)
                for told, state in known
                if told == words
            ]
        )
        if np.array_equal(states, marked):
            return f"all {words} and none else"
        if np.array_equal(~states, marked):
            return f"none {words} and all else"
    return ""


def _states(view: View, labels: Sequence[str]) -> Iterator[tuple[str, Marked]]:
    """What is so of each window of a view, and in words."""
    numbers = view.first + np.arange(len(view.expected))
    active = np.stack([_active(view, label, numbers) for label in range(len(labels))], axis=1)
    before = np.stack([_active(view, label, numbers - 1) for label in range(len(labels))], axis=1)
    for label, name in enumerate(labels):
        yield f"that begin while {name!r} is active", before[:, label]
        yield f"in which {name!r} is active", active[:, label]
    yield "that begin while a class is active", before.any(axis=1)
    yield "in which a class is active", active.any(axis=1)
    told = [change.window for change in view.file.device_changes]
    yield "behind one with a detection", np.isin(numbers - 1, told)
    yield "with a detection", np.isin(numbers, told)


def _active(view: View, label: int, numbers: NDArray[np.int64]) -> Marked:
    """Whether a class is active after each of some windows, as the device told it."""
    changes = [change for change in view.file.device_changes if change.label == label]
    windows = np.array([change.window for change in changes], np.int64)
    states = np.array([False, *(bool(change.active) for change in changes)])
    return states[np.searchsorted(windows, numbers, side="right")]
