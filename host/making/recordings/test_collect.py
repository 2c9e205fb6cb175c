"""Taking in folders, ESC-50 and manifests; damaged files are named, nothing is half there."""

from __future__ import annotations

import argparse
import csv
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from ...commands import collect as command
from ...safe_names import ascii_shown
from ...unprivileged import as_nobody, readable_by_others
from .catalogue import Catalogue, sha256_of
from .collect import collect
from .errors import RecordingsError
from .licence import parse_licence
from .on_disk import Source, from_esc50, from_folder, from_manifest, relabelled


def _write(path: Path, seconds: float = 0.5, rate: int = 16_000) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(np.arange(int(seconds * rate)) * 0.7), rate)


def test_a_folder_of_labels(tmp_path: Path) -> None:
    for name in ("Robin/a.wav", "Robin/deep/b.flac", "Wren/c.ogg", "Wren/d.mp3"):
        _write(tmp_path / "in" / name)
    (tmp_path / "in" / "Wren" / "notes.txt").write_text("no audio")
    result = collect(relabelled(from_folder(tmp_path / "in"), {}), Catalogue(tmp_path / "base"))
    assert (result.added, result.failures) == (4, [])
    recordings = list(Catalogue(tmp_path / "base"))
    assert [(each.label, each.name) for each in recordings] == [
        ("robin", "a"),
        ("robin", "b"),
        ("wren", "c"),
        ("wren", "d"),
    ]
    again = collect(relabelled(from_folder(tmp_path / "in"), {}), Catalogue(tmp_path / "base"))
    assert (again.added, again.present) == (0, 4)


def test_a_changed_file_is_added_beside(tmp_path: Path) -> None:
    _write(tmp_path / "in" / "x" / "a.wav")
    catalogue = Catalogue(tmp_path / "base")
    collect(from_folder(tmp_path / "in"), catalogue)
    _write(tmp_path / "in" / "x" / "a.wav", seconds=1.0)
    assert collect(from_folder(tmp_path / "in"), catalogue).added == 1
    assert sorted(each.seconds for each in catalogue) == [0.5, 1.0]
    again = collect(from_folder(tmp_path / "in"), catalogue)
    assert (again.added, again.present) == (0, 1)


def test_other_settings_replace_a_recording(tmp_path: Path) -> None:
    _write(tmp_path / "in" / "x" / "a.wav")
    catalogue = Catalogue(tmp_path / "base")
    collect(from_folder(tmp_path / "in"), catalogue)
    assert collect(from_folder(tmp_path / "in"), catalogue, rate=16_000).added == 1
    assert [(each.name, (each.extra or {})["rate"]) for each in catalogue] == [("a", 16_000)]


def test_a_table_that_would_never_end_is_refused(tmp_path: Path) -> None:
    places = [tmp_path]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
        places += [tmp_path / "fifo", Path("/dev/zero")]
    for place in places:
        with pytest.raises(RecordingsError, match="is not a file"):
            from_manifest(place, {})
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate((256 << 20) + 1)  # sparse
    with pytest.raises(RecordingsError, match="larger than 256 MiB"):
        from_manifest(tmp_path / "large.csv", {})


def test_a_sidecar_that_nests_deeply_is_refused_and_one_that_is_a_pipe_not_waited_for(tmp_path: Path) -> None:
    _write(tmp_path / "in" / "x" / "a.wav", 0.1)
    catalogue = Catalogue(tmp_path / "base")
    collect(from_folder(tmp_path / "in"), catalogue)
    sidecar = tmp_path / "base" / "x" / "a.json"
    sidecar.write_text('{"extra": ' + "[" * 5000 + "]" * 5000 + "}")
    with pytest.raises(RecordingsError, match="nested too deeply"):
        collect(from_folder(tmp_path / "in"), catalogue)
    if hasattr(os, "mkfifo"):
        sidecar.unlink()
        os.mkfifo(sidecar)
        with pytest.raises(RecordingsError, match="not a file"):
            list(catalogue)


def test_an_unreadable_file_among_many_is_skipped_and_named(tmp_path: Path) -> None:
    for index in range(5):
        _write(tmp_path / "in" / "x" / f"{index}.wav", 0.1)
    (tmp_path / "in" / "x" / "bad.wav").write_bytes(b"RIFF....this is not sound")
    (tmp_path / "in" / "x" / "empty.mp3").write_bytes(b"")
    result = collect(from_folder(tmp_path / "in"), Catalogue(tmp_path / "base"))
    assert result.added == 5
    assert [Path(name).name for name, _ in result.failures] == ["bad.wav", "empty.mp3"]
    assert not list((tmp_path / "base").rglob("bad*"))


def test_equal_stems_do_not_meet(tmp_path: Path) -> None:
    _write(tmp_path / "in" / "x" / "one" / "a.wav", 0.1)
    _write(tmp_path / "in" / "x" / "two" / "A.wav", 0.2)
    assert collect(from_folder(tmp_path / "in"), Catalogue(tmp_path / "base")).added == 2
    second = sha256_of(tmp_path / "in" / "x" / "two" / "A.wav")[:8]
    names = [f"a-{second}.wav", "a.wav"]
    assert sorted(path.name for path in (tmp_path / "base" / "x").glob("*.wav")) == names
    again = collect(from_folder(tmp_path / "in"), Catalogue(tmp_path / "base"))
    assert (again.added, again.present) == (0, 2)


@pytest.mark.parametrize("start", range(4))
def test_recorders_that_started_together_lie_beside_each_other(tmp_path: Path, start: int) -> None:
    catalogue = Catalogue(tmp_path / "base")
    cards = [tmp_path / f"card{index}" for index in range(4)]
    for index, card in enumerate(cards):
        _write(card / "owl" / "20250612_213000.WAV", 0.1 + 0.1 * index)
    for card in cards[start:] + cards[:start]:
        assert collect(from_folder(card), catalogue).added == 1
    digests = {sha256_of(card / "owl" / "20250612_213000.WAV") for card in cards}
    assert {each.original_sha256 for each in catalogue} == digests
    for card in cards:
        assert collect(from_folder(card), catalogue).present == 1
    for each in catalogue:
        with wave.open(str(catalogue.wav_path(each))) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(each.seconds, abs=0.01)


def test_a_number_of_an_earlier_version_is_known(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "base")
    _write(tmp_path / "in" / "x" / "a.wav", 0.1)
    collect(from_folder(tmp_path / "in"), catalogue)
    for suffix in (".wav", ".json"):
        path = tmp_path / "base" / "x" / f"a{suffix}"
        path.rename(path.with_stem("a_2"))
    sidecar = tmp_path / "base" / "x" / "a_2.json"
    sidecar.write_text(sidecar.read_text().replace('"name": "a"', '"name": "a_2"'))
    assert collect(from_folder(tmp_path / "in"), catalogue).present == 1


FOREIGN = ("夜莺", "黄莺", "Синица", "Сокол", "Türkentaube", "Törkentaube", "नीलकंठ", "نورس")


def test_labels_of_every_script_stay_classes_of_their_own(tmp_path: Path) -> None:
    for number, label in enumerate(FOREIGN):
        for index in range(4):
            _write(tmp_path / "in" / label / f"{label} {index}.wav", 1.1 + 0.1 * index + 0.01 * number)
    catalogue = Catalogue(tmp_path / "base")
    result = collect(relabelled(from_folder(tmp_path / "in"), {}), catalogue)
    assert (result.added, result.failures) == (4 * len(FOREIGN), [])
    assert {each.label for each in catalogue} == {label.lower() for label in FOREIGN}
    assert all(each.name.isascii() for each in catalogue)


@pytest.mark.parametrize(
    ("one", "two"),
    [("Robin", "robin"), ("a b", "a/b"), ("Ärger", "ärger"), ("x", "x\u200b"), ("nul", "nul-")],
)
def test_labels_that_fall_together_are_both_named(tmp_path: Path, one: str, two: str) -> None:
    sources = [Source(tmp_path / "a.wav", label, "g", "s") for label in (one, two)]
    with pytest.raises(RecordingsError, match="would both become") as caught:
        relabelled(sources, {})
    assert all(ascii_shown(each) in str(caught.value) for each in (one, two))
    assert len({each.label for each in relabelled(sources, {one: "z", two: "z"})}) == 1


def test_a_folder_that_cannot_be_read_is_named() -> None:
    with readable_by_others() as folder:
        _write(folder / "in" / "wren" / "a.wav")
        _write(folder / "in" / "hidden" / "b.wav")
        (folder / "in" / "hidden").chmod(0)
        catalogue = Catalogue(folder / "base")
        with as_nobody(folder):
            result = collect(from_folder(folder / "in"), catalogue)
            assert result.added == 1
            ((name, reason),) = result.failures
            assert Path(name).name == "hidden" and "Permission denied" in reason
            (folder / "base" / "wren").chmod(0)
            with pytest.raises(
                RecordingsError, match=r"wren cannot be read: Permission denied.*\n.*mode 0000"
            ):
                list(catalogue)
            (folder / "in").chmod(0)
            with pytest.raises(RecordingsError, match=r"in cannot be read: Permission denied"):
                from_folder(folder / "in")


def test_esc50_as_published(tmp_path: Path) -> None:
    _write(tmp_path / "audio" / "1-100-A-14.wav")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text(
        "filename,fold,target,category,esc10,src_file,take\n1-100-A-14.wav,1,14,chirping_birds,False,100,A\n"
    )
    (source,) = relabelled(from_esc50(tmp_path), {"chirping_birds": "bird", "*": "nonbird"})
    assert (source.label, source.group) == ("bird", "freesound:100")
    with pytest.raises(RecordingsError, match=r"esc50\.csv"):
        from_esc50(tmp_path / "audio")


def _manifest(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_manifest_with_conditions(tmp_path: Path) -> None:
    _write(tmp_path / "a.wav")
    rows = [
        {"file": "a.wav", "label": "bird", "group": "g1", "licence": "CC BY 4.0", "open": "yes"},
        {"file": "b.wav", "label": "bird", "group": "g2", "licence": "?", "open": "no"},
    ]
    table = _manifest(tmp_path / "list.csv", rows)
    (source,) = from_manifest(table, {"open": "yes"})
    assert (source.group, source.licence) == ("g1", "CC BY 4.0")
    with pytest.raises(RecordingsError, match="no rows with open=perhaps"):
        from_manifest(table, {"open": "perhaps"})
    with pytest.raises(RecordingsError, match="no column 'colour'"):
        from_manifest(table, {"colour": "red"})
    result = collect(from_manifest(table, {}), Catalogue(tmp_path / "base"))
    assert result.added == 1 and "b.wav" in result.failures[0][0]


def test_missing_folders_and_tables(tmp_path: Path) -> None:
    with pytest.raises(RecordingsError, match="no folder"):
        from_folder(tmp_path / "none")
    with pytest.raises(RecordingsError, match="no audio"):
        from_folder(tmp_path)
    with pytest.raises(RecordingsError, match="cannot be read"):
        from_manifest(tmp_path / "none.csv", {})


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path / "in" / "crow" / "a.wav")
    _write(tmp_path / "in" / "rain" / "b.wav")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [
        "--folder",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "base"),
        "--label",
        "crow=bird",
        "--label",
        "*=other",
    ]
    assert command.run(parser.parse_args(words)) == 0
    assert "2 recordings added" in capsys.readouterr().out
    assert sorted(path.parent.name for path in (tmp_path / "base").rglob("*.wav")) == ["bird", "other"]
    with pytest.raises(RecordingsError, match="NAME=VALUE"):
        command.run(parser.parse_args([*words, "--label", "oops"]))


@pytest.mark.parametrize(
    ("text", "name", "nd", "nc"),
    [
        ("//creativecommons.org/licenses/by-nc-nd/4.0/", "CC BY-NC-ND 4.0", True, True),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0", False, False),
        ("CC-BY-ND", "CC-BY-ND", True, False),
        ("found under a bandstand", "found under a bandstand", False, False),
        ("", "unknown", False, False),
    ],
)
def test_licences(text: str, name: str, nd: bool, nc: bool) -> None:
    licence = parse_licence(text)
    assert (licence.name, licence.no_derivatives, licence.non_commercial) == (name, nd, nc)


def test_a_manifest_that_names_a_file_twice_or_has_semicolons(tmp_path: Path) -> None:
    rows = [
        {"file": "a.wav", "label": "x"},
        {"file": "b.wav", "label": "x"},
        {"file": "./a.wav", "label": "y"},
    ]
    with pytest.raises(RecordingsError, match=r"names the file \./a\.wav twice, in lines 2 and 4"):
        from_manifest(_manifest(tmp_path / "list.csv", rows), {})
    assert len(from_manifest(tmp_path / "list.csv", {"label": "x"})) == 2
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        (tmp_path / "list.csv").write_text(f"file{separator}label\na.wav{separator}x\n")
        with pytest.raises(RecordingsError, match=name):
            from_manifest(tmp_path / "list.csv", {})


def test_what_was_done_stands_in_the_sidecar_and_what_is_missing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "in" / "x" / "a.wav"
    _write(path)
    path.write_bytes(path.read_bytes()[:-1000])
    catalogue = Catalogue(tmp_path / "base")
    result = collect(from_folder(tmp_path / "in"), catalogue)
    (warning,) = result.warnings
    assert warning[0] == str(path) and warning[1].startswith("cut off: 1,000 bytes")
    (recording,) = catalogue
    assert recording.extra is not None
    assert recording.extra["notes"] == ["resampled from 16,000 to 8,000 Hz", warning[1]]
    assert collect(from_folder(tmp_path / "in"), catalogue).present == 1


def test_a_file_that_is_too_long_leaves_nothing_behind(tmp_path: Path) -> None:
    _write(tmp_path / "in" / "x" / "a.flac", 2.0)
    (tmp_path / "in" / "x" / "b.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    result = collect(from_folder(tmp_path / "in"), Catalogue(tmp_path / "base"), longest_s=1.0)
    assert [Path(name).name for name, _ in result.failures] == ["a.flac", "b.m4a"]
    assert "longer than" in result.failures[0][1]
    assert [path.name for path in (tmp_path / "base").rglob("*")] == ["ATTRIBUTION.md"]


def test_one_channel_or_two(tmp_path: Path) -> None:
    import soundfile

    (tmp_path / "in" / "x").mkdir(parents=True)
    pair = np.random.default_rng(1).integers(-9000, 9000, (5000, 2)).astype(np.int16)
    soundfile.write(tmp_path / "in" / "x" / "a.wav", pair, 8000)
    for folder, options, expected in (
        ("two", {"stereo": True}, pair),
        ("second", {"channel": 2}, pair[:, 1]),
    ):
        collect(from_folder(tmp_path / "in"), Catalogue(tmp_path / folder), **options)
        found, _ = soundfile.read(tmp_path / folder / "x" / "a.wav", dtype="int16")
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"file,label\na\x00b.wav,x\n", "zero byte|NUL"),
        (b"file,label\n\xff.wav,x\n", "cannot be read"),
        (b"file,label\n" + b"a" * 200_000 + b",x\n", "field larger"),
        (b"", "no column 'file'"),
        (b"file,label\n,x\n", "line 2 has no file"),
        (b"file,label\na.wav,x,y,z\n,,\n", "line 3 has no file"),
    ],
)
def test_a_damaged_table_is_told(tmp_path: Path, text: bytes, told: str) -> None:
    (tmp_path / "list.csv").write_bytes(text)
    with pytest.raises(RecordingsError, match=told) as refused:
        from_manifest(tmp_path / "list.csv", {})
    assert "list.csv" in refused.value.cause and len(str(refused.value)) < 500
