"""The hypothesis that a piece of the samples is not what was sent: missing, old, or moved, as a buffer makes it."""

from collections.abc import Callable, Iterator

import numpy as np

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .search import Candidate, Int8, View, largest

GRID = 16  # samples: pieces that code moves begin and end at multiples of it
LONGEST = 16  # columns that a piece reaches; longer ones are no piece
MOST_GROUPS = 60
LEAST_CELLS = 12  # of the first piece's columns, so that no piece gives them by chance

LEAST_PERIODS = 3  # pieces behind others, for their distances to tell a period

_CURE = "Look at what moves samples in pieces on the device (buffers, DMA, what happens at their ends)"
Way = Callable[[Int16, int, int], Int16]


def _filled(value: int) -> Way:
    return lambda x, a, b: np.concatenate([x[:a], np.full(b - a, value, np.int16), x[b:]])


def _ahead(k: int) -> Way:
    """k samples ahead within the piece; at its end those that were there."""
    return lambda x, a, b: np.concatenate([x[:a], x[a + k : b], x[b - k :]])


def _behind(k: int) -> Way:
    return lambda x, a, b: np.concatenate([x[: a + k], x[a : b - k], x[b:]])


def _old(x: Int16, a: int, b: int) -> Int16:
    """The piece before it once more."""
    return np.concatenate([x[:a], x[2 * a - b : a], x[b:]]) if 2 * a >= b else x


def _held(x: Int16, a: int, b: int) -> Int16:
    return np.concatenate([x[:a], np.full(b - a, x[a - 1], np.int16), x[b:]]) if a else x


_WAYS: tuple[tuple[str, str, Way], ...] = (
    ("piece of zeros", "a piece of the samples is 0", _filled(0)),
    ("old piece", "a piece of the samples is the one before it once more", _old),
    ("held sample", "a piece of the samples holds the sample before it", _held),
    *(
        (f"piece {k} ahead", f"within a piece the samples are {k} ahead, with the last {k} repeated", _ahead(k))
        for k in (1, 2)
    ),
    *(
        (f"piece {k} behind", f"within a piece the samples are {k} behind, with the first {k} repeated", _behind(k))
        for k in (1, 2)
    ),
)  # fmt: skip


def replaced(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """A piece of the samples is 0, old, held, or moved by a sample or two; all around it is right."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        if any(_groups(each) is None for each in views if each.wrong.any()):
            return
        groups = _groups(view)
        if not groups or view.wrong[groups[0].start : groups[0].stop].sum() < LEAST_CELLS:
            return
        for cause, told, way in _WAYS:
            if _piece(front_end, view, groups[0], way) is None:
                continue
            found: dict[str, list[tuple[int, int]]] = {}
            yield Candidate(
                cause,
                told,
                _CURE,
                lambda view, way=way, found=found: _replay(front_end, view, way, found),  # type: ignore[misc]
                rows_alone=True,
                detail=lambda views, found=found: _places(views, found),  # type: ignore[misc]
            )

    return hypothesis


def _groups(view: View) -> list[range] | None:
    """Runs of wrong columns; None when one is too long for a piece, or there are too many."""
    rows = view.wrong_rows
    breaks = np.flatnonzero(np.diff(rows) > 1) + 1
    runs = [range(int(run[0]), int(run[-1]) + 1) for run in np.split(rows, breaks) if len(run)]
    return runs if len(runs) <= MOST_GROUPS and all(len(run) <= LONGEST for run in runs) else None


def _piece(front_end: FrontEnd, view: View, group: range, way: Way) -> tuple[int, int] | None:
    """The piece (first sample, and the one after it) that gives exactly a group's columns; None when none does."""
    settings, samples = front_end.settings, view.file.piece.samples
    span, hop = settings.samples_for(1), settings.hop
    offset = view.first * hop  # the grid is the stream's
    base = max(0, group.start * hop - span)  # what is before a piece may come again in it
    end = (group.stop - 1) * hop + span
    device = view.device[group.start : group.stop]
    # it begins in what the column before does not reach
    before = group.start * hop + span - hop if group.start else 0
    for a in _grid(before, group.start * hop + span, offset):
        for b in _grid(max(a + GRID, (group.stop - 1) * hop), group.stop * hop + GRID + 1, offset):
            other = way(samples[base:end], a - base, b - base)
            columns = front_end.features(other[group.start * hop - base :])[: len(group)]
            if np.array_equal(columns, device):
                return a, b
    return None


def _grid(low: int, high: int, offset: int) -> range:
    """Multiples of the grid from `low` to below `high`, counted from the stream's beginning."""
    first = -(-(low + offset) // GRID) * GRID - offset
    return range(first, high, GRID)


def _replay(
    front_end: FrontEnd, view: View, way: Way, found: dict[str, list[tuple[int, int]]]
) -> Int8 | None:
    samples = view.file.piece.samples
    offset = view.first * front_end.settings.hop
    found[view.file.name] = []
    for group in _groups(view) or []:
        piece = _piece(front_end, view, group, way)
        if piece is not None:
            samples = way(samples, *piece)
            found[view.file.name].append((piece[0] + offset, piece[1] + offset))
    columns = front_end.features(samples)[: len(view.expected)]
    return columns if len(columns) == len(view.expected) else None


def _places(views: list[View], found: dict[str, list[tuple[int, int]]]) -> str:
    known = [(view.file.name, found[view.file.name]) for view in views if found.get(view.file.name)]
    if not known:
        return ""
    name, pieces = known[0]
    first, end = pieces[0]
    alike = all(others[0] == pieces[0] for _, others in known)
    told = f"samples {first:,} to {end - 1:,} of {'each file' if alike and len(known) > 1 else name}"
    apart = [np.diff([begin for begin, _ in each]) for _, each in known]
    distances = np.concatenate(apart)
    if len(distances) < LEAST_PERIODS:
        return told
    period = int(np.gcd.reduce(distances))
    return f"{told}, and as many of each {period:,} from there on" if period > end - first else told
