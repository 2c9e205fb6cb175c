"""Ways to decide wrongly that any kind of detector may have: other scores come to it, or not those of all windows."""

from collections.abc import Callable, Iterator

import numpy as np

from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from .counting import WAYS
from .detections import DECIDING, Rule
from .evidence import FileRecord
from .search import Int8

Heard = Callable[[Int8], Int8]  # scores, int8 [windows, classes], to those that come to the detector

STEPS = (*range(1, 17), 20, 24, 32, 48, 64)  # by which a score falls or rises at most
MOST_PERIOD = 8  # windows
STREAM_START = "Look at what calls detector_window (firmware/core/detect/stream.c), and with which scores"


def rules(t: Int8Rule) -> Iterator[Rule]:
    """In order of preference."""
    if not t.by_window:
        yield from by_other_scores(t)
    yield behind_scores(t)
    yield from slowly(t)
    yield from skipping(t)
    if t.by_window and sum(t.detect) > 1:
        yield from exclusive(t)


def by_other_scores(t: Int8Rule) -> Iterator[Rule]:
    """A window's scores are others': what `counting.by_other_scores` has for a detector of thresholds."""
    for told, way in WAYS:

        def heard(scores: Int8, way: Callable[..., np.ndarray] = way) -> Int8:  # type: ignore[type-arg]
            each = [np.floor(way(column.astype(np.float64))) for column in scores.T]
            return np.stack(each, axis=1).astype(np.int8)

        yield from _both(t, f"decides by {told}", f"a window decides by {told}", heard)


def behind_scores(t: Int8Rule) -> Rule:
    """What a window tells behind its scores comes to the detector: logits, or the scores' low bytes."""
    return Rule(
        "decides by logits",
        "a window decides by what the model gives behind its scores (logits) instead of by these",
        STREAM_START,
        lambda file, scores: Detector(t).update(_behind(file, scores)),
        causal=True,
    )


def _behind(file: FileRecord, scores: Int8) -> Int8:
    """The values behind a stream's scores, where all are known; else none."""
    values, classes = file.piece.outputs_device, scores.shape[1]
    known = not file.piece.first_window and len(values) >= len(scores) and values.shape[1] >= 2 * classes
    return values[: len(scores), classes : 2 * classes] if known else scores[:0]


def slowly(t: Int8Rule) -> Iterator[Rule]:
    """A score that falls, or rises, by no more than some steps from one window to the next."""
    for by in STEPS:
        for word, up in (("falls", False), ("rises", True)):
            told = f"what a window decides by {word} by {by} at most from one window to the next"
            cause = f"score {word} by {by}"
            yield from _both(t, cause, told, lambda scores, by=by, up=up: limited(scores, by, up))  # type: ignore[misc]


def limited(scores: Int8, by: int, up: bool) -> Int8:
    """Scores of which each is at most `by` above the one before (`up`), or at most as much below it."""
    given = np.empty_like(scores)
    before: np.ndarray | None = None  # type: ignore[type-arg]
    for window, row in enumerate(scores.astype(np.int16)):
        if before is not None:
            row = np.minimum(row, before + by) if up else np.maximum(row, before - by)
        given[window] = before = row
    return given


def _both(t: Int8Rule, cause: str, told: str, heard: Heard) -> Iterator[Rule]:
    """From each stream's beginning on, and behind what the stream before left; with the window's own score, or that."""
    for goes_on, more in ((False, ""), (True, "; it goes on with what the stream before left")):
        for own in (True, False) if t.by_window else (False,):
            tells = f", and tells {'its own score' if own else 'that'}" if t.by_window else ""
            yield Rule(
                cause,
                f"{told}{tells}{more}",
                DECIDING,
                lambda file, scores, own=own, goes_on=goes_on: _decided(t, file, scores, heard, own, goes_on),  # type: ignore[misc]
                causal=True,
                over_streams=goes_on,
            )


def _decided(
    t: Int8Rule, file: FileRecord, scores: Int8, heard: Heard, own: bool, goes_on: bool
) -> list[Change]:
    if goes_on and file.before is not None:
        before = file.before.piece.outputs_device[:, : scores.shape[1]]
        decided = heard(np.concatenate([before, scores]))[len(before) :]
    else:
        decided = heard(scores)
    changes = Detector(t).update(decided)
    if not own:
        return changes
    return [
        Change(each.window, each.label, each.active, int(scores[each.window, each.label])) for each in changes
    ]


def skipping(t: Int8Rule) -> Iterator[Rule]:
    """Some windows decide nothing, by their numbers."""
    for period in range(2, MOST_PERIOD + 1):
        for phase in range(period):
            which = f"number {phase}, {phase + period}, {phase + 2 * period}, …"
            for alone, told in (
                (False, f"one window in {period} decides nothing: {which}"),
                (True, f"one window in {period} alone decides: {which}"),
            ):
                if not alone or period > 2:  # of two windows each is the other's
                    yield Rule(
                        f"one of {period} {'decides' if alone else 'not decided'}",
                        told,
                        STREAM_START,
                        lambda _, scores, period=period, phase=phase, alone=alone: _skipped(  # type: ignore[misc]
                            t, scores, (np.arange(len(scores)) % period == phase) == alone
                        ),
                        causal=True,
                    )


def _skipped(t: Int8Rule, scores: Int8, decides: np.ndarray) -> list[Change]:  # type: ignore[type-arg]
    numbers = np.flatnonzero(decides)
    return [
        Change(int(numbers[each.window]), each.label, each.active, each.score)
        for each in Detector(t).update(scores[numbers])
    ]


def exclusive(t: Int8Rule) -> Iterator[Rule]:
    """One class alone is active at a time, though each decides by its own thresholds."""
    for ends, told in (
        (False, "no class begins while another one is active"),
        (True, "a class that begins ends all others"),
    ):
        yield Rule(
            "one class at a time",
            told,
            DECIDING,
            lambda _, scores, ends=ends: _one_at_a_time(t, scores, ends),  # type: ignore[misc]
            causal=True,
        )


def _one_at_a_time(t: Int8Rule, scores: Int8, ends: bool) -> list[Change]:
    changes: list[Change] = []
    active: set[int] = set()
    for window, row in enumerate(scores.tolist()):
        for label in np.flatnonzero(t.detect).tolist():
            now = row[label] >= (t.off[label] if label in active else t.on[label])
            if now == (label in active) or (now and active and not ends):
                continue
            for other in sorted(active) if now else ():
                changes.append(Change(window, other, False, row[other]))
            active = {label} if now else active - {label}
            changes.append(Change(window, label, now, row[label]))
    return changes
