"""Candidates are replayed on the recorded values of all files; the one that reproduces most of the device's wins."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .evidence import FileRecord

Int8 = NDArray[np.int8]

LEAST_PRECISION = 0.9  # of the values a candidate changes, how many must be the device's
LEAST_SHARE = 0.2  # of the values that still differ, how many it must reproduce
NARROW = 4  # values in a row; narrower ones are equal by chance too often, so more is asked of a candidate:
LEAST_NARROW = 8  # values
LEAST_NARROW_SHARE = 0.5
LEAST_NARROW_ROWS_SHARE = 0.8  # where it concerns single rows
LEAST_COVERAGE = 0.75  # of the differing values in the rows and at the places that it concerns
LEAST_ROWS = 3  # that differ, where it concerns a stretch of rows: one or two are reproduced by chance
MOST_CAUSES = 3  # at once
CODE = "code"  # the family of changes of the code
OF_INPUT = "input"  # of other inputs of the model
MORE_OF_CODE = 0.02  # that a change of the code must explain more than another cause
OFTEN = 8  # times that a row occurs, beyond which it tells no distance
LEAST_OF_LITTLE = 0.9  # of what is left when that is little
MOST_LEFT = (
    0.05  # of the values that differ in the rows a cause concerns: more may be left by no cause that is told
)


@dataclass(frozen=True)
class View:
    """One file's values at one stage.

    Attributes:
        file: where they come from.
        first: number of the first row (column or window).
        expected: int8 [n, values], what the host computed; or that with causes already found applied.
        device: int8 [n, values].
        present: which rows the device sent.
        before: the last rows of the file before as the device sent them, empty when there are none.
        before_first: number of the first of them.
    """

    file: FileRecord
    first: int
    expected: Int8
    device: Int8
    present: NDArray[np.bool_]
    before: Int8
    before_first: int

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which values differ, [n, values]."""
        return (self.expected != self.device) & self.present[:, None]

    @property
    def wrong_rows(self) -> NDArray[np.int64]:
        """Places of rows that differ, from 0."""
        return np.flatnonzero(self.wrong.any(axis=1))


@dataclass(frozen=True)
class Candidate:
    """A cause with its parameters.

    Attributes:
        cause: short name.
        explanation: what the device did; a sentence without its full stop.
        cure: a sentence.
        replay: what the device would have sent, int8 [n, values]; None when that cannot be computed for a file.
        rows_alone: whether it concerns single rows, wherever the whole row is reproduced, instead of one stretch.
        detail: what is known of it after the replay, in words; empty when nothing is.
        family: of candidates that a model may not tell apart: all that explain as much are told.
        sure: of how many values it is no chance any more; None: of as many as the search asks for.
        width: whether it is a line of code with a number of another width alone: it is told beside other changes of it.
    """

    cause: str
    explanation: str
    cure: str
    replay: Callable[[View], Int8 | None]
    rows_alone: bool = False
    detail: Callable[[list[View]], str] = lambda _: ""
    family: str = ""
    sure: int | None = None
    width: bool = False


Hypothesis = Callable[[list[View]], Iterable[Candidate]]


@dataclass(frozen=True)
class Verified:
    """A candidate that reproduces the device's values.

    Attributes:
        right: differing values that it reproduces.
        harmed: values that it would change and the device did not.
        different: values that differed before it.
        replayed: its values in each view.
        others: candidates of its family that reproduce the same.
    """

    candidate: Candidate
    right: int
    harmed: int
    different: int
    views: list[View]
    replayed: list[Int8]
    others: tuple[Candidate, ...] = ()

    @property
    def explained(self) -> list[NDArray[np.bool_]]:
        """Which differing values of each view it reproduces."""
        return [
            view.wrong & (values == view.device)
            for view, values in zip(self.views, self.replayed, strict=True)
        ]


def search(
    views: list[View], hypotheses: Iterable[Hypothesis], least: int
) -> tuple[list[Verified], list[View]]:
    """Find the causes that together reproduce the device's values, at most three, the one that explains most first.

    Args:
        views: of all files kept, one stage.
        hypotheses: in the order in which equals are preferred.
        least: values that a cause must reproduce at least; fewer can be chance.

    Returns:
        The causes, and the views as they are with all of them applied.
    """
    hypotheses = list(hypotheses)
    found: list[Verified] = []
    first = views
    differing = _count(views)
    while len(found) < MOST_CAUSES and (left := _count(views)):
        best = _best(views, hypotheses, least)
        if best is None or (left <= MOST_LEFT * differing and best.right < LEAST_OF_LITTLE * left):
            break  # a cause of a part of what little is left would be chance
        found.append(best)
        views = [replace(view, expected=values) for view, values in zip(views, best.replayed, strict=True)]
    if all(_settled(cause, first, views) for cause in found):
        return found, views
    return [], first  # something else gives values that these causes give in part


def _count(views: list[View]) -> int:
    return sum(int(np.count_nonzero(view.wrong)) for view in views)


def _settled(cause: Verified, first: list[View], last: list[View]) -> bool:
    """Whether with all causes applied hardly a value differs in the rows that one of them concerns."""
    before = after = 0
    for explained, view, left in zip(cause.explained, first, last, strict=True):
        rows = explained.any(axis=1)
        before += int(np.count_nonzero(view.wrong[rows]))
        after += int(np.count_nonzero(left.wrong[rows]))
    return after <= MOST_LEFT * before


def _best(views: list[View], hypotheses: list[Hypothesis], least: int) -> Verified | None:
    best: Verified | None = None
    for hypothesis in hypotheses:
        for candidate in hypothesis(views):
            verified = verify(candidate, views, least)
            if verified is None:
                continue
            if best is not None and _as_good(verified, best):
                best = replace(best, others=(*best.others, candidate))
            if best is None or _is_better(verified, best):
                best = verified
            if best.right == best.different and not best.harmed and not best.candidate.family:
                return best  # nothing can explain more
    return best


def _is_better(verified: Verified, best: Verified) -> bool:
    """Whether it explains more; a line of code, one of very many, must give everything or clearly more."""
    gained, had = verified.right - verified.harmed, best.right - best.harmed
    if verified.candidate.family == CODE != best.candidate.family and gained < verified.different:
        return gained * (1 - MORE_OF_CODE) > had
    return gained > had


def _as_good(verified: Verified, best: Verified) -> bool:
    """Whether a candidate of the same family reproduces the same values."""
    return (
        bool(best.candidate.family)
        and verified.candidate.family == best.candidate.family
        and (verified.right, verified.harmed) == (best.right, best.harmed)
    )


def verify(candidate: Candidate, views: list[View], least: int) -> Verified | None:
    """Replay a candidate on all files; None when it does not reproduce the device's values."""
    replayed = [_replay(candidate, view, least) for view in views]
    wrong = [view.wrong for view in views]
    right = harmed = changed = concerned = rows = 0
    for view, values, differs in zip(views, replayed, wrong, strict=True):
        changes = (values != view.expected) & view.present[:, None]
        equal = values == view.device
        changed += int(np.count_nonzero(changes))
        right += int(np.count_nonzero(differs & equal))
        harmed += int(np.count_nonzero(changes & ~differs))
        given = differs & equal
        touched, places = given.any(axis=1), given.any(axis=0)
        rows += int(np.count_nonzero(touched))
        concerned += int(
            np.count_nonzero(differs[touched][:, places])
        )  # others may have a cause of their own
    different = sum(int(np.count_nonzero(differs)) for differs in wrong)
    share = LEAST_SHARE
    if views[0].device.shape[1] < NARROW:
        share = LEAST_NARROW_ROWS_SHARE if candidate.rows_alone else LEAST_NARROW_SHARE
        least = max(least, LEAST_NARROW)
    if candidate.sure is not None and right == different and not harmed:
        least = min(least, candidate.sure)
    if right < max(least, share * different) or right < LEAST_PRECISION * changed:
        return None
    if not candidate.rows_alone and (rows < LEAST_ROWS or right < LEAST_COVERAGE * concerned):
        return None
    return Verified(candidate, right, harmed, different, views, replayed)


def _replay(candidate: Candidate, view: View, least: int) -> Int8:
    values = candidate.replay(view) if view.wrong.any() else None
    if values is None:
        return view.expected
    rows = reproduced_rows(view, values) if candidate.rows_alone else best_stretch(view, values, least)
    if not candidate.rows_alone and rows.sum() < LEAST_ROWS <= len(rows) // 2:
        rows[:] = False  # a row or two of many are no stretch; see `rows_alone`
    return np.where(rows[:, None], values, view.expected).astype(np.int8)


def reproduced_rows(view: View, values: Int8) -> NDArray[np.bool_]:
    """Rows that differ and that `values` reproduces whole."""
    rows: NDArray[np.bool_] = view.wrong.any(axis=1) & (values == view.device).all(axis=1)
    return rows


def best_stretch(view: View, values: Int8, least: int) -> NDArray[np.bool_]:
    """The rows from one place to another in which `values` reproduces most more than it breaks."""
    gain = np.count_nonzero((values == view.device) & view.wrong, axis=1).astype(np.int64)
    gain -= np.count_nonzero((values != view.device) & ~view.wrong & view.present[:, None], axis=1)
    # what it changes to something else again counts half: another cause may have its hands in it, but hardly in all
    missed = (values != view.expected) & (values != view.device) & view.wrong
    gain = 2 * gain - np.count_nonzero(missed, axis=1)
    if gain.any() and np.array_equal(values[view.present], view.device[view.present]):
        return np.ones(len(gain), np.bool_)  # all of the file, however little of it shows
    total = np.concatenate([[0], np.cumsum(gain)])
    lowest = np.minimum.accumulate(total)
    end = int(np.argmax(total - lowest))  # the first best: rows after it bring nothing
    rows = np.zeros(len(gain), np.bool_)
    if total[end] - lowest[end] < 2 * min(4, least):
        return rows
    start = int(np.flatnonzero(total[:end] == lowest[end])[-1])
    rows[start:end] = True
    # rows beyond that are neither better nor worse belong to it, so that the end is said only where there is one
    while end < len(gain) and gain[end] >= 0:
        rows[end] = True
        end += 1
    # rows before it that it leaves as they are belong to it as well, so that its length is not that of what shows
    while start > 0 and not gain[start - 1] and (values[start - 1] == view.expected[start - 1]).all():
        start -= 1
        rows[start] = True
    return rows


def votes(rows: Int8, among: Int8, most: int = 3) -> list[int]:
    """Distances k, most frequent first, at which row r of `rows` equals row r - k of `among`."""
    places: dict[bytes, list[int]] = {}
    for place, row in enumerate(among):
        places.setdefault(row.tobytes(), []).append(place)
    known = ((place, places.get(row.tobytes(), [])) for place, row in enumerate(rows))
    # what occurs often (silence and the like) tells nothing
    counts = Counter(place - other for place, others in known if len(others) <= OFTEN for other in others)
    return sorted(counts, key=lambda k: (-counts[k], abs(k)))[:most]


def largest(views: list[View]) -> View:
    """The view with most differing values: what parameters are taken from."""
    return max(views, key=lambda view: int(np.count_nonzero(view.wrong)))


def differing(views: list[View]) -> Iterator[View]:
    """Views with a difference."""
    return (view for view in views if view.wrong.any())
