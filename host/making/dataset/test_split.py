"""Splits that nothing leaks through, from recordings on disk to windows in memory."""

from __future__ import annotations

import argparse
import dataclasses
import errno
import io
import json
import os
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ...audio.crafted import encoded
from ...commands import split as command
from ...frontend.log_mel.settings import LogMelSettings
from ...unprivileged import as_nobody, readable_by_others
from ..recordings.catalogue import Catalogue, Recording
from . import features as features_module
from .activity import bands_above, silent_windows, window_activity
from .errors import DatasetError
from .feature_spec import FeatureSpec, Quantisation
from .grouping import LEFT_OUT, Item, components, split_items
from .leaks import check_leaks
from .split import Options, balance, make_dataset
from .store import load_dataset

SETTINGS = LogMelSettings(8000, 256, 128, 256, 40, 150.0, 4000.0, -100.0, 0.05, 2.0)
FEATURES = FeatureSpec(SETTINGS, Quantisation.of_range(-3.0, 2.5), 61)
RATE = 8000


def _wav(samples: np.ndarray) -> bytes:  # type: ignore[type-arg]
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _sound(seed: int, bird: bool, seconds: float = 3.0) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    out = rng.normal(0.0, 100.0, int(seconds * RATE))
    if bird:  # chirps in the middle second only
        time = np.arange(RATE) / RATE
        out[RATE : 2 * RATE] += (
            8000.0 * np.sin(2 * np.pi * (2000 + 50 * seed) * time) * (np.sin(40 * time) > 0)
        )
    result: np.ndarray = np.rint(out)  # type: ignore[type-arg]
    return result


def _base(folder: Path, birds: int = 4, others: int = 4, **changes: str) -> Path:
    catalogue = Catalogue(folder)
    for index in range(birds + others):
        bird = index < birds
        values = {"source": "test", "group": f"g{index}", "recordist": "", **changes}
        recording = Recording("robin" if bird else "nonbird", f"r{index}", **values)  # type: ignore[arg-type]
        catalogue.add(recording, _wav(_sound(index, bird)))
    return folder


def _make(tmp_path: Path, base: Path, **options: object):  # type: ignore[no-untyped-def]
    chosen = Options(shares=(0.5, 0.25, 0.25), **options)  # type: ignore[arg-type]
    return make_dataset([base], FEATURES, chosen, tmp_path / "set", tmp_path / "cache", 1)


def test_from_recordings_to_windows(tmp_path: Path) -> None:
    dataset, told = _make(tmp_path, _base(tmp_path / "base"))
    assert dataset.labels == ("robin",) and told.unreadable == []
    assert {entry.split for entry in dataset.entries} == {"train", "validation", "test"}
    train = dataset.windows("train")
    assert train.take(np.arange(len(train))).shape == (len(train), FEATURES.frames, 40)
    assert 0 < train.labels.sum() < len(train)
    assert told.quiet > 0  # the outer seconds of a bird's clip
    bird = [i for i, entry in enumerate(dataset.entries) if entry.label == "robin" and entry.split == "train"]
    first_columns = train.starts[np.isin(train.recordings, bird)] - dataset.entries[bird[0]].first_column
    assert np.all(
        first_columns[: len(first_columns) // len(bird)] < 125
    )  # each holds part of the middle second
    assert ("train", "robin", 2, int(train.labels.sum())) in balance(dataset)


def test_features_are_computed_once_for_equal_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = _base(tmp_path / "base")
    _make(tmp_path, base)
    files = sorted((tmp_path / "cache" / "features").rglob("*.npy"))
    assert len(files) == 8
    monkeypatch.setattr(features_module, "AudioSource", lambda *_: pytest.fail("computed again"))
    _make(tmp_path, base)
    other = dataclasses.replace(FEATURES, settings=dataclasses.replace(FEATURES.settings, fmin=300.0))  # type: ignore[type-var]
    monkeypatch.undo()
    make_dataset([base], other, Options(shares=(0.5, 0.25, 0.25)), tmp_path / "set2", tmp_path / "cache", 1)
    assert len(list((tmp_path / "cache" / "features").rglob("*.npy"))) == 16


def test_parallel_and_serial_agree(tmp_path: Path) -> None:
    base = _base(tmp_path / "base")
    shares = Options(shares=(0.5, 0.25, 0.25))
    for name, workers in (("one", 1), ("two", 2)):
        make_dataset([base], FEATURES, shares, tmp_path / name, tmp_path / f"cache-{name}", workers)
    assert (tmp_path / "one" / "columns.npy").read_bytes() == (tmp_path / "two" / "columns.npy").read_bytes()


def test_an_unreadable_file_is_named_and_the_rest_used(tmp_path: Path) -> None:
    base = _base(tmp_path / "base")
    (base / "robin" / "r0.wav").write_bytes(b"RIFF")
    Catalogue(base).add(Recording("robin", "r9", "test", "g9"), _wav(_sound(9, True)))
    dataset, told = _make(tmp_path, base)
    assert [Path(name).name for name, _ in told.unreadable] == ["r0.wav"]
    assert len(dataset.entries) == 8


def test_a_data_set_has_the_rights_of_other_files(tmp_path: Path) -> None:
    dataset, _ = _make(tmp_path, _base(tmp_path / "base"))
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in dataset.path.iterdir()}
    assert len(modes) == 4 and set(modes.values()) == {"0o644"}


@pytest.mark.parametrize("name", ["dataset.json", "columns.npy", "windows.npz", "."])
def test_what_may_not_be_read_is_told_so(tmp_path: Path, name: str) -> None:
    made, _ = _make(tmp_path, _base(tmp_path / "base"))
    with readable_by_others() as folder:
        place = shutil.copytree(made.path, folder / "set")
        (place / name).chmod(0o000)
        with as_nobody(folder), pytest.raises(DatasetError) as caught:
            load_dataset(place)
    assert "cannot be read: Permission denied" in caught.value.cause and "whole" not in str(caught.value)
    assert name == "." or (name in caught.value.cause and "mode 0000" in caught.value.cure)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.parametrize("name", ["dataset.json", "columns.npy", "windows.npz"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    made, _ = _make(tmp_path, _base(tmp_path / "base"))
    (made.path / name).unlink()
    os.mkfifo(made.path / name)
    with pytest.raises(DatasetError, match=f"{name} is not a file"):
        load_dataset(made.path)


@pytest.mark.parametrize(
    "changes",
    [
        {"starts": lambda a: a + 100_000},
        {"starts": lambda a: a - 100_000},
        {"recordings": lambda a: a + 1000},
        {"classes": lambda a: a - 7},
        {"classes": lambda a: a[:-1]},
        {"starts": lambda a: a.astype(float)},
        {"recordings": lambda a: a[:, np.newaxis]},
        {"classes": None},
    ],
)
def test_windows_that_point_beyond_the_data_set_are_refused(tmp_path: Path, changes: Any) -> None:
    made, _ = _make(tmp_path, _base(tmp_path / "base"))
    with np.load(made.path / "windows.npz") as data:
        arrays = {name: changes[name](data[name]) if changes.get(name) else data[name] for name in data.files}
    arrays = {name: each for name, each in arrays.items() if changes.get(name, "") is not None}
    np.savez(made.path / "windows.npz", **arrays)
    with pytest.raises(DatasetError, match=r"windows\.npz") as caught:
        load_dataset(made.path)
    assert "host split" in caught.value.cure


def test_a_recording_of_another_format_has_its_length(tmp_path: Path) -> None:
    base = _base(tmp_path / "base")
    sound = _sound(9, True) / 32768.0
    Catalogue(base).add(Recording("robin", "r9", "test", "g9"), encoded(sound, RATE, "WAV", "FLOAT"))
    dataset, _ = _make(tmp_path, base)
    seconds = {entry.name: entry.seconds for entry in dataset.entries}
    assert seconds["r9"] == round(len(sound) / RATE, 3)


def test_a_full_disk_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = _base(tmp_path / "base")

    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(features_module, "atomic_file", full)
    with pytest.raises(DatasetError, match="is full"):
        _make(tmp_path, base)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("birds", [1, 2])
def test_too_few_recordings_of_a_label_are_refused(tmp_path: Path, birds: int) -> None:
    with pytest.raises(DatasetError, match=f"'robin' has {birds} recording.*too few for 3 splits"):
        _make(tmp_path, _base(tmp_path / "base", birds=birds))


def test_one_recordist_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="in 1 independent group"):
        _make(tmp_path, _base(tmp_path / "base", recordist="Anna"))


def test_an_empty_base_and_only_background_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no recordings"):
        _make(tmp_path, tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="All labels are background"):
        _make(tmp_path, _base(tmp_path / "base", birds=0))


def test_what_is_left_out_takes_its_kin_along(tmp_path: Path) -> None:
    base = _base(tmp_path / "base", birds=5)
    catalogue = Catalogue(base)
    catalogue.add(Recording("robin", "x1", "elsewhere", "g0"), _wav(_sound(50, True)))
    dataset, _ = _make(tmp_path, base, left_out={"source": ("elsewhere",)})
    out = {entry.name for entry in dataset.entries if entry.split == LEFT_OUT}
    assert out == {"x1", "r0"}  # r0 is of the same original
    assert len(dataset.windows(LEFT_OUT)) > 0


@pytest.mark.parametrize("attribute", ["group", "recordist", "sha256"])
def test_leaks_are_found_in_an_edited_data_set(tmp_path: Path, attribute: str) -> None:
    _make(tmp_path, _base(tmp_path / "base"))
    path = tmp_path / "set" / "dataset.json"
    values = json.loads(path.read_text())
    by_split = {entry["split"]: entry for entry in values["entries"]}
    by_split["train"][attribute] = by_split["test"][attribute] = "the same"
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match="Leak"):
        check_leaks(load_dataset(tmp_path / "set"))


def test_copied_sound_under_another_name_is_found(tmp_path: Path) -> None:
    base = _base(tmp_path / "base", birds=8)
    for index in range(6):  # the same sound with other endings, so that no file equals another
        sound = np.concatenate([_sound(99, True), _sound(200 + index, False, 1.0)])
        Catalogue(base).add(Recording("robin", f"copy{index}", "test", f"other{index}"), _wav(sound))
    with pytest.raises(DatasetError, match="same second of sound"):
        _make(tmp_path, base)


def test_a_label_in_one_split_only_is_refused(tmp_path: Path) -> None:
    _make(tmp_path, _base(tmp_path / "base"))
    path = tmp_path / "set" / "dataset.json"
    values = json.loads(path.read_text())
    next(entry for entry in values["entries"] if entry["split"] == "train")["label"] = "wren"
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match="'wren' is not in the validation split"):
        check_leaks(load_dataset(tmp_path / "set"))


@pytest.mark.parametrize("damage", ["dataset.json", "columns.npy", "windows.npz"])
def test_damaged_data_sets_are_refused(tmp_path: Path, damage: str) -> None:
    _make(tmp_path, _base(tmp_path / "base"))
    (tmp_path / "set" / damage).unlink()
    with pytest.raises(DatasetError, match="host split"):
        load_dataset(tmp_path / "set")


items = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 12), st.integers(0, 6)), min_size=12, max_size=40
)


@given(items, st.integers(0, 5))
def test_no_key_is_ever_in_two_splits(raw: list[tuple[str, int, int]], seed: int) -> None:
    made = [
        Item(label, (f"group {group}", f"recordist {who}")[: 1 + (who < 2)], 1.0) for label, group, who in raw
    ]
    try:
        splits = split_items(made, (0.6, 0.2, 0.2), seed)
    except DatasetError:
        return
    for key in {key for item in made for key in item.keys}:
        assert len({split for item, split in zip(made, splits, strict=True) if key in item.keys}) == 1
    assert splits == split_items(made, (0.6, 0.2, 0.2), seed)
    for label in {item.label for item in made}:
        assert {s for item, s in zip(made, splits, strict=True) if item.label == label} == {
            "train",
            "validation",
            "test",
        }


def test_components_follow_chains() -> None:
    chain = [Item("a", ("x",), 1), Item("a", ("x", "y"), 1), Item("a", ("z",), 1), Item("a", ("y", "w"), 1)]
    assert components(chain) == [[0, 1, 3], [2]]


def test_shares_are_kept_about() -> None:
    many = [Item("ab"[i % 2], (f"g{i}",), 1.0) for i in range(200)]
    splits = split_items(many, (0.7, 0.15, 0.15), 3)
    assert abs(splits.count("train") - 140) <= 4 and abs(splits.count("test") - 30) <= 4


def test_activity_rises_where_something_sounds() -> None:
    rng = np.random.default_rng(1)
    cells = rng.integers(-100, -90, (400, 40)).astype(np.int8)
    cells[200:212, 20:28] += 60
    starts = np.array([0, 180, 300])
    activity = window_activity(cells, starts, 61, 4, 0.4)
    assert activity[1] > 15.0 and max(activity[0], activity[2]) < 6.0
    cells[:200] = -128
    assert silent_windows(cells, np.array([0, 150, 170, 300]), 61).tolist() == [True, True, False, False]


def test_first_band_lies_above_the_limit() -> None:
    band = bands_above(SETTINGS)
    assert 3 <= band <= 8


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = _base(tmp_path / "base")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [
        str(base),
        "--out",
        str(tmp_path / "set"),
        "--cache",
        str(tmp_path / "cache"),
        "--preset",
        "tiny",
        "--workers",
        "1",
    ]
    assert command.run(parser.parse_args([*words, "--shares", "0.5,0.25,0.25"])) == 0
    assert "no leak found; 8 recordings" in capsys.readouterr().out
    for wrong in (["--shares", "1,2"], ["--shares", "nan,1,0"], ["--leave-out", "colour=red"]):
        with pytest.raises(DatasetError):
            command.run(parser.parse_args([*words, *wrong]))
