"""The hypothesis that samples are lost, or come twice, again and again: by how many the device is off grows in steps.

Each column says by how many samples the device is ahead or behind there. Where that changes, the sample at which it
does is looked for; what the steps and their distances have in common is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .sample_ways import LOST
from .search import Candidate, Int8, View, differing, largest

NEAR = (*range(1, 17), 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)  # samples of one step
PROBED = 3  # columns that a step must give, behind those that it cuts
MOST_STEPS = 400
LEAST_STEPS = 2  # in all files; one alone is `lost_or_repeated`


@dataclass(frozen=True)
class Step:
    """Where the device goes on from another sample.

    Attributes:
        sample: of the device's stream, counted from what was kept, from which on it is so.
        by: samples that it skips; fewer than 0: that come again.
    """

    sample: int
    by: int


def stepping(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Samples are lost or come twice again and again, each so many samples or columns."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        first = _steps(front_end, view)
        if not first:
            return
        found = {id(each): _steps(front_end, each) for each in differing(views)}
        if any(steps is None for steps in found.values()):
            return
        every = {each.file.name: found[id(each)] or [] for each in differing(views)}
        if sum(map(len, every.values())) < LEAST_STEPS:
            return
        yield Candidate(
            "samples lost or repeated again and again",
            _told(every, front_end.settings.hop),
            LOST,
            lambda view: _replay(front_end, view),
            detail=lambda _: _first(every),
        )

    return hypothesis


def _replay(front_end: FrontEnd, view: View) -> Int8 | None:
    steps = _steps(front_end, view)
    if steps is None:
        return None
    columns = front_end.features(_stepped(view.file.piece.samples, steps))[: len(view.expected)]
    return np.concatenate([columns, view.expected[len(columns) :]])


def _stepped(samples: Int16, steps: list[Step]) -> Int16:
    """The device's stream: what is skipped is left out, what comes again stands twice."""
    pieces, at, offset = [], 0, 0
    for step in steps:
        pieces.append(samples[at + offset : step.sample + offset])
        at, offset = step.sample, offset + step.by
    return np.concatenate([*pieces, samples[at + offset :]])


def _steps(front_end: FrontEnd, view: View) -> list[Step] | None:
    """All steps of a file; None where columns are not those of samples that only stepped."""
    settings, samples = front_end.settings, view.file.piece.samples
    hop, span = settings.hop, settings.span
    steps: list[Step] = []
    offset, row, count = 0, 0, len(view.expected)

    def right(row: int, offset: int) -> bool:
        begin = row * hop + offset
        if begin < 0 or begin + span > len(samples) or not view.present[row]:
            return True  # nothing is known of it
        return np.array_equal(front_end.features(samples[begin : begin + span])[0], view.device[row])

    while row < count:
        if right(row, offset):
            row += 1
            continue
        cut = -(-span // hop)
        step = next(
            (
                found
                for by in _sizes()
                if all(
                    right(after, offset + by) for after in range(row + cut, min(row + cut + PROBED, count))
                )
                if (found := _place(front_end, view, row, cut, offset, by)) is not None
            ),
            None,
        )
        if step is None or len(steps) == MOST_STEPS:
            return None
        steps.append(step)
        offset += step.by
        row += cut
    return steps


def _sizes() -> Iterator[int]:
    for by in NEAR:
        yield from (by, -by)


def _place(front_end: FrontEnd, view: View, row: int, cut: int, offset: int, by: int) -> Step | None:
    """The sample from which on a step gives the columns that it cuts; None where none does."""
    settings, samples = front_end.settings, view.file.piece.samples
    hop, span = settings.hop, settings.span
    last = min(row + cut, len(view.expected))
    device = view.device[row:last]
    begin, size = row * hop, (last - row - 1) * hop + span
    for sample in range(begin + span - hop, begin + span):  # the first cut column reaches further by a hop
        head = samples[begin + offset : sample + offset]
        tail = samples[sample + offset + by :][: size - len(head)]
        if len(head) + len(tail) == size and np.array_equal(
            front_end.features(np.concatenate([head, tail])), device
        ):
            return Step(sample, by)
    return None


def _told(found: dict[str, list[Step]], hop: int) -> str:
    """What all steps have in common."""
    steps = [step for each in found.values() for step in each]
    sizes = sorted({step.by for step in steps})
    words = " or ".join(_size_told(size) for size in sizes[:3])
    apart = [later.sample - earlier.sample for each in found.values() for earlier, later in pairwise(each)]
    if len(sizes) > 1 or not apart:
        return f"{words} at {len(steps)} places"
    near, far = min(apart), max(apart)
    if far - near <= hop // 4:  # the sample is known as closely as the sound allows
        often = round(sum(apart) / len(apart))
        columns = round(often / hop)
        more = f" ({columns:,} columns)" if abs(often - columns * hop) <= hop // 8 else ""
        return f"{words} about every {often:,} samples{more}"
    common = 0
    for distance in apart:
        common = gcd(common, distance)
    if common >= hop:
        return f"{words} at multiples of {common:,} samples"
    return f"{words} at {len(steps)} places, {near:,} to {far:,} samples apart"


def _size_told(by: int) -> str:
    what = f"{abs(by)} sample{'s' * (abs(by) > 1)}"
    verb = "is" if abs(by) == 1 else "are"
    return f"{what} {verb} lost" if by > 0 else f"{what} {'comes' if by == -1 else 'come'} twice"


def _first(found: dict[str, list[Step]]) -> str:
    name, steps = next((name, steps) for name, steps in found.items() if steps)
    return f"first at sample {steps[0].sample:,} of {name}"
