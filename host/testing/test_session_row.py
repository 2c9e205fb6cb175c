"""Each pytest session that drives a board is a row of the history, one that breaks off too, and nothing else is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..checkout import ROOT
from ..history.database import History
from ..history.location import history_url
from ..history.row import RunRow

pytestmark = pytest.mark.slow
SUITE = """
import wave
import pytest

def test_compares(hil_device):
    with wave.open("a.wav", "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16000 * 2))
    assert hil_device.compare("a.wav").agreed

def test_fails(hil_device):
    assert 1 == 2, "one is not two"

def test_skips(hil_bundle):
    pytest.skip("not today")
"""


def _run(
    folder: Path, history: str, *words: str, suite: str = SUITE
) -> tuple[subprocess.CompletedProcess[str], list[RunRow]]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_it.py").write_text(suite, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            # An installed copy would be a second plugin; the others are for one test alone, and one of them shuffles.
            *("-p", "no:hil", "-p", "no:randomly", "-p", "no:pytest_embedded"),
            "-p",
            "host.testing.plugin",
            "-p",
            "no:cacheprovider",
            *words,
        ],
        cwd=folder,
        env=os.environ | {"HIL_HISTORY": history, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    url = history_url(str(folder / "h.sqlite"))
    assert url is not None
    return done, [row for _, row in History(url).last(5)]


def test_a_session_is_a_row(tmp_path: Path) -> None:
    done, (row,) = _run(tmp_path, str(tmp_path / "h.sqlite"), "--hil-board", "virtual")
    assert done.returncode == 1 and "Run 1 of the history" in done.stdout, done.stdout + done.stderr
    assert (row.source, row.board, row.verdict, row.exit_code) == ("pytest", "virtual", "fail", 1)
    assert row.reasons == ("test_it.py::test_fails: AssertionError: one is not two",)
    assert row.command.startswith("pytest -q") and row.bundle and row.board_name and row.built_with
    figures = row.figures
    assert [figures[f"tests.{name}"] for name in ("passed", "failed", "skipped")] == [1, 1, 1]
    assert figures["audio"] == 2.0 and figures["total.p50"] > 0 and figures["arena"] > 0
    assert sum(count for _, count in row.histograms["total"]) == figures["windows"]


def test_a_session_that_breaks_off_is_a_row(tmp_path: Path) -> None:
    done, (row,) = _run(tmp_path, str(tmp_path / "h.sqlite"), "--hil-port", str(tmp_path / "none"))
    assert done.returncode == 2, done.stdout + done.stderr
    assert (row.verdict, row.exit_code, row.board) == ("not finished", 2, "serial")
    assert len(row.reasons) == 1 and "none" in row.reasons[0]


def test_sessions_without_a_board_or_a_history_are_none(tmp_path: Path) -> None:
    done, rows = _run(tmp_path, str(tmp_path / "h.sqlite"), suite="def test_nothing():\n    pass\n")
    assert done.returncode == 0 and not rows and not (tmp_path / "h.sqlite").exists()
    done, _ = _run(tmp_path, "", suite="def test_x(hil_bundle, hil_choice):\n    pass\n")
    assert done.returncode == 0 and "warning: this run is not remembered: HIL_HISTORY is empty" in done.stdout
