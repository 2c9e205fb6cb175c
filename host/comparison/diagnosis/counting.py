"""Ways to decide by more than a window's own score: earlier ones, means of them, counts that are not set back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from .detections import DECIDING, REPORTING, Int8, Rule, reproduces
from .evidence import FileRecord

Float = NDArray[np.float64]
Deciding = Callable[
    [Float], Float
]  # scores of a class, from the one before the stream on, to what is decided by

MOST_COUNTED = 6  # windows
MOST_EARLIER = 3
LEAST_NUMBERS = 3  # windows, whose numbers tell what was made of them
COUNTS = (
    "Look at the counters of the detector: where they are set back (a window on the other side, a change, a stream's "
    "start)"
)


def _earlier(windows: int) -> Deciding:
    # A stream may be shorter than that: it has as many decisions as windows all the same.
    return lambda scores: np.concatenate([np.repeat(scores[:1], windows), scores[:-windows]])[: len(scores)]


def _mean(count: int) -> Deciding:
    def decided(scores: Float) -> Float:
        longer = np.concatenate([np.repeat(scores[:1], count - 1), scores])
        return np.asarray(np.lib.stride_tricks.sliding_window_view(longer, count).mean(axis=1), np.float64)

    return decided


def _smooth(part: float) -> Deciding:
    def decided(scores: Float) -> Float:
        done, state = [], float(scores[0])
        for score in scores.tolist():
            state += (score - state) * part
            done.append(state)
        return np.array(done)

    return decided


WAYS: tuple[tuple[str, Deciding], ...] = (
    *(
        (f"the score of {'the window' if k == 1 else f'{k} windows'} before", _earlier(k))
        for k in range(1, MOST_EARLIER + 1)
    ),
    *((f"the mean of its score and the {count - 1} before it", _mean(count)) for count in (2, 3, 4)),
    ("the higher of its score and the one before it", lambda s: np.maximum(s, _earlier(1)(s))),
    *((f"its score smoothed (by {part:g} of the way to each)", _smooth(part)) for part in (0.5, 0.25, 0.125)),
)


def by_other_scores(t: Int8Rule) -> Iterator[Rule]:
    """A window decides by the score of one before it, by a mean of some, or by a smoothed one."""
    for told, way in WAYS:
        for own in (True, False):
            for goes_on in (False, True):
                words = f"a window decides by {told}, and tells {'its own score' if own else 'that'}"
                words += "; it goes on with what the stream before left" if goes_on else ""
                yield Rule(
                    f"decides by {told}",
                    words,
                    DECIDING,
                    lambda file, scores, way=way, own=own, goes_on=goes_on: _by_other(  # type: ignore[misc]
                        t, file, scores, way, own, goes_on
                    ),
                    causal=True,
                    over_streams=goes_on,
                )


def _by_other(
    t: Int8Rule, file: FileRecord, scores: Int8, way: Deciding, own: bool, goes_on: bool
) -> list[Change]:
    changes: list[Change] = []
    before = file.before.piece.outputs_device if goes_on and file.before is not None else scores[:0]
    for label in np.flatnonzero(t.detect).tolist():
        left = before[:, label] if len(before) else np.array([-128])
        decided = way(np.concatenate([left, scores[:, label]]).astype(np.float64))[len(left) :]
        active = False
        for window, (score, by) in enumerate(zip(scores[:, label].tolist(), decided.tolist(), strict=True)):
            now = by >= (t.off[label] if active else t.on[label])
            if now != active:
                active = now
                changes.append(Change(window, label, now, score if own else int(np.floor(by))))
    return changes


def by_counts(t: Int8Rule, files: Sequence[FileRecord] = ()) -> Iterator[Rule]:
    """A class begins, or ends, after some windows in all beyond its threshold: others between them do not count."""
    for count in range(2, MOST_COUNTED + 1):
        for on, what, limit in (
            (True, "begins", "at or above its upper"),
            (False, "ends", "below its lower"),
        ):
            for less, words in ((0, "one on the other side does not set the count back"), (1, "")):
                words = words or "one on the other side counts one down instead of setting the count back"
                told = f"a class {what} with the {_nth(count)} window {limit} threshold, in a row or not: {words}"
                rule = Rule(
                    f"{what} after {count} in all",
                    told,
                    COUNTS,
                    lambda _, scores, count=count, on=on, less=less: counted(  # type: ignore[misc]
                        t, scores, count, on, less, 0
                    ),
                    causal=True,
                )
                yield rule
                if not less and len(files) > 1 and not reproduces(rule.decide, list(files), rule.causal):
                    yield Rule(
                        f"{what} after {count} of all streams",
                        f"{told}, and neither does a stream's start",
                        COUNTS,
                        lambda file, scores, count=count, on=on: _going_on(t, file, scores, count, on),  # type: ignore[misc]
                        over_streams=True,
                    )


def by_crossings(t: Int8Rule) -> Iterator[Rule]:
    """Each crossing of a threshold exchanges active and inactive, whatever a class was."""
    for limits, words in ((t.on, "upper"), (t.off, "lower")):
        yield Rule(
            f"toggles at the {words} threshold",
            f"a class changes from active to inactive, or back, each time that it comes to its {words} threshold from "
            "below",
            DECIDING,
            lambda _, scores, limits=limits: _toggled(t, scores, limits),  # type: ignore[misc]
            causal=True,
        )


def _toggled(t: Int8Rule, scores: Int8, limits: tuple[int, ...]) -> list[Change]:
    changes = []
    for label in np.flatnonzero(t.detect).tolist():
        active = over = False
        for window, score in enumerate(scores[:, label].tolist()):
            now = score >= limits[label]
            if now and not over:
                active = not active
                changes.append(Change(window, label, active, score))
            over = now
    return changes


def otherwise(t: Int8Rule) -> Iterator[Rule]:
    """A difference of score and threshold that wraps at 8 bits; changes that all tell the same."""
    yield Rule(
        "difference wraps",
        "the difference of score and threshold is kept in 8 bits, so that a score far below counts as one above",
        DECIDING,
        lambda _, scores: _by_difference(t, scores),
        causal=True,
    )
    for active in (True, False):
        words = "active" if active else "inactive"
        yield Rule(
            f"all told {words}",
            f"every change is told as one to {words}",
            REPORTING,
            lambda _, scores, active=active: [  # type: ignore[misc]
                replace(change, active=active) for change in Detector(t).update(scores)
            ],
        )


def _by_difference(t: Int8Rule, scores: Int8) -> list[Change]:
    changes = []
    for label in np.flatnonzero(t.detect).tolist():
        active = False
        for window, score in enumerate(scores[:, label].tolist()):
            off = score - (t.off[label] if active else t.on[label])
            now = off % 256 < 128
            if now != active:
                active = now
                changes.append(Change(window, label, now, score))
    return changes


def numbered(t: Int8Rule, files: Sequence[FileRecord] = ()) -> Iterator[Rule]:
    """The right changes, told with another number than their window's: times something, or counted from elsewhere."""
    pairs = []
    for file in files:
        right = [] if file.scores is None else Detector(t).update(file.scores)
        if len(right) != len(file.device_changes):
            return
        pairs += [
            (ours.window, theirs.window) for ours, theirs in zip(right, file.device_changes, strict=True)
        ]
    if len({ours for ours, _ in pairs}) < LEAST_NUMBERS:
        return
    (a, x), (b, y) = min(pairs), max(pairs)
    by = (y - x) // (b - a)
    more = x - by * a
    if by in (0, 1) or any(theirs != by * ours + more for ours, theirs in pairs):
        return
    told = f"detections are told with {by:,} times their window's number" + (f" {more:+,}" if more else "")
    yield Rule(
        f"window number times {by}",
        f"{told}, as where it is a number of columns, of samples or a time",
        REPORTING,
        lambda _, scores: [
            replace(change, window=by * change.window + more) for change in Detector(t).update(scores)
        ],
        late=None,
    )


def _nth(count: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(count, f"{count}th")


def counted(t: Int8Rule, scores: Int8, count: int, on: bool, less: int, begun: int) -> list[Change]:
    """Changes of one kind that wait for so many windows in all.

    Args:
        t: the right rule.
        scores: int8 [windows, classes].
        count: windows that are waited for.
        on: whether beginnings wait; else ends.
        less: what a window on the other side takes off the count.
        begun: the count at the stream's start.
    """
    changes = []
    for label in np.flatnonzero(t.detect).tolist():
        active, have = False, begun
        for window, score in enumerate(scores[:, label].tolist()):
            now = score >= (t.off[label] if active else t.on[label])
            if now == active:
                have = max(0, have - less)
                continue
            if active != on:
                have += 1
                if have < count:
                    continue
            active, have = now, 0
            changes.append(Change(window, label, active, score))
    return changes


def _going_on(t: Int8Rule, file: FileRecord, scores: Int8, count: int, on: bool) -> list[Change]:
    """With the count that gives the device's changes; the windows that it counted before are not kept."""
    told = sorted(file.device_changes)
    tried = (counted(t, scores, count, on, 0, begun) for begun in range(count))
    return next((changes for changes in tried if sorted(changes) == told), [])
