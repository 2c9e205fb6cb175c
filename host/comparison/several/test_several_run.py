"""A run on several boards, on fakes in processes of their own."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...errors import ExitCode, HilError
from .. import events as e
from ..claims.finding import Claim, Status
from ..fakes import FakeInterpreter
from ..result import RunComparison
from ..run import Run
from ..stimuli.kit import Kit, keep, kept_as
from ..wishes import Wishes
from .fake_boards import SentBoard, fake_interpreters
from .several_run import SeveralRun

pytestmark = [pytest.mark.native, pytest.mark.slow]


@pytest.fixture
def folder(tmp_path: Path, bundle: Bundle, samples: NDArray[Any]) -> Path:
    """Eight files, each shorter than the one before."""
    rate = bundle.settings.sample_rate
    for at in range(8):
        soundfile.write(tmp_path / f"{at}.wav", samples[at * rate // 3 :], rate)
    return tmp_path


@pytest.fixture
def told() -> list[e.Event]:
    return []


@pytest.fixture
def make(bundle: Bundle, folder: Path, told: list[e.Event]) -> Callable[..., Run]:
    """A run on boards that are spoilt as each dictionary says; of one board as it always was."""

    def run(*spoilt: dict[str, Any], wishes: Wishes | None = None) -> Run:
        boards = [(f"b{at}", SentBoard(bundle, **each)) for at, each in enumerate(spoilt)]
        if len(boards) == 1:
            return Run([folder], boards[0][1], bundle, wishes, fake_interpreters, [told.append])
        return SeveralRun([folder], boards, bundle, wishes, fake_interpreters, [told.append])

    return run


def claim(result: RunComparison, name: str) -> Claim:
    return next(each for each in result.claims if each.name == name)


def test_a_board_that_dies_gives_its_file_back_and_is_named(
    make: Callable[..., Run], told: list[e.Event]
) -> None:
    result = make({"way": "dies", "at": 2}, {"pause_s": 0.1}).execute()
    assert [file.name for file in result.files] == [f"{at}.wav" for at in range(8)]
    assert all(file.agreed for file in result.files)
    assert result.exit_code == ExitCode.PARTLY
    assert result.reasons == ["board b0 was lost: the board does not answer any more"]
    (lost,) = (event for event in told if isinstance(event, e.BoardLost))
    assert lost.name == "b0"
    assert lost.file.endswith(".wav")
    assert next(file.board for file in result.files if file.name == lost.file) == "b1"
    assert claim(result, "uninterrupted").status == Status.HELD  # the other decides
    assert result.lost == [("b0", lost.cause)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_is_a_board_that_is_lost(make: Callable[..., Run]) -> None:
    result = make({"way": "killed", "at": 2}, {"pause_s": 0.1}).execute()
    assert len(result.files) == 8
    assert result.reasons == ["board b0 was lost: its process ended (SIGKILL)"]
    assert result.exit_code == ExitCode.PARTLY


def test_a_board_that_is_not_there_is_named_and_the_others_go_on(make: Callable[..., Run]) -> None:
    result = make({"way": "unreachable"}, {}).execute()
    assert len(result.files) == 8
    assert result.reasons == ["board b0 was lost: there is no port /dev/nowhere"]


def test_a_file_that_costs_two_boards_is_given_to_no_third(make: Callable[..., Run], bundle: Bundle) -> None:
    longest = 8 * bundle.settings.sample_rate
    poisoned = {"way": "dies", "least_samples": longest}
    result = make(poisoned, poisoned, {**poisoned, "pause_s": 1.0}).execute()
    assert len(result.files) == 7
    assert result.exit_code == ExitCode.BROKE_OFF
    assert "0.wav" in result.failures[0]
    assert "so no other board was given it" in result.failures[0]


def test_without_any_board_left_the_run_breaks_off(make: Callable[..., Run], told: list[e.Event]) -> None:
    with pytest.raises(HilError, match=r"every board was lost; b.: there is no port"):
        make({"way": "unreachable"}, {"way": "unreachable"}).execute()
    assert isinstance(told[-1], e.RunEnded)
    assert told[-1].result.exit_code == ExitCode.BROKE_OFF


def test_a_board_of_another_kind_than_written_ends_the_run(make: Callable[..., Run]) -> None:
    with pytest.raises(HilError, match=r"board b1: farm\.toml says esp32") as error:
        make({"pause_s": 0.1}, {"way": "wrong kind"}).execute()
    assert "correct the kind" in str(error.value)


def test_a_fault_of_this_program_is_none_of_a_board(make: Callable[..., Run]) -> None:
    with pytest.raises(RuntimeError, match="a fault of this program"):
        make({}, {"way": "fault"}).execute()


def test_a_fault_of_one_board_names_it(make: Callable[..., Run]) -> None:
    result = make({"pause_s": 0.1}, {"way": "wrong score", "pause_s": 0.1}).execute()
    differing = [file for file in result.files if not file.agreed]
    assert differing
    assert {file.board for file in differing} == {"b1"}
    assert result.exit_code == ExitCode.BROKEN
    assert all("on b1" in finding.pattern for finding in result.diagnosis)
    assert result.diagnosis


def test_boards_of_one_run_must_be_alike(make: Callable[..., Run]) -> None:
    result = make({"pause_s": 0.1}, {"way": "other build", "pause_s": 0.1}).execute()
    found = claim(result, "alike")
    assert found.status == Status.BROKEN
    assert "b1 runs firmware 1.2.4 0123456789abcdef, b0 1.2.3 0123456789abcdef" in found.reason
    assert result.exit_code == ExitCode.BROKEN


def test_boards_without_a_file_leave_nothing_open(make: Callable[..., Run], folder: Path) -> None:
    for path in folder.glob("*.wav"):
        if path.name != "3.wav":
            path.unlink()
    result = make({"pause_s": 0.3}, {}).execute()
    assert len(result.files) == 1
    assert result.exit_code == ExitCode.DONE
    assert result.verdict == "pass"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_all_processes(
    make: Callable[..., Run], told: list[e.Event], request: pytest.FixtureRequest
) -> None:
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, handler))
    run = make({"way": "hangs"}, {"way": "hangs"})
    before = {each.pid for each in psutil.Process().children(recursive=True)}

    def interrupt() -> None:
        while not any(isinstance(event, e.FileStarted) for event in told):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    assert time.monotonic() - began < 60
    assert isinstance(told[-1], e.RunEnded)
    assert told[-1].result.exit_code == ExitCode.INTERRUPTED
    assert {each.pid for each in psutil.Process().children(recursive=True)} <= before


def test_every_board_has_its_stimuli(
    make: Callable[..., Run], bundle: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("stimuli")
    interpreter = FakeInterpreter(bundle)
    rng = np.random.default_rng(3)
    windows = rng.integers(-128, 128, (4, bundle.frames, bundle.settings.bands)).astype(np.int8)
    sound = np.zeros(4 * bundle.settings.span, np.int16)
    kit = Kit(windows, {"loud": sound}, 1, sound, (1, 2), (3, 4))
    keep(kit, kept_as(bundle, interpreter, cache))
    wrong = {"way": "wrong window"}
    result = make({}, wrong, wishes=Wishes(thorough=True, stimuli=cache)).execute()
    named = [file.name for file in result.files if file.name.startswith("stimuli")]
    assert sorted(named) == sorted(
        f"stimuli: {what} on b{at}" for at in range(2) for what in ("loud", "front-end tables", "long stream")
    )
    sent = claim(result, "tensors")
    assert sent.status == Status.BROKEN  # b1 alone has windows that differ
    assert sent.reasons
    assert all(reason.startswith("b1: ") for reason in sent.reasons)
    assert result.stimuli is not None
    assert (result.stimuli.sent, result.stimuli.sent_of, result.stimuli.shares) == (4, 4, 1)
    assert "4 of 4 windows sent" in claim(result, "coverage").evidence
