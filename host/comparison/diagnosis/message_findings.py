"""Findings of the stage messages: numbers, counts and order that one change of the data path's code gives."""

import contextlib

import numpy as np

from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession, changes_with, raw_outputs
from ...core.changed_process import NONE, Change
from ...core.conversation import Stream
from ...errors import HilError
from ...printable import counted
from .altered import change_told, look_at
from .data_path import CODE_FOLDER, all_changes, session_of
from .evidence import DiagnosisRecord
from .finding import Finding
from .said import Said, Spoken
from .search import Int8

PROBED_STRIDES = 3  # of a short stream, on which every change is tried
PROBED_COLUMNS = 256  # at least, and a stride: a number with eight bits begins anew within it
MOST_LINES = 3  # that give what was said; of more, nothing is told
MOST_S = 60.0  # of a file: longer ones would take minutes


def message_findings(record: DiagnosisRecord) -> list[Finding]:
    """One expression of the code that counts, numbers and sends is not the right one."""
    rate = record.bundle.settings.sample_rate
    spoken = [
        each
        for each in record.spoken
        if each.samples <= MOST_S * rate and each.said.inference == record.inference
    ]
    if not spoken:
        return []
    with contextlib.suppress(HilError):
        session = session_of(record.bundle)
        if record.inference not in session.telling:
            session.telling[record.inference] = _telling(session, record)
        fitting = session.telling[record.inference]
        for each in sorted(spoken, key=lambda one: one.samples):
            fitting = _saying(session, record, each, fitting)
        lines = {
            (what.file, what.line): change
            for change in reversed(fitting)
            for what in [session.alteration(change)]
        }
        if 0 < len(lines) <= MOST_LINES:
            return [_finding(session, sorted(lines.values()), spoken)]
    return []


def _telling(session: AlteredSession, record: DiagnosisRecord) -> list[Change]:
    """Changes with which a short stream behind another tells something else than without one."""
    bundle = record.bundle
    strides = max(PROBED_STRIDES, -(-PROBED_COLUMNS // bundle.stride))
    samples = np.zeros(bundle.settings.samples_for(bundle.frames + strides * bundle.stride), np.int16)
    values = np.zeros((strides + 1, bundle.model.values), np.int8)
    values[1::2] = 127  # scores that make detections
    raw = raw_outputs(bundle.model.scores.type, values) if record.inference else None
    streams = [Stream(samples, 0, raw, deaf=True)] * 2
    right = _of(session, bundle, session.records(NONE, streams))
    given = session.differing(all_changes(session), streams)
    return changes_with(given, lambda records: _of(session, bundle, records) != right)


def _saying(
    session: AlteredSession, record: DiagnosisRecord, spoken: Spoken, changes: list[Change]
) -> list[Change]:
    """Those of some changes that give all that was said of a file."""
    bundle = record.bundle
    raw = raw_outputs(bundle.model.scores.type, _outputs(bundle, spoken.said)) if record.inference else None
    streams = [
        Stream(np.zeros(count, np.int16), 0, raw, deaf=True)
        for count in (spoken.before, spoken.samples)
        if count
    ]
    heard = _heard(spoken.said)
    return changes_with(
        session.differing(changes, streams), lambda records: _of(session, bundle, records) == heard
    )


def _outputs(bundle: Bundle, said: Said) -> Int8:
    """Outputs of the board's windows, int8 [n, values]; zeros where they are not as many."""
    values = np.zeros((len(said.outputs), bundle.model.values), np.int8)
    for row, outputs in zip(values, said.outputs, strict=True):
        if len(outputs) == len(row):
            row[:] = np.frombuffer(outputs, np.int8)
    return values


def _of(session: AlteredSession, bundle: Bundle, records: bytes | None) -> object:
    if records is None:
        return None
    said = Said()
    for message in session.messages(records):
        said.add(message, bundle.settings.bands)
    return _heard(said)


def _heard(said: Said) -> tuple[object, ...]:
    return said.columns, said.windows, said.detections, said.done


def _finding(session: AlteredSession, fitting: list[Change], spoken: list[Spoken]) -> Finding:
    told = [change_told(session.alteration(change), change, "the firmware") for change in fitting]
    what = session.alteration(fitting[0])
    return Finding(
        "messages",
        told[0][0],
        spoken[0].name,
        f"{told[0][1]}; this gives all numbers, counts and detections that came"
        if len(told) == 1
        else "several changes of the code give all numbers, counts and detections that came, and others may, too: "
        + "; or: ".join(explanation for _, explanation in told),
        look_at(what, CODE_FOLDER),
        f"not as it must be in {counted(len(spoken), 'file')}",
        1.0,
        tuple(each.name for each in spoken),
    )
