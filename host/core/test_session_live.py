"""The microphone gives what a stream of the same samples gives, however they come; and what counts of both."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ..bundle.write import write_bundle
from ..detector.threshold import Threshold
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
WINDOWS = 12
FEATURES, INFERENCE = m.StreamFlag.FEATURES, m.StreamFlag.INFERENCE
CHUNK = 64  # samples that the board takes from its microphone at a time


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    values = replace(sample_values("flat"), detector=Threshold(29.0, 28.0))  # some windows of noise reach it
    bundle = write_bundle(folder / "flat", values)
    return FakeTarget(build_target(folder, bundle), bundle, FLASH)


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(FLASH)
    return made


def heard(left: int, count: int) -> bytes:
    """What the fake microphone hears while it has `left` samples."""
    numbers = np.arange(left, left - count, -1, dtype=np.uint32) * np.uint32(2654435761)
    return (numbers >> np.uint32(18)).astype("<u2").tobytes()


def length(target: FakeTarget) -> int:
    """Samples up to the last one of the last window."""
    bundle = target.bundle
    return bundle.settings.samples_for(bundle.frames + (WINDOWS - 1) * bundle.stride)


def listened(
    target: FakeTarget, pieces: list[int], flags: m.StreamFlag = INFERENCE
) -> tuple[bytes, list[Payload]]:
    """Samples that the microphone heard, in pieces, and all that the board told of them."""
    answers = target.ask(m.LiveStart(flags))
    sound = b""
    for piece in pieces:
        target.controls.sound = piece
        sound += heard(piece, piece)
        answers += target.rest()
        assert target.controls.sound == 0
    return sound, answers


def streamed(target: FakeTarget, sound: bytes, flags: m.StreamFlag = INFERENCE) -> list[Payload]:
    audio = [m.Audio(sound[at : at + 1024]) for at in range(0, len(sound), 1024)]
    return target.ask(m.StreamStart(4, flags), *audio, m.StreamEnd(4))


def windows(answers: list[Payload]) -> list[tuple[int, int, int, bytes]]:
    return [(a.index, a.first_column, a.columns, a.outputs) for a in answers if isinstance(a, m.WindowResult)]


def changes(answers: list[Payload]) -> list[tuple[int, int, int, int]]:
    found = (a for a in answers if isinstance(a, m.Detection | m.LiveDetection))
    return [(a.window, a.label, a.active, a.score) for a in found]


@pytest.mark.parametrize("first", [1, 37, CHUNK - 1, CHUNK, CHUNK + 1, 127, 128, 129, 777])
def test_the_microphone_gives_what_a_stream_of_its_samples_gives(target: FakeTarget, first: int) -> None:
    """Wherever a column ends within what is taken at a time: the rest of that belongs to the next one."""
    whole = length(target)
    sound, answers = listened(target, [first, 1, whole - first - 1 + 50])
    answers += target.ask(m.LiveStop())
    expected = streamed(target, sound)
    assert windows(answers) == windows(expected) and len(windows(answers)) == WINDOWS
    assert changes(answers) == changes(expected) and len(changes(answers)) > 5
    (done,) = [answer for answer in answers if isinstance(answer, m.StreamDone)]
    (right,) = [answer for answer in expected if isinstance(answer, m.StreamDone)]
    assert done.stream == m.LIVE_STREAM_ID
    assert (done.samples, done.columns, done.windows, done.detections) == (
        len(sound) // 2,
        right.columns,
        WINDOWS,
        len(changes(answers)),
    )


def columns_of_detections(target: FakeTarget, sound: bytes) -> list[m.Features]:
    """The columns that must follow the detections: those of a stream of the same samples."""
    bundle = target.bundle
    answers = streamed(target, sound, INFERENCE | FEATURES)
    cells = b"".join(answer.cells for answer in answers if isinstance(answer, m.Features))
    bands, wanted = bundle.settings.bands, []
    for answer in answers:
        if isinstance(answer, m.Detection) and answer.active:
            first = answer.window * bundle.stride
            wanted += [
                m.Features(column, cells[column * bands : (column + 1) * bands])
                for column in range(first, first + bundle.frames)
            ]
    return wanted


def test_a_line_that_takes_little_changes_nothing_of_it(target: FakeTarget) -> None:
    whole = length(target)
    sound = heard(whole, whole)
    expected = streamed(target, sound)
    columns = columns_of_detections(target, sound)
    for room in (30, 100, 300):
        answers = target.ask(m.LiveStart(INFERENCE | FEATURES))
        target.controls.sound = whole
        for _ in range(100_000):
            moved, came = target.turn(room)
            answers += came
            if not moved and target.controls.sound == 0:
                break
        answers += target.ask(m.LiveStop())
        assert windows(answers) == windows(expected) and changes(answers) == changes(expected)
        assert [a for a in answers if isinstance(a, m.Features)] == columns


@pytest.mark.parametrize("first", [1, 37, CHUNK, 100])
def test_the_time_of_a_detection_is_that_of_the_samples_before_it(target: FakeTarget, first: int) -> None:
    """Those of the window, to the sample: what else was taken with them comes behind it."""
    bundle = target.bundle
    _, answers = listened(target, [first, length(target) - first])
    found = [answer for answer in answers if isinstance(answer, m.LiveDetection)]
    assert len(found) > 5
    for each in found:
        samples = bundle.settings.samples_for(bundle.frames + each.window * bundle.stride)
        assert each.time_ms == samples * 1000 // bundle.settings.sample_rate


def test_an_inference_that_fails_ends_the_microphone_with_the_windows_so_far(target: FakeTarget) -> None:
    bundle = target.bundle
    before = bundle.settings.samples_for(bundle.frames + bundle.stride)
    listened(target, [before])
    target.controls.invokes_to_fail = 1
    target.controls.sound = 5000
    (refusal,) = target.rest()
    assert refusal == m.Error(m.LiveStart.TYPE, m.ErrorCode.INFERENCE_FAILED, 2, 0, b"invoke fails")
    assert not target.controls.microphone_on
    left = target.controls.sound
    assert 5000 - bundle.stride * bundle.settings.hop - CHUNK <= left < 5000
    assert target.rest() == [] and target.controls.sound == left, "nobody listens"
    assert target.ask(m.Audio(bytes(8))) == [], "what still comes is not answered"
    (done,) = target.ask(m.LiveStop())
    assert isinstance(done, m.StreamDone) and done.windows == 2


# ---- what counts


def counts(target: FakeTarget) -> tuple[int, int, int]:
    """Columns and windows of the last stream, and inferences since the board booted."""
    (status,) = target.ask(m.StatusRequest())
    assert isinstance(status, m.Status)
    return status.columns, status.windows, status.inferences


def tensor(target: FakeTarget) -> None:
    cells = bytes(target.bundle.model.cells)
    target.ask(m.TensorBegin(1, len(cells)), m.TensorData(0, cells))


def features_alone(target: FakeTarget) -> None:
    streamed(target, heard(9000, length(target)), FEATURES)


WORK: dict[str, tuple[Callable[[FakeTarget], object], int]] = {
    "a stream": (lambda target: streamed(target, heard(9000, length(target))), WINDOWS),
    "the microphone": (
        lambda target: (listened(target, [length(target)]), target.ask(m.LiveStop())),
        WINDOWS,
    ),
    "features alone": (features_alone, 0),
    "a tensor": (tensor, 1),
}


@pytest.mark.parametrize("work", WORK)
def test_inferences_are_counted_whatever_they_are_for(target: FakeTarget, work: str) -> None:
    do, inferences = WORK[work]
    for times in (1, 2):
        do(target)
        columns, found, all_inferences = counts(target)
        assert all_inferences == times * inferences
        streams = work != "a tensor"
        frames, stride = target.bundle.frames, target.bundle.stride
        assert (columns, found) == ((frames + (WINDOWS - 1) * stride, WINDOWS) if streams else (0, 0))


def test_features_alone_need_no_model_that_starts_anew(target: FakeTarget) -> None:
    """One that remembers is loaded for each stream of windows: a real one takes long."""
    target.controls.stateful = True
    target.boot()
    loads = target.controls.loads
    features_alone(target)
    assert target.controls.loads == loads
    streamed(target, heard(9000, length(target)))
    assert target.controls.loads == loads + 1


def test_an_inference_that_fails_does_not_count(target: FakeTarget) -> None:
    target.controls.invokes_to_fail = 1
    tensor(target)
    assert counts(target) == (0, 0, 0)
    target.controls.invokes_to_fail = 1
    streamed(target, heard(9000, length(target)))
    assert counts(target) == (target.bundle.frames, 0, 0)
