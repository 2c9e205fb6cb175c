"""What a person sees while a run goes."""

import io

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
