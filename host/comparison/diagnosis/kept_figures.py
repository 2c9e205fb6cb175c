"""Hypotheses about what a window's cells are related to: figures that are kept of another window, or of several."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, product

import numpy as np
from numpy.typing import NDArray

from ...bundle.model_info import MeasuredInput
from ...frontend.normalised.normaliser import MEAN_STD, MIN_MAX, Normaliser
from ...frontend.normalised.windows import Figures, cells_of, figures_of
from .evidence import Piece
from .inputs import Model, explains, probes
from .search import OF_INPUT, Candidate, Int8, View, largest

CODE = "firmware/core/frontend/normalised/window.c"
NOT_SET_BACK = (
    f"Look at what is set back with a window (known, and what is measured: normalised_begin in {CODE}), and whether "
    "each window begins with it (window_begin, called by put_measured in firmware/core/detect/stream.c)"
)
OF_BEFORE = (
    "Look at the order in which a window is begun, measured and made into cells (put_measured in "
    f"firmware/core/detect/stream.c), then at what is set back with it (normalised_begin in {CODE})"
)
SUMS = ("size", "total", "squares")
WORDS = {
    ("least",): "the least level",
    ("largest",): "the largest level",
    ("least", "largest"): "the least and the largest level",
    ("size",): "the count of levels",
    ("total",): "the sum of the levels",
    ("squares",): "the sum of the levels' squares",
    SUMS: "the mean and the deviation",
}
Way = tuple[tuple[str, ...], str]  # names of figures, and what has them
ADDED: dict[str, Callable[[int, int], int]] = {"least": min, "largest": max}  # of other figures it is the sum
# What is kept, and what has that
VERY_FIRST, FIRST_OF_STREAM, BEFORE, LAST_OF_FILE, SO_FAR, SO_FAR_IN_STREAM = (
    "the first window of all",
    "its stream's first window",
    "the window before",
    "the last window of the file before",
    "all windows so far",
    "all windows of its stream so far",
)


@dataclass(frozen=True)
class Heard:
    """What was heard of a file, and before it.

    Attributes:
        columns: of its windows, int8 [n, frames, bytes].
        own: their figures.
        before: those of all windows before them that are known, of other files, in order.
        all_before: whether these are all since the board started.
        file_before: how many of the last of them are of the file before.
        whole: whether its own begin with the file's first window.
    """

    columns: Int8
    own: list[Figures]
    before: list[Figures]
    all_before: bool
    file_before: int
    whole: bool


def kept_figures(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """What a window's cells are related to (its least level, its mean) is kept of another window, or of several."""
    info = model.bundle.model.input

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        rows = probes(view)
        if not isinstance(info, MeasuredInput) or not len(rows):
            return
        heard = {
            id(each.file): of for each, of in zip(views, _heard(model, info.normaliser, views), strict=True)
        }

        def windows(view: View, names: tuple[str, ...], source: str) -> Int8 | None:
            return _windows(info.normaliser, heard[id(view.file)], names, source)

        alike: dict[tuple[bytes, ...], list[tuple[tuple[str, ...], str]]] = {}
        for source, names in product(SOURCES, _names(info.normaliser)):
            changed = windows(view, names, source)
            if changed is not None and explains(model, view, rows, changed):
                every = (windows(each, names, source) for each in views)
                key = tuple(b"" if made is None else made.tobytes() for made in every)
                alike.setdefault(key, []).append((names, source))
        for ways in alike.values():
            yield _candidate(model, ways, windows)

    return hypothesis


def _candidate(model: Model, ways: Sequence[Way], windows: Callable[..., Int8 | None]) -> Candidate:
    """A cause; `ways`: the first is told, and of the others what they have in its place."""
    names, source = ways[0]

    def replay(view: View) -> Int8 | None:
        made = windows(view, names, source)
        return None if made is None else model.run(made)

    others = "".join(
        f", or {WORDS[other]} alone" if of == source else f", or of {of}"
        for other, of in ways[1:]
        if of == source or other == names
    )
    same = f" ({others.removeprefix(', ')}: that is the same here)" if others else ""
    return Candidate(
        f"{WORDS[names]} of {source}",
        f"each window is related to {WORDS[names]} of {source} instead of its own{same}",
        OF_BEFORE if source == BEFORE else NOT_SET_BACK,
        replay,
        family=OF_INPUT,
    )


def _names(normaliser: Normaliser) -> Sequence[tuple[str, ...]]:
    """Figures that a rule has, all of them first."""
    if normaliser.rule == MIN_MAX:
        return ("least", "largest"), ("least",), ("largest",)
    if normaliser.rule == MEAN_STD:
        return SUMS, *((name,) for name in SUMS)
    return (("largest",),)


def _heard(model: Model, normaliser: Normaliser, views: list[View]) -> list[Heard]:
    """What was heard of each view, as far as it was kept."""
    found: dict[int, Heard] = {}
    before: list[Figures] = []
    known = True  # all since the board started
    end = 0  # columns so far
    count = 0  # windows of the file before
    for view in sorted(views, key=lambda each: each.file.columns_before):
        file = view.file
        if file.before is not None and file.columns_before != end:
            piece = file.before.piece
            of_before = figures_of(normaliser, _of_piece(model, piece))
            known = known and not piece.first_column and file.columns_before == end + len(piece.expected)
            before, count = [*before, *of_before], len(of_before)
        columns = _of_piece(model, file.piece, view.first, len(view.expected))
        own, whole = figures_of(normaliser, columns), not view.first
        found[id(file)] = Heard(columns, own, before, known, count, whole)
        known, before, count = known and whole, [*before, *own], len(own)
        end = file.columns_before + file.features.rows
        known = known and len(file.piece.expected) == file.features.rows
    return [found[id(view.file)] for view in views]


def _of_piece(model: Model, piece: Piece, first: int = -1, count: int = -1) -> Int8:
    """The columns of windows of a piece, int8 [n, frames, bytes]; without numbers of all that lie in it."""
    columns, frames, stride = model.columns(piece), model.bundle.frames, model.bundle.stride
    if first < 0:
        first = -(-piece.first_column // stride)
        count = max(0, (piece.first_column + len(columns) - frames) // stride - first + 1)
    starts = (first + np.arange(count)) * stride - piece.first_column
    places: NDArray[np.int64] = starts[:, None] + np.arange(frames)
    return columns[places]


def _of_first(heard: Heard) -> list[Figures] | None:
    if not heard.all_before or not (heard.before or heard.whole):
        return None
    return [(heard.before or heard.own)[0]] * len(heard.own)


def _of_stream(heard: Heard) -> list[Figures] | None:
    return heard.own[:1] * len(heard.own) if heard.whole else None


def _of_window_before(heard: Heard) -> list[Figures]:
    first = heard.before[-1:] if heard.whole else []
    return [*(first or heard.own[:1]), *heard.own[:-1]]


def _of_last(heard: Heard) -> list[Figures] | None:
    return heard.before[-1:] * len(heard.own) if heard.file_before else None


def _so_far(heard: Heard) -> list[Figures] | None:
    if not heard.all_before or not heard.whole:
        return None
    return _added([*heard.before, *heard.own])[len(heard.before) :]


def _so_far_in_stream(heard: Heard) -> list[Figures] | None:
    return _added(heard.own) if heard.whole else None


def _added(figures: list[Figures]) -> list[Figures]:
    """Each with all before it."""
    columns = [
        list(accumulate((getattr(each, name) for each in figures), ADDED.get(name)))
        for name in Figures._fields
    ]
    return [Figures(*row) for row in zip(*columns, strict=True)]


SOURCES: dict[str, Callable[[Heard], list[Figures] | None]] = {
    VERY_FIRST: _of_first,
    FIRST_OF_STREAM: _of_stream,
    BEFORE: _of_window_before,
    LAST_OF_FILE: _of_last,
    SO_FAR: _so_far,
    SO_FAR_IN_STREAM: _so_far_in_stream,
}


def _windows(normaliser: Normaliser, heard: Heard, names: tuple[str, ...], source: str) -> Int8 | None:
    """A file's windows with figures of a source; None where these are not known, or none that a window can have."""
    theirs = SOURCES[source](heard)
    if theirs is None:
        return None
    mixed = [
        own._replace(**{name: getattr(other, name) for name in names})
        for own, other in zip(heard.own, theirs, strict=True)
    ]
    if not all(_possible(normaliser, each) for each in mixed):
        return None
    return cells_of(normaliser, heard.columns, mixed)


def _possible(normaliser: Normaliser, figures: Figures) -> bool:
    """Whether nothing wraps in the firmware with some figures."""
    if normaliser.rule == MIN_MAX:
        return figures.largest >= figures.least
    return normaliser.rule != MEAN_STD or figures.size * figures.squares > figures.total**2
