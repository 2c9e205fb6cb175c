"""Reports on the disk: never an old verdict beside a new failure."""

import errno
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from .. import files
from ..comparison import events as e
from ..comparison.fakes import Tamper
from ..errors import HilError
from .conftest import Compare, MakeRun
from .json_report import earlier_build
from .writing import ReportWriter


def _verdict(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))["verdict"]


def test_an_earlier_runs_reports_are_removed_at_once(tmp_path: Path) -> None:
    for name in ("report.json", "report.html", "notes.txt"):
        (tmp_path / name).write_text("old")
    ReportWriter(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "runs"]
    kept = next((tmp_path / "runs").iterdir())
    assert sorted(path.name for path in kept.iterdir()) == ["report.html", "report.json"]


def test_what_is_known_is_written_while_the_run_goes(
    compared: Compare,
    make_run: MakeRun,
    wrong_cell: Tamper,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("host.report.writing.LEAST_REST_S", 0.0)
    folder = tmp_path / "new"
    writer = ReportWriter(folder)
    run = make_run()
    run.complete = False
    writer(e.RunStarted(run))
    assert _verdict(folder) == "not finished"
    run.add(compared("bad.wav", wrong_cell))
    writer(e.FileDone(run.files[0], run))
    values = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert values["verdict"] == "not finished"
    assert [file["name"] for file in values["files"]] == ["bad.wav"]
    assert not (folder / "report.html").exists()
    run.complete = True
    writer(e.RunEnded(run))
    assert _verdict(folder) == "fail"
    assert writer.written == [folder / "report.html", folder / "report.json"]


def test_without_html_no_old_page_stays(make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    writer = ReportWriter(tmp_path, html=False)
    writer(e.RunEnded(make_run()))
    assert writer.written == [tmp_path / "report.json"]
    assert not (tmp_path / "report.html").exists()


def test_a_run_that_broke_off_says_so_in_both(compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(compared())
    run.failures.append("the board vanished")
    ReportWriter(tmp_path)(e.RunEnded(run))
    assert _verdict(tmp_path) == "not finished"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "NOT FINISHED" in page and "the board vanished" in page


@pytest.mark.parametrize(
    ("earlier", "warned"),
    [
        (
            {"compiler": "GCC 14.2.0", "esp-nn": "1.2.2 O2", "elf": "11"},
            "esp-nn 1.2.3 O2 instead of 1.2.2 O2",
        ),
        (
            {"compiler": "GCC 14.2.0", "esp-nn": "1.2.3 O3", "elf": "11"},
            "esp-nn 1.2.3 O2 instead of 1.2.3 O3",
        ),
        ({"compiler": "GCC 14.2.0", "esp-nn": "1.2.3 O2", "elf": "11"}, ""),
        ({}, ""),
    ],
)
def test_latencies_of_other_tools_are_not_to_be_compared(
    make_run: MakeRun, tmp_path: Path, earlier: dict[str, str], warned: str
) -> None:
    """The report before is gone from the disk, but whoever writes to its place has it in mind."""
    before = make_run()
    before.built_with = earlier
    ReportWriter(tmp_path)(e.RunEnded(before))
    writer, run = ReportWriter(tmp_path), make_run()
    writer(e.RunStarted(run))
    run.built_with = {"compiler": "GCC 14.2.0", "esp-nn": "1.2.3 O2", "elf": "22"}
    writer(e.BoardFound(run.info, ""))
    writer(e.RunEnded(run))
    values = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert values["board"]["built_with"] == run.built_with
    assert [note for note in values["notes"] if "not to be compared" in note and warned in note] == (
        [note for note in values["notes"] if "not to be compared" in note]
    )
    assert bool(warned) == any("not to be compared" in note for note in values["notes"])
    assert "esp-nn 1.2.3 O2" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"board": 1}', '{"board": {"built_with": ["x"]}}'])
def test_an_earlier_report_that_tells_nothing_is_no_hindrance(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    assert earlier_build(tmp_path) == {}
    ReportWriter(tmp_path)


@pytest.mark.parametrize("full_from", [e.FileDone, e.RunEnded])
def test_a_disk_that_fills_up_loses_no_run(
    compared: Compare,
    make_run: MakeRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    full_from: type[e.Event],
) -> None:
    wanted, spare = tmp_path / "wanted", tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setenv("TMPDIR", str(spare))
    monkeypatch.setattr(tempfile, "tempdir", None)
    real, full = files.atomic_write, False

    def refusing(path: Path, data: bytes | str) -> None:
        if full and wanted in path.parents:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, data)

    for module in ("json_report", "html"):
        monkeypatch.setattr(f"host.report.{module}.atomic_write", refusing)
    writer, run = ReportWriter(wanted), make_run(compared())
    for event in (e.RunStarted(run), e.FileDone(run.files[0], run), e.RunEnded(run)):
        full = full or isinstance(event, full_from)
        writer(event)
    assert writer.moved is not None and "No space left" in writer.moved.cause
    assert [path.name for path in writer.written] == ["report.html", "report.json"]
    assert all(spare in path.parents for path in writer.written)
    assert _verdict(writer.written[0].parent) == "pass"


def test_a_folder_that_is_a_file(tmp_path: Path, make_run: MakeRun) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(HilError, match="cannot be written"):
        ReportWriter(tmp_path / "x" / "y")(e.RunStarted(make_run()))
