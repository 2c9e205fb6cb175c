"""Findings of streams that are right in whole messages: a change of the code gives what came of others."""

import contextlib

from ...core.altered_session import AlteredSession
from ...core.changed_process import NONE, Change
from ...errors import HilError
from ...link import messages as m
from ...link.codec import Payload
from .altered import change_told
from .data_path import CURE, all_changes, session_of
from .evidence import DiagnosisRecord
from .finding import Finding

MOST_LINES = 3  # that give what came; of more, nothing is told
Step = tuple[list[tuple[int, bytes]], tuple[int, int] | None, list[str]]
"""A stream's columns by their numbers, samples and columns that its end tells of, and what else was answered."""


def piece_findings(record: DiagnosisRecord) -> list[Finding]:
    """One expression of the code that takes messages apart is not the right one."""
    heard = record.in_pieces
    if heard is None:
        return []
    bands = record.bundle.settings.bands
    told = [_said(answers or [], bands) for answers in heard.answers]
    with contextlib.suppress(HilError):
        session = session_of(record.bundle)

        def fits(records: bytes | None) -> bool:
            return records is not None and [_said(step, bands) for step in session.steps(records)] == told

        if fits(session.records(NONE, heard.steps)):
            return []
        given = session.differing(all_changes(session), heard.steps)
        lines = {
            (what.file, what.line): change
            for change in sorted(given, reverse=True)
            if fits(given[change])
            for what in [session.alteration(change)]
        }
        if 0 < len(lines) <= MOST_LINES:
            return [_finding(session, sorted(lines.values()), heard.name)]
    return []


def _said(answers: list[Payload], bands: int) -> Step:
    columns: list[tuple[int, bytes]] = []
    done, others = None, []
    for answer in answers:
        if isinstance(answer, m.Features):
            cells = answer.cells
            columns += [
                (answer.first_column + at // bands, cells[at : at + bands])
                for at in range(0, len(cells), bands)
            ]
        elif isinstance(answer, m.StreamDone):
            done = answer.samples, answer.columns
        elif not isinstance(answer, m.Log):
            others.append(answer.NAME)
    return columns, done, others


def _finding(session: AlteredSession, changes: list[Change], place: str) -> Finding:
    told = [change_told(session.alteration(change), change, "the firmware") for change in changes]
    what = session.alteration(changes[0])
    return Finding(
        "messages",
        told[0][0] if len(told) == 1 else "several lines",
        place,
        f"{told[0][1]}; this gives all columns and counts that came, of messages of any size"
        if len(told) == 1
        else "several changes of the code give all columns and counts that came, of messages of any size, and others "
        "may, too: " + "; or: ".join(explanation for _, explanation in told),
        CURE.format(file=what.file, line=what.line),
        "the same sound is right in whole messages",
        1.0,
        (),
    )
