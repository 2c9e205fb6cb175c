"""What a person sees while a run goes."""

import io

import pytest

from ..comparison import events as e
from ..terminal import Terminal
from .conftest import Compare, MakeRun
from .screen import Screen


def _shown(*events: e.Event, claims: bool = False) -> str:
    file = io.StringIO()
    screen = Screen(Terminal(file=file, width=100, color_system=None), claims)
    for event in events:
        screen(event)
    return file.getvalue()


def test_the_board_and_its_log(make_run: MakeRun) -> None:
    info = make_run().info
    text = _shown(
        e.StepStarted("connect"),
        e.StepEnded("connect", 0.1),
        e.BoardFound(info, "/dev/[red]x"),
        e.DeviceLog(1, "bad\x1b[2J"),
        e.DeviceLog(77, "odd level"),
    )
    assert "Board: virtual" in text and "Reached through: /dev/[red]x" in text
    assert "device error: bad" in text and "\x1b" not in text
    assert "device info: odd level" in text


def test_files_that_need_a_word(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared())
    text = _shown(
        e.FilesCounted(2, 1000),
        e.StepStarted("stream"),
        e.FileStarted("a.wav"),
        e.SamplesSent(500),
        e.FileAgain("a.wav", "the board restarted"),
        e.FileLeftOut("b.wav", "it holds a NaN"),
        e.StepEnded("stream", 1.0),
        e.RunEnded(run),
    )
    assert "a.wav: once more, because the board restarted" in text
    assert "b.wav: left out, because it holds a NaN" in text
    assert "PASS: all" in text and "uninterrupted" not in text
    assert "uninterrupted" in _shown(e.RunEnded(run), claims=True)


def test_a_log_gets_a_line_every_few_seconds_and_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = io.StringIO()
    screen = Screen(Terminal(file=file, width=100))
    screen(e.FilesCounted(1, 1000))
    screen(e.StepStarted("stream"))
    for _ in range(100):
        now[0] += 0.2
        screen(e.SamplesSent(10))
    screen(e.StepEnded("stream", 20.0))
    assert 3 <= file.getvalue().count("Streaming: ") <= 5
    assert "\x1b[?25l" not in file.getvalue() and "\r" not in file.getvalue()


def test_a_trace_that_takes_long_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    file = io.StringIO()
    screen = Screen(Terminal(file=file, width=100, color_system=None))
    screen(e.StepStarted("trace"))
    for done in range(1, 101):
        now[0] += 0.2
        screen(e.Traced("[b]a.wav: window", done, 100))
    screen(e.StepEnded("trace", 20.0))
    told = [line for line in file.getvalue().splitlines() if line.startswith("Tracing: [b]a.wav: window ")]
    assert 3 <= len(told) <= 5 and all(line.endswith(" of 100") for line in told)


def test_quiet_shows_the_verdict_alone(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared())
    file = io.StringIO()
    screen = Screen(Terminal(file=file, width=100, color_system=None), quiet=True)
    for event in (e.BoardFound(run.info, "x"), e.StepStarted("stream"), e.RunEnded(run)):
        screen(event)
    assert file.getvalue().startswith("PASS: all") and len(file.getvalue().splitlines()) == 1
