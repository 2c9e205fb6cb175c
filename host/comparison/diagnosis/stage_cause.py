"""What is wrong in the stage in which a traced column departs, read from the numbers of both sides."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.log_mel.tables import LogMelTables
from ...frontend.mfcc.settings import MfccSettings
from ...trace.stages import ColumnTrace, Stage
from .evidence import FileRecord, Int16, TracedFile
from .figures import OR_ELSE, THEN, Cause, places_told, related
from .log_entries import compared_cause, log_entry_cause
from .log_stage import log_cause
from .mel_stage import mel_cause
from .one_entry import entry_cause
from .operations import operation
from .quantiser import Quantise, cells_cause, columns_by
from .sample_ways import Change
from .samples import changed
from .search import Candidate, Hypothesis, Int8, View
from .spectrum_stage import spectrum_cause
from .spoilt_words import words_cause
from .stage_bounds import parted_by
from .traced_line import line_cause
from .window_stage import window_cause

KNOWN = 4  # traces of which it is known what was found
LEAST_ALONE = 2  # numbers that one entry must give, where no file's columns are known
MOST_TOLD = 4  # entries that give the same; more say nothing
MOST_MISSED = 0.02  # of a file's wrong cells: levels that are computed here may be off by the last bit


def stage_cause(trace: ColumnTrace, bundle: Bundle, files: Sequence[FileRecord] = ()) -> Cause | None:
    """What the departing stage does otherwise, and where to look; None where its numbers tell nothing plain.

    Args:
        trace: of a column.
        bundle: the bundle in use.
        files: that were compared: another table must give all of their columns.
    """
    known = next((each for each in _known if each.trace is trace and each.files == len(files)), None)
    if known is None:
        known = _Known(trace, len(files), _found(trace, bundle, files))
        _known.append(known)
    return known.cause


class _Known(NamedTuple):
    """What was found of a trace, held against so many files."""

    trace: ColumnTrace
    files: int
    cause: Cause | None


_known: deque[_Known] = deque(maxlen=KNOWN)


def _found(trace: ColumnTrace, bundle: Bundle, files: Sequence[FileRecord]) -> Cause | None:
    departs = trace.departs
    if departs is None:
        return None
    tables = bundle.tables
    if (compared := _held(compared_cause(trace, bundle), departs, files)) is not None:
        return compared
    if (words := _held(words_cause(trace, departs, bundle), departs, files)) is not None:
        return words
    found = _log_mel(trace, departs, bundle, tables, files) if isinstance(tables, LogMelTables) else None
    if found is not None and found.computed:
        return found
    for of_tables in (log_entry_cause, entry_cause):
        cause = _held(of_tables(trace, bundle), departs, files)
        if cause is not None:
            return cause
    if (line := line_cause(trace, departs, bundle, files)) is not None:
        return line
    return found if found is not None or departs.segments else _plain(trace, departs, bundle)


def _held(cause: Cause | None, departs: Stage, files: Sequence[FileRecord]) -> Cause | None:
    """Of tables that give a stage's numbers those that give all columns of the files, too."""
    if cause is None or (departs.different < LEAST_ALONE and not files):
        return None
    tables = tuple(each for each in cause.tables if all(_gives(each[1], file) for file in files))
    if not 0 < len(tables) <= MOST_TOLD:
        return None
    return cause._replace(told=OR_ELSE.join(told for told, _ in tables), tables=tables)


def _gives(columns: Callable[[Int16], Int8], file: FileRecord) -> bool:
    """Whether columns computed so are the device's, from the first wrong one on."""
    piece = file.piece
    wrong = np.flatnonzero((piece.expected != piece.device).any(axis=1) & piece.present)
    if not len(wrong):
        return True
    ours = columns(piece.samples)[: len(piece.device)]
    if len(ours) != len(piece.device):
        return False
    here = piece.present.copy()
    here[: wrong[0]] = False
    missed = np.count_nonzero(ours[here] != piece.device[here])
    return bool(missed <= MOST_MISSED * np.count_nonzero(piece.expected != piece.device))


def _log_mel(
    trace: ColumnTrace, departs: Stage, bundle: Bundle, tables: LogMelTables, files: Sequence[FileRecord]
) -> Cause | None:
    if departs.name == "window":
        return window_cause(departs, tables, trace.samples)
    if departs.name == "spectrum":
        return spectrum_cause(departs, tables)
    if departs.name == "mel":
        before = next((stage for stage in trace.stages if stage.name == "spectrum" and stage.equal), None)
        return mel_cause(departs, before, tables)
    if departs.name == "cells":
        levels = next((stage for stage in trace.stages if stage.name == "log" and stage.equal), None)
        return None if levels is None else _cells(levels, departs, bundle, tables, files)
    found = log_cause(trace, bundle) if departs.name == "log" else None
    return Cause(*found, computed=True) if found is not None else None


def _cells(
    levels: Stage, departs: Stage, bundle: Bundle, tables: LogMelTables, files: Sequence[FileRecord]
) -> Cause | None:
    """How a column's cells come of its levels, and all columns of the files, too: one column may lack what tells."""
    front_end = FrontEnd(bundle.settings, tables=tables) if files else None

    def holds(way: Quantise) -> bool:
        return front_end is None or all(_gives(columns_by(front_end, tables, way), file) for file in files)

    return cells_cause(levels.numbers()[0], departs.numbers()[1], tables, holds)


def _plain(trace: ColumnTrace, stage: Stage, bundle: Bundle) -> Cause | None:
    """A factor or a figure that gives all values that differ, or a bound that parts them from the others."""
    host, device = stage.numbers()
    if len(host) != len(device):
        return None
    cure = f"Look at what computes the stage {stage.name} of the front end: a factor, a constant, a limit, a rounding"
    if done := operation(host, device):
        return Cause(f"all values of the stage are {done}", cure, True)
    found, bound = related(host, device), parted_by(trace, stage)
    where = places_told(np.flatnonzero(host != device), len(host), "value", "values")
    if not found:
        return Cause(f"{where} of the stage are wrong, {bound}", cure) if bound else None
    decibels = stage.name == "log" and isinstance(bundle.settings, LogMelSettings | MfccSettings)
    if decibels and found.startswith("off by ") and "multiples" not in found:
        found = f"{(device - host)[host != device][0] / 65536:+.3g} dB off"
    if decibels and found.startswith("all "):
        found = f"all {device[host != device][0] / 65536:.2f} dB"
    return Cause(f"{where} of the stage: {found}{f', {bound}' if bound else ''}", cure)


OF_ESTIMATES = ("noise", "pcan")
KEPT_READ = (
    ", and at the noise estimates that it reads: they are kept from column to column, and no stage shows them"
)


def where_computed(stage: str) -> str:
    """Where to look for what computes a stage, of which nothing more is known."""
    read = KEPT_READ if stage in OF_ESTIMATES else ""
    return f"Look at what computes the stage {stage} of the front end, and at its tables{read}"


def traced_samples(
    traced: Iterable[TracedFile],
    front_end: FrontEnd,
    bundle: Bundle,
    files: Sequence[FileRecord] = (),
) -> list[Hypothesis]:
    """What traced columns show to be done to samples, or to a table, where it can be done to any."""
    causes = (stage_cause(file.column, bundle, files) for file in traced if file.column is not None)
    return [_of_samples(front_end, cause) for cause in causes if cause is not None and _tells_change(cause)]


def _tells_change(cause: Cause) -> bool:
    return cause.change is not None or bool(cause.of_column or cause.tables)


def _of_samples(front_end: FrontEnd, cause: Cause) -> Hypothesis:
    changes = [change for change in (cause.change, cause.or_else) if change is not None]
    candidates = [
        changed(front_end, cause.told, cause.told, cause.cure, change, cause.period) for change in changes
    ]
    told, cure = cause.told.partition(OR_ELSE)[0], cause.cure.partition(THEN)[0]
    candidates += [
        Candidate(
            told,
            told,
            cause.cure,
            lambda view, columns=columns: _all_columns(columns, view),  # type: ignore[misc]
        )
        for told, columns in cause.tables
    ]
    by_column = [
        Candidate(
            told,
            told,
            cure,
            lambda view, change=change: _by_column(front_end, view, change),  # type: ignore[misc]
        )
        for change in cause.of_column
    ]
    return lambda _: [*by_column, *candidates]


def _all_columns(columns: Callable[[Int16], Int8], view: View) -> Int8 | None:
    """Columns of a whole file's samples; None where these are not as many."""
    found = columns(view.file.piece.samples)[: len(view.expected)]
    return found if len(found) == len(view.expected) else None


def _by_column(front_end: FrontEnd, view: View, change: Change) -> Int8:
    """Columns whose samples are changed by themselves."""
    settings, samples = front_end.settings, view.file.piece.samples
    pieces = (
        samples[row * settings.hop : row * settings.hop + settings.span] for row in range(len(view.expected))
    )
    return np.concatenate([front_end.features(change(piece))[:1] for piece in pieces])
