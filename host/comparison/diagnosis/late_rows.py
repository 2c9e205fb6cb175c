"""Rows that are late, where what comes first is what was right of the stream before."""

from .search import Int8, View

MOST_MOVED_IN = 3  # rows, that one stream leaves to the next


def right_before(view: View) -> Int8:
    """What the host computed of the file before; nothing where it is not known."""
    if view.file.before is None:
        return view.expected[:0]
    piece = view.file.before.piece
    return piece.expected if piece.device is view.before else piece.outputs_expected


def late_of_right(view: View, k: int) -> Int8 | None:
    """Rows k before; first come the last right ones of the file before, or, of the run's first file, what came."""
    before = right_before(view)
    if view.first or (view.file.before is not None and len(before) < k):
        return None
    moved = view.expected.copy()
    moved[k:] = view.expected[:-k]
    moved[:k] = before[len(before) - k :][: len(moved)] if len(before) >= k else view.device[:k]
    return moved


def moved_in(views: list[View], k: int, row: str, rows: str) -> str:
    """What comes first of a stream, in words; of the run's first file it is not known."""
    first = f"the first {row}" if k == 1 else f"the first {k} {rows}"
    of_last = any(view.file.before is not None and view.wrong.any() for view in views)
    return f"{first} of a stream {'is' if k == 1 else 'are'} of the one before" if of_last else ""
