"""Each claim's function on records made by hand: its evidence, its limits, its words. Runs are in test_claims.py."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...detector.argmax import Argmax
from ...link import messages as m
from ..fakes import bundle_info, sample_status
from ..proof import expected_proof
from ..questions import QUESTIONS
from ..record import RunRecord
from ..stimuli.outcome import StimuliRecord
from . import table
from .breadth import find_coverage
from .conduct import LOG_LESS, find_device_log, find_uninterrupted, reset_name
from .conftest import Make, broken, held, unexamined, with_info
from .finding import Finding, Status, judged, shown
from .identity import FLASH, find_identity, find_proof, wrong_info
from .memory import find_arena, find_core_ram, find_stack_and_heap, is_real

# ---- words


def test_three_sentences_are_shown_and_the_others_counted() -> None:
    texts = ["a", "b", "c", "d", "e"]
    assert [shown(texts[:count]) for count in (0, 2, 3)] == [[], ["a", "b"], ["a", "b", "c"]]
    assert shown(texts[:4]) == ["a", "b", "c", "and 1 more"]
    assert shown(texts) == ["a", "b", "c", "and 2 more"]
    assert shown(texts, 1) == ["a", "and 4 more"]
    assert (judged("x", []), judged("x", ["y"])) == (held("x"), broken("x", "y"))


# ---- coverage


def test_coverage(record: Make) -> None:
    run = record(1)
    assert find_coverage(run) == unexamined("nothing was compared")
    cells = np.full((2, 10), 5, np.int8)
    cells[0, :2], cells[1, 0] = -128, 127
    run.files[0].coverage.add_columns(cells)
    run.files[0].coverage.longest = 1234
    spread = "15.0% of the cells at -128 or 127, longest stream 1,234 columns"
    run.inference = False
    assert find_coverage(run) == held(spread)
    run.inference = True
    same = "all scores are the same value: the audio does not move the model"
    assert find_coverage(run) == unexamined(same, f"0 distinct scores in 0, {spread}")
    run.files[0].coverage.add_scores(np.full((1000, 1), 7, np.int8))
    assert find_coverage(run) == unexamined(same, f"1 distinct scores in 1,000, {spread}")
    run.files[0].coverage.add_scores(np.full((1, 1), 8, np.int8))
    assert find_coverage(run) == held(f"2 distinct scores in 1,001, {spread}")
    run.stimuli = StimuliRecord(shares=3, shares_of=4)
    assert find_coverage(run) == held(f"2 distinct scores in 1,001, {spread}; stimuli: {run.stimuli.reached}")


# ---- conduct


def test_uninterrupted(record: Make) -> None:
    run = record()
    assert find_uninterrupted(run) == held("0 restarts, boot id 00000001")
    run.last_info = None
    assert find_uninterrupted(run) == unexamined("the board was not asked at the end", "boot id 00000001")
    run.restarts = [("a.wav", "it fell"), (QUESTIONS, "it fell again")]
    assert find_uninterrupted(run) == broken(
        "2 restarts, boot id 00000001",
        "a.wav: it fell; the file was streamed again",
        f"{QUESTIONS}: it fell again; they were asked again",
    )
    run.restarts = run.restarts * 2
    assert find_uninterrupted(run).reasons[3] == "and 1 more"
    assert find_uninterrupted(with_info(run, protocol=0)) == unexamined("the board was not reached")


def test_a_restart_that_nobody_saw_is_told_by_boot_id_or_clock(record: Make) -> None:
    run = record()
    run.last_info = replace(run.info, boot_id=0xABC, reset_reason=m.ResetReason.BROWNOUT)
    unseen = "the boot id was 00000001 and is 00000abc: the board restarted unseen (brownout)"
    assert find_uninterrupted(run) == broken("0 restarts, boot id 00000001", unseen)
    run.uptime.fell = True
    back = "the board's clock went back: it restarted unseen"
    assert find_uninterrupted(run) == broken("0 restarts, boot id 00000001", unseen, back)
    run.last_info = None
    assert find_uninterrupted(run) == broken("0 restarts, boot id 00000001", back)
    run.last_info, run.restarts = replace(run.info, boot_id=2), [("a.wav", "it fell")]
    assert find_uninterrupted(run).reasons == ("a.wav: it fell; the file was streamed again",)
    assert (reset_name(m.ResetReason.POWER_ON), reset_name(200)) == ("power on", "reset reason 200")


def test_device_log(record: Make) -> None:
    run = record()
    for _ in range(3):
        run.log.add(m.LogLevel.INFO, "fine")
    assert find_device_log(run) == held("3 lines, 0 of them errors")
    run.log.dropped = 4000
    assert find_device_log(run) == unexamined(
        f"4,000 lines of the log were lost: {LOG_LESS}", "3 lines, 0 of them errors"
    )
    run.log.dropped = None
    assert find_device_log(run) == unexamined(
        "the board was not asked how many lines it dropped", "3 lines, 0 of them errors"
    )
    for number in range(5):
        run.log.add(m.LogLevel.ERROR, f"e{number}")
    told = [f"the firmware logged an error: e{number}" for number in range(3)]
    assert find_device_log(run) == broken("8 lines, 5 of them errors", *told, "and 2 more")
    for _ in range(1000):  # more than are kept
        run.log.add(m.LogLevel.ERROR, "e5")
    assert find_device_log(run) == broken("1,008 lines, 1,005 of them errors", *told, "and 1,002 more")
    few = record()
    for number in range(3):
        few.log.add(m.LogLevel.ERROR, f"e{number}")
    assert find_device_log(few) == broken("3 lines, 3 of them errors", *told)


# ---- identity


def test_identity(record: Make) -> None:
    run = record()
    name = f"bundle {run.bundle.name!r}"
    assert find_identity(run) == held(f"14 fields of INFO, {name}")
    run.inference = False
    assert find_identity(with_info(run, classes=99, capabilities=m.Capability(0))) == held(
        f"12 fields of INFO, {name}"
    )
    run.inference = True
    assert find_identity(run).reasons == (
        f"INFO says classes 99, the bundle {len(run.bundle.labels)}",
        "INFO says that the board has no INFERENCE",
        "INFO says that the board has no LOGITS",
    )
    alone = with_info(record(), capabilities=m.Capability.INFERENCE)
    assert find_identity(alone).reasons == (
        "INFO says that the board has no LOGITS, though its model runs: look at the condition under which that bit is "
        "set (capabilities in firmware/core/session/info.c)",
    )
    wrong = with_info(record(), model_hash=bytes(range(32)), hop=7)
    ours = run.bundle.model_hash.hex()[:12]
    assert find_identity(wrong).reasons == (
        f"INFO says model_hash 000102030405…, the bundle {ours}…",
        f"INFO says hop 7, the bundle {run.bundle.settings.hop}",
    )
    stride, frames = run.bundle.stride, run.bundle.frames
    assert find_identity(with_info(record(), stride=frames)).reasons == (
        f"INFO says stride {frames}, the bundle {stride}: that is its frames",
    )
    model, other = run.bundle.model_hash, run.bundle.settings_hash
    (told,) = find_identity(with_info(record(), model_hash=other)).reasons
    assert told.startswith("INFO says model_hash") and told.endswith(": that is its settings_hash"), model
    assert find_identity(with_info(record(), bundle_name=b"\xff!")).reasons == (
        f"INFO says bundle_name '\ufffd!', the bundle {run.bundle.name!r}",
    )
    assert find_identity(with_info(run, protocol=0)) == unexamined("the board was not reached")


def test_a_detector_of_another_kind_needs_a_board_that_knows_kinds(record: Make, bundle: Bundle) -> None:
    run = record()
    run.bundle = replace(bundle, detector=Argmax(0.5, 0.1))
    without = replace(bundle_info(bundle), capabilities=~m.Capability.DETECTORS)
    said = "INFO says that the board has no DETECTORS"
    assert said in wrong_info(without, run.bundle, True)
    assert said not in wrong_info(without, bundle, True)


def test_identity_of_a_model_without_logits(record: Make, bundle: Bundle) -> None:
    run = record()
    run.bundle = replace(bundle, model=replace(bundle.model, outputs=bundle.model.outputs[:1]))
    for each in (replace(bundle_info(run.bundle)),):
        run.info = each
        assert find_identity(run).status == Status.HELD
    assert find_identity(with_info(run, has_logits=1)).reasons == ("INFO says has_logits 1, the bundle 0",)


def test_what_a_board_that_runs_the_bundle_cannot_say(record: Make, bundle: Bundle) -> None:
    run = record()
    cells, fft, bands = bundle.frames * bundle.settings.bands, bundle.settings.fft, bundle.settings.bands
    assert find_identity(with_info(run, max_cells=cells, max_fft=fft, max_bands=bands)).status == Status.HELD
    little = with_info(run, max_cells=cells - 1, max_fft=fft - 1, max_bands=bands - 1, board="esp32")
    assert find_identity(little).reasons == (
        f"INFO says max_cells {cells - 1:,}, the bundle needs {cells:,}",
        f"INFO says max_fft {fft - 1:,}, the bundle needs {fft:,}",
        f"INFO says max_bands {bands - 1:,}, the bundle needs {bands:,}",
        "INFO says that the board is 'esp32', it is 'virtual'",
    )
    for kind in ("esp32", "serial", "qemu"):  # such a board may run whatever it likes
        assert find_identity(with_info(record(board=kind), board="esp32")).status == Status.HELD


def test_the_proof_at_the_end(record: Make, bundle: Bundle) -> None:
    run = record()
    first, last = expected_proof(bundle, 1), expected_proof(bundle, 2)
    said = f"CRC-32 with nonce 00000001: model {first.model:08x}, front end {first.frontend:08x}, "
    said += f"settings {first.settings:08x}"
    run.last_nonce = 2
    assert find_proof(run) == held(said)
    run.last_nonce, run.last_proof = None, last
    assert find_proof(run) == held(said)
    both = f"{said}; asked again at the end with nonce 00000002"
    run.last_nonce = 2
    assert find_proof(run) == held(both)
    run.last_proof = replace(last, model=last.model ^ 1)
    assert find_proof(run) == broken(
        both,
        "the bytes of the model on the board are not the bundle's at the end of the run, "
        "or its checksum is made of others "
        f"(CRC-32 {last.model ^ 1:08x}, {last.model:08x} is right)",
    )
    run.last_proof = first
    assert find_proof(run) == broken(
        both, "the board answers another nonce with the checksums it gave before, or runs another bundle now"
    )
    run.proof = replace(first, model=first.model ^ 1)
    assert find_proof(run).evidence == said.replace(f"{first.model:08x}", f"{first.model ^ 1:08x}")
    assert len(find_proof(run).reasons) == 1  # what was wrong at the beginning is told alone


def test_proof(record: Make, bundle: Bundle) -> None:
    run = record()
    right = expected_proof(bundle, 1)
    evidence = "CRC-32 with nonce 00000001: model {:08x}, front end {:08x}, settings {:08x}"
    assert find_proof(run) == held(evidence.format(right.model, right.frontend, right.settings))
    run.proof = m.Proof(1, right.model ^ 1, right.frontend ^ 2, right.settings)
    assert find_proof(run) == broken(
        evidence.format(right.model ^ 1, right.frontend ^ 2, right.settings),
        *(
            f"the bytes of {what} on the board are not the bundle's, or its checksum is made of others "
            f"(CRC-32 {value ^ bit:08x}, {value:08x} is right)"
            for what, value, bit in (
                ("the model", right.model, 1),
                ("the front end's tables", right.frontend, 2),
            )
        ),
    )
    run.proof = None
    assert find_proof(run) == unexamined(FLASH)
    run.nonce = None
    assert find_proof(run) == unexamined("the board was not asked")


def _checksums(bundle: Bundle, start: int, last: int = 0) -> tuple[int, int, int]:
    parts = (bundle.model_bytes, bundle.frontend_image, bundle.settings_block)
    model, front_end, settings = (zlib.crc32(part, start) ^ last for part in parts)
    return model, front_end, settings


@pytest.mark.parametrize(
    ("start", "last", "words"),
    [
        (0, 0, "the nonce is not used"),
        (zlib.crc32(bytes(4)), 0, "the nonce is taken for 0"),
        (zlib.crc32(b"\x78\x56"), 0, "only 16 bits of the nonce are used"),
        (zlib.crc32(b"\x78\x56\0\0"), 0, "only 16 bits of the nonce are used, the upper ones 0"),
        (zlib.crc32(b"\x12\x34\x56\x78"), 0, "the nonce's bytes are taken in the other order"),
        (0x12345678, 0, "the checksum is begun with the nonce itself"),
        (zlib.crc32(b"\x78\x56\x34\x12"), 0xFFFFFFFF, "the checksum's bits are not inverted at its end"),
    ],
)
def test_checksums_that_are_all_others_are_those_of_the_right_bytes(
    record: Make, bundle: Bundle, start: int, last: int, words: str
) -> None:
    run = record()
    run.nonce = 0x12345678
    run.proof = m.Proof(run.nonce, *_checksums(bundle, start, last))
    (reason,) = find_proof(run).reasons
    right = expected_proof(bundle, run.nonce)
    assert reason == (
        f"none of the three checksums is right (of the model CRC-32 {run.proof.model:08x}, {right.model:08x} is "
        f"right): the bytes are the bundle's, and {words}"
    )


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (0, 5, "its first 5 of {size} bytes alone"),
        (8, None, "all of its bytes but the first 8"),
        (0, 0, "its first 0 of"),
    ],
)
def test_a_checksum_may_cover_a_part_of_the_bytes(
    record: Make, bundle: Bundle, begin: int, end: int | None, words: str
) -> None:
    run, right = record(), expected_proof(bundle, 1)
    start = zlib.crc32(b"\1\0\0\0")
    block = bundle.settings_block
    run.proof = replace(right, settings=zlib.crc32(block[begin:end], start))
    (reason,) = find_proof(run).reasons
    said = words.format(size=f"{len(block):,}")
    assert reason.startswith(f"the checksum of window, thresholds and labels covers {said}"), reason


def test_checksums_that_are_all_others_may_be_those_of_another_bundle(record: Make) -> None:
    run = record()
    run.proof = m.Proof(1, 1, 2, 3)
    (reason,) = find_proof(run).reasons
    assert reason.endswith("is right): another bundle runs, or they are computed otherwise")


# ---- memory


def test_a_pointer_is_told_for_what_it_points_to(record: Make) -> None:
    for told, words in ((8, True), (4, True), (9, False)):
        reasons = find_core_ram(with_info(record(), core_ram=told)).reasons
        assert any("that is the size of a pointer" in reason for reason in reasons) == words, told


def test_arena(record: Make, bundle: Bundle) -> None:
    run = record()
    assert bundle.model.arena_bytes is None
    for used, size in ((1, 65536), (65536, 65536)):
        assert find_arena(with_info(run, arena_used=used, arena_size=size)) == held(
            f"{used:,} of 65,536 bytes"
        )
    for used in (0, 65537):
        said = f"{used:,} of 65,536 bytes"
        assert find_arena(with_info(run, arena_used=used)) == broken(said, f"the arena is said to use {said}")
    run.witness_arena = 40_000
    assert find_arena(with_info(run, arena_used=40_000)) == held("40,000 of 65,536 bytes")
    assert find_arena(with_info(run, arena_used=40_001)) == broken(
        "40,001 of 65,536 bytes",
        "the arena is said to use 40,001 bytes, and TFLite Micro on this computer uses 40,000",
    )
    run.board = "esp32"  # its pointers have another size
    assert find_arena(run).status == Status.HELD
    run.bundle = replace(bundle, model=replace(bundle.model, arena_bytes=80_000))
    assert find_arena(with_info(run, arena_used=40_000)) == held(
        "40,000 of 65,536 bytes, 0.50 of the bundle's figure"
    )
    assert find_arena(with_info(run, protocol=0)) == unexamined("the board was not reached")
    run.inference = False
    assert find_arena(run) == unexamined("the model does not run: --features-only")


@pytest.mark.parametrize(("board", "most"), [("virtual", 4), ("esp32", 64), ("serial", 64)])
def test_the_arena_is_within_a_factor_of_the_bundles_figure(
    record: Make, bundle: Bundle, board: str, most: int
) -> None:
    run = record(board=board)
    run.bundle = replace(bundle, model=replace(bundle.model, arena_bytes=1_000))
    for used in (250, 1_000 * most):
        assert find_arena(with_info(run, arena_used=used)).status == Status.HELD
    for used in (249, 1_000 * most + 1):
        assert find_arena(with_info(run, arena_used=used)).reasons == (
            f"the arena is said to use {used:,} bytes, the bundle's figure is 1,000: another unit?",
        )


def test_core_ram(record: Make) -> None:
    run = record()
    parts = 5632 + 2816 + 8192
    for ram in (parts, 16 * parts):
        said = f"{ram:,} bytes, buffers and window alone 16,640"
        assert find_core_ram(with_info(run, core_ram=ram)) == held(said)
    assert find_core_ram(with_info(run, core_ram=parts - 1)).reasons == (
        "the core is said to take 16,639 bytes, its parts alone 16,640",
    )
    assert find_core_ram(with_info(run, core_ram=16 * parts + 1)).reasons == (
        "the core is said to take 266,241 bytes, its parts 16,640",
    )
    with_info(run, core_ram=parts)
    run.status = replace(sample_status(), rx_high_water=0, tx_high_water=2817)
    assert find_core_ram(run).reasons == (
        "0 of 5,632 bytes of the receive buffer are said to have been used",
        "2,817 of 2,816 bytes of the send buffer are said to have been used",
    )
    run.status = replace(sample_status(), rx_high_water=1, tx_high_water=2816)
    assert find_core_ram(run).status == Status.HELD
    run.status = None
    assert find_core_ram(run) == unexamined("no STATUS was taken at the end")


def test_stack_and_heap(record: Make) -> None:
    run = record()
    told = "stack {:,}, heap {:,}, least heap {:,} bytes free"

    def of(stack: int, heap: int, least: int) -> Finding:
        run.status = replace(sample_status(), stack_free=stack, heap_free=heap, heap_min_free=least)
        return find_stack_and_heap(run)

    assert of(0, 0, 0) == unexamined("the board cannot tell", "stack and heap: not known")
    for heap, least in ((2000, 2000), (2001, 2000)):
        assert of(1000, heap, least) == held(told.format(1000, heap, least))
    assert of(0, 2, 1).reasons == ("the stack is said to have 0 bytes free",)
    assert of(1, 2, 0).reasons == ("the heap, at its least, is said to have 0 bytes free",)
    assert of(1, 2000, 2001).reasons == (
        "the heap's least free bytes (2,001) are more than those free now (2,000)",
    )
    assert of(1, 0, 0).reasons == (
        "the heap is said to have 0 bytes free",
        "the heap, at its least, is said to have 0 bytes free",
    )
    run.status = None
    assert find_stack_and_heap(run) == unexamined("no STATUS was taken at the end")


@pytest.mark.parametrize(
    ("board", "real"),
    [("esp32", True), ("esp32s3", True), ("qemu", True), ("virtual", False), ("serial", False)],
)
def test_which_boards_know_their_stack(record: Make, board: str, real: bool) -> None:
    assert is_real(record(board=board)) is real


# ---- which claims the verdict depends on


def test_which_claims_are_required(record: Make, bundle: Bundle) -> None:
    def required(run: RunRecord) -> set[str]:
        return {claim.name for claim in table.judge(run) if claim.required}

    always = {
        *("identity", "proof", "completeness", "features", "uninterrupted", "device-log", "counters", "line"),
        *("core-ram", "answers", "link-counts", "streams", "takeover"),
    }
    model = {"scores", "logits", "detections", "witness", "arena", "tensors"}
    windows, times = {"window-layout"}, {"stage-times", "host-clock"}
    run = record(1)
    assert required(run) == always | model | windows | times
    run.stimuli = StimuliRecord()
    assert required(run) == always | model | windows | times
    run.inference = False
    assert required(run) == always
    run.files[0].samples = bundle.window_samples
    assert required(run) == always | windows | times
    run.inference, run.stimuli, run.witness = True, None, False
    run.bundle = replace(bundle, model=replace(bundle.model, outputs=bundle.model.outputs[:1]))
    run.board = "qemu"
    assert required(run) == always | (model - {"logits", "witness"}) | windows | {"stack-heap"}


@pytest.mark.parametrize(
    ("board", "given", "held_", "why"),
    [
        ("virtual", 65_536, True, "as large"),
        ("virtual", 65_535, False, "smaller here"),
        ("virtual", 65_537, False, "larger here"),
        ("virtual", 0, True, "not known here"),
        ("esp32", 70_000, True, "another build"),
    ],
)
def test_a_virtual_boards_arena_is_as_large_as_the_one_here(
    record: Make, board: str, given: int, held_: bool, why: str
) -> None:
    run = record(board=board)
    run.witness_arena_size = given
    found = find_arena(with_info(run, arena_used=40_000, arena_size=65_536))
    assert (found.status == Status.HELD) == held_, why
    if not held_:
        assert found.reasons == (
            f"the arena is said to have 65,536 bytes, and TFLite Micro on this computer is given {given:,} "
            "for this model",
        )


@pytest.mark.parametrize(
    ("round_s", "words"),
    [
        (None, "goes round or is set back"),
        ((4.2, 4.3), "goes round after 4.29497 s, which is 32 bits of nanoseconds"),
        ((3.8, 4.3), "goes round or is set back"),
        ((65.5, 65.6), "goes round after 65.536 s, which is 16 bits of milliseconds"),
        ((17.89, 17.9), "goes round after 17.8957 s, which is 32 bits of ticks at 240,000,000 Hz"),
        ((17.898, 17.9), "goes round or is set back"),
        ((1.001, 1.01), "goes round after 1 s, which is its seconds left out"),
        ((60.002, 60.1), "goes round after 60 s, which is its minutes left out"),
        ((59.9, 59.999), "goes round after 60 s, which is its minutes left out"),
        ((59.0, 65.0), "goes round or is set back"),
        ((16.7, 16.8), "goes round after 16.7772 s, which is 24 bits of microseconds"),
        ((4294.9, 4295.0), "goes round after 4,294.97 s, which is 32 bits of microseconds"),
    ],
)
def test_a_clock_that_begins_anew_is_told_by_how_long_it_takes(
    record: Make, round_s: tuple[float, float] | None, words: str
) -> None:
    run = with_info(record(), clock_hz=240_000_000)
    run.last_info, run.uptime.fell, run.uptime.round_s = run.info, True, round_s
    told = f"the board's clock went back: its boot id is the same, so the clock {words}"
    assert find_uninterrupted(run).reasons == (told,)
