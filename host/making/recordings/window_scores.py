"""A table of what a larger network, or a listener, heard second by second: file, start_s and a score a window."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

from .catalogue import WindowScores
from .errors import RecordingsError
from .on_disk import table_rows


def read_window_scores(table: Path, column: str = "teacher_score") -> dict[str, WindowScores]:
    """Scores by file name as the table writes it; rows without a score are passed over.

    Raises:
        RecordingsError: the table is missing or lacks a column; a start or a score is no number in its range; a window
            stands in it twice.
    """
    found: dict[str, dict[float, float]] = defaultdict(dict)
    for number, row in table_rows(table, ("file", "start_s", column)):
        if not row[column]:
            continue
        start, score = _number(row["start_s"]), _number(row[column])
        if not start >= 0.0 or not 0.0 <= score <= 1.0:
            raise RecordingsError(
                f"{table}, line {number}: start {row['start_s']!r} or {column} {row[column]!r} is out of range.",
                "Give the start in seconds, 0 or more, and a score from 0 to 1; leave it empty where there is none.",
            )
        if start in found[row["file"]]:
            raise RecordingsError(
                f"{table}, line {number} gives the window at {start:g} s of {row['file']} a second time.",
                "Remove one of the lines.",
            )
        found[row["file"]][start] = score
    return {name: tuple(sorted(scores.items())) for name, scores in found.items()}


def _number(text: str) -> float:
    """A finite number, or NaN for any other text."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
