"""Columns that are wrong only as they are sent: whether all of them lie behind the ring's end in their message."""

from itertools import pairwise

from ...printable import counted
from .search import View, differing

LEAST = 3  # columns, and as many right ones beside them, so that it is no chance
CURE = "Look at how many columns a message has up to the ring's end (in_one_piece in stream_features)"


def past_ring(frames: int, views: list[View]) -> str:
    """That the wrong columns are read past the ring's end, in words; empty: they lie elsewhere, or too few of them.

    Args:
        frames: columns of the ring.
        views: columns of all files kept.
    """
    wrong = right = 0
    for view in differing(views):
        rows = set(view.wrong_rows.tolist())
        beyond = _beyond(view, frames)
        if not rows <= beyond:
            return ""
        wrong += len(rows)
        right += len(view.expected) - len(beyond)
    if wrong < LEAST or right < LEAST:
        return ""
    return (
        f"all {counted(wrong, 'column')} that differ lie behind the ring's end in a message that begins before it: the "
        f"ring holds {frames:,} columns, and a message that comes to its end is read on past it instead of from the "
        "ring's start"
    )


def _beyond(view: View, frames: int) -> set[int]:
    """Rows whose message begins in the turn of the ring before theirs."""
    starts = [*view.file.messages, view.first + len(view.expected)]
    found: set[int] = set()
    for start, end in pairwise(starts):
        turn = (start // frames + 1) * frames
        found |= set(range(max(turn, view.first) - view.first, end - view.first))
    return found
