"""Labels: three formats that say the same, and what is wrong in them."""

from pathlib import Path

import pytest

from ..checkout import DEFAULT_BUNDLE
from .labels import Event, FileLabels, LabelError, read_labels

LABELS = ("bird", "Frog")
EVENTS = [Event(0.5, 1.25, "bird"), Event(2.0, 3.0, "Frog"), Event(4.0, 4.5, "bird")]
FORMATS = {
    "labels.csv": "file,label,start,end\na.wav,bird,4,4.5\na.wav,Bird,0.5,1.25\na.wav,frog,2,3\n",
    "a.txt": "0.5\t1.25\tbird\n\\\t100\t200\n2.0\t3.0\tfrog\n\n4\t4.5\tBIRD\n",
    "a.Table.1.selections.txt": "Selection\tView\tBegin Time (s)\tEnd Time (s)\tSpecies\n"
    "1\tWaveform 1\t0.5\t1.25\tbird\n1\tSpectrogram 1\t0.5\t1.25\tbird\n"
    "2\tSpectrogram 1\t2\t3\tFrog\n3\tSpectrogram 1\t4\t4.5\tbird\n",
}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_formats_say_the_same(recording: Path, name: str) -> None:
    (recording.parent / name).write_text("\ufeff" + FORMATS[name], encoding="utf-8")
    (found,) = read_labels([recording], LABELS).values()
    assert found.present == {"bird", "Frog"} and not found.unsure and found.timed
    assert sorted(found.events) == EVENTS


def test_a_table_without_times_tells_what_is_heard(recording: Path) -> None:
    (recording.parent / "b.wav").write_bytes(b"")
    (recording.parent / "labels.csv").write_text("label,file\nbird,a.wav\n,b.wav\n")
    found = read_labels([recording, recording.parent / "b.wav", recording.parent / "c.wav"], LABELS)
    assert [each.present for each in found.values()] == [{"bird"}, set()]
    assert [each.timed for each in found.values()] == [False, True]


def test_the_bundled_recordings_have_labels() -> None:
    recordings = sorted((DEFAULT_BUNDLE / "wav").glob("*.wav"))
    found = read_labels(recordings, ("bird",))
    assert len(found) == len(recordings) == 19
    named = {path.stem: each for path, each in found.items()}
    assert named["clear-thrush"] == FileLabels({"bird"}, set(), [], False)
    assert named["voices"].present == set() and named["low-coo"].unsure == {"bird"}


def test_a_table_about_something_else_is_left_alone(recording: Path) -> None:
    (recording.parent / "labels.csv").write_text("file,quality\na.wav,9\n")
    assert read_labels([recording], LABELS) == {}


WRONG = {
    "no such file": ("labels.csv", "file,label\nb.wav,bird\n", r"line 2: there is no file 'b.wav'"),
    "a class that is none": ("labels.csv", "file,label\na.wav,owl\n", "no class 'owl'"),
    "no word for it": ("labels.csv", "file,bird\na.wav,perhaps so\n", "`bird` is 'perhaps so'"),
    "no file column": ("labels.csv", "name,label\na.wav,bird\n", "no column `file`"),
    "an overlap": (
        "labels.csv",
        "file,label,start,end\na.wav,bird,0,2\na.wav,bird,1,3\n",
        "overlap: bird from 0 to 2",
    ),
    "the wrong way round": (
        "labels.csv",
        "file,label,start,end\na.wav,bird,2,1\n",
        "ends at 1 s and begins at 2",
    ),
    "no number": ("labels.csv", "file,label,start,end\na.wav,bird,x,1\n", "is no time"),
    "half a span": ("labels.csv", "file,label,start,end\na.wav,bird,1,\n", "is no time"),
    "endless": ("labels.csv", "file,label,start,end\na.wav,bird,1,inf\n", "ends at inf"),
    "no label of Audacity": ("a.txt", "1 2 bird\n", "no label of Audacity"),
    "an unknown class in Audacity": ("a.txt", "1\t2\towl\n", "a.txt, line 1: the model has no class 'owl'"),
    "no table of Raven": ("a.selections.txt", "Selection\tBegin\n", "lacks a column"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_labels_are_named_with_their_place(recording: Path, case: str) -> None:
    name, content, said = WRONG[case]
    (recording.parent / name).write_text(content)
    with pytest.raises(LabelError, match=said):
        read_labels([recording], LABELS)


def test_files_that_cannot_be_read(recording: Path) -> None:
    with pytest.raises(LabelError, match="cannot be read"):
        read_labels([recording], LABELS, recording.parent / "none.csv")
    (recording.parent / "labels.csv").write_bytes(b"file,label\n\xff,bird\n")
    with pytest.raises(LabelError, match="no UTF-8"):
        read_labels([recording], LABELS)
