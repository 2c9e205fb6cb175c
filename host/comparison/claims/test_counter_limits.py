"""Counts of the line at the limits of what is read of them."""

from dataclasses import replace

import pytest

from ..fakes import sample_status
from .conftest import Make
from .counters import bytes_agree, find_line, frames_agree


@pytest.mark.parametrize(
    ("theirs", "ours", "tells", "right", "words"),
    [
        ("rx_frames", "tx_frames", 1, 200, ": that is no more than one frame, as where what came or went last is put"),
        ("rx_frames", "tx_frames", 1, 199, ""),
        ("tx_bytes", "rx_bytes", 20 * 65_536, 237_710, ": it is 20 times 65,536, as if each time all that a buffer"),
        ("tx_bytes", "rx_bytes", 10 * 65_536, 237_710, ": it is 10 times 65,536, as if each time all that a buffer"),
        ("rx_frames", "tx_frames", 13 * 256, 1_720, ": it is 13 times 256, as if each time all that a buffer holds"),
        ("rx_frames", "tx_frames", 9 * 256, 1_720, ""),
        ("tx_bytes", "rx_bytes", 30 * 65_536, 20 * 65_536, ": it is 30 times 65,536, as if each time all"),
        ("tx_bytes", "rx_bytes", 29 * 65_536, 20 * 65_536, ""),  # as much is what is still on its way
        ("tx_frames", "rx_frames", 0, 51, ": it is not counted"),
        ("tx_frames", "rx_frames", 0, 50, ""),
        ("rx_frames", "tx_frames", 1_602, 801, ": each is counted 2 times"),
        ("rx_frames", "tx_frames", 1_604, 800, ""),
        ("rx_frames", "tx_frames", 3_448, 1_720, ": each is counted 2 times"),
        ("rx_frames", "tx_frames", 8_600, 1_720, ": each is counted 5 times"),
        ("rx_frames", "tx_frames", 10_320, 1_720, ""),
    ],
)  # fmt: skip
def test_what_a_count_is(record: Make, theirs: str, ours: str, tells: int, right: int, words: str) -> None:
    run = record(board="virtual")
    counted: dict[str, int] = {theirs: tells}
    run.host_link, run.status = {ours: right}, replace(sample_status(), **counted)
    (reason,) = find_line(run).reasons
    assert reason.startswith(f"the board tells {theirs} {tells:,}, the host {ours} {right:,}{words}")
    assert words or reason.endswith(f"{right:,}")


@pytest.mark.parametrize(("tells", "agree"), [(980, True), (1020, True), (979, False), (1021, False)])
def test_frames_agree_but_for_twenty_under_way(record: Make, tells: int, agree: bool) -> None:
    run = record(board="virtual")
    run.status = replace(sample_status(), rx_frames=tells)
    assert frames_agree(run), "the host's are not known"
    run.host_link, run.host_at_start = {"tx_frames": 1100}, {"tx_frames": 100}
    assert frames_agree(run) == agree
    run.reconnected = 1
    assert frames_agree(run)
    run.reconnected, run.damage = 0, 0.01
    assert frames_agree(run), "a line that damages frames loses some"
    run.status = replace(sample_status(), rx_frames=949)
    assert not frames_agree(run)


@pytest.mark.parametrize(
    ("tells", "agree"), [(96_000, True), (104_000, True), (95_999, False), (104_001, False)]
)
def test_bytes_agree_but_for_what_is_under_way(record: Make, tells: int, agree: bool) -> None:
    run = record(board="virtual")
    run.status = replace(sample_status(), rx_bytes=tells)
    run.host_link, run.host_at_start = {"tx_bytes": 101_000}, {"tx_bytes": 1000}
    assert bytes_agree(run) == agree


def test_a_checksum_that_is_not_counted(record: Make) -> None:
    run = record(board="virtual")
    run.host_link = {"tx_bytes": 1_000_003, "tx_frames": 5000}
    run.status = replace(sample_status(), rx_frames=5000, rx_bytes=980_003)
    (reason,) = find_line(run).reasons
    assert reason.endswith(": 4 bytes for each of 5,000 frames are missing, which is what its checksum has")


def test_what_damages_frames_is_told_with_them(record: Make) -> None:
    run = record()
    run.host_link, run.damaged_as = {"damaged_frames": 2, "retransmitted": 2}, "a zero is lost"
    damaged = "2 frames of the board came damaged over a line that damages none: a zero is lost"
    assert find_line(run).reasons == (damaged,) or list(find_line(run).reasons) == [damaged]
    run = record(board="serial")
    assert not find_line(run).reasons
    run.damaged_as = "a zero is lost"
    assert list(find_line(run).reasons) == [
        "frames of the board come damaged, and not by the line: a zero is lost"
    ]
