"""The command: a table, one run, two runs, and what is said where there is none."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..comparison.conftest import bundle, samples
from ..history.conftest import MakeRow, history, make_row
from ..history.database import History
from ..history.row import Details

__all__ = ["bundle", "history", "make_row", "samples"]


def test_runs_are_listed_shown_and_compared(
    history: History, make_row: MakeRow, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "--history", history.name]) == 0
    assert "no run yet" in capsys.readouterr().out
    history.add(make_row(bundle="frogs"), Details())
    history.add(make_row(bundle="birds", model_sha256="ff" * 32), Details())
    assert main(["history", "--history", history.name, "--bundle", "frogs", "--no-changes"]) == 0
    listed = capsys.readouterr().out
    assert "frogs" in listed and "birds" not in listed and "1.500 ms" in listed
    assert main(["history", "show", "2", "--history", history.name]) == 0
    assert "ff" * 32 in capsys.readouterr().out.replace("\n", "")
    assert main(["history", "compare", "1", "2", "--history", history.name]) == 0
    assert "other model, same front end, same firmware" in capsys.readouterr().out


def test_a_history_that_is_off_and_a_run_that_is_not_there(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history"]) == 2
    assert "history is off" in capsys.readouterr().err
    assert main(["history", "show", "9", "--history", history.name]) == 2
    assert "no run 9" in capsys.readouterr().err
    assert main(["run", "--history", history.name, "--against", "9"]) == 2
    assert "no run 9" in capsys.readouterr().err
    assert main(["run", "--against", "last"]) == 2
    assert "it is off" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "board", "bundle", "hashed", "why"),
    [
        (("--bundle", "nowhere/frogs"), "virtual", "frogs", False, "nowhere/frogs"),
        (("--boards", "nowhere.toml"), "virtual", "default", False, "nowhere.toml cannot be read"),
        (("--labels", "nowhere.csv"), "virtual", "default", True, "nowhere.csv"),
    ],
)
def test_a_run_that_never_began_is_a_row_and_an_error_of_the_rig(
    history: History,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    board: str,
    bundle: str,
    hashed: bool,
    why: str,
) -> None:
    named = [] if "--boards" in words else ["--board", "virtual"]
    xml, page = tmp_path / "junit.xml", tmp_path / "page.md"
    files = ["--junit", str(xml), "--summary", str(page), "--report", str(tmp_path / "report")]
    assert main(["run", *named, *words, *files, "--history", history.name]) == 2
    told = capsys.readouterr()
    assert "Run 1 of the history" in told.out and why in told.err
    ((number, row),) = history.last(9)
    assert (number, row.board, row.verdict, row.exit_code) == (1, board if named else "", "not finished", 2)
    expected = json.loads((DEFAULT_BUNDLE / "bundle.json").read_text(encoding="utf-8"))["name"]
    assert row.bundle == (expected if hashed else bundle)
    assert bool(row.model_sha256) == bool(row.settings_sha256) == hashed
    assert why in row.reasons[0]
    suite = ElementTree.parse(xml).getroot()[0]
    assert (suite.attrib["tests"], suite.attrib["errors"], suite.attrib["failures"]) == ("1", "1", "0")
    error = suite[0][0]
    assert error.tag == "error" and why in error.attrib["message"]
    assert "NOT FINISHED" in page.read_text(encoding="utf-8")
    assert main(["history", "--history", history.name]) == 0
    assert "not finished" in capsys.readouterr().out
    assert main(["history", "show", "1", "--history", history.name]) == 0


def test_a_run_that_never_began_changes_no_comparison(history: History, tmp_path: Path) -> None:
    words = ["run", "--board", "virtual", "--history", history.name, "--against", "last"]
    assert main([*words, "--bundle", str(tmp_path / "none")]) == 2
    assert [row.exit_code for _, row in history.last(9)] == [2]


def test_a_history_that_cannot_be_written_hides_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--board", "virtual", "--bundle", str(tmp_path / "none")]
    assert main([*words, "--history", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "is not remembered" in told and "error: " in told.splitlines()[-2]
