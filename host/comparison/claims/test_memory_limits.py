"""Claims about memory: what is said of a buffer that audio filled, and of another unit."""

from dataclasses import replace

import pytest

from ...core.c_link import link_state_bytes
from ...link import messages as m
from ..cause import Cause
from ..fakes import sample_status
from .buffer_sizes import buffer_told
from .conftest import Make, with_info
from .memory import find_arena, find_core_ram

INFO_C = "firmware/core/session/info.c)"
SIZES = "STATUS says that the receive buffer has 5,632 bytes and the send buffer 2,816, and the answer to SYNC says"
STATUS = "session_send_status in firmware/core/session/info.c"
ANSWER = "rx_bytes, begin_sync_ack in firmware/core/link/send.c"
BOTH = f"look at both ({STATUS}; {ANSWER})"
PAYLOAD = "the answer to SYNC says that a payload may have {:,} bytes, and a frame carries 1,024"


@pytest.mark.parametrize(
    ("high", "windows", "told"), [(1, 1, True), (63, 1, True), (64, 1, False), (63, 0, False), (0, 1, False)]
)
def test_audio_fills_the_receive_buffer_with_a_request_at_least(
    record: Make, high: int, windows: int, told: bool
) -> None:
    run = record(2)
    run.files[1].windows = windows
    run.status = replace(sample_status(), rx_high_water=high)
    words = f"at most {high} bytes of the receive buffer are said to have been used, and audio came in whole messages"
    assert any(reason.startswith(words) for reason in find_core_ram(run).reasons) == told


def test_what_is_left_of_the_arena_is_told_as_that(record: Make) -> None:
    run = with_info(record(), arena_used=60_000, arena_size=100_000)
    run.witness_arena = 40_000
    (reason,) = find_arena(run).reasons
    assert reason.endswith("uses 40,000: that is what it leaves of the arena")


@pytest.mark.parametrize(("used", "told"), [(40, True), (41, False), (39, False)])
def test_an_arena_in_kibibytes(record: Make, used: int, told: bool) -> None:
    run = with_info(record(), arena_used=used)
    run.witness_arena = 40_960
    (reason,) = find_arena(run).reasons
    assert reason.endswith(": it is told in KiB" if told else "on this computer uses 40,960")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"arena_size": 40_000}, ("has 40,000", "for this model: that is INFO's arena_used")),
        ({"arena_size": 50_000}, ("has 50,000", "for this model")),
        ({"arena_used": 8192}, ("use 8,192 bytes", "uses 40,000: that is INFO's max_cells")),
        (
            {"arena_used": 70_000, "core_ram": 70_000},
            ("use 70,000 of 65,536", "65,536 bytes: 70,000 is INFO's core_ram"),
        ),
        ({"arena_size": 8192}, ("use 40,000 of 8,192", "8,192 bytes: 8,192 is INFO's max_cells")),
    ],
)
def test_a_size_that_is_another_number_of_info_is_told_as_that(
    record: Make, values: dict[str, int], told: tuple[str, str]
) -> None:
    run = record()
    run.witness_arena, run.witness_arena_size = 40_000, 65_536
    with_info(run, **({"arena_used": 40_000, "max_cells": 8192} | values))
    (reason,) = find_arena(run).reasons
    assert told[0].removeprefix("has ") in reason and reason.endswith(told[1])


def test_a_core_and_buffers_that_have_another_ones_size(record: Make) -> None:
    run = with_info(record(), core_ram=400_000, arena_size=400_000)
    assert find_core_ram(run).reasons[0].endswith(": that is INFO's arena_size")
    with_info(run, core_ram=320, hop=320)
    assert find_core_ram(run).reasons[0].endswith(": that is INFO's hop")
    with_info(run, core_ram=100_000)
    run.status = replace(sample_status(), rx_size=2816, rx_high_water=5000)
    assert find_core_ram(run).reasons == (
        "5,000 of 2,816 bytes of the receive buffer are said to have been used: 2,816 is STATUS's tx_size",
    )


@pytest.mark.parametrize(
    ("capabilities", "told"),
    [
        (m.Capability.PROOF, ": no model is loaded"),
        (m.Capability.INFERENCE, ": a model is loaded, and neither figure is set"),
    ],
)
def test_an_arena_of_nothing_is_told_by_whether_a_model_is_loaded(
    record: Make, capabilities: m.Capability, told: str
) -> None:
    run = with_info(record(), arena_used=0, arena_size=0, capabilities=capabilities)
    assert find_arena(run).reasons == (f"the arena is said to use 0 of 0 bytes{told}",)


@pytest.mark.parametrize(("size", "told"), [(16, True), (17, False)])
def test_an_arena_in_kib_is_told_as_that(record: Make, size: int, told: bool) -> None:
    run = with_info(record(), arena_used=9_000, arena_size=size)
    run.board, run.witness_arena_size = "virtual", 16_400
    (reason,) = find_arena(run).reasons
    assert (": its size is told in KiB, for it has 16,400" in reason) == told


@pytest.mark.parametrize(
    ("board", "size", "whole", "told"),
    [("virtual", 1, 1024, True), ("virtual", 0, 1023, False), ("esp32", 16, 16_400, False)],
)
def test_an_arena_in_kib_is_that_of_the_model_on_this_computer(
    record: Make, board: str, size: int, whole: int, told: bool
) -> None:
    run = with_info(record(), arena_used=9_000, arena_size=size)
    run.board, run.witness_arena_size = board, whole
    (reason,) = find_arena(run).reasons
    assert (": its size is told in KiB" in reason) == told


@pytest.mark.parametrize(("board", "told"), [("virtual", True), ("esp32", False)])
def test_a_virtual_board_cannot_know_its_stack(record: Make, board: str, told: bool) -> None:
    run = record(board=board)
    run.status = replace(sample_status(), stack_free=1_234, heap_free=999)
    words = "a virtual board cannot know its stack and heap, and says that 1,234 bytes are free"
    assert find_core_ram(run).reasons == ((words,) if told else ())


def test_the_most_that_one_buffer_held_may_be_told_for_both(record: Make) -> None:
    run = record(1)
    status = sample_status()
    run.status = replace(status, rx_high_water=status.tx_size + 1, tx_high_water=status.tx_size + 1)
    told = [text for text in find_core_ram(run).reasons if "send buffer" in text]
    assert told and told[0].endswith(": that is what is told of the receive buffer, too, and so its")
    run.status = replace(status, rx_high_water=status.tx_size, tx_high_water=status.tx_size + 1)
    assert all("and so its" not in text for text in find_core_ram(run).reasons)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (None, []),
        ((1024, 5632), []),
        ((64, 5632), []),
        ((1024, 4096), [f"{SIZES} 4,096 of the receive buffer: {BOTH}"]),
        ((1024, 2816), [f"{SIZES} 2,816 of the receive buffer: {BOTH}"]),
        ((1025, 5632), [f"{PAYLOAD.format(1025)}"]),
        (
            (5632, 5632),
            [
                f"{PAYLOAD.format(5632)}: that is its receive buffer (max_payload, begin_sync_ack in "
                "firmware/core/link/send.c)"
            ],
        ),
    ],
)
def test_what_the_answer_to_sync_says_is_held_against_status_and_protocol(
    record: Make, limits: tuple[int, int] | None, told: list[str]
) -> None:
    run = record(1)
    run.status, run.told_limits = sample_status(), limits and (*limits, 0)
    assert list(find_core_ram(run).reasons) == told


@pytest.mark.parametrize(
    ("rx_size", "tx_size", "buffer", "let_come", "told"),
    [
        (5632, 2816, 2816, 5632, f"STATUS is right: the answer tells the send buffer's size ({ANSWER})"),
        (5632, 2816, 1024, 5632, f"STATUS is right: the answer tells the longest payload ({ANSWER})"),
        (5632, 2816, 22, 5632, f"STATUS is right: the answer tells another number ({ANSWER})"),
        (2816, 5632, 5632, 5632, f"the answer is right: rx_size and tx_size are exchanged ({STATUS})"),
        (2816, 2816, 5632, 5632, f"the answer is right: rx_size is tx_size ({STATUS})"),
        (1021, 2816, 5632, 5632, f"the answer is right: rx_size is another number ({STATUS})"),
        (4100, 2816, 5632, 5632, f"the answer is right: rx_size is its rx_frames ({STATUS})"),
        (5632, 2816, 2816, 2000, BOTH),
        (5632, 2816, 2816, 0, BOTH),
    ],
)
def test_which_of_two_sizes_is_wrong_is_told_by_what_frames_let_come(
    rx_size: int, tx_size: int, buffer: int, let_come: int, told: str
) -> None:
    status = replace(sample_status(), rx_size=rx_size, tx_size=tx_size, rx_frames=4100)
    (wrong,) = buffer_told(status, 1024, buffer, let_come)
    assert wrong.endswith(told) and isinstance(wrong, Cause)
    assert ("its frames let 5,632 come" in wrong) == (let_come == 5632)


def test_a_core_that_is_the_link_alone_and_a_window_that_is_larger_than_the_core(record: Make) -> None:
    run = with_info(record(), core_ram=link_state_bytes(), max_cells=8192)
    (reason,) = find_core_ram(run).reasons
    assert reason.endswith(": that is what the link's state takes alone (session_send_info in " + INFO_C)
    (reason,) = find_core_ram(with_info(run, core_ram=link_state_bytes() - 1)).reasons
    assert reason.endswith("its parts alone 16,640")
    (reason,) = find_core_ram(with_info(run, core_ram=18_600, max_cells=65_535)).reasons
    assert "for the window 65,535 of them are said to be there (max_cells), which is too much, or" in reason
    (reason,) = find_core_ram(with_info(run, core_ram=8_448, max_cells=65_535)).reasons
    assert "max_cells" not in reason


def test_marks_that_are_both_nothing_are_not_each_others(record: Make) -> None:
    run = record()
    for marks, words in (
        ((0, 0), "neither mark is set, as where STATUS is told without taking them over from the buffers"),
        ((9000, 9000), "that is what is told of the"),
    ):
        run.status = replace(sample_status(), rx_high_water=marks[0], tx_high_water=marks[1])
        assert [words in reason for reason in find_core_ram(run).reasons] == [True, True]


@pytest.mark.parametrize(
    ("tx", "words"),
    [(92, "the newest one's mark is told, not the most so far"), (0, "as if what is used now were told")],
)
def test_a_small_mark_is_the_newest_records_or_what_is_used_now(record: Make, tx: int, words: str) -> None:
    run = record(1)
    run.files[0].windows = 1
    run.status = replace(sample_status(), rx_high_water=8, tx_high_water=tx)
    assert any(words in reason for reason in find_core_ram(run).reasons)
