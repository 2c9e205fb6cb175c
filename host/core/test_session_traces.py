"""Traces by the session, byte for byte: each record, each piece of a tensor and each range of a stage, at every
boundary between payloads, of tensors larger than one."""

from itertools import product

import numpy as np
import pytest

from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..link import messages as m
from ..link.codec import Payload
from .c_frontend import FrontEnd
from .fake_target import FakeTarget, build_target
from .session_trace_model import MORE_RECORDS, MOST_SHIFT, PAGE, TraceModel

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
WINDOWS = 2
NOISE = np.random.default_rng(15).integers(-12_000, 12_000, 1 << 17).astype("<i2").tobytes()
BOTH = m.StreamFlag.FEATURES | m.StreamFlag.INFERENCE
RECORDS = 3 + MORE_RECORDS  # of the made-up model
FULL = m.MAX_PAYLOAD - m.TraceBytes.fixed_size()  # bytes of a tensor that fill a payload
FULL_STAGE = m.MAX_PAYLOAD - m.StageBytes.fixed_size()
LENGTHS = (0, 1, 5)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    return FakeTarget(build_target(tmp_path_factory.mktemp("target"), load_bundle(DEFAULT_BUNDLE)))


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(FLASH)
    return made


def stream(target: FakeTarget, windows: int = WINDOWS, beyond: int = 0, seed: int = 0) -> list[Payload]:
    """Stream up to a window's last sample, and `beyond` samples further."""
    bundle = target.bundle
    columns = bundle.frames + (windows - 1) * bundle.stride
    sound = NOISE[2 * seed :][: 2 * (bundle.settings.samples_for(columns) + beyond)]
    audio = [m.Audio(sound[at : at + 1024]) for at in range(0, len(sound), 1024)]
    return target.ask(m.StreamStart(4, BOTH), *audio, m.StreamEnd(4))


def remembering(target: FakeTarget) -> None:
    """The model remembers, from the next boot on."""
    target.controls.stateful = True
    target.boot()


def owed(window: bytes) -> TraceModel:
    """What a model that was given `window` gives."""
    model = TraceModel()
    model.window = window
    return model


def records(target: FakeTarget, first: int) -> m.TraceOps:
    """A page of records."""
    (answer,) = target.ask(m.TraceRequest(first))
    assert isinstance(answer, m.TraceOps), answer
    return answer


def number(target: FakeTarget) -> int:
    """How many inferences there were before and with the traced one, which the made-up model tells."""
    (answer,) = target.ask(m.TraceBytesRequest(m.TraceSource.OUTPUT, 1, 0, 4))
    assert isinstance(answer, m.TraceBytes), answer
    return int.from_bytes(answer.data, "little")


def refusal(target: FakeTarget, request: Payload) -> tuple[int, int, int]:
    """How it is refused: code, value, limit."""
    (answer,) = target.ask(request)
    assert isinstance(answer, m.Error) and answer.request == request.TYPE, answer
    return answer.code, answer.value, answer.limit


# ---- tensors


@pytest.mark.parametrize("first", [0, 1, PAGE - 1, PAGE, PAGE + 1, RECORDS - 1, RECORDS, RECORDS + 1, 0xFFFF])
def test_each_page_of_records(target: FakeTarget, first: int) -> None:
    stream(target)
    model = owed(target.model_input())
    page = records(target, first)
    assert page == m.TraceOps(**model.ops(first, WINDOWS + 1))
    assert page.total == RECORDS


def test_each_piece_of_a_tensor_larger_than_a_payload(target: FakeTarget) -> None:
    stream(target)
    model = owed(target.model_input())
    assert model.window is not None
    size = len(model.window)
    assert size > 2 * FULL, "a tensor within one payload has no boundary"
    inferences = WINDOWS
    starts = (
        0,
        1,
        7,
        FULL - 1,
        FULL,
        FULL + 1,
        size - FULL - 1,
        size - FULL,
        size - FULL + 1,
        size - 1,
        size,
    )
    for source, offset, length in product(
        m.TraceSource, starts, (*LENGTHS, FULL - 1, FULL, FULL + 1, 0xFFFF)
    ):
        if source == m.TraceSource.MODEL_OUTPUT:
            continue
        inferences += source == m.TraceSource.OUTPUT
        request = m.TraceBytesRequest(source, 0, offset, length)
        piece = model.piece(request, inferences)
        assert isinstance(piece, dict)
        assert target.ask(request) == [m.TraceBytes(**piece)], request


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, PAGE, RECORDS - 1])
def test_each_tensor_by_its_number(target: FakeTarget, index: int) -> None:
    stream(target)
    model = owed(target.model_input())
    request = m.TraceBytesRequest(m.TraceSource.OUTPUT, index, 0, 0xFFFF)
    piece = model.piece(request, WINDOWS + 1)
    assert isinstance(piece, dict)
    assert target.ask(request) == [m.TraceBytes(**piece)]


def test_outputs_are_those_of_the_run_that_they_were_asked_of(target: FakeTarget) -> None:
    stream(target)
    for count in (1, 2, 3):
        request = m.TraceBytesRequest(m.TraceSource.MODEL_OUTPUT, 0, 0, 100)
        expected = bytes([0xAB, WINDOWS + count])
        assert target.ask(request) == [m.TraceBytes(m.TraceSource.MODEL_OUTPUT, 0, 0, 2, expected)]


def test_the_windows_cells_are_put_anew_for_each_run(target: FakeTarget) -> None:
    """The made-up model fills its input's place with others, as an arena is used again."""
    stream(target)
    window = target.model_input()
    assert len(set(window)) > 40, "a window that says little"
    for request in (
        m.TraceRequest(0),
        m.TraceBytesRequest(m.TraceSource.OUTPUT, 0, 0, 1),
        m.TraceBytesRequest(m.TraceSource.MODEL_OUTPUT, 0, 0, 1),
    ):
        target.ask(request)
        assert target.model_input() != window
        (answer,) = target.ask(m.TraceBytesRequest(m.TraceSource.MODEL_INPUT, 0, 0, FULL))
        assert isinstance(answer, m.TraceBytes) and answer.data == window[:FULL]


def test_the_window_is_the_last_one_of_the_ring(target: FakeTarget) -> None:
    """Wherever its oldest column lies: the windows of three streams begin at other places."""
    for windows, seed in ((1, 0), (2, 3), (3, 9)):
        stream(target, windows, seed=seed)
        window = target.model_input()
        (answer,) = target.ask(m.TraceBytesRequest(m.TraceSource.MODEL_INPUT, 0, 0, FULL))
        assert isinstance(answer, m.TraceBytes) and answer.data == window[:FULL]


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        (m.TraceBytesRequest(m.TraceSource.OUTPUT, RECORDS, 0, 1), (RECORDS, RECORDS)),
        (m.TraceBytesRequest(m.TraceSource.OUTPUT, 0xFFFF, 0, 1), (0xFFFF, RECORDS)),
        (m.TraceBytesRequest(m.TraceSource.MODEL_INPUT, 1, 0, 1), (1, 0)),
        (m.TraceBytesRequest(m.TraceSource.MODEL_OUTPUT, 1, 0, 1), (1, RECORDS)),
        (m.TraceBytesRequest(m.TraceSource.OUTPUT, 1, 5, 1), (5, 4)),
        (m.TraceBytesRequest(m.TraceSource.OUTPUT, 1, 2**32 - 1, 1), (2**32 - 1, 4)),
        (m.TraceBytesRequest(3, 0, 0, 1), (3, 2)),
    ],
)
def test_what_is_not_there_is_refused_with_the_limit(
    target: FakeTarget, request_: Payload, refused: tuple[int, int]
) -> None:
    stream(target)
    assert refusal(target, request_) == (m.ErrorCode.BAD_REQUEST, *refused)


def test_a_run_that_fails_is_refused_and_the_next_one_is_not(target: FakeTarget) -> None:
    stream(target)
    for request in (m.TraceRequest(0), m.TraceBytesRequest(m.TraceSource.OUTPUT, 0, 0, 1)):
        target.controls.invokes_to_fail = 1
        (answer,) = target.ask(request)
        assert isinstance(answer, m.Error) and answer.code == m.ErrorCode.INFERENCE_FAILED
        assert answer.text == b"invoke fails"
        assert not isinstance(target.ask(request)[0], m.Error)


def test_an_answer_waits_for_room_on_the_line(target: FakeTarget) -> None:
    """However much lies before it: it comes once, whole, when what was before it has left."""
    stream(target)
    model, inferences = owed(target.model_input()), WINDOWS
    pieces = m.TraceBytesRequest(m.TraceSource.OUTPUT, 0, 0, 0xFFFF)
    for request, before in product((m.TraceRequest(0), pieces), range(0, 5 * 1024, 160)):
        echoes = [m.EchoRequest(NOISE[: min(1024, before - at)]) for at in range(0, before, 1024)]
        for each in (*echoes, request):
            target.send(each.TYPE, each.encode())
        answers: list[Payload] = []
        for _ in range(20):
            answers += target.turn(room=1)[1]
        answers += target.rest()
        inferences += 1
        assert [type(answer) for answer in answers[:-1]] == [m.Echo] * len(echoes), before
        if isinstance(request, m.TraceRequest):
            assert answers[-1] == m.TraceOps(**model.ops(0, inferences))
        else:
            piece = model.piece(pieces, inferences)
            assert isinstance(piece, dict) and answers[-1] == m.TraceBytes(**piece)


# ---- what is kept, and for how long


def test_each_run_of_a_model_that_remembers_begins_where_the_window_did(target: FakeTarget) -> None:
    remembering(target)
    target.ask(m.TraceArm(WINDOWS - 1))
    stream(target)
    assert [number(target) for _ in range(3)] == [WINDOWS] * 3


def test_a_trace_is_armed_for_one_stream(target: FakeTarget) -> None:
    remembering(target)
    target.ask(m.TraceArm(WINDOWS - 1))
    stream(target)
    assert number(target) == WINDOWS
    stream(target)
    assert refusal(target, m.TraceRequest(0))[0] == m.ErrorCode.BAD_REQUEST
    target.ask(m.TraceArm(WINDOWS - 2))  # a window before the last one
    stream(target)
    assert refusal(target, m.TraceRequest(0))[0] == m.ErrorCode.BAD_REQUEST
    target.ask(m.TraceArm(WINDOWS))  # a window that does not come
    stream(target)
    assert refusal(target, m.TraceRequest(0))[0] == m.ErrorCode.BAD_REQUEST


def test_what_has_no_room_is_refused_with_both_figures_until_the_next_stream(target: FakeTarget) -> None:
    remembering(target)
    target.controls.keep_fails = True
    target.ask(m.TraceArm(WINDOWS - 1))
    stream(target)
    assert refusal(target, m.TraceRequest(0)) == (m.ErrorCode.NOT_SUPPORTED, 10, 5)
    target.controls.keep_fails = False
    target.ask(m.TraceArm(WINDOWS - 1))
    stream(target)
    assert records(target, 0).total == RECORDS


def test_a_column_behind_the_window_ends_what_can_be_traced(target: FakeTarget) -> None:
    stream(target, beyond=target.bundle.settings.hop - 1)
    assert records(target, 0).total == RECORDS
    stream(target, beyond=target.bundle.settings.hop)
    assert refusal(target, m.TraceRequest(0))[0] == m.ErrorCode.NO_STREAM
    stream(target)
    target.ask(m.StreamStart(5, BOTH), m.StreamEnd(5))
    assert refusal(target, m.TraceRequest(0))[0] == m.ErrorCode.NO_STREAM


def test_a_tensor_that_broke_off_ends_what_can_be_traced(target: FakeTarget) -> None:
    """Its pieces lie where the window's columns lay."""
    stream(target)
    length = target.bundle.frames * target.bundle.settings.bands
    target.ask(m.TensorBegin(1, length), m.TensorData(0, bytes(100)), m.TensorData(0, bytes(100)))
    assert refusal(target, m.TraceRequest(0))[0] == m.ErrorCode.NO_STREAM


def test_the_arena_moves_back_when_it_cannot_and_for_another_host(target: FakeTarget) -> None:
    loads = target.controls.loads
    (armed,) = target.ask(m.TraceArm(0, 3))
    assert isinstance(armed, m.TraceArmed) and armed.shift == 3 == target.controls.shift
    target.ask(m.TraceArm(1, 3))
    assert target.controls.loads == loads + 1, "loaded where it lies already"
    for units in (3, 1, 1, 2):  # also where it lay before
        assert refusal(target, m.TraceArm(0, MOST_SHIFT + 1))[0] == m.ErrorCode.INFERENCE_FAILED
        assert target.controls.shift == 0
        target.ask(m.TraceArm(0, units))
        assert target.controls.shift == units
    target.ask(m.TraceArm(0, 0))
    stream(target)
    assert records(target, 0).total == RECORDS, "the model is loaded again"
    target.ask(m.TraceArm(0, 5))
    target.connect()
    assert target.controls.shift == 0
    stream(target)
    assert records(target, 0).total == RECORDS


# ---- stages


def look(target: FakeTarget, column: int, stage: int, offset: int, length: int) -> list[m.StageBytes]:
    """Arm, stream some columns, and return what came."""
    target.ask(m.StageArm(column, stage, offset, length))
    return short_stream(target)


def short_stream(target: FakeTarget) -> list[m.StageBytes]:
    """Four columns."""
    sound = NOISE[: 2 * target.bundle.settings.samples_for(4)]
    audio = [m.Audio(sound[at : at + 1024]) for at in range(0, len(sound), 1024)]
    answers = target.ask(m.StreamStart(6, m.StreamFlag.FEATURES), *audio, m.StreamEnd(6))
    return [answer for answer in answers if isinstance(answer, m.StageBytes)]


def front_end(target: FakeTarget) -> FrontEnd:
    """The host's."""
    ends = target.bundle.model.input
    return FrontEnd(target.bundle.settings, ends.scale, ends.zero_point)


def captured(target: FakeTarget, column: int) -> list[bytes]:
    """What each stage gives on the host."""
    sound = np.frombuffer(NOISE, "<i2")[: target.bundle.settings.samples_for(4)]
    return list(front_end(target).capture(sound, column).values())


def test_each_range_of_each_stage(target: FakeTarget) -> None:
    stages = captured(target, 2)
    assert max(map(len, stages)) > FULL_STAGE, "a stage within one payload has no boundary"
    for place, data in enumerate(stages):
        size = len(data)
        ranges = {(0, 0xFFFF), (1, 5), (0, 0), (size - 1, 0xFFFF), (size, 1), (size + 1, 1), (2**32 - 1, 1)}
        if size > FULL_STAGE:
            ranges |= set(
                product((0, 1, FULL_STAGE - 1, FULL_STAGE, size - FULL_STAGE), (FULL_STAGE, FULL_STAGE + 1))
            )
        for offset, length in sorted(ranges):
            wanted = data[offset:][: min(length, FULL_STAGE)]
            told = m.StageBytes(2, place, offset, size, wanted)
            assert look(target, 2, place, offset, length) == [told], (place, offset, length)


@pytest.mark.parametrize("column", [0, 1, 3])
def test_the_column_that_was_asked_for(target: FakeTarget, column: int) -> None:
    for place, data in enumerate(captured(target, column)):
        (found,) = look(target, column, place, 0, 200)
        assert (found.column, found.data) == (column, data[:200])


def test_a_stage_is_told_once_for_one_stream(target: FakeTarget) -> None:
    assert len(look(target, 1, 0, 0, 10)) == 1
    assert short_stream(target) == []
    assert look(target, 9, 0, 0, 10) == [], "the column did not come"
    assert short_stream(target) == []
    target.ask(m.StageArm(1, 0, 0, 10), m.StageArm(2, 1, 0, 10))
    (found,) = short_stream(target)
    assert (found.column, found.stage) == (2, 1), "the last one that was armed"


def test_a_stage_waits_for_room_on_the_line(target: FakeTarget) -> None:
    """However much lies before it: it comes whole, and nothing is lost with it."""
    stage = captured(target, 2)[1]
    assert len(stage) > FULL_STAGE
    sound = NOISE[: 2 * target.bundle.settings.samples_for(4)]
    audio = [m.Audio(sound[at : at + 512]) for at in range(0, len(sound), 512)]
    start, end = m.StreamStart(6, m.StreamFlag.FEATURES), m.StreamEnd(6)
    plain = b"".join(each.cells for each in target.ask(start, *audio, end) if isinstance(each, m.Features))
    for before in range(0, 5 * 1024, 160):
        target.ask(m.StageArm(2, 1, 0, FULL_STAGE))
        echoes = [m.EchoRequest(NOISE[: min(1024, before - at)]) for at in range(0, before, 1024)]
        for request in (*echoes, start, *audio, end):
            target.send(request.TYPE, request.encode())
        answers: list[Payload] = []
        for _ in range(40):
            answers += target.turn(room=1)[1]
        answers += target.rest()
        assert sum(isinstance(each, m.Echo) for each in answers) == len(echoes)
        assert [each.data for each in answers if isinstance(each, m.StageBytes)] == [stage[:FULL_STAGE]]
        assert b"".join(each.cells for each in answers if isinstance(each, m.Features)) == plain


def test_stages_are_listed_and_one_too_many_is_refused(target: FakeTarget) -> None:
    names = front_end(target).stages()
    for place, name in enumerate(names):
        told = m.StageArmed(7, place, len(names), name.encode())
        assert target.ask(m.StageArm(7, place, 0, 0)) == [told]
    for beyond in (len(names), 255):
        refused = (m.ErrorCode.BAD_REQUEST, beyond, len(names) - 1)
        assert refusal(target, m.StageArm(7, beyond, 0, 0)) == refused


def test_a_trace_has_no_more_records_than_can_be_numbered(target: FakeTarget) -> None:
    stream(target)
    for more, total in ((0xFFFE, 0xFFFE), (0xFFFF, 0xFFFF), (0x10000, 0xFFFF), (0x10001, 0xFFFF)):
        target.controls.records = more - RECORDS
        assert records(target, 0).total == total
