"""Hypotheses about single samples: a bit that flips, a sample that is lost for another value, here and there."""

from collections.abc import Callable, Iterator

import numpy as np

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .places import beyond_chance
from .search import Candidate, Int8, View, largest

PROBED_GROUPS = 3  # of columns that one sample can have spoilt, from which the kind of damage is read
MOST_GROUPS = 400
MOST_REACHED = 8  # columns that a sample is part of; more cost too much
LEAST_GROUPS = 2
LEAST_CELLS = 6  # that one sample spoils, at the median: a cell or two off by one are reproduced by chance

BEFORE = (1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512)  # samples, as buffers and messages are long

_CURE = "Look at the memory that samples lie in on the device (buffers, their ends, what writes there)"

Change = Callable[[Int16], Int16]  # of single samples, each by itself

_BITS: tuple[tuple[str, str, Change], ...] = tuple(
    (
        f"bit {bit} of samples",
        f"bit {bit} of single samples is flipped",
        lambda x, bit=bit: x ^ np.uint16(1 << bit).astype(np.int16),  # type: ignore[misc]
    )
    for bit in range(15, -1, -1)
)
_DAMAGES: tuple[tuple[str, str, Change], ...] = (
    *_BITS,
    ("samples 0", "single samples are 0", lambda x: np.zeros_like(x)),
    ("samples 32767", "single samples are 32767", lambda x: np.full_like(x, 32767)),
    ("samples -32768", "single samples are -32768", lambda x: np.full_like(x, -32768)),
    ("samples inverted", "single samples have all bits inverted", lambda x: ~x),
    *(
        (
            f"samples of {by} before",
            f"single samples are the one {by} before them",
            lambda x, by=by: np.concatenate([x[:by], x[:-by]])[: len(x)],
        )
        for by in BEFORE
    ),
)


def damaged(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Single samples with a bit flipped, or another value; found by trying each sample of the columns they spoil."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        settings = front_end.settings
        reached = -(-settings.fft // settings.hop)
        view = largest(views)
        groups = _groups(view, reached)
        if reached > MOST_REACHED or len(groups) < LEAST_GROUPS:
            return
        if np.median([view.wrong[group.start : group.stop].sum() for group in groups]) < LEAST_CELLS:
            return
        probed = groups[:PROBED_GROUPS]
        for name, told, change in _DAMAGES:
            others = change(view.file.piece.samples)
            if all(_culprit(front_end, view, group, others) is None for group in probed):
                continue
            found: dict[str, list[int]] = {}
            yield Candidate(
                name,
                told,
                _CURE,
                lambda view, change=change, found=found: _replay(front_end, view, reached, change, found),  # type: ignore[misc]
                rows_alone=True,
                detail=lambda views, found=found: _places(views, found),  # type: ignore[misc]
            )

    return hypothesis


def _groups(view: View, reached: int) -> list[range]:
    """Runs of wrong columns that are no longer than what one sample reaches."""
    rows = view.wrong_rows
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) > 1) + 1
    runs = [range(int(run[0]), int(run[-1]) + 1) for run in np.split(rows, breaks)]
    short = [run for run in runs if len(run) <= reached]
    return short if len(short) == len(runs) <= MOST_GROUPS else []


def _culprit(front_end: FrontEnd, view: View, group: range, every: Int16) -> int | None:
    """The sample (of the piece) whose change gives exactly the group's columns; None when there is none.

    `every`: all samples of the piece, changed.
    """
    settings = front_end.settings
    first, last = group[-1] * settings.hop, group[0] * settings.hop + settings.fft
    base = group[0] * settings.hop
    samples = view.file.piece.samples[base : group[-1] * settings.hop + settings.fft]
    device = view.device[group[0] : group[-1] + 1]
    others = every[base : base + len(samples)]
    for place in range(first - base, last - base):
        kept = samples[place]
        if others[place] == kept:
            continue
        trial = samples.copy()
        trial[place] = others[place]
        if np.array_equal(front_end.features(trial)[: len(device)], device):
            return base + place
    return None


def _replay(
    front_end: FrontEnd, view: View, reached: int, change: Change, found: dict[str, list[int]]
) -> Int8:
    samples = view.file.piece.samples.copy()
    others = change(samples)
    places = [
        place
        for group in _groups(view, reached)
        if (place := _culprit(front_end, view, group, others)) is not None
    ]
    samples[places] = others[places]
    found[view.file.name] = [view.first * front_end.settings.hop + place for place in places]
    columns = front_end.features(samples)[: len(view.expected)]
    return np.concatenate([columns, view.expected[len(columns) :]])


def _places(views: list[View], found: dict[str, list[int]]) -> str:
    first = next(
        ((view.file.name, found[view.file.name]) for view in views if found.get(view.file.name)), None
    )
    if first is None:
        return ""
    distances = np.concatenate([np.diff(np.array(places, np.int64)) for places in found.values()])
    step = int(np.gcd.reduce(distances))
    apart = f", a multiple of {step:,} samples apart" if beyond_chance(step, len(distances) + 1) else ""
    count = sum(len(places) for places in found.values())
    return f"{count:,} samples, the first is {first[1][0]:,} of {first[0]}{apart}"
