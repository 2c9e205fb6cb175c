"""What is on the user's own disk: folders by label, the layout of ESC-50, a CSV manifest. All end as `Source` rows."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...audio.formats import APPLE_DOUBLE, FOREIGN_SUFFIXES, SUFFIXES
from ...disk import may_read
from ...safe_names import check_distinct, label_name
from .catalogue import WindowScores
from .errors import RecordingsError
from .licence import parse_licence

_MOST_TABLE = 256 << 20  # bytes
ESC50_PAGE = "https://github.com/karolpiczak/ESC-50"


@dataclass(frozen=True)
class Source:
    """One file to take in; the texts are those of `host.making.recordings.catalogue.Recording`."""

    path: Path
    label: str
    group: str
    source: str
    recordist: str = ""
    licence: str = ""
    licence_url: str = ""
    url: str = ""
    title: str = ""
    window_scores: WindowScores = ()


def from_folder(folder: Path) -> list[Source]:
    """Every audio file of `folder/<label>/…`; the file's own stem is its group.

    Raises:
        RecordingsError: the folder or its label folders are missing, or hold no audio.
    """
    if not folder.is_dir():
        raise RecordingsError(f"There is no folder {folder}.", "Give a folder with one sub-folder per label.")
    found = [
        Source(path, path.relative_to(folder).parts[0], f"local:{path.stem}", "local", title=path.stem)
        for path in sorted(_below(folder))
    ]
    if not found:
        raise RecordingsError(
            f"{folder} holds no audio in label folders.",
            "Lay it out as <label>/<file> with WAV, FLAC, MP3, Ogg or AIFF files.",
        )
    return found


def _below(folder: Path) -> Iterator[Path]:
    """Audio files in the label folders of `folder`, and the folders that cannot be read: taking one in will tell why.

    Raises:
        RecordingsError: `folder` itself cannot be read.
    """
    try:
        labels = [path for path in folder.iterdir() if path.is_dir()]
    except OSError as error:
        raise RecordingsError(
            f"The folder {folder} cannot be read: {error.strerror or error}.", may_read(folder)
        ) from error
    unreadable: list[OSError] = []
    for label in labels:
        for place, _, names in os.walk(label, onerror=unreadable.append):
            for path in map(Path(place).joinpath, names):
                fits = path.suffix.lower() in SUFFIXES + FOREIGN_SUFFIXES
                if fits and not path.name.startswith(APPLE_DOUBLE) and path.is_file():
                    yield path
    yield from (Path(error.filename) for error in unreadable)


def from_esc50(folder: Path) -> list[Source]:
    """ESC-50 as published: `meta/esc50.csv` and `audio/`. The category is the label, the freesound clip the group.

    Raises:
        RecordingsError: the layout is another.
    """
    table = folder / "meta" / "esc50.csv"
    found = []
    for number, row in table_rows(table, ("filename", "category", "src_file")):
        name = row["filename"]
        if Path(name).name != name:
            raise RecordingsError(
                f"{table}, line {number}: {name!r} is not a file name.", "Use the table as published."
            )
        found.append(
            Source(
                folder / "audio" / name,
                row["category"],
                f"freesound:{row['src_file']}",
                "ESC-50",
                licence="CC BY-NC 3.0",
                licence_url="https://creativecommons.org/licenses/by-nc/3.0/",
                url=ESC50_PAGE,
                title=f"{row['category']} (freesound {row['src_file']})",
            )
        )
    return found


def from_manifest(
    table: Path, where: dict[str, str], scores: dict[str, WindowScores] | None = None
) -> list[Source]:
    """A CSV table with the columns `file` and `label`, and where known `group`, `recordist`, `licence`, `url`, `title`.

    Paths are taken from the table's folder. Without a group, a file is its own.

    Args:
        where: only rows that have these values in these columns.
        scores: of the windows of each file, by its name in the table (`window_scores.read_window_scores`).

    Raises:
        RecordingsError: the table is missing, has not these columns, names a file twice, or no row fits.
    """
    found = []
    lines: dict[Path, int] = {}
    for number, row in table_rows(table, ("file", "label", *where)):
        if any(row[column] != value for column, value in where.items()):
            continue
        if not row["file"] or not row["label"]:
            raise RecordingsError(
                f"{table}, line {number} has no file or no label.", "Fill in both, or remove the line."
            )
        path = (table.parent / row["file"]).resolve()
        if path in lines:
            raise RecordingsError(
                f"{table} names the file {row['file']} twice, in lines {lines[path]} and {number}.",
                "Remove one of the lines, or choose rows with --where.",
            )
        lines[path] = number
        licence = parse_licence(row.get("licence") or "")
        found.append(
            Source(
                table.parent / row["file"],
                row["label"],
                row.get("group") or f"{table.stem}:{Path(row['file']).stem}",
                row.get("repo") or row.get("source") or table.stem,
                row.get("recordist") or "",
                licence.name,
                licence.url,
                row.get("url") or "",
                row.get("title") or row.get("category") or Path(row["file"]).stem,
                (scores or {}).get(row["file"], ()),
            )
        )
    if not found:
        conditions = ", ".join(f"{column}={value}" for column, value in where.items())
        raise RecordingsError(
            f"{table} has no rows" + (f" with {conditions}." if where else "."),
            "Check the table and the conditions.",
        )
    return found


def _check_table(table: Path) -> None:
    """Refuse what would never end, or fill the memory, before it is read: a configuration may name anything.

    Raises:
        RecordingsError: it is no file, or too large.
    """
    if table.exists() and not table.is_file():
        raise RecordingsError(f"The table {table} is not a file.", "Give a UTF-8 CSV file with a header.")
    if table.exists() and table.stat().st_size > _MOST_TABLE:
        raise RecordingsError(
            f"The table {table} is larger than {_MOST_TABLE >> 20} MiB.", "Split it into several."
        )


def table_rows(table: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and values of every line of a CSV table that has the `needed` columns.

    Raises:
        RecordingsError: the table is missing, is no CSV or lacks a column.
    """
    try:
        _check_table(table)
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing and (other := _other_separator(reader.fieldnames or [])):
                raise RecordingsError(
                    f"{table} has {other} between its columns.",
                    "Save it as CSV with commas; spreadsheet programs ask for the separator on export.",
                )
            if missing:
                raise RecordingsError(
                    f"{table} has no column {missing[0]!r}.", f"It needs at least: {', '.join(needed)}."
                )
            for row in reader:
                if any("\x00" in (value or "") for name, value in row.items() if name is not None):
                    raise csv.Error(f"line {reader.line_num} holds a zero byte")
                yield (
                    reader.line_num,
                    {name: (value or "").strip() for name, value in row.items() if name is not None},
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingsError(
            f"The table {table} cannot be read: {error}.", "Give a UTF-8 CSV file with a header."
        ) from error


def _other_separator(fields: Sequence[str]) -> str:
    """What separates the columns of a header in which the reader found no commas; empty when there were some."""
    header = fields[0] if len(fields) == 1 else ""
    return "semicolons" if ";" in header else "tabs" if "\t" in header else ""


def relabelled(sources: list[Source], mapping: dict[str, str]) -> list[Source]:
    """Other labels: `mapping` from label to label, `*` for all others; an empty target leaves the file out.

    Without a mapping the labels stay; all are made safe as folder names.

    Raises:
        RecordingsError: two labels would become one folder.
    """
    result, pairs = [], []
    for each in sources:
        label = mapping.get(each.label, mapping.get("*", each.label)) if mapping else each.label
        if label:
            pairs.append((label, label_name(label)))
            result.append(replace(each, label=pairs[-1][1]))
    cure = "Rename one of them, or say with --label FROM=TO what each is to be."
    check_distinct(pairs, "labels", cure, RecordingsError)
    return result
