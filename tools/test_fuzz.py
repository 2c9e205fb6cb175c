"""The fuzzer finds what it is to find, and a short run of it over damaged sound files finds nothing."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tools import fuzz
from tools.fuzzing.audio import AudioFuzz

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_two_hundred_damaged_sound_files(capsys: pytest.CaptureFixture[str]) -> None:
    code = fuzz.main(["audio", "--seed", "1", "--cases", "200", "--seconds", "200"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert "0 finds" in said


def test_a_case_is_the_same_again(tmp_path: Path) -> None:
    target = AudioFuzz()
    answers = [[fuzz.run_case(target, "audio", 7, case, tmp_path) for case in range(20)] for _ in range(2)]
    assert answers[0] == answers[1]
    assert set(answers[0]) == {"read", "refused"}


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
        ("time.sleep(9) if self.n == 3 else None", "no answer in 2 s"),
        ("os.write(2, b'chatter')", "chatter"),
        ("self.kept = b'x' * 700_000_000", "MB of memory"),
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
    outcome = fuzz.fuzz("bad", 1, 30.0, 8, patience_s=2.0)
    assert outcome.finds and told in outcome.finds[0][1]


def test_damage_depends_on_the_seed() -> None:
    from tools.fuzzing.mutate import mutated

    body = bytes(range(256)) * 4
    results = {mutated(body, [body], random.Random(seed)) for seed in range(50)}
    assert len(results) > 40
