"""The detector's rule replayed on the device's own scores: is it the deciding or the reporting that differs?"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from .evidence import DiagnosisRecord, FileRecord
from .scores_told import Source, scores_over_streams, scores_told

Int8 = NDArray[np.int8]

MOST_LATE = 20  # windows
BEGINNING = 48  # windows of a file by which most rules are found not to be the one
MOST_DEBOUNCED = 5  # windows in a row
MOST_ALIKE = 3  # rules that give the same detections and are named
LEAST_CHANGES = 4  # expected and told: fewer would be explained by any of many rules

DECIDING = (
    "Look at the detector's comparison (>= on, < off), at what it counts and keeps from window to window, and at the "
    "thresholds in the device's settings block"
)
_RESET = "Call detector_reset at the stream's start"
_RESET_IN_PART = (
    "Look at what detector_reset sets back when a stream begins (firmware/core/detect/detector.c: the classes' bytes, "
    "and the kind's own behind them), and at the kind's own reset"
)
REPORTING = (
    "Look at what fills the DETECTION message (label, active, window and score: send_detection in "
    "firmware/core/session/audio.c), and at what brings them there (stream_detection in firmware/core/detect/stream.c)"
)
SCORED = (
    "Look at what a rule sets as a detection's score (the last argument of detector_set in firmware/core/detect), and "
    f"at what keeps it (detector_set in detector.c). {REPORTING}"
)
BOTH = (
    "Look at the detector's comparison (>= on, < off) and its thresholds; then at what fills the DETECTION message "
    "(send_detection in firmware/core/session/audio.c, stream_detection in firmware/core/detect/stream.c)"
)

Decide = Callable[[FileRecord, Int8], list[Change]]


@dataclass(frozen=True)
class Moved:
    """Thresholds that are off, by any of the figures `low` to `high`.

    Attributes:
        what: which thresholds, in words.
        on, off: whether these are the upper ones, and the lower ones: 1 or 0 each.
        low, high: the least and the most that may have been added.
    """

    what: str
    on: int
    off: int
    low: int
    high: int

    def decides(self, t: Int8Rule, by: int) -> Decide:
        """What some right thresholds give with a figure added."""
        return right_rule(moved(t, by * self.on, by * self.off))


@dataclass(frozen=True)
class Rule:
    """A way to decide or to report.

    Attributes:
        cause, explanation, cure: as in a `Finding`.
        decide: the changes it gives for a file, whose scores are the second argument.
        late: by how many windows a change comes behind another than it tells; below 0: it tells a later one; None:
            that is not the same for all.
        causal: whether what it gives up to a window depends on no later one.
        over_streams: whether what it gives depends on the streams before, too.
        moved: how thresholds are off, where that is what is wrong.
        deployed: how many bundles that were deployed have the detections which it gives, too.
        last: whether it says so little that it is told only where no other rule gives the detections.
        placed: whether its cure names the lines of code that give the same.
        of_reset: whether it is a line of what sets back what a stream begins with.
    """

    cause: str
    explanation: str
    cure: str
    decide: Decide
    late: int | None = 0
    causal: bool = False
    over_streams: bool = False
    moved: Moved | None = None
    deployed: int = 0
    last: bool = False
    placed: bool = False
    of_reset: bool = False


def right_rule(thresholds: Int8Rule) -> Decide:
    """The rule as it should be, with some thresholds."""
    return lambda _, scores: Detector(thresholds).update(scores)


def explaining_rule(
    thresholds: Int8Rule,
    files: list[FileRecord],
    more: Iterator[Rule],
    narrowed: Callable[[Rule], Rule | None] = lambda rule: rule,
    besides: int = 0,
) -> Rule | None:
    """The first rule that gives exactly the device's detections in every file, None when none does.

    Args:
        thresholds: the right ones.
        files: all of them with the device's scores.
        more: rules to be tried after the usual ones.
        narrowed: what is left of a rule by what was seen elsewhere, or None; rules of which nothing is left are told
            where all are such.
        besides: how many detections were expected and told elsewhere.
    """
    files = sorted((file for file in files if file.scores is not None), key=lambda file: file.outputs.rows)
    tried = chain(usual_rules(thresholds, files), more)
    if sum(len(file.device_changes) + len(file.expected_changes) for file in files) + besides < LEAST_CHANGES:
        tried = chain([not_reset(thresholds)])  # of the file before is what no other rule would know
    return giving(tried, files, narrowed)


def giving(
    tried: Iterable[Rule],
    files: list[FileRecord],
    narrowed: Callable[[Rule], Rule | None] = lambda rule: rule,
) -> Rule | None:
    """The first of some rules that gives exactly the device's detections in every file; see `explaining_rule`."""
    found, left = list[Rule](), list[Rule]()
    for rule in tried:
        if comes_as_told(rule, files) and reproduces(rule.decide, files, rule.causal):
            found.append(rule)
            left += [each for each in (narrowed(rule),) if each is not None]
        if sum(not each.last for each in left) > MOST_ALIKE:
            break
    left.sort(key=lambda rule: not rule.deployed)  # those first that were seen elsewhere, too
    told = left or found
    return together([rule for rule in told if not rule.last] or told)


def comes_as_told(rule: Rule, files: list[FileRecord]) -> bool:
    """Whether a rule's changes come behind those windows behind which the device's came."""
    return rule.late is None or all(
        file.detections_late == rule.late for file in files if file.device_changes
    )


def together(rules: list[Rule]) -> Rule | None:
    """One rule of those that all give the same: the first, and the others named beside it."""
    if len(rules) < 2:
        return rules[0] if rules else None
    others = "; or: ".join(rule.explanation for rule in rules[1:MOST_ALIKE])
    more = "; or others" if len(rules) > MOST_ALIKE else ""
    return replace(
        rules[0],
        explanation=f"{rules[0].explanation}; or, which gives the same here: {others}{more}",
        over_streams=any(rule.over_streams for rule in rules),
    )


def reproduces(decide: Decide, files: list[FileRecord], causal: bool = False) -> bool:
    """Whether a rule gives exactly the device's detections; files must have scores. `causal`: see `Rule`."""
    return all(
        file.scores is not None
        and not (causal and _begins_otherwise(decide, file, file.scores))
        and sorted(decide(file, file.scores)) == sorted(file.device_changes)
        for file in files
    )


def _begins_otherwise(decide: Decide, file: FileRecord, scores: Int8) -> bool:
    """Whether a long file's first windows are enough to see that it is not this rule."""
    if len(scores) < 2 * BEGINNING:
        return False
    told = sorted(change for change in file.device_changes if change.window < BEGINNING)
    return sorted(decide(file, scores[:BEGINNING])) != told


def wrongly_decided(record: DiagnosisRecord) -> list[FileRecord]:
    """Files whose detections do not follow from the device's own scores, where these are known."""
    right = right_rule(record.bundle.thresholds)
    known = [file for file in record.files if file.scores is not None]
    return [file for file in known if not reproduces(right, [_of_known_windows(file)])]


def _of_known_windows(file: FileRecord) -> FileRecord:
    """A file without the changes of windows that the host has none for; that these came is told by itself."""
    assert file.scores is not None
    told = [change for change in file.device_changes if change.window < len(file.scores)]
    return replace(file, device_changes=told)


def usual_rules(t: Int8Rule, files: list[FileRecord]) -> Iterator[Rule]:
    """The rules that are tried first."""
    for variant in t.variants():
        cure = variant.cure or DECIDING
        yield Rule(variant.cause, variant.explanation, cure, right_rule(variant.rule), causal=True)
        if variant.rule.remembers:
            yield Rule(
                variant.cause,
                f"{variant.explanation}; it goes on with what the stream before left",
                DECIDING,
                lambda file, scores, rule=variant.rule: _remembering(rule, file, scores),  # type: ignore[misc]
                causal=True,
                over_streams=True,
            )
    yield not_reset(t)
    yield from kept_in_part(t)
    if t.by_window:
        yield from moved_thresholds(t, files)
    yield from delayed(t)
    yield from reporting(t, files)


def _remembering(rule: Int8Rule, file: FileRecord, scores: Int8) -> list[Change]:
    """What the right rule does not remember is as the file before has left it, all else as a stream begins."""
    begun, state = rule.start(), rule.start()
    if file.before is not None:
        Detector(rule, state).update(file.before.piece.outputs_device[:, : len(rule.on)])
    for name in rule.remembers:
        if hasattr(state, name):
            setattr(begun, name, getattr(state, name))
    return Detector(rule, begun).update(scores)


def not_reset(t: Int8Rule) -> Rule:
    """The detector goes on from the file before."""
    return Rule(
        "detector not reset",
        "the detector keeps what was active at the end of the file before",
        _RESET,
        lambda file, scores: _continued(t, file, scores),
        causal=True,
        over_streams=True,
    )


def delayed(t: Int8Rule) -> Iterator[Rule]:
    """Detections some windows late or early, or after some windows in a row."""
    for late in (*range(1, MOST_LATE + 1), -1, -2, -3):
        which = f"{abs(late)} window{'s' * (abs(late) > 1)} {'late' if late > 0 else 'early'}"
        yield _altered(t, f"detections {which}", f"detections are reported {which}", _by(late))
    for windows in range(2, MOST_DEBOUNCED + 1) if t.by_window else ():
        yield Rule(
            f"debounced by {windows}",
            f"a class changes only after {windows} windows in a row beyond its threshold",
            DECIDING,
            lambda _, scores, windows=windows: patient(t, scores, windows - 1, windows - 1),  # type: ignore[misc]
            causal=True,
        )


def kept_in_part(t: Int8Rule) -> Iterator[Rule]:
    """Some of what a detector remembers is kept from the file before, and some is not."""
    parts = type(t.start()).PARTS
    for count in range(1, len(parts)):
        for kept in combinations(parts, count):
            told = " and ".join(parts[name] for name in kept)
            yield Rule(
                f"detector keeps {', '.join(kept)}",
                f"the detector keeps {told} from the file before, and nothing else",
                _RESET_IN_PART,
                lambda file, scores, kept=kept: _continued_in_part(t, file, scores, kept),  # type: ignore[misc]
                causal=True,
                over_streams=True,
            )


def _continued_in_part(t: Int8Rule, file: FileRecord, scores: Int8, kept: tuple[str, ...]) -> list[Change]:
    state = t.start()
    before = None if file.before is None else file.before.state
    for name in kept if before is not None else ():
        setattr(state, name, deepcopy(getattr(before, name)))
    return Detector(t, state).update(scores)


def _continued(t: Int8Rule, file: FileRecord, scores: Int8) -> list[Change]:
    state = None if file.before is None else file.before.state
    return Detector(t, deepcopy(state)).update(scores)


# ---- thresholds


def moved(t: Int8Rule, on: int, off: int, label: int | None = None) -> Int8Rule:
    """Thresholds with `on` and `off` added: those of one class, or all."""

    def add(values: tuple[int, ...], by: int) -> tuple[int, ...]:
        return tuple(value + by * (label in (None, place)) for place, value in enumerate(values))

    return replace(t, on=add(t.on, on), off=add(t.off, off))


def moved_thresholds(t: Int8Rule, files: list[FileRecord]) -> Iterator[Rule]:
    """Thresholds that are off. All that give the same detections are reported: these values cannot tell them apart."""
    changes = [change for file in files for change in file.device_changes if change.label < len(t.on)]
    # a class became active at these scores, so its threshold was not above them; and the like
    highest = min((change.score - t.on[change.label] for change in changes if change.active), default=255)
    lowest = max(
        (change.score + 1 - t.off[change.label] for change in changes if not change.active), default=-255
    )
    kinds = (
        ("the upper threshold", 1, 0, [highest], -1),
        ("the lower threshold", 0, 1, [lowest], 1),
        ("both thresholds", 1, 1, list(range(highest, lowest - 1, -1)), -1),
    )
    for what, on, off, tried, step in kinds:

        def gives(by: int, on: int = on, off: int = off) -> bool:
            return reproduces(right_rule(moved(t, by * on, by * off)), files, causal=True)

        sure = next((by for by in tried if gives(by)), None)
        if sure is None:
            continue
        end = sure
        while abs(end + step) <= 255 and gives(end + step):
            end += step
        low, high = min(sure, end), max(sure, end)
        if not low <= 0 <= high:  # else the right one is among them
            yield by_moved(t, Moved(what, on, off, low, high))


def by_moved(t: Int8Rule, moved: Moved) -> Rule:
    """The rule of thresholds that are off."""
    what, low, high = moved.what, moved.low, moved.high
    nearest = min(low, high, key=abs)
    words = f"off by {low:+d}" if low == high else f"off by {low:+d} to {high:+d}, which give the same here"
    if low <= 1 <= high:
        words += f"; +1 is {'> instead of >=' if moved.on else '<= instead of <'}"
    told = f"{what} {'is' if moved.on + moved.off == 1 else 'are'} {words}"
    cause = f"{what.removeprefix('the ')} {nearest:+d}"
    return Rule(cause, told, DECIDING, moved.decides(t, nearest), causal=True, moved=moved)


def patient(t: Int8Rule, scores: Int8, on: int, off: int) -> list[Change]:
    """Changes that wait for so many windows more, in a row, beyond the threshold."""
    changes = []
    for label in np.flatnonzero(t.detect).tolist():
        active, run = False, 0
        for window, score in enumerate(scores[:, label].tolist()):
            now = score >= (t.off[label] if active else t.on[label])
            run = run + 1 if now != active else 0
            if run > (off if active else on):
                active, run = now, 0
                changes.append(Change(window, label, active, score))
    return changes


# ---- reporting


def _altered(
    t: Int8Rule, cause: str, told: str, alter: Callable[[FileRecord, Change], Change | None]
) -> Rule:
    """The right decisions, told otherwise; None: not told."""

    def decide(file: FileRecord, scores: Int8) -> list[Change]:
        told = (alter(file, change) for change in Detector(t).update(scores))
        return _one_score(
            [change for change in told if change is not None and 0 <= change.window < len(scores)]
        )

    return Rule(cause, told, REPORTING, decide)


def _one_score(changes: list[Change]) -> list[Change]:
    """A class has one score to tell: where it ends and begins in the same window, both tell the later one."""
    last = {(change.window, change.label): change.score for change in changes}
    return [replace(change, score=last[change.window, change.label]) for change in changes]


def _with_scores(t: Int8Rule, source: Source) -> Decide:
    """The right decisions with scores of another source."""

    def decide(file: FileRecord, scores: Int8) -> list[Change]:
        right = Detector(t).update(scores)
        return _one_score(
            [
                change if score is None else replace(change, score=score)
                for change, score in zip(right, source(file, scores, right), strict=True)
            ]
        )

    return decide


def _by(late: int) -> Callable[[FileRecord, Change], Change]:
    return lambda _, change: replace(change, window=change.window + late)


def reporting(t: Int8Rule, files: list[FileRecord]) -> Iterator[Rule]:
    """The right decisions with another label or score, or with active and inactive exchanged or left out."""
    order = _label_order(t, files)
    if order is not None:
        named = ", ".join(f"class {a} as {b}" for a, b in enumerate(order) if a != b)
        yield _altered(
            t,
            "wrong label",
            f"detections name another label: {named}",
            lambda _, c: replace(c, label=order[c.label]),
        )
    for over_streams, sources in ((False, scores_told(t)), (True, scores_over_streams(t))):
        for cause, told, source in sources:
            yield Rule(cause, told, SCORED, _with_scores(t, source), over_streams=over_streams)
    yield _altered(
        t,
        "active inverted",
        "active and inactive are exchanged in the report",
        lambda _, c: replace(c, active=not c.active),
    )
    yield Rule(
        "ended with the stream",
        "a class that is active when a stream ends is told to end with its last window",
        "Look at what is done with detections at a stream's end",
        lambda _, scores: _ended(t, scores),
    )
    for wanted, word in ((True, "active"), (False, "inactive")):
        yield _altered(
            t,
            f"only changes to {word}",
            f"only changes to {word} are reported",
            lambda _, c, wanted=wanted: c if c.active == wanted else None,  # type: ignore[misc]
        )


def _ended(t: Int8Rule, scores: Int8) -> list[Change]:
    changes = Detector(t).update(scores)
    active = {change.label: change.active for change in changes}
    last = len(scores) - 1
    return changes + [
        Change(last, label, False, int(scores[last, label])) for label, on in sorted(active.items()) if on
    ]


def _label_order(t: Int8Rule, files: list[FileRecord]) -> tuple[int, ...] | None:
    """Which label stands for which, read from changes that agree in all but the label."""
    names = [Counter[int]() for _ in t.on]  # two classes may change alike: what most changes say counts
    for file in files:
        if file.scores is None:
            continue
        told = {(change.window, change.active, change.score): change.label for change in file.device_changes}
        for change in right_rule(t)(file, file.scores):
            name = told.get((change.window, change.active, change.score))
            names[change.label].update(() if name is None else (name,))
    order = [seen.most_common()[0][0] if seen else label for label, seen in enumerate(names)]
    return tuple(order) if order != list(range(len(order))) else None
