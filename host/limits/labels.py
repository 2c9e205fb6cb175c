"""Labels beside recordings: which class is heard in which file, and when. Three formats, one table."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import HilError

TABLE = "labels.csv"
AUDACITY = ".txt"
RAVEN = (".Table.1.selections.txt", ".selections.txt")
BEGIN, END = "Begin Time (s)", "End Time (s)"
RAVEN_LABELS = ("annotation", "label", "species", "species code", "tags", "class")
MOST_BYTES = 64 << 20
YES, NO, UNSURE = ("yes", "true", "1"), ("no", "false", "0", ""), ("unsure", "?", "maybe")


class LabelError(HilError):
    """Labels that cannot be used."""


@dataclass(frozen=True, order=True)
class Event:
    """A class heard from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    label: str


@dataclass
class FileLabels:
    """What is known of one recording.

    Attributes:
        present: classes that are heard somewhere in it.
        unsure: classes of which that is not known: they are not judged.
        events: when, where that is known.
        timed: whether `events` are all that there are.
    """

    present: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    timed: bool = True


def read_labels(
    recordings: Iterable[Path], labels: Sequence[str], table: Path | None = None
) -> dict[Path, FileLabels]:
    """Return what is known of each of `recordings`; those without labels are not there.

    `labels.csv` in a recording's folder counts first, then `NAME.txt` (Audacity) and `NAME.selections.txt` (Raven).

    Args:
        recordings: sound files.
        labels: the model's classes.
        table: the table to read instead of all that.

    Raises:
        LabelError: a table or label file cannot be read or used.
    """
    found: dict[Path, FileLabels] = {}
    tables: dict[Path, dict[str, FileLabels]] = {}
    for path in recordings:
        source = path.parent / TABLE if table is None else table
        if source not in tables:
            tables[source] = _table(source, labels) if source.is_file() or table is not None else {}
        known = tables[source].get(path.name)
        if known is None and table is None:
            known = _beside(path, labels)
        if known is not None:
            found[path] = known
    for path, known in found.items():
        _check_overlaps(path.name, known.events)
    return found


def _beside(path: Path, labels: Sequence[str]) -> FileLabels | None:
    for suffix in RAVEN:
        source = path.with_name(path.stem + suffix)
        if source.is_file():
            return _timed(_raven(source, labels))
    source = path.with_suffix(AUDACITY)
    return _timed(_audacity(source, labels)) if source.is_file() else None


def _timed(events: list[Event]) -> FileLabels:
    return FileLabels({event.label for event in events}, set(), sorted(events))


# ---- labels.csv


def _table(path: Path, labels: Sequence[str]) -> dict[str, FileLabels]:
    """Rows of `file, label[, start, end]`, or a column for each class with yes, no and unsure."""
    reader = csv.DictReader(io.StringIO(_text(path)))
    columns = {name.strip().casefold(): name for name in reader.fieldnames or () if name}
    classes = {label: columns[label.casefold()] for label in labels if label.casefold() in columns}
    if "file" not in columns:
        raise LabelError(f"{path} has no column `file`", "name it, or leave labels out with `--labels off`")
    if "label" not in columns and not classes:
        return {}  # a table about something else
    found: dict[str, FileLabels] = {}
    try:
        for row in reader:
            name = (row[columns["file"]] or "").strip()
            where = f"{path}, line {reader.line_num}"
            if not name or not (path.parent / name).is_file():
                raise LabelError(f"{where}: there is no file {name!r}", "correct its name or remove the line")
            known = found.setdefault(name, FileLabels())
            if "label" in columns:
                _add_row(known, {key: row[at] or "" for key, at in columns.items()}, labels, where)
            else:
                _add_columns(known, {label: row[at] or "" for label, at in classes.items()}, where)
    except csv.Error as error:
        raise LabelError(f"{path} is no CSV: {error}", "write it as comma-separated values") from error
    return found


def _add_row(known: FileLabels, row: dict[str, str], labels: Sequence[str], where: str) -> None:
    text = row["label"].strip()
    if not text:  # nothing of any class is heard
        return
    label = _class(text, labels, where)
    known.present.add(label)
    start, end = row.get("start", "").strip(), row.get("end", "").strip()
    if not start and not end:
        known.timed = False
        return
    known.events.append(_event(start, end, label, where))


def _add_columns(known: FileLabels, row: dict[str, str], where: str) -> None:
    known.timed = False
    for label, value in row.items():
        word = value.strip().casefold()
        if word in YES:
            known.present.add(label)
        elif word in UNSURE:
            known.unsure.add(label)
        elif word not in NO:
            raise LabelError(f"{where}: `{label}` is {value[:40]!r}", "write yes, no or unsure")


def _class(text: str, labels: Sequence[str], where: str) -> str:
    for label in labels:
        if label.casefold() == text.casefold():
            return label
    raise LabelError(
        f"{where}: the model has no class {text[:60]!r}",
        f"use its classes ({', '.join(labels[:12])}), or leave labels out with `--labels off`",
    )


def _event(start: str, end: str, label: str, where: str) -> Event:
    try:
        times = float(start), float(end)
    except ValueError as error:
        raise LabelError(f"{where}: {start!r} to {end!r} is no time", "give seconds") from error
    if not (math.isfinite(times[1]) and 0 <= times[0] <= times[1]):
        raise LabelError(
            f"{where}: it ends at {end} s and begins at {start} s", "give the start first, from 0 s"
        )
    return Event(*times, label)


# ---- one file a recording


def _audacity(path: Path, labels: Sequence[str]) -> list[Event]:
    """Lines of `start<TAB>end<TAB>label`; those that begin with a backslash hold frequencies."""
    events = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        parts = line.split("\t")
        where = f"{path}, line {number}"
        if len(parts) < 3:
            raise LabelError(f"{where}: it is no label of Audacity", "export labels as start, end, label")
        events.append(_event(parts[0], parts[1], _class(parts[2].strip(), labels, where), where))
    return events


def _raven(path: Path, labels: Sequence[str]) -> list[Event]:
    """A selection table: of selections that are listed for several views one counts."""
    rows = csv.DictReader(io.StringIO(_text(path)), delimiter="\t")
    names = rows.fieldnames or ()
    column = next((name for name in names if name and name.strip().casefold() in RAVEN_LABELS), None)
    if BEGIN not in names or END not in names or column is None:
        raise LabelError(
            f"{path} lacks a column of a Raven selection table",
            f"it needs `{BEGIN}`, `{END}` and one of {', '.join(RAVEN_LABELS)}",
        )
    events = set()
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        events.add(_event(row[BEGIN] or "", row[END] or "", _class(row[column] or "", labels, where), where))
    return sorted(events)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise LabelError(f"{path} is larger than 64 MB", "split it by folder")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise LabelError(f"{path} cannot be read: {error.strerror or error}", "make it readable") from error
    except UnicodeDecodeError as error:
        raise LabelError(f"{path} is no UTF-8", "save it as UTF-8") from error


def _check_overlaps(name: str, events: list[Event]) -> None:
    last: dict[str, Event] = {}
    for event in sorted(events):
        before = last.get(event.label)
        if before is not None and event.start_s < before.end_s:
            raise LabelError(
                f"labels of {name} overlap: {event.label} from {before.start_s:g} to {before.end_s:g} s and from "
                f"{event.start_s:g} to {event.end_s:g} s",
                "make one of the two, or move them apart",
            )
        last[event.label] = event
