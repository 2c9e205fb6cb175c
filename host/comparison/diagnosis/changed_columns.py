"""The hypothesis that one expression of the code that takes samples, or sends columns, is another one."""

import contextlib
from collections.abc import Iterator

import numpy as np

from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession, Told, changes_with
from ...core.changed_process import Change
from ...core.conversation import Stream
from ...errors import HilError
from .data_path import (
    LEAST_ROWS,
    LEAST_VALUES,
    NEAR_BEGINNING,
    all_changes,
    code_candidate,
    end_of_file_before,
    made_in,
    session_of,
)
from .evidence import FileRecord
from .search import Candidate, Hypothesis, Int8, View, largest

AHEAD = 16  # columns behind those that are held: how a column is sent may depend on those that come with it
PROBED = 12  # columns from the first wrong one on, on which every change is tried


def changed_columns(bundle: Bundle, inference: bool) -> Hypothesis:
    """One expression of the code that takes samples, or sends columns, is not the right one."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        with contextlib.suppress(HilError):
            session = session_of(bundle)
            for change in fitting_changes(session, bundle, inference, views):
                yield code_candidate(
                    session,
                    change,
                    lambda view, change=change: columns_told(session, bundle, inference, change, view),  # type: ignore[misc]
                )

    return hypothesis


def fitting_changes(
    session: AlteredSession, bundle: Bundle, inference: bool, views: list[View]
) -> Iterator[Change]:
    """Changes that give the device's columns where the first ones are wrong of the file that differs most.

    Raises:
        HilError: changes cannot be tried here.
    """
    view = largest(views)
    rows = view.wrong_rows
    if len(rows) < LEAST_ROWS or view.wrong.sum() < LEAST_VALUES:
        return
    first, near = int(rows[0]), NEAR_BEGINNING * bundle.frames
    found = list(_fitting(session, bundle, inference, view, 0 if first < near else first - 2, 0))
    if not found and first >= near:
        # with all of the ring before it, of which something may be sent
        begin = first - bundle.frames - 2
        found = list(_fitting(session, bundle, inference, view, begin, view.first + first))
    yield from found


def _fitting(
    session: AlteredSession, bundle: Bundle, inference: bool, view: View, begin: int, column: int
) -> Iterator[Change]:
    """Changes, made from a column on, that give the view's columns from `begin` to some wrong ones."""
    rows = view.wrong_rows
    end = min(len(view.expected), max(int(rows[0]) + PROBED, int(rows[LEAST_ROWS - 1]) + 1))
    device, right = view.device[begin:end], view.expected[begin:end]
    known = view.present[begin:end].copy()
    known[0] &= begin > 0 or view.first == 0  # what is left of before is not known
    streams = _streams(bundle, view.file, begin, (end + AHEAD) * _lost(bundle, view), inference)

    def fits(records: bytes) -> bool:
        columns = _columns(session.told(records), view.first + begin, right)
        return columns is not None and np.array_equal(columns[known], device[known])

    yield from changes_with(session.differing(all_changes(session, column), streams), fits)


def _lost(bundle: Bundle, view: View) -> int:
    """How many times as many columns the samples should have given as came, where some of them are lost."""
    wanted, came = bundle.settings.columns(len(view.file.piece.samples)), len(view.expected)
    return 1 if wanted <= came + bundle.frames else wanted // came + 2


def columns_told(
    session: AlteredSession, bundle: Bundle, inference: bool, change: Change, view: View
) -> Int8 | None:
    """A view's columns with a change, the right ones behind the last that came; None where nothing comes of it."""
    streams = _streams(bundle, view.file, 0, len(view.expected) * _lost(bundle, view), inference)
    records = session.records(made_in(change, view, NEAR_BEGINNING * bundle.frames), streams)
    return None if records is None else _columns(session.told(records), view.first, view.expected)


def _streams(bundle: Bundle, file: FileRecord, begin: int, end: int, inference: bool) -> list[Stream]:
    """The file's columns `begin` to `end` of those kept, behind the end of the file before where they are its first."""
    piece, settings = file.piece, bundle.settings
    samples = piece.samples[begin * settings.hop :][: settings.samples_for(end - begin)]
    raw = np.zeros((1, bundle.model.values), np.int8) if inference else None
    first = piece.first_column + begin
    earlier = end_of_file_before(bundle, file, raw) if not first else []
    return [*earlier, Stream(samples, first, raw)]


def _columns(told: Told, first: int, right: Int8) -> Int8 | None:
    """Columns `first` on, where they came in order; behind the last one that came, the right ones."""
    at = told.columns[0][0] if told.columns else first
    for number, cells in told.columns:
        if number != at:
            return None
        at += len(cells)
    if not told.columns or told.columns[0][0] != first:
        return None
    came = np.concatenate([cells for _, cells in told.columns])[: len(right)]
    return np.concatenate([came, right[len(came) :]])
