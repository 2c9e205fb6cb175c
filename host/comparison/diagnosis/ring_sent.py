"""The hypothesis that columns are sent from another place of the ring than where they were written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...printable import counted
from .ring_messages import CURE, held_at, sent_in_messages
from .search import Candidate, Hypothesis, Int8, View, largest, votes

MOST_BEYOND = 8  # columns that one message reads behind the ring's end
LEAST_TURNS = 2  # of the ring, in which the same lies before it
LEAST_SHIFTED = 8  # columns that are others, for each that is taken as it came

Mask = NDArray[np.bool_]


class Sent(NamedTuple):
    """What a file's columns would be.

    Attributes:
        values: int8 [n, bands].
        held: rows that are what the ring held of the file before.
        beyond: rows that were read outside the ring, as they came.
        unknown: rows that are what the ring held of something that is not known, as they came.
    """

    values: Int8
    held: Mask
    beyond: Mask
    unknown: Mask


@dataclass(frozen=True)
class _Told:
    """What is said of all files."""

    shift: int
    held: int
    beyond: list[Int8]
    unknown: int

    @property
    def explanation(self) -> str:
        count = abs(self.shift)
        places = f"{count} place{'s' * (count > 1)} of the ring too {'early' if self.shift > 0 else 'late'}"
        far = "" if count == 1 else f"{count} "
        told = f"columns are sent from {places}: each is the one {far}{'before' if self.shift > 0 else 'behind'} it"
        if not self.held:
            return told
        if self.shift > 0:
            which = "" if count == 1 else f"{count} "
            return f"{told}, and the first {which}of a stream what the ring still held there of the stream before"
        return f"{told}, or, where that is not yet written, what the ring still held there"

    @property
    def detail(self) -> str:
        """What is not known of it."""
        parts = []
        if self.beyond:
            same = np.unique(np.concatenate(self.beyond))
            what = f" ({int(same[0])} throughout)" if len(same) == 1 else ""
            parts.append(f"{counted(len(self.beyond), 'column')} that messages read outside the ring{what}")
        if self.unknown:
            parts.append(f"{counted(self.unknown, 'column')} of which it is not known what the ring held")
        return f"taken as they came: {' and '.join(parts)}" if parts else ""


def sent_from_elsewhere(bundle: Bundle) -> Hypothesis:
    """Columns are sent from a place of the ring that is too early or too late: at first what it held before."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        for shift in votes(view.device, view.expected):
            if not 0 < abs(shift) < bundle.frames:
                continue
            told = _told(views, bundle.frames, shift)
            if told is not None:
                yield Candidate(
                    f"sent from {abs(shift)} too {'early' if shift > 0 else 'late'}",
                    told.explanation,
                    CURE,
                    lambda view, shift=shift: sent_of(view, bundle.frames, shift).values,  # type: ignore[misc]
                    detail=lambda _, told=told: told.detail,  # type: ignore[misc]
                )
                return
        yield from sent_in_messages(bundle, views)

    return hypothesis


def _told(views: list[View], frames: int, shift: int) -> _Told | None:
    """What is said; None where some column is another, where nothing but a shift shows, or too little of it."""
    each = [(view, sent_of(view, frames, shift)) for view in views if view.wrong.any()]
    if any((sent.values != view.device)[view.present].any() for view, sent in each):
        return None
    held = sum(int((sent.held & _other_than_sent(view, shift)).sum()) for view, sent in each)
    beyond = [view.device[row] for view, sent in each for row in np.flatnonzero(sent.beyond)]
    unknown = sum(int(sent.unknown.sum()) for _, sent in each)
    shifted = sum(len(view.wrong_rows) for view, _ in each) - len(beyond) - unknown
    if not (held or beyond) or shifted < LEAST_SHIFTED * (len(beyond) + unknown):
        return None
    return _Told(shift, held, beyond, unknown)


def sent_of(view: View, frames: int, shift: int) -> Sent:
    """A file's columns, each from `shift` places of a ring of `frames` before its own."""
    rows, count = np.arange(len(view.expected)), len(view.expected)
    numbers = view.first + rows - shift
    values = view.device.copy()
    inside = (rows >= shift) & (rows - shift < count)
    values[inside] = view.expected[rows[inside] - shift]
    matches = inside & (values == view.device).all(axis=1) | ~view.present
    known, held = inside.copy(), np.zeros(count, np.bool_)
    for row in np.flatnonzero((numbers < 0) | ((shift < 0) & ~matches)).tolist():
        before = held_at(view, int(numbers[row]), int(numbers[row]), frames)
        if before is not None and (numbers[row] < 0 or np.array_equal(before, view.device[row])):
            values[row], known[row], held[row] = before, True, True
    matches = (values == view.device).all(axis=1) | ~view.present
    # behind the ring's end; where columns are sent before they are written, its first turn is what came before
    beyond = known & ~matches & (numbers >= (0 if shift > 0 else frames)) & (numbers % frames < MOST_BEYOND)
    beyond |= _before_ring(view, frames, shift) & ~matches
    unknown = ~known & ~beyond & view.present & (numbers < 0)
    first_turn = (shift < 0) & (numbers < frames) & ~matches & ~beyond
    unknown |= first_turn & [held_at(view, number, number, frames) is None for number in numbers.tolist()]
    taken = beyond | unknown
    values[taken] = view.device[taken]
    outside = ~known & ~unknown
    values[outside] = view.expected[outside]
    return Sent(values, held & matches, beyond, unknown)


def _other_than_sent(view: View, shift: int) -> Mask:
    """Rows that are no ones of the stream, nor what was sent last of the one before."""
    other = view.wrong.any(axis=1)
    moved = (
        np.concatenate([view.before, view.expected])[len(view.before) - shift :]
        if shift > 0
        else view.expected[:0]
    )
    count = min(len(moved), len(other)) if shift <= len(view.before) else 0
    other[:count] &= (moved[:count] != view.device[:count]).any(axis=1)
    return other


def _before_ring(view: View, frames: int, shift: int) -> Mask:
    """Rows that may be read before the ring's first place, where the same lies each turn."""
    places = (view.first + np.arange(len(view.expected))) % frames
    found = np.zeros(len(places), np.bool_)
    for place in range(max(0, shift)):
        there = (places == place) & view.present
        rows = view.device[there]
        found |= there & (len(rows) >= LEAST_TURNS and bool((rows == rows[:1]).all()))
    return found
