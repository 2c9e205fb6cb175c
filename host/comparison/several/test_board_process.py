"""What the process of a board takes and says, without a process."""

import io
import os
import sys
from types import SimpleNamespace
from typing import IO, Any, cast

import pytest

from ...board.identity import StaleFirmwareError
from ...bundle.load import Bundle
from ...errors import HilError
from ...link import messages as m
from .. import events as e
from ..file import FileComparison
from ..wishes import Wishes
from . import board_process as process
from . import process_messages as s
from .board_process import BoardProcess, main
from .fake_boards import SentBoard, fake_interpreters


class Share:
    """Stands in for `BoardShare`: what it does with its turns is a function of the test."""

    does: Any = None
    made: "list[Share]"

    def __init__(self, *arguments: Any, name: str) -> None:
        self.arguments, self.name = arguments, name
        self.tell, self.take = arguments[5:7]
        self.started = False
        Share.made.append(self)

    def start(self) -> None:
        """Told from `execute`."""
        self.started = True

    def execute(self, turns: Any) -> None:
        """See above."""
        assert self.started
        Share.does(self, turns)


@pytest.fixture(autouse=True)
def shares(monkeypatch: pytest.MonkeyPatch) -> list[Share]:
    monkeypatch.setattr(Share, "made", [], raising=False)
    monkeypatch.setattr(process, "BoardShare", Share)
    return Share.made


def _job(bundle: Bundle) -> s.Job:
    return s.Job("left", SentBoard(bundle), Wishes(), fake_interpreters)


def _said(bundle: Bundle, does: Any, *turns: Any, answers: IO[bytes] | None = None) -> list[Any]:
    """All messages of a part that does what `does` does."""
    requests = io.BytesIO()
    for turn in turns:
        s.send(requests, s.Turn(turn), bundle)
    requests.seek(0)
    Share.does = staticmethod(does)
    line = answers or io.BytesIO()
    BoardProcess(requests, line, bundle, _job(bundle)).run()
    return _read(cast(io.BytesIO, line), bundle)


def _read(line: io.BytesIO, bundle: Bundle) -> list[Any]:
    line.seek(0)
    found = []
    while line.tell() < len(line.getvalue()):
        found.append(s.receive(line, bundle))
    return found


def test_a_part_asks_for_each_file_and_ends_with_its_result(bundle: Bundle, shares: list[Share]) -> None:
    given: list[Any] = []

    def work(share: Share, turns: Any) -> None:
        for turn in turns:
            given.append(turn)
            share.take(FileComparison(turn[0], bundle))

    *before, over = _said(bundle, work, ("a.wav", 1), ("b.wav", 2), None)
    assert given == [("a.wav", 1), ("b.wav", 2)]
    kinds = [type(each) for each in before]
    assert kinds == [s.Free, s.Done, s.Free, s.Done, s.Free]
    assert [each.file.name for each in before if isinstance(each, s.Done)] == ["a.wav", "b.wav"]
    assert isinstance(over, s.Over)
    assert (over.cause, over.cure, over.wrong, over.fault) == ("", "", False, "")
    record = over.record
    assert (record.files, record.pictured, record.recorded.interpreter) == ([], [], None)
    assert record.recorded.compared_files == 2, "what the diagnosis needs of files goes with it"
    assert shares[0].name == "left" and shares[0].arguments[1] is bundle


@pytest.mark.parametrize(
    ("error", "wrong"),
    [(HilError("no port", "plug it in"), False), (StaleFirmwareError("another", "flash it"), True)],
)
def test_why_a_part_broke_off_is_told(bundle: Bundle, error: HilError, wrong: bool) -> None:
    def fail(*_: Any) -> None:
        raise error

    (over,) = _said(bundle, fail)
    assert (over.cause, over.cure, over.wrong, over.fault) == (error.cause, error.cure, wrong, "")


@pytest.mark.parametrize("error", [KeyError("a fault"), OSError("no more files")])
def test_a_fault_of_this_program_comes_with_its_trace(bundle: Bundle, error: Exception) -> None:
    def fail(*_: Any) -> None:
        raise error

    (over,) = _said(bundle, fail)
    assert over.fault.startswith("Traceback") and type(error).__name__ in over.fault and not over.cause


def test_nobody_is_told_where_nobody_is(bundle: Bundle) -> None:
    def fail(*_: Any) -> None:
        raise BrokenPipeError

    line = io.BytesIO()
    with pytest.raises(BrokenPipeError):
        _said(bundle, fail, answers=line)
    assert not line.getvalue()


def test_what_a_run_wants_to_know_is_told(bundle: Bundle) -> None:
    told = [
        e.BoardFound(m.Info(), "a fake"),
        e.FileStarted("a.wav"),
        e.FileAgain("a.wav", "it restarted"),
        e.FileLeftOut("a.wav", "the card was pulled"),
        e.DeviceLog(2, "warm"),
    ]

    def work(share: Share, _: Any) -> None:
        for event in (e.StepStarted("connect"), *told, e.StepEnded("connect", 1.0)):
            share.tell(event)

    said = _said(bundle, work)
    assert [each.event for each in said[:-1]] == told


def test_progress_is_told_now_and_then_and_none_is_lost(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now_s=0.2)
    monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: clock.now_s))

    def work(share: Share, _: Any) -> None:
        for step_s in (0.0, 0.1, 0.05, 0.06, 0.1, 0.3):
            clock.now_s += step_s
            share.tell(e.SamplesSent(100))
        share.tell(e.SamplesSent(7))
        share.take(FileComparison("a.wav", bundle))
        share.take(FileComparison("b.wav", bundle))

    said = _said(bundle, work)[:-1]
    counts = [getattr(each, "event", each) for each in said]
    counts = [each.count if isinstance(each, e.SamplesSent) else each.file.name for each in counts]
    # After 0.2 s, after 0.21 s more, after 0.4 s; the rest with the file.
    assert counts == [100, 300, 200, 7, "a.wav", "b.wav"]


def _main(monkeypatch: pytest.MonkeyPatch, requests: bytes) -> tuple[int, bytes, Any]:
    """Run `main` with standard input and output of its own: exit code, what it wrote, its handler of SIGTERM."""
    read, write = os.pipe()
    out = os.fdopen(write, "wb")
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(process, "signal", SimpleNamespace(SIGTERM=15, signal=handlers.__setitem__))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(requests)))
    monkeypatch.setattr(sys, "stdout", out)
    try:
        code = main()
        os.write(out.fileno(), b"")  # a copy of standard error by now
    finally:
        out.close()
    with os.fdopen(read, "rb") as stream:
        return code, stream.read(), handlers[15]


def _requests(bundle: Bundle) -> bytes:
    line = io.BytesIO()
    s.send_bundle(line, bundle)
    s.send(line, _job(bundle), bundle)
    return line.getvalue()


def test_a_process_serves_its_standard_input(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: Any) -> None:
        os.write(sys.stdout.fileno(), b"")  # what else is printed goes elsewhere

    Share.does = staticmethod(work)
    code, said, stop = _main(monkeypatch, _requests(bundle))
    (over,) = _read(io.BytesIO(said), bundle)
    assert code == 0 and isinstance(over, s.Over)
    with pytest.raises(KeyboardInterrupt):
        stop(15, None)


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError, BrokenPipeError])
def test_a_process_whose_run_is_gone_ends(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: Any) -> None:
        raise error

    if error is EOFError:
        assert _main(monkeypatch, b"")[:2] == (1, b"")
    else:
        Share.does = staticmethod(fail)
        assert _main(monkeypatch, _requests(bundle))[:2] == (1, b"")


def test_what_is_printed_does_not_reach_the_run(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def chatty(*_: Any) -> None:
        os.write(sys.stdout.fileno(), b"a library talks")

    Share.does = staticmethod(chatty)
    _, said, _ = _main(monkeypatch, _requests(bundle))
    assert b"talks" not in said and "a library talks" in capfd.readouterr().err
