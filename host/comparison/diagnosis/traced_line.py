"""The lines of code that give all of a traced stage's bytes, where too few cells differ to look for them there."""

import contextlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.altered_front_end import Heard
from ...core.changed_process import Change
from ...errors import HilError
from ...trace.stages import ColumnTrace, Stage
from ...trace.window import front_end
from .altered import LEAST_CELLS, LEAST_ROWS, MOST_PROBED, Altered, change_told, look_at, may_depart
from .evidence import FileRecord
from .figures import OR_ELSE, Cause
from .search import Int8
from .traced_stages import MOST_COLUMNS, giving, samples_of

MOST_LINES = 3  # of which one may be the wrong one; of more, nothing is told
LEAST_NUMBERS = 2  # of the stage that differ, so that no change gives them by chance
LEAST_TOGETHER = 6  # cells of all files, where a single number does


def line_cause(
    trace: ColumnTrace, departs: Stage, bundle: Bundle, files: Sequence[FileRecord]
) -> Cause | None:
    """The lines whose change gives all of the stage's bytes, and all columns of the files; None: none, or many, do.

    Args:
        trace: of a column.
        departs: its stage that does.
        bundle: the bundle in use.
        files: that were compared.
    """
    if not _few(files) or (
        departs.different < LEAST_NUMBERS and sum(map(_wrong_cells, files)) < LEAST_TOGETHER
    ):
        return None
    return line_giving(trace, departs, bundle, files)


def line_giving(
    trace: ColumnTrace, departs: Stage, bundle: Bundle, files: Sequence[FileRecord]
) -> Cause | None:
    """As `line_cause`, however many cells of the files differ."""
    samples = samples_of(trace, departs, front_end(bundle))
    if samples is None:
        return None
    quantisation = bundle.model.input
    front_ends = Altered(bundle.settings, quantisation.scale, quantisation.zero_point)
    with contextlib.suppress(HilError):  # no compiler here: then nothing is said of the code
        changes = _candidates(front_ends, departs)
        changes = giving(front_ends.front_end, changes, samples, departs.name, departs.device)
        return _cause(front_ends, [change for change in changes if _gives(front_ends, change, files)])
    return None


def _few(files: Sequence[FileRecord]) -> bool:
    """Whether so little differs in each file that changes are not tried on its cells: see `altered`."""
    return any(map(_wrong_cells, files)) and not any(_enough(_wrong(each)) for each in files)


def _wrong(file: FileRecord) -> NDArray[np.bool_]:
    piece = file.piece
    return (piece.expected != piece.device) & piece.present[:, None]


def _wrong_cells(file: FileRecord) -> int:
    return int(np.count_nonzero(_wrong(file)))


def _enough(wrong: NDArray[np.bool_]) -> bool:
    """Whether enough of a file's cells differ, and where changes are tried, near its first wrong column."""
    rows = np.flatnonzero(wrong.any(axis=1))
    if len(rows) < LEAST_ROWS or np.count_nonzero(wrong) < LEAST_CELLS:
        return False
    return bool(np.count_nonzero(wrong[rows[0] :][:MOST_PROBED]) >= LEAST_CELLS // 2)


def _candidates(front_ends: Altered, departs: Stage) -> list[Change]:
    """Changes that can show in the stage first."""
    return [
        (number, 0)
        for number, what in enumerate(front_ends.front_end.alterations)
        if not what.below and not what.keeps and may_depart(what.file, departs.name)
    ]


def _gives(front_ends: Altered, change: Change, files: Sequence[FileRecord]) -> bool:
    """Whether all columns of the files come out."""
    return all(_right(_columns(front_ends, change, file), file) for file in files)


def _columns(front_ends: Altered, change: Change, file: FileRecord) -> Int8 | None:
    heard = Heard(streams=() if file.piece.first_column or file.before is None else file.before.streams)
    return front_ends.front_end.columns(change, file.piece.samples, heard)


def _right(columns: Int8 | None, file: FileRecord) -> bool:
    piece = file.piece
    if columns is None or len(columns) < len(piece.device):
        return False
    # what was heard before a piece that begins later is not known
    rows = piece.present & (np.arange(len(piece.device)) >= (MOST_COLUMNS if piece.first_column else 0))
    return np.array_equal(columns[: len(rows)][rows], piece.device[rows])


def _cause(front_ends: Altered, changes: Sequence[Change]) -> Cause | None:
    """The lines, each by the first of its changes."""
    lines: dict[tuple[str, int], Change] = {}
    for change in changes:
        what = front_ends.front_end.alteration(change)
        lines.setdefault((what.file, what.line), change)
    if not 0 < len(lines) <= MOST_LINES:
        return None
    every = [front_ends.front_end.alteration(change) for change in lines.values()]
    told = OR_ELSE.join(
        change_told(what, change, "the front end")[1]
        for what, change in zip(every, lines.values(), strict=True)
    )
    return Cause(told, look_at(every[0], "firmware/core/frontend"), True)
