"""What streams and hosts before send, to the byte: two runs of `hil` send the same, wherever they run."""

import zlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...core.session_answers import Owed
from ...link import messages as m
from ...link.codec import Payload
from ..fakes import bundle_info
from .cut_streams import CutStream, _odd_pieces, _requests, _whole_pieces, made_sound, streams
from .takeover import Begun, unfinished

pytestmark = pytest.mark.native
ALL = m.Capability.INFERENCE | m.Capability.STAGES | m.Capability.SLOT
SIZES = (1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 257, 511)


def test_the_sound_is_the_same_to_the_sample() -> None:
    sound = made_sound(30_000, 8000)
    quiet = sound == 0
    assert quiet[1200:3600].all() and not quiet[:1200].all()
    assert [bool(quiet[at : at + 1200].all()) for at in range(0, 12_000, 1200)] == [
        *(False, True, True, False, True, True, False, True, True),
        False,  # full scale, by turns
    ]
    assert set(np.unique(sound[10_800:12_000])) == {-32768, 32767}
    levels = [np.abs(sound[at : at + 1200].astype(float)).mean() for at in (0, 3600, 7200)]
    assert levels == pytest.approx([7200, 1.17, 30_800], rel=0.03)
    assert zlib.crc32(sound.astype("<i2").tobytes()) == 2709327613


def test_sizes_of_messages() -> None:
    assert _odd_pieces(sum(SIZES) + 4, 512) == (*SIZES, 1, 2, 1)
    assert _odd_pieces(30, 4) == (1, 2, 3, 4, 4, 4, 4, 4, 4)
    assert _whole_pieces(1025, 512) == (512, 512, 1) and _whole_pieces(1024, 512) == (512, 512)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("inference", [True, False])
def test_other_requests_come_between_pieces(asked: bool, inference: bool) -> None:
    sound = np.arange(1000, dtype=np.int16)
    stream = CutStream("x", sound, (10,) * 30, asked=asked, inference=inference)
    requests, owed = _requests(stream, 65_003)
    sent = [m.decode(kind, payload) for kind, payload in requests]
    right: list[Payload] = [m.StreamStart(65_003, 3 if inference else 1)]
    between = {0: m.EchoRequest(bytes(range(100))), 7: m.InfoRequest(), 14: m.StatusRequest()}
    between[21], between[28] = between[0], between[7]
    for piece in range(30):
        right.append(m.Audio(sound[10 * piece : 10 * piece + 10].tobytes()))
        right += [between[piece]] if asked and piece in between else []
    assert sent == [*right, m.StreamEnd(65_003)]
    assert owed == [m.StreamStarted, *((m.Echo, m.Info, m.Status, m.Echo, m.Info) if asked else ())]


def test_streams_of_a_bundle(bundle: Bundle) -> None:
    odd, *short, less = streams(bundle, 512, True)
    settings = bundle.settings
    assert len(odd.samples) == settings.samples_for(bundle.frames + 2 * bundle.stride)
    assert (odd.name, odd.asked, odd.inference) == ("odd pieces", True, True)
    assert not next(streams(bundle, 512, False)).inference
    assert [stream.pieces[-1] for stream in short] == [1, 2, 3, 5, 7, 9, 63, 65]
    assert not any(stream.asked or stream.inference for stream in (*short, less))
    assert {len(stream.samples) for stream in short} == {settings.samples_for(3)}
    assert short[0].name == "1 sample in the last message" and short[1].name.startswith("2 samples")
    assert len(less.samples) == settings.samples_for(3) - 1
    for stream in (*short, less):
        np.testing.assert_array_equal(stream.samples, odd.samples[: len(stream.samples)])


def test_tails_are_shorter_than_the_stream() -> None:
    """Three columns of few samples leave no room for the longest."""
    settings = SimpleNamespace(samples_for=lambda columns: 3 * columns, sample_rate=8000)
    made = SimpleNamespace(settings=settings, frames=4, stride=2)
    _, *short, less = streams(made, 512, True)  # type: ignore[arg-type]
    assert [stream.pieces for stream in short] == [(9 - tail, tail) for tail in (1, 2, 3, 5, 7)]
    assert less.pieces == (8,)


def _sent(begun: Begun) -> tuple[list[Payload], list[Payload], tuple[Owed, ...]]:
    left, then = ([m.decode(*request) for request in each] for each in (begun.left, begun.then.requests))
    return left, then, begun.then.owed


def test_what_hosts_leave_and_the_next_one_asks(bundle: Bundle) -> None:
    info = replace(bundle_info(bundle), capabilities=ALL)
    bands, samples = bundle.settings.bands, bundle.settings.samples_for(1)
    audio, end = m.Audio(b"\1\0" * 256), m.StreamEnd(777)
    none = (
        Owed(m.Error, {"request": m.Audio.TYPE, "code": m.ErrorCode.NO_STREAM, "value": 512}),
        Owed(m.Error, {"request": m.StreamEnd.TYPE, "code": m.ErrorCode.NO_STREAM}),
    )
    idle = [audio, audio, end, end]
    bad = Owed(m.Error, {"request": m.TensorData.TYPE, "code": m.ErrorCode.BAD_REQUEST})
    silence = [m.Audio(bytes(min(512, 2 * samples - at))) for at in range(0, 2 * samples, 512)]
    done = {"stream": 1078, "samples": samples, "columns": 1}
    right: list[tuple[list[Payload], list[Payload], tuple[Owed, ...]]] = [
        ([m.StreamStart(777, 3), audio], idle, none),
        ([audio], idle, none),
        (
            [m.TensorBegin(1, bundle.frames * bands), m.TensorData(0, bytes(8))],
            [m.TensorData(8, bytes(8))],
            (bad,),
        ),
        (
            [m.StageArm(0, 0, 0, 8)],
            [m.StreamStart(1078, 0), *silence, m.StreamEnd(1078)],
            (Owed(m.StreamStarted, {"stream": 1078}), Owed(m.StreamDone, done)),
        ),
        (
            [m.DeployBegin(32, 0, bytes(32)), m.DeployData(0, bytes(8))],
            [m.DeployData(8, bytes(8))],
            (Owed(m.DeployStatus, {"state": m.DeployState.REFUSED}),),
        ),
    ]
    assert [_sent(begun) for begun in unfinished(bundle, info, True)] == right
    deaf = replace(info, capabilities=m.Capability(0))
    without, _ = unfinished(bundle, deaf, False)
    assert _sent(without)[0][0] == m.StreamStart(777, 1)


def test_what_a_host_leaves_of_a_stream_is_two_columns_at_most(bundle: Bundle) -> None:
    settings = SimpleNamespace(samples_for=lambda columns: 50 * columns)
    made = SimpleNamespace(settings=settings)
    first = next(unfinished(made, bundle_info(bundle), False))  # type: ignore[arg-type]
    assert _sent(first)[0][1] == m.Audio(b"\1\0" * 100)
