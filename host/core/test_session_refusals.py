"""What the session refuses, word for word: the request, the code, both figures and the reason; and that it goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ..bundle.write import write_bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
CODES = m.ErrorCode
CELLS = 320  # of the bundle below
Deed = Callable[[FakeTarget], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    bundle = write_bundle(folder / "flat", sample_values("flat"))
    assert bundle.model.cells == CELLS
    return FakeTarget(build_target(folder, bundle), bundle, FLASH)


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(FLASH)
    return made


def asks(*requests: Payload) -> Deed:
    return lambda target: target.ask(*requests)


def failing(**controls: int) -> Deed:
    """Hardware that fails from now on."""

    def deed(target: FakeTarget) -> None:
        for name, value in controls.items():
            setattr(target.controls, name, value)

    return deed


def both(*deeds: Deed) -> Deed:
    return lambda target: [deed(target) for deed in deeds]


def boots(target: FakeTarget) -> None:
    target.boot()


NOTHING: Deed = asks()
STREAM = asks(m.StreamStart(4, m.StreamFlag.INFERENCE))
LIVE = asks(m.LiveStart())
TENSOR = asks(m.TensorBegin(1, CELLS))
REMEMBERS = both(failing(stateful=1), boots)
WHOLE = m.TensorData(0, bytes(CELLS))
SOUND = [m.Audio(bytes(256))] * (16 + 2 * 7)  # a hop each, up to the last sample of the third window
BROKEN_PIECES = b"the tensor's pieces do not follow each other"
NO_WINDOW = b"there is no window to be run again: end a stream with a window's last sample"
NO_ROOM = b"what the model remembers does not fit into what its arena leaves over"
NOT_KEPT = b"the model remembers, and was not kept: TRACE_ARM with this window comes before"

# What was done before, the request, and how it is refused: code, value, limit, text.
REFUSED: dict[str, tuple[Deed, Payload, tuple[int, int, int, bytes]]] = {
    "audio without a stream": (
        NOTHING,
        m.Audio(bytes(6)),
        (CODES.NO_STREAM, 6, 0, b"audio without a stream"),
    ),
    "half a sample": (
        STREAM,
        m.Audio(bytes(7)),
        (CODES.BAD_REQUEST, 7, 0, b"audio must be whole 16-bit samples"),
    ),
    "an end of nothing": (NOTHING, m.StreamEnd(1), (CODES.NO_STREAM, 0, 0, b"there is no stream to end")),
    "a microphone that is off": (NOTHING, m.LiveStop(), (CODES.NO_STREAM, 0, 0, b"the microphone is not on")),
    "a microphone that is off in a stream": (
        STREAM,
        m.LiveStop(),
        (CODES.NO_STREAM, 0, 0, b"the microphone is not on"),
    ),
    "a microphone that fails": (
        failing(microphone_fails=1),
        m.LiveStart(),
        (CODES.NOT_SUPPORTED, 0, 0, b"microphone fails"),
    ),
    "a tensor of another length": (
        NOTHING,
        m.TensorBegin(1, CELLS + 1),
        (CODES.WRONG_LENGTH, CELLS + 1, CELLS, b"the tensor must have frames x bands cells"),
    ),
    "a tensor in a stream": (STREAM, m.TensorBegin(1, CELLS), (CODES.BUSY, 0, 0, b"a stream is running")),
    "a piece of no tensor": (NOTHING, WHOLE, (CODES.BAD_REQUEST, 0, 0, b"no tensor is expected")),
    "a piece that is too long": (
        both(TENSOR, asks(m.TensorData(0, bytes(100)))),
        m.TensorData(100, bytes(CELLS - 99)),
        (CODES.BAD_REQUEST, 100, CELLS, BROKEN_PIECES),
    ),
    "a piece that is missing": (
        both(TENSOR, asks(m.TensorData(0, bytes(100)))),
        m.TensorData(101, bytes(4)),
        (CODES.BAD_REQUEST, 100, CELLS, BROKEN_PIECES),
    ),
    "an inference that fails": (
        both(TENSOR, failing(invokes_to_fail=1)),
        WHOLE,
        (CODES.INFERENCE_FAILED, 1, 0, b"invoke fails"),
    ),
    "a window's inference that fails": (
        both(STREAM, asks(*SOUND[:-1]), failing(invokes_to_fail=1)),
        SOUND[-1],
        (CODES.INFERENCE_FAILED, 2, 0, b"invoke fails"),
    ),
    "no trace of nothing": (NOTHING, m.TraceRequest(0), (CODES.NO_STREAM, 0, 0, NO_WINDOW)),
    "no bytes of nothing": (NOTHING, m.TraceBytesRequest(0, 0, 0, 1), (CODES.NO_STREAM, 0, 0, NO_WINDOW)),
    "no room to be kept": (
        both(REMEMBERS, failing(keep_fails=1), asks(m.TraceArm(0)), TENSOR, asks(WHOLE)),
        m.TraceRequest(0),
        (CODES.NOT_SUPPORTED, 10, 5, NO_ROOM),
    ),
    "what was not armed": (
        both(REMEMBERS, TENSOR, asks(WHOLE)),
        m.TraceRequest(0),
        (CODES.BAD_REQUEST, 0, 0, NOT_KEPT),
    ),
    "an arena that is too small": (
        NOTHING,
        m.TraceArm(0, 201),
        (CODES.INFERENCE_FAILED, 0, 0, b"the arena is too small"),
    ),
    "a traced run that fails": (
        both(TENSOR, asks(WHOLE), failing(invokes_to_fail=1)),
        m.TraceRequest(0),
        (CODES.INFERENCE_FAILED, 0, 0, b"invoke fails"),
    ),
    "a traced run that fails without a word": (
        both(TENSOR, asks(WHOLE), failing(invokes_to_fail=1, mute=1)),
        m.TraceBytesRequest(0, 0, 0, 1),
        (CODES.INFERENCE_FAILED, 0, 0, b"inference failed"),
    ),
    "a stage too many": (
        NOTHING,
        m.StageArm(0, 5),
        (CODES.BAD_REQUEST, 5, 4, b"the front end has no such stage"),
    ),
    "an input of no case": (NOTHING, m.CaseInput(0, 0, b""), (CODES.BAD_REQUEST, 0, 0, b"no case is open")),
    "a profile of nothing": (
        NOTHING,
        m.ProfileRequest(),
        (CODES.NO_MODEL, 0, 0, b"no inference has run yet"),
    ),
    "a rate of 0": (NOTHING, m.Baud(0), (CODES.BAD_REQUEST, 4, 0, b"malformed BAUD")),
    **{
        f"{name} while {doing}": (deed, request, (CODES.BUSY, 0, 0, text))
        for doing, deed, text in (
            ("a stream runs", STREAM, b"a stream is running: end it first"),
            ("a tensor comes", TENSOR, b"a tensor has begun: send all of it first"),
            ("the microphone is on", LIVE, b"the microphone is on: stop it first"),
        )
        for name, request in {
            "a deployment": m.DeployBegin(8, 0, bytes(32)),
            "emptying the slot": m.DeployBegin(),
            "a piece of a deployment": m.DeployData(0, b"1234"),
            "a commit": m.DeployCommit(),
            "a trial": m.DeployTry(),
            "the end of a trial": m.DeployAbandon(),
            "arming a trace": m.TraceArm(0),
            "a trace": m.TraceRequest(0),
            "bytes of a trace": m.TraceBytesRequest(0, 0, 0, 1),
            "arming a stage": m.StageArm(0, 0),
            "a case": m.CaseOpen(),
            "an input of a case": m.CaseInput(0, 0, b""),
        }.items()
    },
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_whole(
    target: FakeTarget, case: tuple[Deed, Payload, tuple[int, int, int, bytes]]
) -> None:
    deed, request, (code, value, limit, text) = case
    deed(target)
    answers = target.ask(request, m.EchoRequest(b"it goes on"))
    assert answers == [m.Error(request.TYPE, code, value, limit, text), m.Echo(b"it goes on")]


@pytest.mark.parametrize(
    "kind", [m.InfoRequest, m.BuildRequest, m.ProfileRequest, m.LiveStop, m.Reset, m.CaseOpen, *(
        (m.DeployCommit, m.DeployTry, m.DeployAbandon)
    )],
)  # fmt: skip
def test_a_request_without_fields_has_none(target: FakeTarget, kind: type[Payload]) -> None:
    target.send(kind.TYPE, b"12")
    wanted = m.Error(kind.TYPE, CODES.BAD_REQUEST, 2, 0, b"this request has no fields")
    assert target.rest() == [wanted]
    assert target.ask(m.EchoRequest(b"it goes on")) == [m.Echo(b"it goes on")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (m.StatusRequest, "STATUS_REQUEST"),
        (m.StreamStart, "STREAM_START"),
        (m.StreamEnd, "STREAM_END"),
        (m.TensorBegin, "TENSOR_BEGIN"),
        (m.Baud, "BAUD"),
        (m.DeployBegin, "DEPLOY_BEGIN"),
        (m.LiveStart, "LIVE_START"),
        (m.ProofRequest, "PROOF_REQUEST"),
        (m.TraceArm, "TRACE_ARM"),
        (m.TraceRequest, "TRACE_REQUEST"),
        (m.TraceBytesRequest, "TRACE_BYTES_REQUEST"),
        (m.StageArm, "STAGE_ARM"),
        (m.CaseInput, "CASE_INPUT"),
    ],
)
def test_a_request_that_is_cut_off_is_named(target: FakeTarget, kind: type[Payload], name: str) -> None:
    whole = len(kind().encode())
    for length in sorted({0, whole - 1}):
        target.send(kind.TYPE, bytes(length))
        wanted = m.Error(kind.TYPE, CODES.BAD_REQUEST, length, 0, f"malformed {name}".encode())
        assert target.rest() == [wanted]


@pytest.mark.parametrize("kind", [0x11, 0x41, 0x80, 0xFF])
def test_what_is_no_request_is_refused_by_its_number(target: FakeTarget, kind: int) -> None:
    target.send(kind, b"anything")
    assert target.rest() == [m.Error(kind, CODES.UNKNOWN_TYPE, kind, 0, b"unknown request")]


def test_audio_without_a_stream_is_answered_once_up_to_its_end(target: FakeTarget) -> None:
    refused = m.Error(m.Audio.TYPE, CODES.NO_STREAM, 2, 0, b"audio without a stream")
    for _ in range(2):
        assert target.ask(m.Audio(b"12"), m.Audio(b"1234")) == [refused]
        assert target.ask(m.StreamEnd(1)) == []
    (answer,) = target.ask(m.StreamEnd(1))
    assert isinstance(answer, m.Error) and answer.code == CODES.NO_STREAM
