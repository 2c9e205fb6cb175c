"""Findings of streams that are right in whole messages: a change of the code gives what came of others."""

import contextlib
from collections.abc import Sequence

from ...core.altered_session import AlteredSession
from ...core.changed_process import NONE, Change
from ...errors import HilError
from ...link import messages as m
from ...link.codec import Payload
from .altered import change_told, look_at
from .data_path import CODE_FOLDER, all_changes, session_of
from .dialogue import Dialogue
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
    with contextlib.suppress(HilError):
        search = _Search(session_of(record.bundle), heard, record.bundle.settings.bands)
        if lines := search.lines():
            return [_finding(search.session, lines, heard.name)]
    return []


class _Search:
    """Looks for changes of the code that give what came in each step of a conversation."""

    def __init__(self, session: AlteredSession, heard: Dialogue, bands: int) -> None:
        self.session, self._steps, self._bands = session, heard.steps, bands
        self._told = [_said(answers or [], bands) for answers in heard.answers]

    def lines(self) -> list[Change]:
        """A change of each line, the first it has; none where no change serves, or the lines are too many."""
        right = self._heard(self.session.records(NONE, self._steps))
        wrong = [
            place for place, (ours, came) in enumerate(zip(right, self._told, strict=False)) if ours != came
        ]
        if not wrong:
            return []
        wrong.sort(key=lambda place: len(self._told[place][0]))
        # Most changes give something else in one stream already, which takes a part of the time of all. A short one
        # takes the least; what memory held before it, it may show more than a long one does.
        for place in dict.fromkeys((wrong[0], wrong[-1])):
            left = self._fitting(all_changes(self.session), [place])
            fitting = self._fitting(left, range(len(self._steps)))
            lines = {
                (what.file, what.line): change
                for change in sorted(fitting, reverse=True)
                for what in [self.session.alteration(change)]
            }
            if lines:
                return sorted(lines.values()) if len(lines) <= MOST_LINES else []
        return []

    def _fitting(self, changes: list[Change], places: Sequence[int]) -> list[Change]:
        """Those that give what came in some steps, with nothing before these."""
        told = [self._told[place] for place in places]
        given = self.session.differing(changes, [self._steps[place] for place in places])
        return [change for change, records in given.items() if self._heard(records) == told]

    def _heard(self, records: bytes | None) -> list[Step]:
        return [] if records is None else [_said(step, self._bands) for step in self.session.steps(records)]


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
        look_at(what, CODE_FOLDER),
        "the same sound is right in whole messages",
        1.0,
        (),
    )
