"""Files and folders that a user may name."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from .errors import AudioError
from .find import find_audio
from .source import AudioSource


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_folders_are_searched_in_a_stable_order(tmp_path: Path) -> None:
    wanted = [tmp_path / "B.WAV", tmp_path / "a.wav", tmp_path / "deep" / "er" / "c.Wave"]
    wanted += [tmp_path / name for name in ("d.mp3", "e.FLAC", "f.opus", "g.aiff", "h.caf", "i.w64", "j.au")]
    _touch(
        *reversed(wanted),
        tmp_path / "labels.csv",
        tmp_path / "wav",
        tmp_path / "._a.wav",
        tmp_path / "x.wav.txt",
    )
    (tmp_path / "folder.wav").mkdir()
    assert find_audio([tmp_path]) == sorted(wanted)


def test_named_files_come_in_the_order_given_and_once(tmp_path: Path) -> None:
    _touch(tmp_path / "z.wav", tmp_path / "a.wav", tmp_path / "odd.name")
    named: list[Path | str] = [
        tmp_path / "z.wav",
        str(tmp_path / "odd.name"),
        tmp_path,
        tmp_path / "." / "z.wav",
    ]
    assert find_audio(named) == [tmp_path / "z.wav", tmp_path / "odd.name", tmp_path / "a.wav"]


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names")
def test_any_name_is_found(tmp_path: Path) -> None:
    names = ["<b>&.wav", "neu\nzeile.wav", os.fsdecode(b"\xff.wav"), "Zaunkönig.wav"]
    _touch(*(tmp_path / name for name in names))
    assert sorted(path.name for path in find_audio([tmp_path])) == sorted(names)


def test_nothing_to_find(tmp_path: Path) -> None:
    _touch(tmp_path / "readme.txt")
    with pytest.raises(AudioError, match="no sound file in the folder"):
        find_audio([tmp_path])
    with pytest.raises(AudioError, match=r"no file or folder .*missing"):
        find_audio([tmp_path / "missing"])
    with pytest.raises(AudioError, match="no audio file was given"):
        find_audio([])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.timeout(20)
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for path, kind in ((tmp_path / "pipe.wav", "a pipe"), (Path("/dev/zero"), "a device")):
        with pytest.raises(AudioError, match=f"it is {kind}, not a file"):
            find_audio([path])
        with pytest.raises(AudioError, match=f"it is {kind}, not a file"):
            AudioSource(path, 8000)
    with pytest.raises(AudioError, match="no sound file"):
        find_audio([tmp_path])


def test_sound_that_cannot_be_read_is_named_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(40))
    with pytest.raises(AudioError, match="is an MP4/M4A file"):
        AudioSource(tmp_path / "a.m4a", 8000)


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
def test_a_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.wav")
    try:
        soundfile.write(path.with_name("a.wav"), np.zeros(5), 8000)
        path.with_name("a.wav").rename(path)
    except OSError:
        pytest.skip("this file system wants text")
    assert sum(map(len, AudioSource(path, 8000).blocks())) == 5
