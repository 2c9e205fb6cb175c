"""Findings of the stage detections: what is not by the rule on the device's own scores."""

from collections import Counter
from dataclasses import replace
from typing import Any

from ...detector.detector import Change
from ...printable import counted
from .changed_rules import changed_rules, changes_named, places_of
from .deciding import more_rules
from .detections import (
    DECIDING,
    REPORTING,
    Rule,
    explaining_rule,
    giving,
    right_rule,
    together,
    wrongly_decided,
)
from .elsewhere import Elsewhere
from .evidence import MORE_THAN_FILE, DiagnosisRecord, FileRecord
from .finding import NEUTRAL, Finding
from .two_rules import two_rules

OR = "; or"  # between rules that give the same
MANY = 8  # detections that the device told: of fewer, a rule is one of several that give them, beside lines of the code
OR_THEN = "; where that is as it must be, "  # before where else to look
SAME_OF_LINES = "; the same comes of one change of the code: "  # before its lines
LEAST_NONE = 4  # detections that should have come
RUN = (
    "Look at what runs the detector on a window's scores (detector_window, complete_window in "
    "firmware/core/detect/stream.c), and at what asks it for changes (stream_detection there)"
)
OUTSIDE = (
    "Look at what the detector reads besides scores and what it kept of them (a clock, a count, memory that was not "
    "set), and at what calls it"
)
SEVERAL = (
    "Look at what the detector compares, counts and keeps from window to window (firmware/core/detect), then at the "
    "thresholds in the device's settings block"
)


def detection_findings(record: DiagnosisRecord) -> list[Finding]:
    """Of detections: the rule that gives those of the device; empty where they follow from its scores."""
    differing = [f for f in record.files if sorted(f.expected_changes) != sorted(f.device_changes)]
    known = [file for file in record.files if file.scores is not None]
    wrong = wrongly_decided(record)
    if not differing or (not wrong and len(known) == len(record.files)):
        return []  # what differs follows from the scores
    expected = sum(len(file.expected_changes) for file in record.files)
    told = sum(len(file.device_changes) for file in record.files)
    pattern = (
        f"{counted(told, 'detection')} from the device, {expected:,} expected, "
        f"in {len(differing)} of {counted(record.compared_files, 'file')}"
    )
    file = (wrong or differing)[0]
    common: dict[str, Any] = {
        "stage": "detections",
        "place": _first_change(record, file),
        "pattern": pattern,
    }
    if wrong and _held_back(record, wrong):
        return [
            Finding(
                cause="detections sent late",
                explanation="the detections that came are right ones, but come behind later windows than theirs, and "
                "the last not at all: they are held back before they are sent",
                cure=REPORTING,
                share=1.0,
                files=tuple(f.name for f in wrong),
                **common,
            )
        ]
    if wrong and not told and (finding := _none_told(record, wrong, common)) is not None:
        return [_told_elsewhere(record, known, finding)]
    rule, given = _rule(record, known) if wrong else (None, known)
    if rule is not None:
        return [_by_rule(record, wrong, rule, given, common)]
    about = (
        "the detections are not those of the device's own scores, and no other rule that was tried gives them"
        f" ({_held_against_rule(record, wrong)})"
    )
    if wrong and (seen := _seen(record, file)):
        about = f"{seen}{about}"
    if not wrong:
        about = "not all of the device's scores are known, so its rule could not be replayed"
    about = "; ".join(part for part in (about, record.again) if part)
    cure = f"Look at what the detector keeps from window to window. {REPORTING}"
    return [Finding(cause=NEUTRAL, explanation=about, cure=cure, share=0.0, files=(file.name,), **common)]


def _by_rule(
    record: DiagnosisRecord,
    wrong: list[FileRecord],
    rule: Rule,
    given: list[FileRecord],
    common: dict[str, Any],
) -> Finding:
    """What is told of a rule that gives all detections of some files."""
    if _varies(record, rule):
        about = f"{record.again}; what came at first another rule would give: {rule.explanation}"
        return Finding(
            cause=NEUTRAL, explanation=about, cure=OUTSIDE, share=0.0, files=(wrong[0].name,), **common
        )
    return Finding(
        cause=rule.cause,
        explanation=_rule_told(rule, record, wrong[0], given),
        cure=SEVERAL if OR in rule.explanation and not rule.placed else rule.cure,
        share=1.0,
        files=tuple(f.name for f in wrong),
        **common,
    )


def _rule(record: DiagnosisRecord, known: list[FileRecord]) -> tuple[Rule | None, list[FileRecord]]:
    """What gives all detections, and of which files; with the sounds that were asked besides where something does.

    A rule may depend on all that the run told before, and of that these sounds have more.
    """
    for files in ([*known, *record.asked], known)[not record.asked :]:
        rule = _rule_of(record, files)
        if rule is not None:
            return rule, files
    return None, known


def _rule_of(record: DiagnosisRecord, known: list[FileRecord]) -> Rule | None:
    """A rule, or lines of the code; with several rules, the lines that do as well."""
    thresholds, elsewhere = record.bundle.thresholds, Elsewhere(record)
    more = more_rules(thresholds, known)
    rule = explaining_rule(thresholds, known, more, elsewhere.narrowed, elsewhere.changes)
    lines = changed_rules(record.bundle, known, elsewhere.told)
    if rule is None:
        rule = together(lines)
        if rule is None:
            return giving(two_rules(thresholds, known), known, elsewhere.narrowed)
        return rule if len(lines) == 1 else _placed(rule, lines, SEVERAL)
    if not lines:
        return rule
    alone = OR not in rule.explanation and sum(len(file.device_changes) for file in known) >= MANY
    told = f"{SAME_OF_LINES if alone else OR + ': '}{changes_named(lines, ', or ' if alone else OR + ': ')}"
    return _placed(replace(rule, explanation=rule.explanation + told), lines, rule.cure if alone else SEVERAL)


def _placed(rule: Rule, lines: list[Rule], cure: str) -> Rule:
    """A rule with where its lines stand, before where else to look."""
    return replace(rule, cure=_lines_then(lines, cure), placed=True)


def _lines_then(lines: list[Rule], cure: str) -> str:
    return f"{places_of(lines)}{OR_THEN}{cure[:1].lower()}{cure[1:]}"


def _none_told(record: DiagnosisRecord, wrong: list[FileRecord], common: dict[str, Any]) -> Finding | None:
    """No detection at all came: any threshold out of reach would give the same."""
    rule = right_rule(record.bundle.thresholds)
    count = sum(len(rule(file, file.scores)) for file in wrong if file.scores is not None)
    if count < LEAST_NONE:
        return None
    decided = {file.counted for file in wrong}
    undecided = "none is decided (the detector is not run, or no score reaches its threshold)"
    if decided == {0}:  # those that are decided and not sent are counted
        why, cure = (
            f", nor is one counted at a stream's end: {undecided}, or none is asked for",
            f"{DECIDING}. {RUN}",
        )
    elif None not in decided and 0 not in decided:
        sent = sum(each for each in decided if each is not None)
        why, cure = (
            f", and {sent:,} are counted at the streams' ends: they are decided, and not sent",
            REPORTING,
        )
    else:
        why, cure = f": {undecided}, or none is sent", f"{DECIDING}. {REPORTING}"
    return Finding(
        cause="none told",
        explanation=f"no detection is told in any file, where the device's own scores give {count:,}{why}",
        cure=cure,
        share=1.0,
        files=tuple(f.name for f in wrong),
        **common,
    )


def _told_elsewhere(record: DiagnosisRecord, known: list[FileRecord], finding: Finding) -> Finding:
    """That none came, where bundles with other figures were deployed and brought some: the detector runs."""
    elsewhere = Elsewhere(record).told
    brought = [len(file.device_changes) for _, file in elsewhere if file.device_changes]
    if not brought:
        return finding
    were = "was" if len(brought) == 1 else "were"
    seen = (
        f"no detection is told in any file, but {sum(brought):,} with {counted(len(brought), 'bundle')} that {were} "
        "deployed with other figures"
    )
    lines = changed_rules(record.bundle, known, elsewhere)
    if not lines:
        return replace(finding, explanation=seen, cure=DECIDING)
    told = f"{seen}: {changes_named(lines, OR + ': ')}"
    return replace(finding, explanation=told, cure=_lines_then(lines, DECIDING))


def _varies(record: DiagnosisRecord, rule: Rule) -> bool:
    """Whether the same scores were decided otherwise when they came once more, which a rule on them alone does not."""
    values = record.features.different + record.outputs.different
    return not values and MORE_THAN_FILE in record.again and not rule.over_streams


def _rule_told(rule: Rule, record: DiagnosisRecord, file: FileRecord, given: list[FileRecord]) -> str:
    """A rule that gives all detections of some files; where it is not the only one, what was seen comes first."""
    explanation = rule.explanation
    varies = f"; {record.again}" if MORE_THAN_FILE in record.again else ""
    if OR not in explanation:
        asked = sum(len(each.device_changes) for each in given if each in record.asked)
        more = f", the {asked:,} of a sound that was made to bring many among them" if asked else ""
        if rule.deployed:
            were = "was" if rule.deployed == 1 else "were"
            more += f", and those of {counted(rule.deployed, 'bundle')} that {were} deployed"
        return (
            f"{explanation}; applied to the device's own scores, this gives all its detections{more}, and a rule that "
            f"was not tried may, too{varies}"
        )
    several = "several rules give all its detections of its own scores, and others may, too"
    return f"{_seen(record, file)}{several}: {explanation}{varies}"


def _seen(record: DiagnosisRecord, file: FileRecord) -> str:
    """The first change that is not by the right rule, with the score it has; empty where that is not known."""
    if file.scores is None:
        return ""
    right = right_rule(record.bundle.thresholds)(file, file.scores)
    change = _first_apart(right, file.device_changes)
    if change is None or change.label >= file.scores.shape[1]:
        return ""
    what = "begins" if change.active else "ends"
    others = {
        other for other in (*right, *file.device_changes) if replace(other, score=change.score) == change
    }
    if len(others) > 1:
        return f"a class that {what} is told with another score; "
    told = (
        "where it must not"
        if change in file.device_changes
        else "by the rule, and the device does not tell it"
    )
    return f"at the score {file.scores[change.window, change.label]} a class {what} {told}; "


def _first_apart(right: list[Change], told: list[Change]) -> Change | None:
    """The first change that the one has and the other has not, or not as often."""
    ours, theirs = Counter(right), Counter(told)
    return min((ours - theirs) + (theirs - ours), default=None)


def _held_back(record: DiagnosisRecord, files: list[FileRecord]) -> bool:
    """Whether all that differs is that right detections came late, and the last ones not by the end."""
    rule = right_rule(record.bundle.thresholds)
    return all(
        file.detections_late
        and file.scores is not None
        and file.device_changes == rule(file, file.scores)[: len(file.device_changes)]
        for file in files
    )


def _held_against_rule(record: DiagnosisRecord, files: list[FileRecord]) -> str:
    """What is missing and what is too many, by the right rule on the device's own scores."""
    rule = right_rule(record.bundle.thresholds)
    missing = extra = 0
    for file in files:
        right = Counter(rule(file, file.scores)) if file.scores is not None else Counter[Change]()
        theirs = Counter(file.device_changes)
        missing, extra = missing + (right - theirs).total(), extra + (theirs - right).total()
    return f"by the right rule {missing:,} are missing and {extra:,} too many"


def _first_change(record: DiagnosisRecord, file: FileRecord) -> str:
    right = file.expected_changes
    if file.scores is not None:
        right = right_rule(record.bundle.thresholds)(file, file.scores)
    change = _first_apart(right, file.device_changes)
    if change is None:
        return file.name
    labels = record.bundle.labels
    label = repr(labels[change.label]) if change.label < len(labels) else f"unknown label {change.label}"
    return f"{file.name}, window {change.window}, {label}"
