"""Claims about memory: what is said of a buffer that audio filled, and of another unit."""

from dataclasses import replace

import pytest

from ..fakes import sample_status
from .conftest import Make, with_info
from .memory import find_arena, find_core_ram


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
