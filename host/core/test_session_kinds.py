"""The session and kinds of front ends and detectors: what a board holds, and where streams get their memory."""

import hashlib
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ..bundle.image import bundle_image
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..detector.detector import Detector
from ..detector.kinds import KINDS
from ..detector.mean_window import MeanWindow
from ..detector.n_of_m import NOfM
from ..detector.settings import DetectorSettings
from ..detector.threshold import Threshold
from ..frontend.kinds import values_of
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..link import messages as m
from ..link.codec import Payload
from .c_frontend import FrontEnd
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]

SAMPLES = np.random.default_rng(4).integers(-3000, 3000, 12_000).astype("<i2")
SLOT = 1 << 18
PIECE = 512


@pytest.fixture(scope="module")
def built_in() -> Bundle:
    return load_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="module")
def other(built_in: Bundle) -> Bundle:
    """The same model on another kind of front end."""
    return replace(built_in, settings=MicrofrontendSettings(16000, 480, 160), name="other")


@pytest.fixture
def one_kind(tmp_path: Path, built_in: Bundle) -> FakeTarget:
    return FakeTarget(build_target(tmp_path, built_in), flash_size=SLOT)


@pytest.fixture
def all_kinds(tmp_path: Path, built_in: Bundle) -> FakeTarget:
    return FakeTarget(build_target(tmp_path, built_in, ["-DFE_ALL_KINDS"]), flash_size=SLOT)


def deploy(target: FakeTarget, bundle: Bundle) -> m.DeployStatus:
    image = bundle_image(bundle)
    begin = m.DeployBegin(len(image), zlib.crc32(image), hashlib.sha256(image).digest())
    pieces = [m.DeployData(at, image[at : at + PIECE]) for at in range(0, len(image), PIECE)]
    answers = target.ask(begin, *pieces, m.DeployCommit())
    assert isinstance(answers[-1], m.DeployStatus)
    return answers[-1]


def stream(target: FakeTarget) -> list[Payload]:
    data = SAMPLES.tobytes()
    audio = [m.Audio(data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    return target.ask(m.StreamStart(stream=5, flags=m.StreamFlag.FEATURES), *audio, m.StreamEnd(5))


def columns(answers: list[Payload]) -> bytes:
    return b"".join(part.cells for part in answers if isinstance(part, m.Features))


def expected(bundle: Bundle) -> bytes:
    q = bundle.model.input
    return FrontEnd(bundle.settings, q.scale, q.zero_point).features(SAMPLES).tobytes()


def test_a_board_refuses_a_kind_that_it_lacks_by_name_and_goes_on(
    one_kind: FakeTarget, built_in: Bundle, other: Bundle
) -> None:
    status = deploy(one_kind, other)
    assert status.state == m.DeployState.REFUSED
    assert status.text == b"this firmware lacks the front end's kind: microfrontend"
    assert columns(stream(one_kind)) == expected(built_in)


SHORT = LogMelSettings(8000, 200, 100, 200, 40, 0.0, 4000.0, -80.0)  # 25 ms, no power of two
CEPSTRAL = MfccSettings(8000, 200, 100, 256, 40, 40, 0.0, 4000.0, -80.0)


def test_a_board_without_ffts_of_other_lengths_names_the_kind_that_it_lacks(
    tmp_path: Path, built_in: Bundle
) -> None:
    """Also where that is the kind within another, which the board has."""
    bundle = replace(built_in, settings=NormalisedSettings(values_of(CEPSTRAL), "min-max"))
    target = FakeTarget(build_target(tmp_path, bundle), flash_size=SLOT)
    for settings in (SHORT, replace(CEPSTRAL, fft=200), NormalisedSettings(values_of(SHORT), "min-max")):
        status = deploy(target, replace(built_in, settings=settings, name="other"))
        assert status.state == m.DeployState.REFUSED
        assert status.text == b"this firmware lacks the front end's kind: log-mel-mixed"
    assert columns(stream(target)) == expected(bundle)


def test_a_board_with_ffts_of_other_lengths(tmp_path: Path, built_in: Bundle) -> None:
    """Built in within another kind, and deployed by itself."""
    bundle = replace(built_in, settings=replace(CEPSTRAL, fft=200))
    target = FakeTarget(build_target(tmp_path, bundle), flash_size=SLOT)
    assert columns(stream(target)) == expected(bundle)
    deployed = replace(built_in, settings=SHORT, name="other")
    assert deploy(target, deployed).state == m.DeployState.ACTIVE
    assert columns(stream(target)) == expected(deployed)


def test_a_board_with_every_kind_takes_it_and_starts_each_stream_anew(
    all_kinds: FakeTarget, built_in: Bundle, other: Bundle
) -> None:
    assert deploy(all_kinds, other).state == m.DeployState.ACTIVE
    for _ in range(2):  # the noise of the first stream is not known to the second
        assert columns(stream(all_kinds)) == expected(other)
    (info,) = all_kinds.ask(m.InfoRequest())
    assert isinstance(info, m.Info)
    assert (info.window, info.hop, info.fft, info.bands) == (480, 160, 512, 40)
    (proof,) = all_kinds.ask(m.ProofRequest(nonce=9))
    assert isinstance(proof, m.Proof)
    assert proof.frontend == zlib.crc32(other.frontend_image, zlib.crc32((9).to_bytes(4, "little")))
    all_kinds.boot()
    assert columns(stream(all_kinds)) == expected(other)
    (status,) = all_kinds.ask(m.DeployBegin(0, 0, bytes(32)))
    assert isinstance(status, m.DeployStatus) and status.state == m.DeployState.ACTIVE
    assert columns(stream(all_kinds)) == expected(built_in)


def test_a_front_end_without_memory_is_refused_and_the_board_goes_on(
    all_kinds: FakeTarget, built_in: Bundle, other: Bundle
) -> None:
    all_kinds.controls.memories_to_fail = 1
    status = deploy(all_kinds, other)
    assert (status.state, status.text) == (m.DeployState.REFUSED, b"no memory")
    assert columns(stream(all_kinds)) == expected(built_in)
    all_kinds.controls.memories_to_fail = 1
    all_kinds.boot()
    for request in (m.StreamStart(stream=5), m.LiveStart()):
        (refusal,) = all_kinds.ask(request)
        assert isinstance(refusal, m.Error)
        assert refusal.text == b"there is no memory for the front end"
    (info,) = all_kinds.ask(m.InfoRequest())
    assert isinstance(info, m.Info) and info.bands == built_in.settings.bands
    all_kinds.boot()
    assert columns(stream(all_kinds)) == expected(built_in)


def test_resets_leave_nothing_of_a_front_end_that_remembers(all_kinds: FakeTarget, other: Bundle) -> None:
    assert deploy(all_kinds, other).state == m.DeployState.ACTIVE
    if not all_kinds.can_compare:
        pytest.skip("this compiler cannot tell fields from padding")
    assert all_kinds.stream_differs() == ""


DETECTORS: dict[str, DetectorSettings] = {
    "threshold": Threshold(0.6, 0.4),
    "mean-window": MeanWindow(0.45, 2, 20),
    "n-of-m": NOfM(0.6, 0.4, 2, 3, 1, 2),
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "argmax"])  # the model has one class
def test_a_deployed_bundle_brings_its_detector(all_kinds: FakeTarget, built_in: Bundle, kind: str) -> None:
    """Two streams, each beginning anew; the proof covers the parameters, and the bundle of before comes back whole."""
    board = replace(built_in, detector=DETECTORS[kind], stride=2)
    assert deploy(all_kinds, board).state == m.DeployState.ACTIVE
    (info,) = all_kinds.ask(m.InfoRequest())
    assert isinstance(info, m.Info) and info.settings_hash == board.settings_hash
    assert info.capabilities & m.Capability.DETECTORS
    (proof,) = all_kinds.ask(m.ProofRequest(nonce=9))
    assert isinstance(proof, m.Proof)
    assert proof.settings == zlib.crc32(board.settings_block, zlib.crc32((9).to_bytes(4, "little")))
    bursts = np.tile(SAMPLES, 5) * (np.arange(5 * len(SAMPLES)) // 4000 % 2 * 8)
    data = bursts.astype("<i2").tobytes()
    audio = [m.Audio(data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    for _ in range(2):
        answers = all_kinds.ask(m.StreamStart(stream=5, flags=m.StreamFlag.INFERENCE), *audio, m.StreamEnd(5))
        scores = [part.outputs[:1] for part in answers if isinstance(part, m.WindowResult)]
        found = [part for part in answers if isinstance(part, m.Detection)]
        right = Detector(board.thresholds).update(np.frombuffer(b"".join(scores), np.int8)[:, None])
        told = [(part.window, part.label, bool(part.active), part.score) for part in found]
        assert told == [(c.window, c.label, c.active, c.score) for c in right]
        assert len(told) > 2
    if all_kinds.can_compare:
        assert all_kinds.stream_differs() == ""
    (status,) = all_kinds.ask(m.DeployBegin(0, 0, bytes(32)))
    assert isinstance(status, m.DeployStatus) and status.state == m.DeployState.ACTIVE
    (proof,) = all_kinds.ask(m.ProofRequest(nonce=9))
    assert isinstance(proof, m.Proof)
    assert proof.settings == zlib.crc32(built_in.settings_block, zlib.crc32((9).to_bytes(4, "little")))


def test_an_unknown_detector_is_refused_by_name(all_kinds: FakeTarget, built_in: Bundle) -> None:
    board = replace(built_in, detector=DETECTORS["n-of-m"])
    board.__dict__["settings_block"] = board.settings_block.replace(b"n-of-m", b"m-of-n")
    status = deploy(all_kinds, board)
    assert (status.state, status.text) == (
        m.DeployState.REFUSED,
        b"this firmware lacks the detector's kind: m-of-n",
    )
    assert columns(stream(all_kinds)) == expected(built_in)
