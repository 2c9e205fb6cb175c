"""Nothing outlives what it was for: a stream finds the board as a first one does, and so does another host."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from ..bundle.write import write_bundle
from ..link import messages as m
from ..link.codec import Payload
from ..link.trace_records import RECORD
from ..model.samples import sample_values
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
WINDOWS = 3
BOOT_BAUD = 115_200
NOISE = np.random.default_rng(12).integers(-12_000, 12_000, 1 << 16).astype("<i2").tobytes()
IGNORED = ("frontend_ns", "frontend_max_ns", "inference_ns", "total_ns")
BOTH = m.StreamFlag.FEATURES | m.StreamFlag.INFERENCE
FEATURES, NONE = m.StreamFlag.FEATURES, m.StreamFlag(0)

Deed = Callable[[FakeTarget], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    bundle = write_bundle(folder / "flat", sample_values("flat"))
    return FakeTarget(build_target(folder, bundle), bundle, FLASH)


@pytest.fixture(params=[False, True], ids=["forgets", "remembers"])
def target(made: FakeTarget, request: pytest.FixtureRequest) -> FakeTarget:
    """A new board, with a model that remembers nothing, and with one that does."""
    fresh(made, request.param)
    return made


def fresh(target: FakeTarget, stateful: bool) -> None:
    """The board, new."""
    target.power_on(FLASH)
    target.controls.stateful = stateful
    target.boot()


def samples(target: FakeTarget, windows: int) -> bytes:
    """Bytes of a sound that ends with the last sample of a window."""
    bundle = target.bundle
    return NOISE[: 2 * bundle.settings.samples_for(bundle.frames + (windows - 1) * bundle.stride)]


def stream(target: FakeTarget, windows: int = WINDOWS) -> list[Payload]:
    """What a stream brings."""
    data = samples(target, windows)
    audio = [m.Audio(data[at : at + 1024]) for at in range(0, len(data), 1024)]
    return target.ask(m.StreamStart(4, BOTH), *audio, m.StreamEnd(4))


def tensor(target: FakeTarget) -> list[Payload]:
    """What a window brings that is sent as it is."""
    cells = NOISE[: target.bundle.frames * target.bundle.settings.bands]
    pieces = [m.TensorData(at, cells[at : at + 1000]) for at in range(0, len(cells), 1000)]
    return target.ask(m.TensorBegin(1, len(cells)), *pieces)


def live(target: FakeTarget) -> list[Payload]:
    """What the microphone brings, with the columns of what it detects."""
    answers = target.ask(m.LiveStart(m.StreamFlag.FEATURES))
    target.controls.sound = len(samples(target, 2)) // 2 + 100
    answers += target.rest()
    return answers + target.ask(m.LiveStop())


def observed(target: FakeTarget) -> list[Payload]:
    """All that a host can see of what is left: what is refused, what is traced, and a stream. Without times."""
    answers: list[Payload] = []
    for request in (
        m.TraceRequest(0),
        m.TraceBytesRequest(m.TraceSource.MODEL_INPUT, 0, 0, 500),
        m.TraceBytesRequest(m.TraceSource.OUTPUT, 0, 0, 500),
        m.CaseInput(0, 0, b"1"),
        m.DeployTry(),
        m.DeployData(0, b"1234"),
        m.TensorData(0, b"1"),
        m.LiveStop(),
        m.Audio(b"1"),
        m.StreamEnd(4),
        m.ProofRequest(3),
        m.InfoRequest(),
    ):
        answers += target.ask(request)
    answers += stream(target)
    answers += target.ask(m.TraceRequest(0))
    answers += tensor(target)
    answers += target.ask(m.TraceRequest(0))
    answers += live(target)
    remembers = bool(target.controls.stateful)
    return [comparable(answer, remembers) for answer in answers]


def comparable(answer: Payload, remembers: bool) -> Payload:
    """The answer without what another moment alone changes, and without what the made-up model counts: one that
    remembers nothing is not loaded anew, and its second op tells how many inferences there were."""
    if isinstance(answer, m.TraceOps) and not remembers:
        counted = slice(RECORD.size, 2 * RECORD.size)
        return replace(answer, records=answer.records[: counted.start] + answer.records[counted.stop :])
    told = cast(Any, answer)  # a message is a dataclass, which its type does not say
    names = {field.name for field in fields(told)}
    return cast(Payload, replace(told, **{name: 0 for name in IGNORED if name in names}))


def arm(window: int, shift: int = 0) -> Deed:
    return lambda target: target.ask(m.TraceArm(window, shift))


def look(column: int) -> Deed:
    return lambda target: target.ask(m.StageArm(column, 1, 0, 100))


def broken_off(target: FakeTarget) -> None:
    """An inference fails in the midst of a message."""
    target.controls.invokes_to_fail = 1
    stream(target)


def half_a_stream(target: FakeTarget) -> None:
    target.ask(m.StreamStart(8, BOTH), m.Audio(samples(target, 2)[:1024]), m.Audio(NOISE[:778]))


def heard(target: FakeTarget) -> None:
    """The microphone heard something, and the window was shown in part."""
    target.ask(m.LiveStart(m.StreamFlag.FEATURES))
    target.controls.sound = len(samples(target, 2)) // 2 + 100
    target.turn(room=200)
    target.turn(room=200)


def half_a_tensor(target: FakeTarget) -> None:
    target.ask(m.TensorBegin(2, target.bundle.frames * target.bundle.settings.bands), m.TensorData(0, b"123"))


def half_a_deployment(target: FakeTarget) -> None:
    target.ask(m.DeployBegin(5000, 0, bytes(32)), m.DeployData(0, bytes(64)))


def refused_things(target: FakeTarget) -> None:
    """What was refused once is not answered again, until something begins."""
    target.ask(m.Audio(b"12"), m.TensorData(0, b"1"), m.DeployData(0, b"1234"))


def half_a_proof(target: FakeTarget) -> None:
    """The line is full when the board has half of the model's checksum."""
    for request in (m.ProofRequest(77), m.EchoRequest(NOISE[:1000]), m.ProofRequest(78)):
        target.send(request.TYPE, request.encode())
    target.turn(room=1)


def half_a_profile(target: FakeTarget) -> None:
    tensor(target)
    target.send(m.ProfileRequest.TYPE, b"")
    target.turn(room=1)


def a_restart_to_come(target: FakeTarget) -> None:
    """What was owed before has not left yet when another host is there."""
    target.send(m.EchoRequest.TYPE, NOISE[:1000])
    target.send(m.Reset.TYPE, b"")
    target.turn(room=1)


def another_rate_to_come(target: FakeTarget) -> None:
    target.send(m.Baud.TYPE, m.Baud(9600).encode())
    target.turn(room=1)


def last_column(target: FakeTarget) -> int:
    return target.bundle.settings.columns(len(samples(target, WINDOWS)) // 2) - 1


# What the next stream uses up, or ends: with it, the one behind that finds a board on which it never happened.
FOR_A_STREAM: dict[str, Deed] = {
    "armed for its last window": arm(WINDOWS - 1),
    "armed for its first window": arm(0),
    "armed for a window that it has not": arm(99),
    "a stage of its first column": look(0),
    "a stage of its last column": lambda target: look(last_column(target))(target),
    "a stage of a column that it has not": lambda target: look(last_column(target) + 2)(target),
    "both": lambda target: (arm(WINDOWS - 1)(target), look(2)(target)),
    "an inference failed": broken_off,
    "half a stream": half_a_stream,
    "the microphone": heard,
    "a tensor": tensor,
}
FOR_A_HOST: dict[str, Deed] = {
    **FOR_A_STREAM,
    "a whole stream": stream,
    "a traced stream": lambda target: (arm(WINDOWS - 1)(target), stream(target)),
    "a moved arena": arm(0, 3),
    "half a tensor": half_a_tensor,
    "half a deployment": half_a_deployment,
    "refused things": refused_things,
    "half a proof": half_a_proof,
    "half a profile": half_a_profile,
    "a restart to come": a_restart_to_come,
    "another rate to come": another_rate_to_come,
}


@pytest.mark.parametrize("deed", FOR_A_STREAM.values(), ids=FOR_A_STREAM)
def test_nothing_is_left_behind_a_stream(target: FakeTarget, deed: Deed) -> None:
    stateful = bool(target.controls.stateful)
    stream(target)
    stream(target)
    expected = observed(target)
    fresh(target, stateful)
    deed(target)
    stream(target)
    assert not target.controls.microphone_on
    stream(target)
    assert observed(target) == expected


@pytest.mark.parametrize("deed", FOR_A_STREAM.values(), ids=FOR_A_STREAM)
def test_nothing_is_left_behind_a_tensor(target: FakeTarget, deed: Deed) -> None:
    """A stage alone waits for a stream."""
    stateful = bool(target.controls.stateful)
    stream(target)
    tensor(target)
    expected = observed(target)
    fresh(target, stateful)
    deed(target)
    stream(target)
    tensor(target)
    assert observed(target) == expected


@pytest.mark.parametrize("deed", FOR_A_HOST.values(), ids=FOR_A_HOST)
def test_nothing_is_left_to_another_host(target: FakeTarget, deed: Deed) -> None:
    stateful = bool(target.controls.stateful)
    expected = observed(target)
    fresh(target, stateful)
    deed(target)
    target.connect()
    target.controls.sound = 0
    assert observed(target) == expected
    assert target.controls.baud == BOOT_BAUD and not target.controls.restarts


def test_a_moved_model_is_loaded_where_it_lay_for_another_host(made: FakeTarget) -> None:
    fresh(made, False)
    loads = made.controls.loads
    made.connect()
    assert made.controls.loads == loads, "one that was not moved stays"
    arm(0, 3)(made)
    assert (made.controls.loads, made.controls.shift) == (loads + 1, 3)
    made.connect()
    assert (made.controls.loads, made.controls.shift) == (loads + 2, 0)


def test_what_is_armed_is_armed_for_one_stream(target: FakeTarget) -> None:
    """So a window of a model that remembers can be run again where it was asked for, and nowhere else."""
    for _ in range(2):
        arm(WINDOWS - 1)(target)
        stream(target)
        (ops,) = target.ask(m.TraceRequest(0))
        assert isinstance(ops, m.TraceOps) and ops.total > 0
        stream(target)
        (ops,) = target.ask(m.TraceRequest(0))
        remembers = bool(target.controls.stateful)
        assert isinstance(ops, m.Error) == remembers
        if isinstance(ops, m.Error):
            assert ops.code == m.ErrorCode.BAD_REQUEST


# ---- the microphone


@pytest.fixture
def plain(made: FakeTarget) -> FakeTarget:
    """A new board, with a model that remembers nothing."""
    made.power_on(FLASH)
    return made


def all_heard(target: FakeTarget, flags: m.StreamFlag, windows: int = 4) -> list[Payload]:
    """What the microphone brings, without what another moment changes."""
    target.controls.sound = 0
    answers = target.ask(m.LiveStart(flags))
    assert target.controls.microphone_on
    target.controls.sound = len(samples(target, windows)) // 2 + 100
    answers += target.rest()
    assert target.controls.sound == 0
    answers += target.ask(m.LiveStop())
    assert not target.controls.microphone_on
    return [comparable(answer, False) for answer in answers]


def part(target: FakeTarget, room: int = 200, turns: int = 3) -> None:
    """Some of it, on a line that takes little: a window is shown in part, and samples are used in part."""
    target.controls.sound = len(samples(target, 2)) // 2 + 37
    target.send(m.LiveStart.TYPE, m.LiveStart(FEATURES).encode())
    for _ in range(turns):
        target.turn(room=room)
    assert target.controls.microphone_on


DEEDS: dict[str, Deed] = {
    "the same": lambda target: all_heard(target, FEATURES),
    "without columns": lambda target: all_heard(target, NONE),
    "a part of it": part,
    "a little of it": lambda target: part(target, 60, 12),
    "half a stream": half_a_stream,
    "half a tensor": half_a_tensor,
}


@pytest.mark.parametrize("flags", [FEATURES, NONE], ids=["columns", "none"])
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_the_microphone_begins_as_the_first_time(plain: FakeTarget, deed: Deed, flags: m.StreamFlag) -> None:
    expected = all_heard(plain, flags)
    plain.power_on(FLASH)
    deed(plain)
    plain.rest()
    assert [answer for answer in all_heard(plain, flags) if not isinstance(answer, m.Error)] == expected


@pytest.mark.parametrize("turns", range(1, 9))
def test_another_host_finds_the_microphone_off_and_as_new(plain: FakeTarget, turns: int) -> None:
    expected = all_heard(plain, FEATURES)
    plain.power_on(FLASH)
    part(plain, 120, turns)
    plain.connect()
    assert not plain.controls.microphone_on
    assert all_heard(plain, FEATURES) == expected


def test_a_stream_ends_the_microphone_and_a_tensor_is_refused(plain: FakeTarget) -> None:
    part(plain)
    answers = plain.ask(m.StreamStart(8, m.StreamFlag.FEATURES))
    assert not plain.controls.microphone_on and m.StreamStarted(8) in answers
    plain.power_on(FLASH)
    part(plain)
    refused = plain.ask(m.TensorBegin(2, plain.bundle.frames * plain.bundle.settings.bands))
    assert any(isinstance(a, m.Error) and a.code == m.ErrorCode.BUSY for a in refused)
    assert plain.controls.microphone_on


def test_the_microphone_is_stopped_before_it_begins_once_more(plain: FakeTarget) -> None:
    for _ in range(3):
        assert m.StreamStarted(m.LIVE_STREAM_ID) in plain.ask(m.LiveStart(FEATURES))
        assert plain.controls.microphone_on


def test_a_microphone_that_fails_has_ended_the_stream_before(plain: FakeTarget) -> None:
    half_a_stream(plain)
    plain.controls.microphone_fails = True
    (refused,) = plain.ask(m.LiveStart(FEATURES))
    assert isinstance(refused, m.Error) and refused.code == m.ErrorCode.NOT_SUPPORTED
    (refused,) = plain.ask(m.StreamEnd(8))
    assert isinstance(refused, m.Error) and refused.code == m.ErrorCode.NO_STREAM


@pytest.mark.parametrize("filled", range(900, 2200, 100))
def test_another_host_hears_nothing_of_what_a_full_line_held_up(plain: FakeTarget, filled: int) -> None:
    """Samples that were taken and not used, columns that were to be shown: wherever the line was full."""
    expected = all_heard(plain, FEATURES)
    plain.power_on(FLASH)
    plain.ask(m.LiveStart(FEATURES))
    plain.controls.sound = 37  # so that columns end in the midst of what is taken at a time
    plain.rest()
    for start in range(0, filled, 500):
        plain.send(m.EchoRequest.TYPE, NOISE[: min(500, filled - start)])
    plain.turn()
    plain.controls.sound = len(samples(plain, 12)) // 2 + 100
    for _ in range(3):
        plain.turn(lost=True)  # nothing is acknowledged
    assert plain.controls.sound > 0 and plain.controls.microphone_on
    plain.connect()
    assert all_heard(plain, FEATURES) == expected


def test_what_is_detected_is_followed_by_its_window(plain: FakeTarget) -> None:
    """Each time it begins: all columns of the window, oldest first, one a message."""
    answers = all_heard(plain, FEATURES, 12)
    frames = plain.bundle.frames
    begun = 0
    for place, answer in enumerate(answers):
        if not isinstance(answer, m.LiveDetection):
            continue
        following = answers[place + 1 : place + 1 + frames]
        if not answer.active:
            assert not isinstance(following[0], m.Features)
            continue
        begun += 1
        columns = [cast(Any, each).first_column for each in following]
        first = answer.window * plain.bundle.stride
        assert columns == list(range(first, first + frames))
        rate = plain.bundle.settings.sample_rate
        samples_then = plain.bundle.settings.samples_for(first + frames)
        assert abs(answer.time_ms - samples_then * 1000 / rate) <= 1000 * 64 / rate
    assert begun >= 2
    shown = [answer for answer in answers if isinstance(answer, m.Features)]
    assert len(shown) == begun * frames
    assert not [answer for answer in all_heard(plain, NONE, 12) if isinstance(answer, m.Features)]


def test_the_microphone_is_stopped_once(plain: FakeTarget) -> None:
    all_heard(plain, FEATURES)
    (done, *_) = plain.ask(m.LiveStop())
    assert isinstance(done, m.StreamDone), "where the model failed it had stopped before"
    plain.ask(m.StreamStart(8, m.StreamFlag.FEATURES), m.StreamEnd(8))
    (refused,) = plain.ask(m.LiveStop())
    assert isinstance(refused, m.Error) and refused.code == m.ErrorCode.NO_STREAM
