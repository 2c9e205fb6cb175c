"""Runs become rows, and no history stops a run."""

import sqlite3
import zlib
from pathlib import Path

import numpy as np

from ..comparison import events as e
from ..comparison.fakes import Tamper
from ..report.conftest import Compare, MakeRun
from .database import History
from .recording import Recorder, details_of
from .surroundings import Surroundings, surroundings

WHERE = Surroundings("bench", "hil", "ab" * 20, True, "0.1.0")


def _recorder(history: History, tmp_path: Path) -> Recorder:
    return Recorder(history, lambda: WHERE, tmp_path, lambda _run: {"accuracy": 0.5, "f1": float("nan")})


def test_a_run_becomes_a_row(history: History, compared: Compare, make_run: MakeRun, tmp_path: Path) -> None:
    run, recorder = make_run(compared("a.wav"), compared("b.wav")), _recorder(history, tmp_path)
    recorder(e.RunStarted(run))
    run.built_with = {"compiler": "GCC", "elf": "1234"}
    recorder(e.RunEnded(run))
    assert recorder.number == 1 and recorder.refused is None
    row, summary = history.run(1), run.latencies.summary()
    assert (row.run_id, row.time, row.verdict, row.exit_code) == (run.run_id, run.date, "pass", 0)
    assert (row.host, row.dirty, row.firmware_hash) == ("bench", True, "1234")
    assert row.figures["total.p99"] == summary["total"].as_dict()["p99"]
    assert row.figures["cells"] == run.totals["feature_cells"] and row.figures["accuracy"] == 0.5
    assert "f1" not in row.figures and "stack-free" not in row.figures, "what is not known is no figure"
    assert sum(count for _, count in row.histograms["total"]) == summary["total"].count
    low = row.histograms["total"][0][0]
    assert low <= run.latencies.microseconds("total").min() < low * 1.1


def test_details_hold_what_the_device_computed(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper
) -> None:
    run = make_run(compared("a.wav"), compared("same.wav"), compared("other.wav", wrong_cell))
    files = details_of(run).files
    a, same, other = files["a.wav"], files["same.wav"], files["other.wav"]
    assert a == same and a.cells != other.cells and a.sha256 == other.sha256
    file = run.files[0]
    assert a.windows == file.windows and a.scores is not None
    scores = np.frombuffer(zlib.decompress(a.scores), np.int8).reshape(-1, len(run.bundle.labels))
    shown = np.concatenate(file.traces._scores.device)
    assert len(np.unique(shown)) > 1 and np.array_equal(scores, shown)
    assert [(d.window, d.active) for d in a.detections] == [(c.window, c.active) for c in file.device_changes]


def test_a_stream_that_lacks_something_has_no_digest(compared: Compare, make_run: MakeRun) -> None:
    def lossy(message: object) -> list[object]:
        return [] if getattr(message, "first_column", -1) == 70 else [message]

    (row,) = details_of(make_run(compared("a.wav", lossy))).files.values()
    assert row.cells == "" and row.outputs == ""


def test_no_history_stops_a_run(
    history: History, compared: Compare, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run(compared())
    recorder = _recorder(history, tmp_path)
    recorder(e.RunEnded(run))
    with sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        recorder = _recorder(history, tmp_path)
        recorder(e.RunEnded(run))
    assert recorder.number is None and "locked" in str(recorder.refused)


def test_the_surroundings_are_the_working_directorys(tmp_path: Path) -> None:
    found = surroundings(tmp_path, ["hil", "a file.wav"])
    assert (found.commit, found.dirty, found.command) == ("", False, "hil 'a file.wav'")


def test_no_password_and_no_odd_text_stays_in_a_row(
    history: History, compared: Compare, make_run: MakeRun, tmp_path: Path
) -> None:
    words = [
        "hil",
        "--history",
        "postgresql+psycopg://me:ge@heim@h/db",
        "--history=p://me:geheim@h",
        "\udcff\0.wav",
    ]
    found = surroundings(tmp_path, words)
    assert (
        "heim" not in found.command and "//me:***@h/db" in found.command and "p://me:***@h" in found.command
    )
    odd = Surroundings("be\udcffnch\0", "c", "", False, "0.1.0")
    run = make_run(compared("a.wav"))
    recorder = Recorder(history, lambda: odd, tmp_path / "\udcff")
    recorder(e.RunEnded(run))
    assert recorder.number == 1, recorder.refused
    assert history.run(1).host == "be\\udcffnch\\x00"
