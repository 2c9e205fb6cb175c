"""What a board says of itself, and boards that lack a part: its bit is gone, and what needs the part is refused."""

import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from ..bundle.write import write_bundle
from ..frontend.waveform.settings import WaveformSettings
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .fake_target import FakeTarget, Part, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
SLOT = 8 * 4096
BITS = m.Capability
ALWAYS = BITS.PROOF | BITS.DETECTORS | BITS.STAGES
OF_PARTS = {
    Part.MICROPHONE: BITS.MICROPHONE,
    Part.BAUD: BITS.BAUD,
    Part.PROFILE: BITS.PROFILE,
    Part.TRACE: BITS.TRACE,
    Part.OPEN: BITS.REPLAY,
    Part.SHIFT: BITS.SHIFT,
    Part.BUILD: BITS.BUILD,
    Part.MODEL: BITS.INFERENCE,
}
OF_THE_SLOT = BITS.SLOT | BITS.TRIAL | BITS.REPLAY
WHOLE = ALWAYS | OF_THE_SLOT | BITS(sum(OF_PARTS.values()) - BITS.REPLAY)
NOTHING = Part.MICROPHONE | Part.BAUD | Part.PROFILE | Part.TRACE | Part.OPEN | Part.SHIFT | Part.BUILD
REFUSED: dict[Part, tuple[Payload, int, bytes]] = {
    Part.MICROPHONE: (m.LiveStart(), 0, b"this board has no microphone"),
    Part.BAUD: (m.Baud(9600), 9600, b"this board's line has no baud rate"),
    Part.PROFILE: (m.ProfileRequest(), 0, b"this board keeps no per-op profile"),
    Part.TRACE: (m.TraceArm(0), 0, b"this board has no traces"),
    Part.OPEN: (m.CaseOpen(), 0, b"this board runs bundles only"),
    Part.SHIFT: (m.TraceArm(0, 1), 0, b"this board cannot move its arena"),
    Part.BUILD: (m.BuildRequest(), 0, b"this board does not tell its build"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    folder: Path = tmp_path_factory.mktemp("target")
    bundle = write_bundle(folder / "flat", sample_values("flat"))  # without logits
    return FakeTarget(build_target(folder, bundle), bundle, FLASH)


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(FLASH)
    return made


def info(target: FakeTarget) -> m.Info:
    (answer,) = target.ask(m.InfoRequest())
    assert isinstance(answer, m.Info)
    return answer


def status(target: FakeTarget, clear: int = 0) -> m.Status:
    (answer,) = target.ask(m.StatusRequest(clear))
    assert isinstance(answer, m.Status)
    return answer


def test_info_is_the_bundles_and_the_boards(target: FakeTarget) -> None:
    bundle, told = target.bundle, info(target)
    settings = bundle.settings
    assert told == m.Info(
        protocol=m.PROTOCOL_VERSION,
        firmware_version=told.firmware_version,
        board="fake",
        chip="none",
        capabilities=WHOLE,
        boot_id=7,
        reset_reason=m.ResetReason.UNKNOWN,
        bundle_source=0,
        model_hash=bundle.model_hash,
        frontend_hash=bundle.frontend_hash,
        settings_hash=bundle.settings_hash,
        sample_rate=settings.sample_rate,
        window=128,
        hop=settings.hop,
        fft=settings.fft,
        bands=settings.bands,
        frames=bundle.frames,
        stride=bundle.stride,
        classes=len(bundle.labels),
        has_logits=0,
        max_cells=told.max_cells,
        max_fft=told.max_fft,
        max_bands=told.max_bands,
        arena_size=2,
        arena_used=1,
        slot_size=SLOT,
        clock_hz=1_000_000,
        core_ram=told.core_ram,
        bundle_name=bundle.name.encode(),
    )
    assert told.firmware_version.strip() and told.max_cells >= bundle.model.cells
    assert (
        told.max_fft >= settings.fft and told.max_bands >= settings.bands and told.core_ram > told.max_cells
    )


@pytest.mark.parametrize("reason", list(m.ResetReason))
def test_info_tells_why_the_board_was_reset(target: FakeTarget, reason: m.ResetReason) -> None:
    target.boot(reason)
    assert info(target).reset_reason == reason


def test_a_board_with_nothing_says_what_the_core_alone_can(target: FakeTarget) -> None:
    target.power_on(0)
    target.take_away(NOTHING | Part.MODEL)
    told = info(target)
    assert told.capabilities == ALWAYS
    assert (told.arena_size, told.arena_used, told.slot_size) == (0, 0, 0)


@pytest.mark.parametrize("part", OF_PARTS)
def test_a_part_has_its_own_bit(target: FakeTarget, part: Part) -> None:
    target.take_away(part)
    assert info(target).capabilities == WHOLE & ~OF_PARTS[part]
    target.power_on(0)
    target.take_away((NOTHING | Part.MODEL) & ~part)
    assert info(target).capabilities == ALWAYS | (OF_PARTS[part] & ~OF_THE_SLOT)


def test_a_board_without_a_slot_replays_nothing(target: FakeTarget) -> None:
    target.power_on(0)
    assert info(target).capabilities == WHOLE & ~OF_THE_SLOT


@pytest.mark.parametrize("part", REFUSED)
def test_what_needs_a_part_is_refused_and_what_does_not_is_not(target: FakeTarget, part: Part) -> None:
    for parts, refused in ((part, {part}), (NOTHING & ~part, set(REFUSED) - {part})):
        target.power_on(FLASH)
        target.take_away(parts)
        for each, (request, value, text) in REFUSED.items():
            answers = target.ask(request)
            wanted = m.Error(request.TYPE, m.ErrorCode.NOT_SUPPORTED, value, 0, text)
            lacks_traces = each is Part.SHIFT and Part.TRACE in refused
            assert (wanted in answers) == (each in refused and not lacks_traces), (part, each)
            target.ask(m.LiveStop())


def test_an_arena_that_cannot_move_is_traced_where_it_lies(target: FakeTarget) -> None:
    target.take_away(Part.SHIFT)
    assert target.ask(m.TraceArm(3, 0)) == [m.TraceArmed(3, 0, 1)]


def test_a_board_that_can_keep_nothing_of_a_model_refuses_its_trace(target: FakeTarget) -> None:
    target.controls.stateful = True
    target.take_away(Part.KEEP)
    target.ask(m.TraceArm(0))
    cells = bytes(target.bundle.model.cells)
    target.ask(m.TensorBegin(1, len(cells)), m.TensorData(0, cells))
    (answer,) = target.ask(m.TraceRequest(0))
    assert isinstance(answer, m.Error) and answer.code == m.ErrorCode.BAD_REQUEST
    assert answer.text == b"the model remembers, and was not kept: TRACE_ARM with this window comes before"


def test_without_a_model_features_are_all_that_there_is(target: FakeTarget) -> None:
    target.take_away(Part.MODEL)
    none = b"no model is loaded"
    for request in (
        m.StreamStart(1, m.StreamFlag.INFERENCE),
        m.LiveStart(),
        m.TensorBegin(1, 1),
        m.TraceArm(0),
        m.TraceRequest(0),
        m.TraceBytesRequest(0, 0, 0, 1),
    ):
        assert target.ask(request) == [m.Error(request.TYPE, m.ErrorCode.NO_MODEL, 0, 0, none)]
    assert target.ask(m.StreamStart(1, m.StreamFlag.FEATURES)) == [m.StreamStarted(1)]
    (proof,) = target.ask(m.StreamEnd(1), m.ProofRequest(1))[1:]
    assert isinstance(proof, m.Proof)


def test_the_proof_is_over_all_bytes_of_frames_and_stride(tmp_path: Path) -> None:
    values = replace(sample_values("flat"), settings=WaveformSettings(8000, 1), frames=320, stride=0x1234)
    bundle = write_bundle(tmp_path / "long", values)
    target = FakeTarget(build_target(tmp_path, bundle), bundle)
    start = zlib.crc32((5).to_bytes(4, "little"))
    parts = (bundle.model_bytes, bundle.frontend_image, bundle.settings_block)
    assert target.ask(m.ProofRequest(5)) == [m.Proof(5, *(zlib.crc32(part, start) for part in parts))]
    told = info(target)
    assert (told.frames, told.stride, told.bands) == (320, 0x1234, 1)
    refused = (m.ErrorCode.BAD_REQUEST, 1, 0, b"the front end has no such stage")
    assert target.ask(m.StageArm(0, 1)) == [m.Error(m.StageArm.TYPE, *refused)]


def test_memory_is_what_the_board_tells_or_0(target: FakeTarget) -> None:
    told = status(target)
    assert (told.stack_free, told.heap_free, told.heap_min_free) == (111, 2222, 333)
    target.take_away(Part.MEMORY)
    told = status(target)
    assert (told.stack_free, told.heap_free, told.heap_min_free) == (0, 0, 0)


def test_counters_begin_anew_where_that_is_asked_for(target: FakeTarget) -> None:
    """Behind the answer, whose own frame is the first that is counted."""
    target.ask(*[m.EchoRequest(bytes(500))] * 20)
    first = status(target)
    assert first.rx_high_water > 500 and first.tx_high_water > 500
    assert first.rx_frames > 20 and first.tx_frames > 20
    kept = status(target)
    assert kept.rx_frames > first.rx_frames and kept.tx_frames > first.tx_frames
    assert status(target, 1).rx_frames > kept.rx_frames
    cleared = status(target, 2)
    assert 0 < cleared.rx_frames < 5 and cleared.tx_frames < 5
    last = status(target)
    assert 0 < last.rx_frames < 5 and 0 < last.rx_high_water < 500 and 0 < last.tx_high_water < 500


def test_uptime_is_told_in_ms(target: FakeTarget) -> None:
    target.now_us = 5_000_000
    target.connect()
    told = status(target).uptime_ms
    assert 5000 <= told <= target.now_us // 1000 <= told + 20
