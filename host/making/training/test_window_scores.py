"""Scores per second: read, kept with the recording, and what the training set makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ..corpus.wav_files import wav_bytes
from ..dataset.errors import DatasetError
from ..dataset.split import Options, make_dataset
from ..dataset.store import Dataset
from ..recordings.catalogue import Catalogue
from ..recordings.collect import collect
from ..recordings.errors import RecordingsError
from ..recordings.on_disk import from_manifest
from ..recordings.window_scores import read_window_scores
from .recipe import preset

HEADER = "file,start_s,teacher_score\n"


def _table(folder: Path, lines: str) -> Path:
    path = folder / "windows.csv"
    path.write_text(HEADER + lines)
    return path


def test_scores_are_read_by_file_in_order_of_time(tmp_path: Path) -> None:
    table = _table(tmp_path, "a,1.0,0.5\na,0,0.25\nb,0,\nc,2,1\n")
    assert read_window_scores(table) == {"a": ((0.0, 0.25), (1.0, 0.5)), "c": ((2.0, 1.0),)}


@pytest.mark.parametrize("line", ["a,0,1.5", "a,-1,0.5", "a,nan,0.5", "a,0,inf", "a,0,loud", "a,0,-0.1"])
def test_what_is_no_score_is_told_with_its_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(RecordingsError, match=r"line 3.*out of range"):
        read_window_scores(_table(tmp_path, f"a,5,0.5\n{line}\n"))


def test_a_window_that_stands_twice_and_a_missing_column_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RecordingsError, match="a second time"):
        read_window_scores(_table(tmp_path, "a,0,0.5\na,0.0,0.6\n"))
    with pytest.raises(RecordingsError, match="no column 'other'"):
        read_window_scores(_table(tmp_path, "a,0,0.5\n"), "other")


def _scored_folder(folder: Path, labels: tuple[str, ...] = ("bird", "nonbird")) -> Path:
    """Base folder of nine recordings of three seconds, of which the first has the scores 0.9, 0.3, 0.1."""
    rng = np.random.default_rng(1)
    lines = []
    for number in range(9):
        name = f"{number}.wav"
        samples = np.clip(3000 * rng.standard_normal(26_000), -32768, 32767).astype(np.int16)
        (folder / name).write_bytes(wav_bytes(samples, 8000))
        lines.append(f"{name},{labels[number % len(labels)]},g{number}\n")
    (folder / "list.csv").write_text("file,label,group\n" + "".join(lines))
    scores = read_window_scores(_table(folder, "0.wav,0,0.9\n0.wav,1,0.3\n0.wav,2,0.1\n"))
    result = collect(from_manifest(folder / "list.csv", {}, scores), Catalogue(folder / "base"))
    assert result.added == 9
    return folder / "base"


def test_other_scores_are_other_recordings_and_wrong_ones_are_told(tmp_path: Path) -> None:
    base = _scored_folder(tmp_path)
    again = from_manifest(tmp_path / "list.csv", {}, {"0.wav": ((0.0, 0.9), (1.0, 0.3), (2.0, 0.1))})
    assert collect(again, Catalogue(base)).present == 9
    other = from_manifest(tmp_path / "list.csv", {}, {"0.wav": ((0.0, 0.8),)})
    assert collect(other, Catalogue(base)).added == 1
    sidecar = base / "bird" / "0.json"
    for wrong in ([[0.0, 1.5]], [[-1.0, 0.5]], [[0.0]], [["a", 0.5]], 5):
        sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"window_scores": wrong}))
        with pytest.raises(RecordingsError, match="window_scores"):
            list(Catalogue(base))


def _split(base: Path, folder: Path, options: Options) -> Dataset:
    return make_dataset([base], preset("tiny").features, options, folder / "set", folder / "cache", 1)[0]


def test_the_training_set_has_them_as_labels_and_the_others_no_doubtful_window(tmp_path: Path) -> None:
    base = _scored_folder(tmp_path)
    kept = json.loads((base / "bird" / "0.json").read_text())["window_scores"]
    assert kept == [[0.0, 0.9], [1.0, 0.3], [2.0, 0.1]]
    for left_out in ((), ("0",)):
        options = Options(shares=(0.9, 0.05, 0.05), left_out={"name": left_out} if left_out else {})
        dataset = _split(base, tmp_path, options)
        entry = next(index for index, each in enumerate(dataset.entries) if each.name == "0")
        windows = dataset.windows(dataset.entries[entry].split)
        mine = windows.labels[windows.recordings == entry][:, 0]
        if left_out:
            assert set(mine.tolist()) == {0.0, 1.0} and len(mine) < 17
        else:
            assert dataset.entries[entry].split == "train"
            assert mine[0] == pytest.approx(0.9) and mine[-1] < 0.2
            assert np.all(np.diff(mine) <= 0.0) and np.any((mine > 0.2) & (mine < 0.5))


def test_scores_want_one_class(tmp_path: Path) -> None:
    base = _scored_folder(tmp_path, ("bird", "frog", "nonbird"))
    with pytest.raises(DatasetError, match="2 classes"):
        _split(base, tmp_path, Options())
