"""More ways to decide or to report wrongly: single classes, changes lost or told again, delays of one side."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from . import counting, heard_scores, resting
from .detections import (
    DECIDING,
    REPORTING,
    Int8,
    Rule,
    delayed,
    moved,
    moved_thresholds,
    patient,
    reporting,
    right_rule,
)
from .evidence import FileRecord

MOST_HELD = 5  # windows
MOST_PERIOD = 12  # every how manieth change is lost


def more_rules(t: Int8Rule, files: Sequence[FileRecord] = ()) -> Iterator[Rule]:
    """In order of preference, after those of `detections`; `files`: to be explained, where figures are read."""
    if t.by_window:
        yield from held(t)
    yield from classes(t)
    yield unsigned(t)
    yield from one_a_window(t)
    yield from both_at_once(t, files)
    yield from resting.rules(t, files)
    for first, which in ((True, "first"), (False, "last")):
        yield Rule(
            f"{which} window not told",
            f"changes in a stream's {which} window are not told",
            REPORTING,
            lambda _, scores, first=first: _without_an_end(Detector(t).update(scores), len(scores), first),  # type: ignore[misc]
        )
    yield from lost(t)
    yield from window_numbers(t)
    yield Rule(
        "told twice",
        "every detection is told twice",
        REPORTING,
        lambda _, scores: [change for change in Detector(t).update(scores) for _ in range(2)],
    )
    yield Rule(
        "first window not decided",
        "the first window of a stream decides nothing",
        DECIDING,
        lambda _, scores: _later(Detector(t).update(scores[1:]), 1),
    )
    yield from until(t, files)
    if t.by_window:
        yield from counting.by_other_scores(t)
        yield from counting.by_counts(t, files)
        yield from counting.by_crossings(t)
        yield from counting.otherwise(t)
    yield from counting.numbered(t, files)
    yield from heard_scores.rules(t)


def window_numbers(t: Int8Rule) -> Iterator[Rule]:
    """The right changes behind their windows, told with a number that is some more or less."""
    for by in (1, -1, 2, -2, 3, -3):
        yield Rule(
            f"window number {by:+d}",
            f"detections are told with a window number that is {by:+d}",
            REPORTING,
            lambda _, scores, by=by: _later(Detector(t).update(scores), by),  # type: ignore[misc]
            late=-by,
        )


def _later(changes: list[Change], by: int) -> list[Change]:
    return [replace(change, window=change.window + by) for change in changes]


def _without_an_end(changes: list[Change], windows: int, first: bool) -> list[Change]:
    return [change for change in changes if change.window != (0 if first else windows - 1)]


def until(t: Int8Rule, files: Sequence[FileRecord]) -> Iterator[Rule]:
    """Windows beyond some number decide nothing."""
    told = max((change.window for file in files for change in file.device_changes), default=-1)
    missing = [
        change.window
        for file in files
        for change in set(file.expected_changes) - set(file.device_changes)
        if change.window > told
    ]
    if missing:
        first, end = told + 1, min(missing)
        which = f"one of the numbers {first:,} to {end:,}" if end > first else f"number {end:,}"
        yield Rule(
            "late windows not decided",
            f"windows from {which} on decide nothing",
            DECIDING,
            lambda _, scores: Detector(t).update(scores[:end]),
        )


def held(t: Int8Rule) -> Iterator[Rule]:
    """One of the two changes waits for some windows in a row."""
    for windows in range(1, MOST_HELD + 1):
        which = f"{windows} window{'s' * (windows > 1)}"
        for on, off, told in (
            (0, windows, f"a class stays active for {which} more below its lower threshold"),
            (windows, 0, f"a class becomes active only after {which} more above its upper threshold"),
        ):
            yield Rule(
                f"{'off' if off else 'on'} delayed by {windows}",
                told,
                DECIDING,
                lambda _, scores, on=on, off=off: patient(t, scores, on, off),  # type: ignore[misc]
                causal=True,
            )


def classes(t: Int8Rule) -> Iterator[Rule]:
    """A class that is never detected, one class's thresholds for all, one class's threshold off by one."""
    count = len(t.on)
    if count < 2:
        return
    for label in np.flatnonzero(t.detect).tolist():
        detect = tuple(on and other != label for other, on in enumerate(t.detect))
        yield Rule(
            f"class {label} never detected",
            f"class {label} is never detected, all others rightly"
            + (
                ": the last class, so that a loop over the classes may end too early"
                if label == count - 1
                else ""
            ),
            DECIDING,
            right_rule(replace(t, detect=detect)),
        )
    for label in np.flatnonzero(t.detect).tolist() if sum(t.detect) > 2 else ():
        yield Rule(
            f"only class {label} detected",
            f"of all classes class {label} alone is ever detected, and that rightly",
            DECIDING,
            right_rule(replace(t, detect=tuple(other == label for other in range(count)))),
        )
    for label in range(count):
        for what, on, off in (
            ("the thresholds", (t.on[label],) * count, (t.off[label],) * count),
            ("the upper threshold", (t.on[label],) * count, t.off),
            ("the lower threshold", t.on, (t.off[label],) * count),
        ):
            if (on, off) != (t.on, t.off):
                yield Rule(
                    f"{what[4:]} of class {label} for all",
                    f"{what} of class {label} {'are' if what.endswith('s') else 'is'} used for all classes",
                    DECIDING,
                    right_rule(replace(t, on=on, off=off)),
                )
    for label in np.flatnonzero(t.detect).tolist():
        for by in (1, -1):
            for what, up, down in (("upper", by, 0), ("lower", 0, by)):
                told = f"the {what} threshold of class {label} is off by {by:+d}"
                yield Rule(
                    f"{what} threshold of class {label} {by:+d}",
                    told,
                    DECIDING,
                    right_rule(moved(t, up, down, label)),
                )


def unsigned(t: Int8Rule) -> Rule:
    """Scores and thresholds are compared as unsigned bytes."""
    read = replace(t, on=tuple(map(_as_unsigned, t.on)), off=tuple(map(_as_unsigned, t.off)))
    return Rule(
        "unsigned scores",
        "scores and thresholds are compared as unsigned bytes, so that negative scores are the highest",
        DECIDING,
        lambda _, scores: [
            replace(change, score=_as_unsigned(change.score))
            for change in Detector(read).update(scores ^ -128)
        ],
    )


def _as_unsigned(value: int) -> int:
    """What orders int8 as their bytes are ordered, as an int8; a second time it gives the value back."""
    return value ^ -128


def one_a_window(t: Int8Rule) -> Iterator[Rule]:
    """At most one change a window is decided, or reported."""
    if sum(t.detect) < 2 or not t.by_window:
        return

    def decide(_: FileRecord, scores: Int8) -> list[Change]:
        active, changes = [False] * len(t.on), []
        for window, row in enumerate(scores.tolist()):
            for label in np.flatnonzero(t.detect).tolist():
                now = row[label] >= (t.off[label] if active[label] else t.on[label])
                if now != active[label]:
                    active[label] = now
                    changes.append(Change(window, label, now, row[label]))
                    break
        return changes

    yield Rule(
        "one change a window",
        "at most one class changes in a window, the others wait for the next one",
        DECIDING,
        decide,
    )

    def first_told(_: FileRecord, scores: Int8) -> list[Change]:
        seen: dict[int, Change] = {}
        for change in Detector(t).update(scores):
            seen.setdefault(change.window, change)
        return list(seen.values())

    yield Rule("one told a window", "only the first change of a window is told", REPORTING, first_told)


def both_at_once(t: Int8Rule, files: Sequence[FileRecord]) -> Iterator[Rule]:
    """Of a class that ends and begins in one window one of both is not told, or is told with the next window."""
    right = (right_rule(t)(file, file.scores) for file in files if file.scores is not None)
    if not any(_twice(changes) for changes in right):
        return
    for active, what in ((True, "beginning"), (False, "end")):
        for by, how in ((None, "not told"), (1, "told with the next window")):
            yield Rule(
                f"{what} of both {how}",
                f"where a class ends and begins in the same window, the {what} is {how}",
                REPORTING,
                lambda _, scores, active=active, by=by: _both(
                    Detector(t).update(scores), active, by, len(scores)
                ),  # type: ignore[misc]
                late=0 if by is None else None,
            )


def _twice(changes: list[Change]) -> set[tuple[int, int]]:
    """Windows and labels of a class that changes twice."""
    counts = Counter((change.window, change.label) for change in changes)
    return {place for place, count in counts.items() if count > 1}


def _both(changes: list[Change], active: bool, by: int | None, windows: int) -> list[Change]:
    """Changes without those of one kind that stand beside another one, or with these some windows later."""
    twice = _twice(changes)
    found = []
    for change in changes:
        if (change.window, change.label) not in twice or change.active != active:
            found.append(change)
        elif by is not None and change.window + by < windows:
            found.append(replace(change, window=change.window + by))
    return found


def lost(t: Int8Rule) -> Iterator[Rule]:
    """One in some detections is not reported."""
    for period in range(2, MOST_PERIOD + 1):
        for phase in range(period):
            yield Rule(
                f"one of {period} lost",
                f"one in {period} detections of the run is not told",
                REPORTING,
                _without(t, period, phase),
                over_streams=True,
                last=True,
            )


def _without(t: Int8Rule, period: int, phase: int) -> Callable[[FileRecord, Int8], list[Change]]:
    def decide(file: FileRecord, scores: Int8) -> list[Change]:
        changes = Detector(t).update(scores)
        return [c for place, c in enumerate(changes, file.changes_before) if place % period != phase]

    return decide


RULES = (
    moved_thresholds,
    delayed,
    reporting,
    held,
    classes,
    one_a_window,
    both_at_once,
    lost,
    counting.by_other_scores,
    counting.by_counts,
    counting.by_crossings,
    counting.otherwise,
    counting.numbered,
    resting.timed,
    resting.lasting_scores,
    heard_scores.by_other_scores,
    heard_scores.slowly,
    heard_scores.skipping,
    heard_scores.exclusive,
)  # for the docs
