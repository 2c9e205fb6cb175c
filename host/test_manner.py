"""Nothing moves in a log, also where colour is forced upon it; a line comes every few seconds instead."""

import io

import pytest

from . import manner
from .manner import hush, moves
from .progress import bar, say


class Watched(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    hush(False)
    for variable in ("CI", "TERM"):
        monkeypatch.delenv(variable, raising=False)


def test_only_a_terminal_that_somebody_watches_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert moves(Watched())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not moves(io.StringIO())
    monkeypatch.setenv("CI", "true")
    assert not moves(Watched())
    monkeypatch.delenv("CI")
    monkeypatch.setenv("TERM", "dumb")
    assert not moves(Watched())


def test_a_log_gets_lines_and_no_frames(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with bar("files", 60) as report:
        for done in range(1, 61):
            now[0] += 1.0
            report(done)
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\r" not in out
    assert 60 / manner.LINE_EVERY_S - 2 <= len(out.splitlines()) <= 60 / manner.LINE_EVERY_S + 2


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    hush(True)
    say("something")
    with bar("files", 60) as report:
        report(60)
    hush(False)
    assert capsys.readouterr().out == ""
