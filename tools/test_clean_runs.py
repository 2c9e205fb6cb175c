"""Counting false alarms: what the runs are, and that one would be counted."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from host.board.choice import BoardChoice
from host.bundle.load import load_bundle
from host.checkout import DEFAULT_BUNDLE
from host.comparison.fakes import FakeBoard, FakeDevice, FakeInterpreter
from host.errors import HilError
from host.link import messages as m
from host.link.codec import Payload
from tools import clean_runs
from tools.clean_runs import CONDITIONS, Condition, Outcome, Tally, excerpts, in_process, make_runs, plan


def named(name: str) -> Condition:
    (found,) = (condition for condition in CONDITIONS if condition.name == name)
    return found


def test_the_conditions_of_the_promise_are_all_there() -> None:
    assert any(c.busy for c in CONDITIONS) and any(c.damage == 0.01 for c in CONDITIONS)
    assert any(c.baud for c in CONDITIONS) and any(c.one_window for c in CONDITIONS)
    assert any(c.foreign for c in CONDITIONS) and any(c.command for c in CONDITIONS)
    assert any(c.at_port for c in CONDITIONS) and any(c == Condition("idle", c.share) for c in CONDITIONS)


@pytest.mark.parametrize("emulator", [False, True])
def test_every_condition_gets_its_share_all_along(emulator: bool) -> None:
    sequence = plan(1000, emulator)
    used = [condition for condition in CONDITIONS if emulator or not condition.at_port]
    whole = sum(condition.share for condition in used)
    for part in (sequence[:100], sequence[300:400], sequence):
        counted = Counter(condition.name for condition in part)
        assert set(counted) == {condition.name for condition in used}
        for condition in used:
            assert abs(counted[condition.name] - len(part) * condition.share / whole) <= 1.5


@pytest.mark.parametrize("name", ["one window", "idle", "foreign bundle"])
def test_excerpts_follow_from_the_seed(tmp_path: Path, name: str) -> None:
    bundle, condition = load_bundle(DEFAULT_BUNDLE), named(name)
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        excerpts(condition, bundle, folder, np.random.default_rng((1, 7)))
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    assert condition.files[0] <= len(written[0]) <= condition.files[1]
    for path in (tmp_path / "a").iterdir():
        samples, rate = soundfile.read(path, dtype="int16")
        assert rate == bundle.settings.sample_rate
        windows = (bundle.settings.columns(len(samples)) - bundle.frames) // bundle.stride + 1
        assert windows == 1 if condition.one_window else windows >= 1


def test_other_work_ends_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean_runs, "BUSY_PER_CORE", 1)
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def note(*arguments: Any, **options: Any) -> Any:
        started.append(begin(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", note)
    with clean_runs.busy_cores():
        assert started and all(process.poll() is None for process in started)
    assert all(process.poll() is not None for process in started)


# ---- one run


def run_on(device: Any, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Outcome:
    """A run on a fake board."""
    bundle = load_bundle(DEFAULT_BUNDLE)
    excerpts(replace(named("idle"), seconds=(4.0, 4.0)), bundle, folder, np.random.default_rng(1))
    monkeypatch.setattr(clean_runs, "ChosenBoard", lambda *_: FakeBoard(device))
    interpreter = FakeInterpreter(bundle)
    return in_process(folder, BoardChoice("virtual"), bundle, False, lambda _: (interpreter, interpreter))


def test_a_clean_run_counts_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    outcome = run_on(FakeDevice(bundle, FakeInterpreter(bundle), quick=True), monkeypatch, tmp_path)
    assert (outcome.broken, outcome.unexamined, outcome.broke_off) == ({}, {}, "")
    assert len(outcome.times["probes"]) == 12
    assert outcome.times["files"][0]["wall_s"] > 0 and len(outcome.times["files"][0]["inference"]) > 5


def test_a_false_alarm_is_counted_with_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def late(message: Payload) -> list[Payload]:
        return [replace(message, total_ns=1) if isinstance(message, m.WindowResult) else message]

    bundle = load_bundle(DEFAULT_BUNDLE)
    device = FakeDevice(bundle, FakeInterpreter(bundle), late, quick=True, proof=lambda _: None)
    outcome = run_on(device, monkeypatch, tmp_path)
    assert list(outcome.broken) == ["stage-times"] and "together 1 ns" in outcome.broken["stage-times"]
    assert list(outcome.unexamined) == ["proof"] and outcome.broke_off == ""


def test_a_run_that_breaks_off_is_no_clean_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    device = FakeDevice(bundle, FakeInterpreter(bundle), quick=True)

    def gone(_timeout_s: float = 0.0) -> m.Info:
        raise HilError("the board is gone", "find it")

    monkeypatch.setattr(device, "connect", gone)
    assert run_on(device, monkeypatch, tmp_path).broke_off == "the board is gone"


@pytest.mark.parametrize(
    ("code", "verdict", "expected"),
    [
        (0, "pass", Outcome({}, {"b": "unknown"})),
        (1, "fail", Outcome({"a": "wrong"}, {"b": "unknown"})),
        (1, "pass", Outcome({"verdict": "exit code 1, verdict pass"}, {"b": "unknown"})),
        (2, "not finished", Outcome(broke_off="exit code 2: no board")),
    ],
)
def test_the_commands_report_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, verdict: str, expected: Outcome
) -> None:
    claims = [
        {
            "name": "a",
            "required": True,
            "status": "broken" if verdict == "fail" else "held",
            "reason": "wrong",
        },
        {"name": "b", "required": True, "status": "not-examined", "reason": "unknown"},
        {"name": "c", "required": False, "status": "not-examined", "reason": "no matter"},
    ]

    def command(words: Sequence[str], **_options: Any) -> Any:
        assert words[1:4] == ["-m", "host", "hil"] and words[-4:] == ["--damage", "0.01", "--seed", "7"]
        (tmp_path / "report").mkdir()
        report = {"claims": claims, "verdict": verdict}
        (tmp_path / "report" / "report.json").write_text(json.dumps(report), encoding="utf-8")
        return SimpleNamespace(returncode=code, stderr="no board")

    monkeypatch.setattr(subprocess, "run", command)
    assert clean_runs.by_command(tmp_path, BoardChoice("virtual", damage=0.01, seed=7)) == expected


# ---- counting


def test_counts_by_condition_and_claim(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    assert tally.exit_code == 0
    tally.add(0, named("idle"), Outcome())
    tally.add(1, named("busy"), Outcome(unexamined={"line": "unknown"}))
    assert tally.exit_code == 3
    tally.add(2, named("busy"), Outcome({"line": "wrong"}))
    tally.add(3, named("busy"), Outcome({"line": "wrong", "proof": "wrong"}))
    assert tally.exit_code == 1
    table = tally.table().splitlines()
    assert " ".join(table[0].split()) == "idle 1 runs, broken: 0, not examined: 0"
    assert " ".join(table[1].split()) == "busy 3 runs, broken: line 2, proof 1, not examined: line 1"
    assert table[2] == "4 runs, 3 required claims broken, 1 not examined, 0 runs broke off"
    assert "run 2 (busy): line broken: wrong" in capsys.readouterr().out
    tally.add(4, named("idle"), Outcome(broke_off="no board"))
    assert tally.exit_code == 2


def test_runs_have_numbers_and_times_are_kept(tmp_path: Path) -> None:
    made: list[tuple[str, Sequence[int]]] = []

    def run(condition: Condition, seed: Sequence[int]) -> Outcome:
        made.append((condition.name, tuple(seed)))
        return Outcome(times={"files": [len(made)]})

    sequence = plan(20, False)
    with (tmp_path / "times").open("w") as times:
        tally = make_runs([3, 17], sequence, run, 9, times)
    assert made == [(sequence[3].name, (9, 3)), (sequence[17].name, (9, 17))]
    assert tally.runs.total() == 2
    lines = [json.loads(line) for line in (tmp_path / "times").read_text().splitlines()]
    assert [line["run"] for line in lines] == [3, 17] and lines[1]["files"] == [2]


@pytest.mark.parametrize("arguments", [["--runs", "0"], ["--run", "1000"], ["--run", "-1"]])
def test_numbers_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        clean_runs.main(arguments)
    assert refused.value.code == 2


@pytest.mark.slow
def test_a_run_on_a_real_virtual_board_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = tmp_path / "times"
    assert clean_runs.main(["--runs", "30", "--run", "2", "--times", str(times)]) == 0
    out = capsys.readouterr().out
    assert "1 runs, 0 required claims broken" in out and "emulated: left out" in out
    assert json.loads(times.read_text())["run"] == 2
