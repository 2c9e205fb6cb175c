"""The fuzzer finds what it is to find, and half a minute of it finds nothing."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from host.board import line_rate
from host.comparison import board_share
from host.comparison.result import PASS
from host.link import link as link_module
from tools import fuzz
from tools.fuzzing.target import Limits, found

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target shortens times for its own process; here they are set back for the tests that follow."""
    for module, names in (
        (link_module, ("SILENCE_US", "FRAME_PAUSE_US")),
        (line_rate, ("FALL_BACK_S",)),
        (board_share, ("RECONNECT_S",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))


@pytest.mark.timeout(400)
def test_half_a_minute_of_all_targets(capsys: pytest.CaptureFixture[str]) -> None:
    """FUZZ_SEED=2 tries others; an hour of it is `python tools/fuzz.py --seed 2 --seconds 3600`."""
    code = fuzz.main(["--seed", os.environ.get("FUZZ_SEED", "1"), "--seconds", "30"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert said.count(" 0 finds") == len(fuzz.TARGETS) and ": 0 cases" not in said


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("audio", {"read", "refused"}),
        ("bundle", {"loaded", "refused"}),
        ("recipe", {"loaded", "refused"}),
        ("pipeline", {"loaded", "refused"}),
        ("dataset", {"loaded", "split", "refused"}),
        ("table", {"taken in", "refused"}),
        ("image", {"whole", "refused"}),
        ("answers", {"answered", "no answer", "listed", "refused"}),
    ],
)
def test_a_case_is_the_same_again(tmp_path: Path, name: str, answers: set[str]) -> None:
    target = fuzz._make(name)
    twice = [[fuzz.run_case(target, name, 7, case, tmp_path) for case in range(60)] for _ in range(2)]
    assert twice[0] == twice[1]
    assert answers <= set(twice[0])


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_what_once_was_a_find_is_none(tmp_path: Path, name: str) -> None:
    inputs = found(name)
    if not inputs:
        pytest.skip("nothing was found yet")
    target: Any = fuzz._make(name)
    for path in inputs:
        for seed in range(3):
            assert target.take(path.read_bytes(), random.Random(seed), tmp_path)


def test_a_pass_in_spite_of_a_lie_is_a_find(monkeypatch: pytest.MonkeyPatch) -> None:
    target: Any = importlib.import_module("fuzzing.link").make()
    seeds = range(40)
    told: set[str] = set()
    for seed in seeds:
        told.add(target._run(random.Random(seed)))
        if {"run: pass", "run: fail"} <= told:
            break
    assert "run: pass" in told and "run: fail" in told
    monkeypatch.setattr("host.comparison.result.RunComparison.verdict", PASS)
    with pytest.raises(AssertionError, match="the board lied"):
        for seed in seeds:
            target._run(random.Random(seed))


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel here")
def test_guided_by_coverage(tmp_path: Path) -> None:
    command = [sys.executable, str(Path(fuzz.__file__)), "--target", "bundle", "--seconds", "4"]
    done = subprocess.run([*command, "--atheris", str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list(tmp_path.iterdir())) > len(fuzz._make("bundle").corpus)  # type: ignore[attr-defined]


TARGET = """
import os, sys, time
class Bad:
    def one(self, rng, folder):
        self.n = getattr(self, "n", 0) + 1
        {action}
        return "fine"
def make():
    return Bad()
"""


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("os.abort()", "the process died (-6)"),
        ("time.sleep(90) if self.n == 3 else None", "no answer in 1 s"),
        ("os.write(2, b'chatter')", "chatter"),
        ("self.kept = b'x' * 300_000_000", "MB of memory"),
        (
            "import subprocess as s; s.run([sys.executable, '-c', 'import time; x = b\"x\" * 2**28; time.sleep(1)'])",
            "MB of memory",
        ),
    ],
)
def test_what_it_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, told: str) -> None:
    if sys.platform == "win32":
        pytest.skip("signals and peak memory are told differently there")
    (tmp_path / "fuzzing").mkdir()
    (tmp_path / "fuzzing" / "__init__.py").touch()
    (tmp_path / "fuzzing" / "bad.py").write_text(TARGET.format(action=action))
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(Path(fuzz.__file__).parent)!r})\n"
        f"import fuzz; sys.path.insert(0, {str(tmp_path)!r}); fuzz.work('bad', 1, int(sys.argv[-1]))",
    ]
    monkeypatch.setattr(fuzz, "_command", lambda _name, _seed, first: [*command, str(first)])
    monkeypatch.setattr(fuzz, "STARVED", 2.0)
    outcome = fuzz.fuzz("bad", 1, 60.0, 3, Limits(patience_s=1.0, most_mb=200.0))
    assert outcome.finds and told in outcome.finds[0][1]


def test_damage_depends_on_the_seed() -> None:
    from tools.fuzzing.mutate import mutated

    body = bytes(range(256)) * 4
    results = {mutated(body, [body], random.Random(seed)) for seed in range(50)}
    assert len(results) > 40
