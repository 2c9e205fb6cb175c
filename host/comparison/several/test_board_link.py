"""A run's end of the way to a board's process: with processes that speak as one does, and import nothing."""

import io
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ...bundle.load import Bundle
from ..wishes import Wishes
from . import board_link as linking
from . import process_messages as s
from .board_link import BoardLink, Inbox
from .fake_boards import SentBoard, fake_interpreters

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for one process")
PATIENCE_S = 60.0
READS = "import sys; read = sys.stdin.buffer.read; part = lambda: read(int.from_bytes(read(8), 'little'));"

Start = Callable[[str], tuple[BoardLink, Inbox]]


@pytest.fixture
def start(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a link to a process that runs some code."""
    links = []

    def made(code: str) -> tuple[BoardLink, Inbox]:
        monkeypatch.setattr(linking, "_START", code)
        inbox: Inbox = queue.SimpleQueue()
        job = s.Job("left", SentBoard(bundle), Wishes(), fake_interpreters)
        links.append(BoardLink("left", bundle, job, inbox))
        return links[-1], inbox

    yield made
    for link in links:
        link._process.kill()
        link.close()


def _echoed(bundle: Bundle, message: Any) -> str:
    """Code that sends a message, as bytes."""
    line = io.BytesIO()
    s.send(line, message, bundle)
    return f"sys.stdout.buffer.write({line.getvalue()!r}); sys.stdout.flush();"


def test_a_process_is_told_the_bundle_and_its_job_and_is_heard(bundle: Bundle, start: Start) -> None:
    code = f"{READS} bundle = part(); job = part(); assert b'left' in job; {_echoed(bundle, s.Free())}"
    code += f"turn = part(); {_echoed(bundle, s.Turn(None))}"
    link, inbox = start(code)
    assert (link.name, link.free, link.began) == ("left", False, False)
    (talking,) = (each for each in threading.enumerate() if each.name == "board left")
    assert talking.daemon, "a program that ends waits for no board"
    assert inbox.get(timeout=PATIENCE_S) == ("left", s.Free())
    link.free = True
    link.give(s.Turn(None))
    assert not link.free
    assert inbox.get(timeout=PATIENCE_S) == ("left", s.Turn(None))
    assert inbox.get(timeout=PATIENCE_S) == ("left", None), "its end"
    assert link.how_it_ended() == "its process ended (exit code 0)"
    link.give(s.Turn(None))  # to nobody


def test_it_knows_how_the_program_was_called(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "program", lambda: "as typed")
    monkeypatch.setenv("INHERITED", "5")
    name = linking.PROGRAM_VARIABLE
    link, inbox = start(
        f"import os, sys; sys.exit(os.environ[{name!r}] != 'as typed' or os.environ['INHERITED'] != '5')"
    )
    assert inbox.get(timeout=PATIENCE_S) == ("left", None)
    assert link.how_it_ended() == "its process ended (exit code 0)"


def test_how_a_process_ended_is_told(start: Start) -> None:
    link, inbox = start("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert inbox.get(timeout=PATIENCE_S) == ("left", None)
    assert link.how_it_ended() == "its process ended (SIGKILL)"


def test_a_process_that_closes_its_line_and_stays_is_not_waited_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "ENDS_S", 0.05)
    link, inbox = start("import os, time; os.close(1); time.sleep(600)")
    assert inbox.get(timeout=PATIENCE_S) == ("left", None)
    assert link.how_it_ended() == "its process ended (exit code None)"
    link.close()
    assert link._process.poll() == -signal.SIGKILL


def test_a_process_is_asked_to_stop_and_not_waited_for(bundle: Bundle, start: Start) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
    link, inbox = start(f"{code} {_echoed(bundle, s.Free())} time.sleep(600)")
    assert inbox.get(timeout=PATIENCE_S) == ("left", s.Free())
    link.ask_to_stop()
    assert inbox.get(timeout=PATIENCE_S) == ("left", None)
    link.close()
    assert link._process.poll() == 7
    link.ask_to_stop()  # it is over already


def test_what_a_process_started_ends_with_it_and_ctrl_c_is_the_runs(
    bundle: Bundle, start: Start, tmp_path: Path
) -> None:
    """A session of its own."""
    told = tmp_path / "pid"
    code = "import subprocess, sys;"
    code += (
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], stdout=2, stdin=0);"
    )
    code += f"open({str(told)!r}, 'w').write(str(child.pid)); {_echoed(bundle, s.Free())}"
    link, inbox = start(code)
    assert inbox.get(timeout=PATIENCE_S) == ("left", s.Free())
    child = psutil.Process(int(told.read_text()))
    assert os.getsid(child.pid) == link._process.pid != os.getsid(0)
    link.close()
    ended = time.monotonic() + PATIENCE_S
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < ended
        time.sleep(0.01)
    assert link._to.closed and link._from.closed


def test_a_board_has_a_quarter_of_a_minute_to_stop(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    link, inbox = start("")
    assert inbox.get(timeout=PATIENCE_S) == ("left", None)
    waits: list[float | None] = []
    with monkeypatch.context() as patch:
        patch.setattr(link._process, "wait", waits.append)
        link.how_it_ended()
        link.close()
    assert waits == [15.0, 15.0]
