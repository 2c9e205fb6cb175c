"""A run from the files to the verdict, on fakes: no board, no TensorFlow, no command."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ..audio.errors import AudioError
from ..board.identity import StaleFirmwareError
from ..bundle.load import Bundle
from ..errors import ExitCode
from ..line.connection import DeviceResetError, LinkError
from ..link import messages as m
from ..link.codec import Payload
from ..model.interpreter import Interpreter
from . import events as e
from .claims.finding import Status
from .device import DeviceUnderTest
from .fakes import FakeBoard, FakeDevice, FakeInterpreter, Tamper, bundle_info
from .host_side import telling_names
from .result import RunComparison
from .run import Run
from .wishes import Wishes

pytestmark = pytest.mark.native


@pytest.fixture
def folder(tmp_path: Path, bundle: Bundle, samples: NDArray[Any]) -> Path:
    """Two files of some seconds."""
    rate = bundle.settings.sample_rate
    soundfile.write(tmp_path / "a.wav", samples[: 5 * rate], rate)
    soundfile.write(tmp_path / "b.wav", samples[3 * rate :], rate)
    return tmp_path


@pytest.fixture
def make(bundle: Bundle, folder: Path) -> Callable[..., tuple[Run, FakeBoard, list[e.Event]]]:
    """A run that is not executed yet, its board, and the events it will tell."""

    def make_run(
        tamper: Tamper | None = None,
        wishes: Wishes | None = None,
        witness: bool = True,
        kind: str = "virtual",
        paths: list[Path] | None = None,
        **device: Any,
    ) -> tuple[Run, FakeBoard, list[e.Event]]:
        interpreter = FakeInterpreter(bundle)
        board = FakeBoard(FakeDevice(bundle, interpreter, tamper, quick=True, **device), kind)

        def interpreters(_bundle: Bundle) -> tuple[Interpreter, Interpreter | None]:
            return interpreter, FakeInterpreter(bundle) if witness else None

        told: list[e.Event] = []
        run = Run(paths or [folder], board, bundle, wishes, interpreters, listeners=[told.append])
        return run, board, told

    return make_run


Make = Callable[..., tuple[Run, FakeBoard, list[e.Event]]]


def wrong_score(message: Payload) -> list[Payload]:
    if isinstance(message, m.WindowResult) and message.index == 3 and message.outputs:
        outputs = np.frombuffer(message.outputs, np.int8).copy()
        outputs[0] ^= 1
        return [replace(message, outputs=outputs.tobytes())]
    return [message]


def test_a_run_that_agrees(make: Make) -> None:
    run, board, told = make()
    result = run.execute()
    assert (result.verdict, result.exit_code) == ("pass", ExitCode.DONE)
    assert [file.name for file in result.files] == ["a.wav", "b.wav"]
    assert result.totals["audio_s"] == 10.0
    assert result.status is not None
    assert (result.host_link["damaged_frames"], result.host_link["retransmitted"]) == (0, 0)
    assert {"connect", "load reference", "stream", "total"} <= set(result.seconds)
    assert result.versions["numpy"] == np.__version__
    assert result.built_with["esp-nn"] == "1.2.3 O2"
    assert "Latencies are this computer's, not a board's." in result.notes
    assert (board.closed, board.device.closed) == (True, True)
    sent = sum(event.count for event in told if isinstance(event, e.SamplesSent))
    (counted,) = (event for event in told if isinstance(event, e.FilesCounted))
    assert counted == e.FilesCounted(2, sent)
    assert [claim.name for claim in result.claims if claim.status != Status.HELD] == [
        "traces",
        "slot",
        "restart",
        "stack-heap",
    ]
    kinds = [type(event) for event in told if not isinstance(event, e.SamplesSent)]
    assert kinds == [
        *(e.RunStarted, e.FilesCounted),
        *(e.StepStarted, e.StepEnded, e.BoardFound, e.StepStarted, e.StepEnded),
        *(e.StepStarted, e.FileStarted, e.FileDone, e.FileStarted, e.FileDone),
        *(e.StepEnded, e.StepStarted, e.StepEnded, e.RunEnded),
    ]


def test_one_wrong_value_is_the_exit_code(make: Make) -> None:
    result = make(wrong_score)[0].execute()
    assert (result.verdict, result.exit_code) == ("fail", ExitCode.BROKEN)


@pytest.mark.parametrize(
    ("board", "tamper", "told"),
    [("esp32s3", wrong_score, True), ("esp32s3", None, False), ("esp32", wrong_score, False)],
)
def test_a_mismatch_names_what_is_known_of_the_boards_kernels(
    make: Make, bundle: Bundle, board: str, tamper: Tamper | None, told: bool
) -> None:
    """The model's strided SAME convolution is one that ESP-NN's kernel for the S3 is reported to get wrong."""
    virtual = bundle_info(bundle)
    info = replace(virtual, board=board, capabilities=virtual.capabilities & ~m.Capability.VIRTUAL_TIME)
    result = make(tamper, info=info)[0].execute()
    named = [note for note in result.notes if "a known fault may be the cause" in note]
    assert bool(named) == told
    assert not told or "CONV_2D on [1, 49, 64, 1]" in named[0]


class Once:
    """A wrong score in the first stream, or in each other one."""

    def __init__(self, every: int) -> None:
        self._every, self._streams = every, 0

    def __call__(self, message: Payload) -> list[Payload]:
        wrong = self._streams % self._every == 0
        self._streams += isinstance(message, m.StreamDone)
        return wrong_score(message) if wrong else [message]


@pytest.mark.parametrize(
    ("tamper", "told"), [(wrong_score, "in the same values"), (Once(99), "more than the file")]
)
def test_the_first_file_that_differs_is_streamed_once_more(make: Make, tamper: Tamper, told: str) -> None:
    """It is no file of the run, and the verdict is that of the first time."""
    run, board, events = make(tamper)
    result = run.execute()
    assert [file.name for file in result.files] == ["a.wav", "b.wav"]
    assert result.verdict == "fail"
    assert told in result.recorded.again and "a.wav" in result.recorded.again
    assert any(told in finding.explanation for finding in result.diagnosis)
    assert {claim.name for claim in result.claims if claim.status == Status.BROKEN} <= {
        "scores",
        "detections",
    }
    assert board.device.connected == 1
    sent = sum(event.count for event in events if isinstance(event, e.SamplesSent))
    assert sent == sum(file.samples for file in result.files)


@pytest.mark.skipif(sys.platform == "win32", reason="names there hold no such characters")
def test_a_name_of_several_lines_hides_no_difference(make: Make, folder: Path) -> None:
    (folder / "a.wav").rename(folder / "a\n\x1b[2J.wav")
    result = make(wrong_score)[0].execute()
    assert result.files[0].name == r"a\n\x1b[2J.wav"
    assert "in the same values" in result.recorded.again


def test_features_only_loads_no_model(make: Make) -> None:
    run, _, _ = make(wrong_score, Wishes(features_only=True))
    result = run.execute()
    assert result.exit_code == ExitCode.DONE
    assert result.totals["outputs"] == 0 < result.totals["feature_cells"]


@pytest.mark.parametrize("field", ["model_hash", "frontend_hash", "settings_hash"])
def test_a_board_with_another_bundle_is_refused_before_the_first_sample(
    make: Make, bundle: Bundle, field: str
) -> None:
    wrong: dict[str, Any] = {field: bytes(range(32))}
    run, board, told = make(info=replace(bundle_info(bundle), **wrong))
    with pytest.raises(StaleFirmwareError, match="another"):
        run.execute()
    assert not any(isinstance(event, e.FileStarted) for event in told)
    assert (board.closed, board.device.closed) == (True, True)
    result = last(told)
    assert (result.verdict, result.exit_code) == ("not finished", ExitCode.BROKE_OFF)
    assert [claim.name for claim in result.claims if claim.status == Status.BROKEN] == ["identity"]


def test_a_file_is_streamed_again_after_a_restart(make: Make) -> None:
    run, board, told = make(restarts=1)
    result = run.execute()
    assert board.device.connected == 2
    assert [file.agreed for file in result.files] == [True, True]
    (again,) = (event for event in told if isinstance(event, e.FileAgain))
    assert again.name == "a.wav" and "restarted" in again.cause
    assert any(note.startswith("a.wav: streamed again") for note in result.notes)


def test_a_board_that_came_back_with_another_bundle_is_refused(make: Make) -> None:
    run, board, _ = make(restarts=1)
    first = board.device.connect

    def connect(timeout_s: float | None = None) -> m.Info:
        info = first(timeout_s)
        return replace(info, model_hash=bytes(32)) if board.device.connected > 1 else info

    board.device.connect = connect  # type: ignore[method-assign]
    with pytest.raises(StaleFirmwareError):
        run.execute()


def test_a_board_that_restarts_in_the_same_file_twice_ends_the_run(make: Make) -> None:
    run, board, _ = make(restarts=2)
    with pytest.raises(DeviceResetError):
        run.execute()
    assert board.device.closed


def test_without_a_witness_the_run_says_so(make: Make) -> None:
    result = make(witness=False)[0].execute()
    assert result.exit_code == ExitCode.DONE
    assert any("no second witness" in note for note in result.notes)


def test_the_devices_log_is_told(make: Make) -> None:
    run, board, told = make()
    connect = board.connect

    def talkative(on_log: Callable[[int, str], None] | None = None) -> tuple[DeviceUnderTest, m.Info]:
        assert on_log is not None
        on_log(3, "hello")
        return connect(on_log)

    board.connect = talkative  # type: ignore[method-assign]
    run.execute()
    assert e.DeviceLog(3, "hello") in told


def test_files_are_looked_at_before_the_board(make: Make, tmp_path: Path) -> None:
    run, board, _ = make(paths=[tmp_path / "nothing"])
    with pytest.raises(AudioError):
        run.execute()
    assert board.device.connected == 0


def test_names_that_are_the_same_get_their_folder(make: Make, folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "a.wav").rename(folder / "more" / "b.wav")
    result = make()[0].execute()
    assert [file.name for file in result.files] == [f"{folder.name}/b.wav", "more/b.wav"]


def test_names_get_as_many_folders_as_tell_them_apart() -> None:
    paths = ("card1/owl/0530.wav", "card2/owl/0530.wav", "card2/wren/0530.wav", "x.wav")
    assert telling_names([Path(path) for path in paths]) == [*paths[:2], "wren/0530.wav", "x.wav"]


def test_a_listener_may_come_later(make: Make) -> None:
    run, _, told = make()
    more: list[e.Event] = []
    run.subscribe(more.append)
    run.execute()
    assert more == told


# ---- runs that do not come to their end, and files that do not count


def last(told: list[e.Event]) -> RunComparison:
    """The result that listeners were given at the end."""
    (ended,) = (event for event in told if isinstance(event, e.RunEnded))
    assert told[-1] is ended
    return ended.result


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (LinkError("the board vanished", "look at it"), ExitCode.BROKE_OFF, "the board vanished"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted"),
        (ValueError("odd"), ExitCode.BROKE_OFF, "a fault of this program: ValueError: odd"),
    ],
)
def test_what_breaks_a_run_off_leaves_the_files_before(
    make: Make, error: BaseException, code: ExitCode, reason: str
) -> None:
    streams = 0

    def vanish(message: Payload) -> list[Payload]:
        nonlocal streams
        streams += isinstance(message, m.StreamDone)
        if streams and isinstance(message, m.Features):
            raise error
        return [message]

    run, board, told = make(vanish)
    with pytest.raises(type(error)):
        run.execute()
    result = last(told)
    assert [file.name for file in result.files] == ["a.wav"]
    assert (result.verdict, result.exit_code) == ("not finished", code)
    assert result.reasons[0] == reason
    assert result.seconds["total"] > 0
    assert (board.closed, board.device.closed) == (True, True)


def test_a_board_that_cannot_be_reached_has_a_result_too(make: Make) -> None:
    run, board, told = make()

    def connect(on_log: Any = None) -> tuple[DeviceUnderTest, m.Info]:  # noqa: ARG001
        raise LinkError("no answer", "plug it in")

    board.connect = connect  # type: ignore[method-assign]
    with pytest.raises(LinkError):
        run.execute()
    assert last(told).verdict == "not finished"
    assert not any(claim.status == Status.BROKEN for claim in last(told).claims)


def test_a_listener_that_fails_at_the_end_does_not_hide_the_cause(make: Make, tmp_path: Path) -> None:
    run, _, _ = make(paths=[tmp_path / "nothing"])

    def fail(event: e.Event) -> None:
        if isinstance(event, e.RunEnded):
            raise OSError("disk full")

    run.subscribe(fail)
    with pytest.raises(AudioError):
        run.execute()


def test_a_file_that_turns_out_unreadable_is_left_out(make: Make, folder: Path, bundle: Bundle) -> None:
    damaged = np.zeros(4 * bundle.settings.sample_rate, np.float32)
    damaged[-1] = np.nan
    soundfile.write(folder / "aa.wav", damaged, bundle.settings.sample_rate, subtype="FLOAT")
    run, board, told = make()
    result = run.execute()
    assert [file.name for file in result.files] == ["a.wav", "b.wav"]
    assert [name for name, _ in result.left_out] == ["aa.wav"]
    assert (result.verdict, result.exit_code) == ("incomplete", ExitCode.PARTLY)
    assert any(reason.startswith("aa.wav: left out, because") for reason in result.reasons)
    assert board.device.connected == 2  # its stream was cleared away
    (left_out,) = (event for event in told if isinstance(event, e.FileLeftOut))
    assert left_out.name == "aa.wav" and "NaN" in left_out.cause
    assert not any(claim.status == Status.BROKEN for claim in result.claims)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all " * 9, b"\x7fELF" + bytes(200)])
def test_a_file_that_cannot_be_opened_ends_no_folder(make: Make, folder: Path, content: bytes) -> None:
    (folder / "0.wav").write_bytes(content)
    run, board, told = make()
    result = run.execute()
    assert [file.name for file in result.files] == ["a.wav", "b.wav"]
    assert [name for name, _ in result.left_out] == ["0.wav"]
    assert (result.verdict, result.exit_code) == ("incomplete", ExitCode.PARTLY)
    assert board.device.connected == 1  # it was noticed before
    left_out = next(index for index, event in enumerate(told) if isinstance(event, e.FileLeftOut))
    assert left_out < next(index for index, event in enumerate(told) if isinstance(event, e.BoardFound))


def test_a_file_that_cannot_even_be_opened_is_left_out(make: Make, folder: Path) -> None:
    (folder / "aa.wav").write_bytes(b"no sound at all")
    run, board, told = make()
    result = run.execute()
    assert [file.name for file in result.files] == ["a.wav", "b.wav"]
    assert [name for name, _ in result.left_out] == ["aa.wav"]
    assert (result.verdict, result.exit_code) == ("incomplete", ExitCode.PARTLY)
    (left_out,) = (event for event in told if isinstance(event, e.FileLeftOut))
    assert left_out.name == "aa.wav" and left_out.cause
    assert next(event for event in told if isinstance(event, e.FilesCounted)).files == 2
    assert board.device.connected == 1  # it never came near the board


def test_no_file_that_can_be_opened_ends_the_run(make: Make, folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"no sound at all")
    run, board, told = make()
    with pytest.raises(AudioError, match="none of 2 files") as error:
        run.execute()
    assert error.value.cure
    assert last(told).exit_code == ExitCode.BROKE_OFF
    assert board.device.connected == 0
    (folder / "b.wav").unlink()
    with pytest.raises(AudioError, match=r"a\.wav"):
        make()[0].execute()


@pytest.mark.parametrize(
    ("question", "asked"), [("info", 1), ("echo", 1), ("infer", 1), ("status", 1), ("status", 5)]
)
def test_a_restart_in_a_question_is_a_broken_claim(make: Make, question: str, asked: int) -> None:
    """Before the first file or after the last: the answers are asked for again, and the claim stays broken."""
    run, board, told = make()
    device, calls = board.device, 0
    answer = getattr(device, question)

    def restart_once(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == asked:
            device.device_info = replace(device.device_info, boot_id=device.device_info.boot_id + 1)
            raise DeviceResetError(device.device_info.boot_id, "firmware starts")
        return answer(*arguments, **options)

    setattr(device, question, restart_once)
    result = run.execute()
    assert (result.verdict, result.exit_code) == ("fail", ExitCode.BROKEN)
    assert [claim.name for claim in result.claims if claim.status == Status.BROKEN] == ["uninterrupted"]
    (claim,) = (claim for claim in result.claims if claim.name == "uninterrupted")
    assert claim.reasons[0].startswith("questions besides the files: ") and "asked again" in claim.reason
    assert result.last_info is not None and result.status is not None and len(result.probes) >= 3
    assert len(result.files) == 2
    assert isinstance(next(event for event in told if isinstance(event, e.FileAgain)).cause, str)


def test_all_files_left_out_is_no_pass(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(40_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    result = make(paths=[path])[0].execute()
    assert result.exit_code == ExitCode.PARTLY


def test_a_stream_that_the_device_ends_early_is_broken(make: Make, bundle: Bundle) -> None:
    """With counts to match: only the host knows that there was more."""

    class Hasty(FakeDevice):
        def stream(self, blocks: Any, features: bool = True, inference: bool = True) -> Any:
            yield from super().stream([next(iter(blocks))], features, inference)

    run, board, _ = make()
    hasty = Hasty(bundle, FakeInterpreter(bundle), quick=True)
    board.device = hasty
    result = run.execute()
    assert result.exit_code == ExitCode.BROKEN
    (claim,) = (claim for claim in result.claims if claim.name == "completeness")
    assert claim.status == Status.BROKEN
    assert "before all of the audio was sent" in claim.reason
    assert not any(file.agreed for file in result.files)
    assert hasty.connected == 3


def test_what_is_left_of_damage_is_the_lines(make: Make) -> None:
    damaged: Callable[[m.Status], m.Status] = lambda status: replace(status, crc_errors=3)  # noqa: E731
    assert make(status=damaged)[0].execute().exit_code == ExitCode.BROKEN
    assert make(wishes=Wishes(damage=0.01), status=damaged)[0].execute().exit_code == ExitCode.DONE
