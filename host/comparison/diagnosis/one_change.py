"""One change of the data path's code that gives a run's columns and its outputs, where either is not explained."""

import contextlib
from dataclasses import replace

import numpy as np

from ...build.altered_data_path import ALTERED
from ...core.altered_session import AlteredSession
from ...core.changed_process import Change
from ...errors import HilError
from .altered import change_told, look_at
from .causes_told import MOST_OTHERS
from .changed_columns import columns_told, fitting_changes
from .changed_outputs import outputs_told
from .data_path import CODE_FOLDER, session_of
from .evidence import DiagnosisRecord
from .finding import Finding
from .inputs import Model
from .ring_slots import CURE as SLOTS_CURE
from .ring_slots import narrow_slots
from .search import View


def in_one(
    record: DiagnosisRecord,
    model: Model | None,
    findings: list[Finding],
    columns: list[View],
    outputs: list[View],
) -> list[Finding]:
    """One expression of the data path's code is not the right one, and spoils both.

    Args:
        record: of the run.
        model: the reference; None where it cannot be run.
        findings: of columns and outputs.
        columns, outputs: of the files kept, against what the host computed.

    Returns:
        The findings, or in the place of those of columns and outputs the one change that gives all of both.
    """
    stages = {finding.stage for finding in findings}
    # a line of the data path that gives the columns may give the outputs as well
    explained = all(each.verified and each.cause.partition(" line ")[0] not in ALTERED for each in findings)
    if model is None or stages != {"features", "outputs"} or explained:
        return findings
    if told := narrow_slots(model, columns, outputs):
        return [_of_both(record, findings[0], "columns elsewhere in the ring", told, SLOTS_CURE)]
    with contextlib.suppress(HilError):
        session = session_of(record.bundle)
        fitting = [
            change
            for change in fitting_changes(session, record.bundle, record.inference, columns)
            if _gives(record, session, model, change, columns, outputs)
        ]
        if fitting:
            return [_finding(record, session, fitting, findings[0])]
    return findings


def _gives(
    record: DiagnosisRecord,
    session: AlteredSession,
    model: Model,
    change: Change,
    columns: list[View],
    outputs: list[View],
) -> bool:
    """Whether a change gives all columns and outputs that were kept."""
    for view in columns:
        told = columns_told(session, record.bundle, record.inference, change, view)
        if told is None or not np.array_equal(told[view.present], view.device[view.present]):
            return False
    return all(
        np.array_equal(outputs_told(session, model, change, view)[view.present], view.device[view.present])
        for view in outputs
    )


def _finding(
    record: DiagnosisRecord, session: AlteredSession, fitting: list[Change], first: Finding
) -> Finding:
    # a line once, however many of its changes give the same
    by_line = dict(change_told(session.alteration(change), change, "the firmware") for change in fitting)
    (cause, explanation), *more = by_line.items()
    others = "; or: ".join(other for _, other in more[:MOST_OTHERS])
    what = session.alteration(fitting[0])
    explanation += f"; or, which gives the same: {others}" if others else ""
    return _of_both(record, first, cause, explanation, look_at(what, CODE_FOLDER))


def _of_both(record: DiagnosisRecord, first: Finding, cause: str, told: str, cure: str) -> Finding:
    return replace(
        first,
        cause=cause,
        explanation=f"{told}; this gives all columns and all outputs that were kept",
        cure=cure,
        share=1.0,
        files=tuple(record.differing[: len(record.files)]),
        read=False,
    )
