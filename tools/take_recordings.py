"""Takes the recordings that a table names out of copies of public repositories, as a folder for `collect --manifest`.

    python tools/take_recordings.py models/default/recordings.csv --clones ../clones --out build/recordings

The table has a row for each clip: repository (owner/name), commit, path, where the clip begins and how long it is. The
copies are git repositories in `owner/name` or `owner+name` (with `.git` or `repo` inside, or bare) under --clones; for
those that are missing, the commands that make them are printed. The clips become mono WAV files of 16 kHz, the rate of
the classifier that labels their mixtures, with the table beside them as SOURCES.csv. Nothing is fetched from anywhere,
but by git itself where a copy was made without its files.
"""

from __future__ import annotations

import argparse
import csv
import re
import shlex
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.errors import HilError
from host.making.recordings.to_wav import read_mono
from host.progress import bar

RATE = 16_000
HOME = "https://github.com"
COLUMNS = ("file", "label", "repo", "commit", "path", "start_s", "dur_s", "group", "licence", "licence_class")
Row = dict[str, str]


def read_table(path: Path) -> list[Row]:
    """The rows of a table.

    Raises:
        HilError: it cannot be read, has no rows or lacks a column, or a row names a file outside of the folder.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HilError(
            f"{path} cannot be read: {error}.", "Give a table such as models/default/recordings.csv."
        ) from error
    missing = [name for name in COLUMNS if not rows or rows[0].get(name) is None]
    if missing:
        raise HilError(
            f"{path} has no {', '.join(missing)}.", "Give a table such as models/default/recordings.csv."
        )
    for row in rows:
        if not re.fullmatch(r"[A-Za-z0-9_-]+/[A-Za-z0-9][A-Za-z0-9._-]*\.wav", row["file"]):
            raise HilError(f"{path} names {row['file']!r}.", "Files are label/name.wav.")
        if not re.fullmatch(r"[0-9a-f]{40}", row["commit"]):
            raise HilError(
                f"{path} names the commit {row['commit']!r}.", "Commits are 40 hexadecimal digits."
            )
    return rows


def repository(clones: Path, name: str) -> Path:
    """The git directory of `owner/name` under `clones`.

    Raises:
        HilError: there is none.
    """
    for folder in (clones / name, clones / name.replace("/", "+")):
        for git in (folder / ".git", folder / "repo" / ".git", folder / "repo", folder):
            if (git / "objects").is_dir():
                return git
    raise HilError(f"There is no copy of {name} in {clones}.", f"Clone it to {clones / name}.")


def repositories(clones: Path, names: Iterable[str]) -> dict[str, Path]:
    """The git directory of each `owner/name`.

    Raises:
        HilError: some are missing; the cure has a line to make each.
    """
    found, missing = {}, []
    for name in sorted(set(names)):
        try:
            found[name] = repository(clones, name)
        except HilError:
            missing.append(name)
    if missing:
        # Without their files, which git fetches as they are asked for: the repositories hold gigabytes of others.
        lines = [
            f"git clone --bare --filter=blob:none {HOME}/{name}.git {shlex.quote(str(clones / name))}"
            for name in missing
        ]
        raise HilError(
            f"There is no copy of {', '.join(missing)} in {clones}.", "\n  ".join(["Make them:", *lines])
        )
    return found


def content(git: Path, row: Row) -> bytes:
    """The bytes of a row's file at its commit.

    Raises:
        HilError: the repository has no such file.
    """
    done = subprocess.run(
        ["git", "--git-dir", str(git), "cat-file", "blob", f"{row['commit']}:{row['path']}"],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise HilError(
            f"{row['repo']} has no {row['path']} at {row['commit'][:10]}.",
            f"Fetch that commit into the copy: git --git-dir {shlex.quote(str(git))} fetch origin {row['commit']}",
        )
    return done.stdout


def take(rows: list[Row], clones: Path, out: Path) -> Iterator[str]:
    """Write all clips and the table; yields the name of each clip.

    Raises:
        HilError: see `repositories`, `content` and `read_mono`; or a clip lies beyond the end of its recording.
    """
    copies = repositories(clones, (row["repo"] for row in rows))
    with tempfile.TemporaryDirectory() as folder:
        known: tuple[str, str] | None = None
        samples = np.zeros(0, np.int16)
        for row in sorted(rows, key=lambda each: (each["repo"], each["path"], float(each["start_s"]))):
            if known != (row["repo"], row["path"]):
                raw = Path(folder) / f"recording{Path(row['path']).suffix.lower()}"
                raw.write_bytes(content(copies[row["repo"]], row))
                known, samples = (row["repo"], row["path"]), read_mono(raw, RATE)
            first = round(float(row["start_s"]) * RATE)
            clip = samples[first : first + round(float(row["dur_s"]) * RATE)]
            if not len(clip):
                raise HilError(f"{row['file']} begins behind the end of {row['path']}.", "Correct the table.")
            target = out / row["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(target), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(clip.astype("<i2").tobytes())
            yield row["file"]
    with (out / "SOURCES.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> int:
    """Take them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument(
        "--clones", type=Path, required=True, help="folder with the copies of the repositories"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the clips and SOURCES.csv")
    args = parser.parse_args()
    try:
        rows = read_table(args.table)
        with bar("recordings", len(rows)) as report:
            for done, _ in enumerate(take(rows, args.clones, args.out), 1):
                report(done)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{len(rows)} clips in {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
