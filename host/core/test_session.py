"""The firmware's session alone: with the limits it has, with others, and with messages that have grown."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from ..bundle.load import load_bundle
from ..checkout import CORE, DEFAULT_BUNDLE, ROOT
from ..link.codec import Payload
from ..link.messages import (
    Audio,
    Error,
    ErrorCode,
    Features,
    Info,
    InfoRequest,
    ResetReason,
    Status,
    StatusRequest,
    StreamDone,
    StreamEnd,
    StreamFlag,
    StreamStart,
    StreamStarted,
    TensorBegin,
    TensorData,
    TensorResult,
    WindowResult,
)
from .c_frontend import FrontEnd
from .fake_target import FakeTarget, build_target
from .kept_objects import KEPT

pytestmark = [pytest.mark.native, pytest.mark.slow]
Kind = TypeVar("Kind", bound=Payload)
SAMPLES = np.random.default_rng(3).integers(-8000, 8000, 30_000).astype("<i2")
LIMITS = {
    "as they are": (),
    "small": (
        "-DCORE_MAX_PAYLOAD=256",
        "-DCORE_MAX_BANDS=96",
        "-DCORE_MAX_FFT=256",
        "-DCORE_LINK_RX_BYTES=544",
        "-DCORE_LINK_TX_BYTES=544",
    ),
    "many classes": ("-DCORE_MAX_CLASSES=255", "-DCORE_MAX_BANDS=512", "-DCORE_MAX_CELLS=65535"),
    "large buffers": ("-DCORE_LINK_RX_BYTES=32768", "-DCORE_LINK_TX_BYTES=32768"),
}


@pytest.fixture(scope="module", params=LIMITS)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder = tmp_path_factory.mktemp("target")
    return FakeTarget(build_target(folder, load_bundle(DEFAULT_BUNDLE), LIMITS[request.param]))


def _of(kind: type[Kind], answers: list[Payload]) -> list[Kind]:
    return [answer for answer in answers if isinstance(answer, kind)]


def test_info_and_status_are_answered_whole(target: FakeTarget) -> None:
    info, status = target.ask(InfoRequest(), StatusRequest())
    assert isinstance(info, Info) and isinstance(status, Status)
    assert (info.board, info.boot_id, info.frames) == ("fake", 7, target.bundle.frames)
    assert info.bundle_name.decode() == target.bundle.name and info.model_hash == target.bundle.model_hash
    assert info.reset_reason == ResetReason.UNKNOWN and status.rx_frames > 0


def test_a_stream_gives_every_column_and_every_window(target: FakeTarget) -> None:
    data, piece = SAMPLES.tobytes(), target.link.max_payload
    assert piece in (256, 1024), "what was negotiated, not what this host could send"
    audio = [Audio(data[at : at + piece]) for at in range(0, len(data), piece)]
    start = StreamStart(stream=5, flags=StreamFlag.FEATURES | StreamFlag.INFERENCE)
    answers = target.ask(start, *audio, StreamEnd(5))
    assert answers[0] == StreamStarted(5)
    bundle = target.bundle
    scale, zero = bundle.model.input.scale, bundle.model.input.zero_point
    expected = FrontEnd(bundle.settings, scale, zero).features(SAMPLES)
    assert b"".join(part.cells for part in _of(Features, answers)) == expected.tobytes()
    windows = _of(WindowResult, answers)
    starts = range(0, len(expected) - bundle.frames + 1, bundle.stride)
    assert [window.first_column for window in windows] == list(starts) and len(windows) > 3
    classes = len(bundle.labels)
    for window in windows:
        assert window.outputs[:classes] == expected[window.first_column].tobytes()[:classes]
    (done,) = _of(StreamDone, answers)
    assert (done.samples, done.columns, done.windows) == (len(SAMPLES), len(expected), len(windows))


@pytest.mark.parametrize("beyond", [1 << 16, 1 << 20], ids=["16 bits of columns", "16 bits of windows"])
def test_counters_go_on_where_16_bits_end(target: FakeTarget, beyond: int) -> None:
    """What hours of audio would show, with counters preset in mid-stream."""
    bundle = target.bundle
    per_message = len(SAMPLES) // 2 // 100
    audio = [Audio(SAMPLES[at : at + 100].tobytes()) for at in range(0, len(SAMPLES), 100)]
    answers = target.ask(
        StreamStart(stream=6, flags=StreamFlag.FEATURES | StreamFlag.INFERENCE), *audio[:per_message]
    )
    before = [window.index for window in _of(WindowResult, answers)]
    strides = beyond // bundle.stride - 2
    target.skip(strides)
    answers = target.ask(*audio[per_message:], StreamEnd(6))
    windows, columns = _of(WindowResult, answers), _of(Features, answers)
    first = before[-1] + 1 + strides
    assert len(windows) > 3 and [window.index for window in windows] == list(
        range(first, first + len(windows))
    )
    assert all(window.first_column == window.index * bundle.stride for window in windows)
    expected = FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point).features(
        SAMPLES
    )
    skipped = strides * bundle.stride
    at = columns[0].first_column
    for part in columns:
        assert part.first_column == at
        there = expected[at - skipped :][: len(part.cells) // bundle.settings.bands]
        assert part.cells == there.tobytes()
        at += len(there)
    assert at == len(expected) + skipped > beyond
    (done,) = _of(StreamDone, answers)
    assert (done.columns, done.windows) == (at, windows[-1].index + 1)
    assert done.samples == len(SAMPLES) + skipped * bundle.settings.hop


def test_a_tensor_comes_back_as_its_result(target: FakeTarget) -> None:
    cells = bytes(range(200)) * 100
    cells = cells[: target.bundle.frames * target.bundle.settings.bands]
    pieces = [TensorData(at, cells[at : at + 200]) for at in range(0, len(cells), 200)]
    (result,) = target.ask(TensorBegin(9, len(cells)), *pieces)
    assert isinstance(result, TensorResult)
    assert result.id == 9 and result.outputs.startswith(cells[: len(target.bundle.labels)])


def test_a_tensor_that_begins_anew_takes_the_place_of_the_one_before(target: FakeTarget) -> None:
    cells = bytes(target.bundle.frames * target.bundle.settings.bands)
    pieces = [TensorData(at, cells[at : at + 200]) for at in range(0, len(cells), 200)]
    assert target.ask(TensorBegin(1, len(cells)), pieces[0], TensorBegin(2, len(cells))) == []
    (result,) = target.ask(*pieces)
    assert isinstance(result, TensorResult) and result.id == 2


def test_an_inference_that_fails_without_a_word_is_not_given_the_reason_of_another(
    target: FakeTarget,
) -> None:
    cells = bytes(target.bundle.frames * target.bundle.settings.bands)
    pieces = [TensorData(at, cells[at : at + 200]) for at in range(0, len(cells), 200)]
    for mute, text in ((False, b"invoke fails"), (True, b"inference failed")):
        target.controls.invokes_to_fail = 1
        target.controls.mute = mute
        (refusal,) = target.ask(TensorBegin(1, len(cells)), *pieces)
        assert isinstance(refusal, Error) and refusal.text == text


def test_requests_that_come_to_nothing_say_why(target: FakeTarget) -> None:
    unwanted = [Audio(b"\0\0")] * 5  # answered once
    answers = target.ask(*unwanted, StreamEnd(1), TensorBegin(1, 3))
    assert [(type(answer), answer.code) for answer in answers if isinstance(answer, Error)] == [
        (Error, ErrorCode.NO_STREAM),
        (Error, ErrorCode.WRONG_LENGTH),
    ]


def test_another_host_finds_the_link_as_on_a_fresh_board(target: FakeTarget) -> None:
    if not target.can_compare:
        pytest.skip("this compiler cannot tell a struct's fields from what lies between them")
    target.power_on(0)
    assert target.differs() == ""
    target.power_on(0)
    target.ask(StreamStart(3, 3), *[Audio(bytes(200))] * 40)
    target.send(Audio.TYPE, bytes(200))
    target.turn(room=30)  # a frame is half out
    assert target.differs() == ""
    target.power_on(0)
    target.soil()
    assert target.differs() == ""
    target.power_on(0)


def test_another_stream_finds_everything_as_the_first_one_did(target: FakeTarget) -> None:
    if not target.can_compare:
        pytest.skip("this compiler cannot tell a struct's fields from what lies between them")
    target.power_on(0)
    assert target.stream_differs() == ""


def test_a_field_more_in_info_needs_no_other_change(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "host", copy / "host", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CORE, copy / "firmware" / "core")
    shutil.copytree(DEFAULT_BUNDLE, copy / "models" / "default", ignore=shutil.ignore_patterns("wav"))
    messages = copy / "host" / "link" / "messages.py"
    text = messages.read_text(encoding="utf-8")
    fields = "".join(f"    key{number}: Bytes32 = bytes(32)\n" for number in range(6))
    grown = text.replace('    bundle_name: Rest = b""\n', fields + '    bundle_name: Rest = b""\n')
    assert grown != text
    messages.write_text(grown, encoding="utf-8")
    (tmp_path / "build").mkdir()
    code = """
import sys
from pathlib import Path
from typing import TypeVar
from host.bundle.load import load_bundle
from host.checkout import DEFAULT_BUNDLE
from host.core.fake_target import FakeTarget, build_target
from host.link.messages import InfoRequest
(info,) = FakeTarget(build_target(Path(sys.argv[1]), load_bundle(DEFAULT_BUNDLE))).ask(InfoRequest())
print(info.board, info.key5 == bytes(32), info.bundle_name.decode(), len(info.encode()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "build"],
        cwd=copy,
        env={"HIL_OBJECTS": str(KEPT), **os.environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    board, key, bundle_name, size = done.stdout.split()
    assert (board, key) == ("fake", "True")
    assert int(size) == Info.fixed_size() + 6 * 32 + len(bundle_name) > 320
