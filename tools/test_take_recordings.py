"""Clips out of copies of repositories: the right samples, at the commit that the table names."""

import csv
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from host.errors import HilError
from tools.take_recordings import read_table, take

ROOT = Path(__file__).resolve().parents[1]


def _git(folder: Path, *args: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def _wav(path: Path, samples: NDArray[Any]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


@pytest.fixture
def table(tmp_path: Path) -> Path:
    folder = tmp_path / "clones" / "someone" / "sounds"
    folder.mkdir(parents=True)
    _git(folder, "init", "-q")
    _wav(folder / "a b.wav", np.arange(48_000) % 1000)
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "one")
    commit = _git(folder, "rev-parse", "HEAD")
    _wav(folder / "a b.wav", np.zeros(48_000))  # what the head holds now is not meant
    _git(folder, "commit", "-qam", "two")
    row = {"repo": "someone/sounds", "commit": commit, "path": "a b.wav", "label": "bird", "group": "g"}
    row |= {"licence": "CC0", "licence_class": "open"}
    rows = [row | {"file": "bird/a_1.wav", "start_s": "1.5", "dur_s": "0.500125"}]
    rows += [row | {"file": "bird/a_0.wav", "start_s": "0.0", "dur_s": "9"}]
    path = tmp_path / "list.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_clips_are_taken_at_their_commit(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert sorted(take(read_table(table), tmp_path / "clones", out)) == ["bird/a_0.wav", "bird/a_1.wav"]
    for name, first, count in (("a_1", 24_000, 8002), ("a_0", 0, 48_000)):
        with wave.open(str(out / "bird" / f"{name}.wav")) as file:
            assert file.getframerate() == 16_000
            samples = np.frombuffer(file.readframes(99999), "<i2")
        np.testing.assert_array_equal(samples, (np.arange(first, first + count)) % 1000)
    assert [row["file"] for row in read_table(out / "SOURCES.csv")] == ["bird/a_1.wav", "bird/a_0.wav"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bird/a_1.wav", "../a.wav", "names '../a.wav'"),
        ("a b.wav,bird", "c.wav,bird", "has no c.wav"),
        ("someone/sounds", "someone/else", "no copy of someone/else"),
        ("1.5", "3.5", "begins behind the end"),
        ("commit", "revision", "has no commit"),
    ],
)
def test_a_wrong_table_is_refused(table: Path, tmp_path: Path, old: str, new: str, said: str) -> None:
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(HilError, match=said):
        list(take(read_table(table), tmp_path / "clones", tmp_path / "out"))


def test_all_copies_that_are_missing_are_told_with_the_commands_that_make_them(
    table: Path, tmp_path: Path
) -> None:
    text = table.read_text()
    line = text.splitlines()[1]
    more = [line.replace("someone/sounds", f"{who}/birds").replace("a_1", who) for who in ("you", "me")]
    table.write_text(text + "\n".join(more) + "\n")
    clones = tmp_path / "clones"
    with pytest.raises(HilError) as told:
        list(take(read_table(table), clones, tmp_path / "out"))
    assert str(told.value).startswith(f"There is no copy of me/birds, you/birds in {clones}.")
    made = [
        f"git clone --bare --filter=blob:none https://github.com/{who}/birds.git {clones}/{who}/birds"
        for who in ("me", "you")
    ]
    assert [line.strip() for line in str(told.value).splitlines() if "git clone" in line] == made


def test_a_bare_copy_without_files_fetches_those_that_are_asked_for(table: Path, tmp_path: Path) -> None:
    clones = tmp_path / "clones"
    whole = clones / "someone" / "sounds"
    _git(whole, "config", "uploadpack.allowFilter", "true")
    _git(whole, "config", "uploadpack.allowAnySHA1InWant", "true")
    whole.rename(tmp_path / "server")
    _git(clones, "clone", "-q", "--bare", "--filter=blob:none", f"file://{tmp_path}/server", "someone/sounds")
    assert len(list(take(read_table(table), clones, tmp_path / "out"))) == 2


def test_the_default_bundles_table_is_whole_and_open() -> None:
    rows = read_table(ROOT / "models" / "default" / "recordings.csv")
    assert len({row["file"] for row in rows}) == len(rows)
    assert {row["licence_class"] for row in rows} == {"open"}
    assert not [row for row in rows if "nc" in row["licence"].lower().replace("-", " ").split()]
