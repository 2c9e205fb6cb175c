"""Findings of the stage features: columns that differ, by causes that give them or by where they arise."""

from dataclasses import astuple, replace

from .altered import altered
from .causes_told import (
    SENDING_CURE,
    leaves_some,
    nearest_told,
    neutral_finding,
    verified_finding,
    with_others,
)
from .changed_columns import changed_columns
from .evidence import MORE_THAN_FILE, DiagnosisRecord, FileRecord, TracedFile
from .finding import Finding
from .kinds import STAGES, Sources, column_hypotheses
from .origin import origin
from .past_ring import CURE as PAST_CURE
from .past_ring import past_ring
from .ring_messages import CURE as RING_CURE
from .search import Verified, View, search
from .stage_cause import stage_cause, traced_samples, where_computed
from .stages import FRONT_END, SENDING, Stages
from .words import column_pattern, column_words

LEAST_CELLS = 8  # that a cause must reproduce

_COLUMNS_CURE = (
    "Look at the front end's build on the device (tables, compiler, memory), and at where columns are kept until they "
    "are sent"
)
_UNSEEN_CURE = (
    "Look at what differs between a column that is looked at and any other one (column and probed_column of the front "
    "end's kind), and at what runs there alone: the model, and the memory that it writes to"
)
_KEPT_CURE = "Look at what is set back at a stream's start (fe_reset, the reset of the front end's kind)"


def column_findings(record: DiagnosisRecord, stages: Stages) -> list[Finding]:
    """Of columns: the causes that give all that differs, or where it arises; empty when nothing differs."""
    views = [column_view(file) for file in record.files if len(file.piece.expected)]
    if not any(view.wrong.any() for view in views):
        return []
    sources = Sources(record.bundle)
    sources.altered.traces = [
        file.column for file in record.traced if file.column is not None and file.column.departs is not None
    ]
    traced = traced_samples(record.traced, sources.front_end, record.bundle, record.files)
    sending = stages.verdict == SENDING
    computed = stages.verdict == FRONT_END
    hypotheses = column_hypotheses(sources, _departing(record.traced), sending, computed)
    found, left = search(views, hypotheses if sending else [*traced, *hypotheses], LEAST_CELLS)
    if found and leaves_some(found, left):  # what a trace saw of the first cause says nothing of another
        more, left = search(left, column_hypotheses(sources, sending=sending, computed=computed), LEAST_CELLS)
        found += more
    found, left = _before_cells(record, sources, views, found, left)
    told_by_trace, computed = _stages_told(record)
    pattern = column_pattern(record)
    if leaves_some(found, left) or (computed and len(found) > 1):
        # where the stage's numbers say what is wrong, these are other ways to say a part of it
        nearest = "" if told_by_trace else nearest_told(found, views, left)
        found = _of_data_path(record, views, sending)
        if not found:
            return [_unexplained(record, stages, views, pattern, nearest)]
    elif len(found) > 1:  # one line that gives all is likelier than two causes at once
        found = _of_data_path(record, views, sending) or found
    elif sending and found[0].candidate.cure != RING_CURE and past_ring(record.bundle.frames, views):
        # what such columns hold says nothing of what made it; of others a line gives it by chance
        found = _of_data_path(record, views, sending) or found
    alone = len(found) == 1
    findings = [
        verified_finding(record, "features", cause, record.features, pattern, stages.verdict, alone)
        for cause in found
    ]
    if sending:
        return [_of_ring_end(record, views, finding) for finding in findings]
    line = _line_of_pattern(record, sources, views, findings)
    return [_where_it_arises(record, finding, line) for finding in findings]


def _of_ring_end(record: DiagnosisRecord, views: list[View], finding: Finding) -> Finding:
    """With where in the ring all the wrong columns lie, where that tells something."""
    past = past_ring(record.bundle.frames, views)
    if not past:
        return finding
    cure = PAST_CURE if finding.cure == SENDING_CURE else finding.cure
    return replace(finding, explanation=f"{finding.explanation}; {past}", cure=cure)


def _unexplained(
    record: DiagnosisRecord, stages: Stages, views: list[View], pattern: str, nearest: str
) -> Finding:
    """Where columns that no cause gives arise, as far as that is known."""
    about = stages.verdict or "outputs were not compared with these columns"
    if stages.verdict == SENDING:
        past = past_ring(record.bundle.frames, views)
        cure, look, parts = PAST_CURE if past else SENDING_CURE, "", [past, nearest, about]
    else:
        where, look = _traced_stage(record)
        kept, unseen = _kept_over(record), _right_where_looked_at(record)
        cure = look or (_KEPT_CURE if kept else _UNSEEN_CURE if unseen else _where_computed(record))
        parts = [nearest, where or _origin(record, views), kept, unseen, about]
    told = "; ".join(part for part in parts if part)
    return neutral_finding(record, "features", views, pattern, told, cure, bool(look))


def _before_cells(
    record: DiagnosisRecord, sources: Sources, views: list[View], found: list[Verified], left: list[View]
) -> tuple[list[Verified], list[View]]:
    """Instead of a pattern of cells the line that gives them, where a trace saw in which stage they depart.

    Of log-mel's own cells a pattern says what is wrong: they are made one by one.
    """
    departs = _departing(record.traced)
    patterns = astuple(column_words(record.bundle).cures)
    made_alone = departs == STAGES[-1] and sources.is_log_mel
    if not departs or made_alone or not found or any(each.candidate.cure not in patterns for each in found):
        return found, left
    line, rest = search(views, [altered(sources.altered)], LEAST_CELLS)
    return (line, rest) if line and not leaves_some(line, rest) else (found, left)


def _line_of_pattern(
    record: DiagnosisRecord, sources: Sources, views: list[View], findings: list[Finding]
) -> Verified | None:
    """The line that gives all of a pattern of log-mel's own cells, where a trace saw that they depart, and no level."""
    patterns = astuple(column_words(record.bundle).cures)
    alone = len(findings) == 1 and findings[0].share == 1.0 and findings[0].cure in patterns
    if not alone or not sources.is_log_mel or _departing(record.traced) != STAGES[-1]:
        return None
    found, left = search(views, [altered(sources.altered)], LEAST_CELLS)
    return found[0] if found and not leaves_some(found, left) else None


def _where_it_arises(record: DiagnosisRecord, finding: Finding, line: Verified | None) -> Finding:
    """A pattern of cells, behind the stage in which a trace saw them depart, or the line: it is what comes of that."""
    if finding.cure not in astuple(column_words(record.bundle).cures):
        return finding
    where, look = _traced_stage(record)
    if not where:
        return finding
    if finding.share == 1.0 and _departing(record.traced) == STAGES[-1]:
        # of all cells it is known what they are, of the traced column's in part
        where, _, _ = where.partition(": ")
    if line is not None:
        told = f"{where}: {with_others(line)}; what comes of it: {finding.explanation}"
        return replace(finding, cause=line.candidate.cause, explanation=told, cure=line.candidate.cure)
    told = f"{where}; what comes of it: {finding.explanation}"
    return replace(finding, explanation=told, cure=look or _where_computed(record))


def _where_computed(record: DiagnosisRecord) -> str:
    """Where to look where nothing but the stage is known, or not even that."""
    departs = _departing(record.traced)
    return where_computed(departs) if departs else _COLUMNS_CURE


def _of_data_path(record: DiagnosisRecord, views: list[View], sending: bool) -> list[Verified]:
    """The one change of the data path's code that gives all columns; empty where none does."""
    if sending or _departing(record.traced) in ("", STAGES[0]):
        found, left = search(views, [changed_columns(record.bundle, record.inference)], LEAST_CELLS)
        return [] if leaves_some(found, left) else found
    return []


def _stages_told(record: DiagnosisRecord) -> tuple[bool, bool]:
    """Whether a trace shows what is wrong, other than what was done to any sample; and whether that was computed."""
    causes = [
        cause
        for file in record.traced
        if file.column is not None
        and (cause := stage_cause(file.column, record.bundle, record.files)) is not None
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
            if MORE_THAN_FILE in record.again:
                told = (
                    f"they arise in the stage {departs.name} or before it, as far as streams show that differ"
                )
            cause = stage_cause(file.column, record.bundle, record.files)
            return (told, "") if cause is None else (f"{told}: {cause.told}", cause.cure)
    return "", ""


def _origin(record: DiagnosisRecord, views: list[View]) -> str:
    sources = Sources(record.bundle)
    return origin(sources.logarithm, views, record.bundle.settings) if sources.is_log_mel else ""


def _kept_over(record: DiagnosisRecord) -> str:
    """That the run's first file is right, and those behind it are wrong from their first column on; else empty."""
    files = record.files
    if len(files) < 2 or not files[0].columns_before or MORE_THAN_FILE not in record.again:
        return ""
    if any(file.features.first for file in files):
        return ""
    return (
        "the run's first file is right, and each that differs does so from its first column on: "
        "something of the stream before is kept"
    )


def _right_where_looked_at(record: DiagnosisRecord) -> str:
    """That a column is wrong each time, and right each time that its stages are looked at; else empty."""
    agreed = any(file.column is not None and file.column.departs is None for file in record.traced)
    if not agreed or not record.again or MORE_THAN_FILE in record.again:
        return ""
    return (
        "where its stages are looked at, in a stream without the model, the first of these columns is right"
    )


def column_view(file: FileRecord) -> View:
    """A file's columns."""
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
