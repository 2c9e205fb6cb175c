"""The diagnosis of a run: each stage's causes, found by replay, in sentences."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ...detector.detector import Change
from ...frontend.place_name import place_name
from ...printable import counted
from .deciding import more_rules
from .detections import REPORTING, explaining_rule, reproduces, right_rule
from .evidence import MORE_THAN_FILE, DiagnosisRecord, FileRecord, Spread, TracedFile
from .finding import NEUTRAL, Finding
from .input_cells import traced_cells
from .kinds import STAGES, Sources, column_hypotheses, output_hypotheses
from .origin import origin
from .places import in_common, where_told
from .search import CODE, Verified, View, search
from .stage_cause import stage_cause, traced_samples
from .stages import NO_EFFECT, SENDING, Stages, compare_stages
from .tensor_causes import trace_findings
from .words import extent, first_place, output_name, share_words, spread_words

LEAST_CELLS = 8  # that a cause must reproduce
LEAST_OUTPUTS = 4
MOST_OTHERS = 2  # causes that are named beside the first one because the model does not tell them apart
MOST_AT_EDGES = 0.02  # of the differing values: what is left by a bound that was read from them
MOST_MOVED_IN = 3  # rows of a stream's beginning, where something moved in that nobody knows
MOST_ROUNDED = 0.05  # of the differing values: what is off by one step beside a cause that was fitted
NEARLY = 0.1  # of the differing values: of causes that leave more, nothing is told

_SENDING_CURE = "Look at what sends columns (stream_features, FEATURES) between the ring and the line"
_COLUMNS_CURE = "Look at the front end's build on the device (tables, compiler, memory)"
_KEPT_CURE = "Look at what is set back at a stream's start (fe_reset, the reset of the front end's kind)"
_MODEL_CURE = (
    "Look at the model's input, its memory and its kernels on the device; "
    "`pytest hil_tests/test_inference.py` sends windows without the stream"
)


def diagnose(record: DiagnosisRecord) -> list[Finding]:
    """Find the causes of all differences of a run, by replaying hypotheses on what was recorded.

    Returns:
        One finding a cause, over all files; by stage: features, outputs, detections. Empty when nothing differs.
    """
    if not record.files:
        return trace_findings(record.traced, record.bundle)
    stages = compare_stages(record)
    return [
        *trace_findings(record.traced, record.bundle),
        *_features(record, stages),
        *_outputs(record, stages),
        *_detections(record),
    ]


# ---- features


def _features(record: DiagnosisRecord, stages: Stages) -> list[Finding]:
    views = [_column_view(file) for file in record.files if len(file.piece.expected)]
    if not any(view.wrong.any() for view in views):
        return []
    sources = Sources(record.bundle)
    traced = traced_samples(record.traced, sources.front_end, record.bundle)
    sending = stages.verdict == SENDING
    hypotheses = column_hypotheses(sources, _departing(record.traced), sending)
    found, left = search(views, hypotheses if sending else [*traced, *hypotheses], LEAST_CELLS)
    if found and _rest(found, left):  # what a trace saw of the first cause says nothing of another
        more, left = search(left, column_hypotheses(sources, sending=sending), LEAST_CELLS)
        found += more
    told_by_trace, computed = _stages_told(record)
    nearest = ""
    if _rest(found, left) or (computed and len(found) > 1):
        # where the stage's numbers say what is wrong, these are other ways to say a part of it
        nearest = "" if told_by_trace else _nearest(found, views, left)
        found, left = [], views
    rest = _rest(found, left)
    settings = record.bundle.settings
    names = [place_name(settings, place) for place in range(settings.bands)]
    pattern = spread_words(record.features, names, "columns", "bands")
    findings = [
        _finding(
            record,
            "features",
            cause,
            record.features,
            pattern,
            stages.verdict,
            len(found) == 1,
        )
        for cause in found
    ]
    if rest:
        about = stages.verdict or (
            "outputs were not compared with these columns" if not stages.replayed else ""
        )
        cure, look = _SENDING_CURE if stages.verdict == SENDING else _COLUMNS_CURE, ""
        if not sending:
            where, look = _traced_stage(record)
            cure = look or cure
            kept = _kept_over(record)
            cure = _KEPT_CURE if kept and not look else cure
            about = "; ".join(part for part in (where or _origin(record, left), kept, about) if part)
        about = "; ".join(part for part in (nearest, about) if part)
        findings.append(_neutral(record, "features", left, pattern, about, cure, bool(look)))
    return findings


def _stages_told(record: DiagnosisRecord) -> tuple[bool, bool]:
    """Whether a trace shows what is wrong, other than what was done to any sample; and whether that was computed."""
    causes = [
        cause
        for file in record.traced
        if file.column is not None and (cause := stage_cause(file.column, record.bundle)) is not None
        if not (cause.computed and _departing([file]) == STAGES[0])
    ]
    return bool(causes), any(cause.computed for cause in causes)


def _departing(traced: list[TracedFile]) -> str:
    """The stage in which traced columns depart, where it is the same for all; else empty."""
    found = {file.column.departs.name for file in traced if file.column is not None and file.column.departs}
    return found.pop() if len(found) == 1 else ""


def _traced_stage(record: DiagnosisRecord) -> tuple[str, str]:
    """Where a trace saw the first column depart, in words; it saw the stages, and `origin` only the cells.

    Also where to look, empty where that is not known.
    """
    for file in record.traced:
        departs = None if file.column is None else file.column.departs
        if file.column is not None and departs is not None:
            told = f"they arise in the stage {departs.name}, as the trace of a column shows"
            cause = stage_cause(file.column, record.bundle)
            return (told, "") if cause is None else (f"{told}: {cause.told}", cause.cure)
    return "", ""


def _origin(record: DiagnosisRecord, views: list[View]) -> str:
    sources = Sources(record.bundle)
    return origin(sources.logarithm, views, record.bundle.settings) if sources.is_log_mel else ""


def _kept_over(record: DiagnosisRecord) -> str:
    """That the run's first file is right, and those behind it are wrong from their first column on; else empty."""
    files = record.files
    later = len(files) > 1 and files[0].columns_before > 0
    if not later or any(file.features.first for file in files) or MORE_THAN_FILE not in record.again:
        return ""
    return (
        "the run's first file is right, and each that differs does so from its first column on: "
        "something of the stream before is kept"
    )


def _column_view(file: FileRecord) -> View:
    piece, before = file.piece, file.before
    return View(
        file,
        piece.first_column,
        piece.expected,
        piece.device,
        piece.present,
        before.piece.device if before is not None else piece.device[:0],
        before.piece.first_column if before is not None else 0,
    )


# ---- outputs


def _outputs(record: DiagnosisRecord, stages: Stages) -> list[Finding]:
    choices = [stages] if stages.sure else [stages, replace(stages, own_columns=not stages.own_columns)]
    tried = [(choice, *_search_outputs(record, choice)) for choice in choices]
    # where the columns differ and the outputs follow from neither side's, the side that explains more is right
    stages, views, found, left = min(tried, key=lambda entry: sum(int(view.wrong.sum()) for view in entry[3]))
    if not any(view.wrong.any() for view in views):
        return _unrecorded_outputs(record)
    nearest = _nearest(found, views, left) if _rest(found, left) else ""
    if _rest(found, left):
        found, left = [], views
    rest = _rest(found, left)
    names = [output_name(record.bundle, value) for value in range(record.outputs.values)]
    pattern = spread_words(record.outputs, names, "windows", "outputs")
    if stages.own_columns:
        about = "held against what follows from the device's own columns"
    else:
        about = "their columns are equal" if not record.features.different else ""
    findings = [
        _finding(record, "outputs", cause, record.outputs, pattern, about, len(found) == 1) for cause in found
    ]
    if rest:
        told = about or "held against the host's outputs"
        if not stages.replayed:
            told = "the reference could not be run again on the recorded columns"
        told = "; ".join(part for part in (nearest, told) if part)
        findings.append(_neutral(record, "outputs", left, pattern, told, _MODEL_CURE))
    return findings


def _search_outputs(record: DiagnosisRecord, stages: Stages) -> tuple[list[View], list[Verified], list[View]]:
    views = _output_views(record, stages)
    hypotheses = output_hypotheses(record.bundle, stages.model)
    if stages.model is not None:
        hypotheses += [
            traced_cells(stages.model, file.window.inputs)
            for file in record.traced
            if file.step == "input" and file.window is not None and file.window.inputs is not None
        ]
    return (views, *search(views, hypotheses, LEAST_OUTPUTS))


def _output_views(record: DiagnosisRecord, stages: Stages) -> list[View]:
    own = {id(entry.file): entry for entry in stages.replayed} if stages.own_columns else {}
    views = []
    for file in record.files:
        piece, before = file.piece, file.before
        if not len(piece.outputs_expected):
            continue
        entry = own.get(id(file))
        expected = piece.outputs_expected if entry is None else np.where(
            entry.sound[:, None], entry.own, piece.outputs_expected
        )  # fmt: skip
        views.append(
            View(
                file,
                piece.first_window,
                expected,
                piece.outputs_device,
                piece.outputs_present if entry is None else entry.sound,
                before.piece.outputs_device if before is not None else piece.outputs_device[:0],
                before.piece.first_window if before is not None else 0,
            )
        )
    return views


def _unrecorded_outputs(record: DiagnosisRecord) -> list[Finding]:
    """Outputs follow from the columns: nothing to say. That windows differ which were not kept is said."""
    kept = any(
        (file.piece.outputs_expected != file.piece.outputs_device)[file.piece.outputs_present].any()
        for file in record.files
    )
    if kept or not record.outputs.different:
        return []
    names = [output_name(record.bundle, value) for value in range(record.outputs.values)]
    file = next((file for file in record.files if file.outputs.different), record.files[0])
    return [
        Finding(
            "outputs",
            NEUTRAL,
            f"{file.name}, window {file.outputs.first}",
            "outputs differ in windows of which not all columns were kept, so nothing could be replayed",
            _MODEL_CURE,
            spread_words(record.outputs, names, "windows", "outputs"),
            0.0,
            (file.name,),
        )
    ]


# ---- detections


def _detections(record: DiagnosisRecord) -> list[Finding]:
    differing = [f for f in record.files if sorted(f.expected_changes) != sorted(f.device_changes)]
    thresholds = record.bundle.thresholds
    known = [file for file in record.files if file.scores is not None]
    wrong = [file for file in known if not reproduces(right_rule(thresholds), [_of_known_windows(file)])]
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
    rule = explaining_rule(thresholds, known, more_rules(thresholds, known)) if wrong else None
    if rule is not None:
        return [
            Finding(
                cause=rule.cause,
                explanation=_rule_told(rule.explanation, record, file),
                cure=rule.cure,
                share=1.0,
                files=tuple(f.name for f in wrong),
                **common,
            )
        ]
    about = (
        "the detections are not those of the device's own scores, and no other rule that was tried gives them"
        f" ({_held_against_rule(record, wrong)})"
    )
    if wrong and (seen := _seen(record, file)):
        about = f"{seen}{about}"
    if not wrong:
        about = "not all of the device's scores are known, so its rule could not be replayed"
    about = "; ".join(part for part in (about, record.again) if part)
    cure = "Look at the detector's state and at what fills the DETECTION message"
    return [Finding(cause=NEUTRAL, explanation=about, cure=cure, share=0.0, files=(file.name,), **common)]


def _rule_told(explanation: str, record: DiagnosisRecord, file: FileRecord) -> str:
    """A rule that gives all detections; where it is not the only one, what was seen comes first."""
    if "; or, which gives the same" not in explanation:
        return f"{explanation}; applied to the device's own scores, this gives all its detections"
    return f"{_seen(record, file)}several rules give all its detections of its own scores: {explanation}"


def _seen(record: DiagnosisRecord, file: FileRecord) -> str:
    """The first change that is not by the right rule, with the score it has; empty where that is not known."""
    if file.scores is None:
        return ""
    right = right_rule(record.bundle.thresholds)(file, file.scores)
    ours, theirs = Counter(right), Counter(file.device_changes)
    change = min((ours - theirs) + (theirs - ours), default=None)
    if change is None or not 0 <= change.window < len(file.scores) or change.label >= file.scores.shape[1]:
        return ""
    what = "begins" if change.active else "ends"
    others = [other for other in (*ours, *theirs) if replace(other, score=change.score) == change]
    if len(set(others)) > 1:
        return f"a class that {what} is told with another score; "
    told = "where it must not" if change in theirs - ours else "by the rule, and the device does not tell it"
    return f"at the score {file.scores[change.window, change.label]} a class {what} {told}; "


def _held_back(record: DiagnosisRecord, files: list[FileRecord]) -> bool:
    """Whether all that differs is that right detections came late, and the last ones not by the end."""
    rule = right_rule(record.bundle.thresholds)
    return all(
        file.detections_late
        and file.scores is not None
        and file.device_changes == rule(file, file.scores)[: len(file.device_changes)]
        for file in files
    )


def _of_known_windows(file: FileRecord) -> FileRecord:
    """A file without the changes of windows that the host has none for; that these came is told by itself."""
    assert file.scores is not None
    told = [change for change in file.device_changes if change.window < len(file.scores)]
    beyond = len(file.device_changes) - len(told)
    return replace(file, device_changes=told) if beyond else file


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
    ours, theirs = Counter(right), Counter(file.device_changes)  # one may be told twice
    change = min((ours - theirs) + (theirs - ours), default=None)
    if change is None:
        return file.name
    labels = record.bundle.labels
    label = repr(labels[change.label]) if change.label < len(labels) else f"unknown label {change.label}"
    return f"{file.name}, window {change.window}, {label}"


# ---- sentences


def _rest(found: list[Verified], left: list[View]) -> bool:
    """Whether there are values that no cause reproduces.

    A level or a bound that was read from cells may be off by the last bit of one, and what moved in at a stream's
    beginning is not known. A line of code gives all of them, or is not the wrong one.
    """
    code = any(cause.candidate.family == CODE for cause in found)
    known = [view.wrong[MOST_MOVED_IN if found and not code and not view.first else 0 :] for view in left]
    rest = sum(int(wrong.sum()) for wrong in known)
    if not rest or not found or code:
        return rest > 0 or (code and len(found) > 1)  # one line and something else besides: by chance
    off = max(
        int(np.abs(view.device.astype(np.int16) - view.expected)[view.wrong].max(initial=0)) for view in left
    )
    return rest > (MOST_ROUNDED if off <= 1 else MOST_AT_EDGES) * found[0].different


def _nearest(found: list[Verified], views: list[View], left: list[View]) -> str:
    """What comes nearest of causes that do not reproduce all values, in words; empty: nothing near.

    A board computes the same thing each time: what leaves some values is not what it does, or not all of it.
    """
    different, rest = (sum(int(view.wrong.sum()) for view in each) for each in (views, left))
    code = any(cause.candidate.family == CODE for cause in found)
    if not found or rest > NEARLY * different or (code and len(found) > 1):
        return ""
    causes = " and ".join(cause.candidate.explanation for cause in found)
    return (
        f"nearly as if {causes}: that gives {different - rest:,} of {different:,} values, and not the others"
    )


def _finding(
    record: DiagnosisRecord,
    stage: str,
    found: Verified,
    spread: Spread,
    pattern: str,
    about: str,
    alone: bool,
) -> Finding:
    candidate = found.candidate
    files = tuple(
        view.file.name for view, mask in zip(found.views, found.explained, strict=True) if mask.any()
    )
    where = extent(found, "columns" if stage == "features" else "windows")
    if candidate.rows_alone and stage == "outputs":
        bound = where_told(found.views, found.explained, lambda value: output_name(record.bundle, value))
        where = ", ".join(part for part in (where, bound) if part)
    where = ", ".join(part for part in (candidate.detail(found.views), where) if part)
    told = candidate.explanation
    if found.others:
        others = "; or: ".join(other.explanation for other in found.others[:MOST_OTHERS])
        told = f"{told}; or, which gives the same outputs: {others}"
    cure = candidate.cure
    if about == SENDING:
        cure = _SENDING_CURE
    about = "" if about == NO_EFFECT else about
    if MORE_THAN_FILE in record.again:
        about = "; ".join(part for part in (about, record.again) if part)
    return Finding(
        stage,
        candidate.cause,
        first_place(
            record, stage, found.views, [view.wrong for view in found.views] if alone else found.explained
        ),
        f"{told} [{where}]" + (f"; {about}" if about else ""),
        cure,
        f"{pattern}; {share_words(found, spread)}",
        found.right / found.different,
        files,
    )


def _neutral(
    record: DiagnosisRecord,
    stage: str,
    views: list[View],
    pattern: str,
    about: str,
    cure: str,
    known: bool = False,
) -> Finding:
    """What was established where no cause reproduces the values; `known`: `about` says what is wrong all the same."""
    what = "columns" if stage == "features" else "outputs"
    told = f"{what} differ" if known else f"{what} differ as none of the known causes would have it"
    common = in_common(views, "column" if stage == "features" else "window")
    told += f" ({common})" if common else ""
    about = "; ".join(part for part in (about, record.again) if part)
    return Finding(
        stage,
        NEUTRAL,
        first_place(record, stage, views, [view.wrong for view in views]),
        f"{told}; {about}" if about else told,
        cure,
        pattern,
        0.0,
        tuple(view.file.name for view in views if view.wrong.any()),
        known,
    )
