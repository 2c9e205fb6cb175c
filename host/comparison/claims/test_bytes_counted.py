"""Bytes of the line of which a part is not counted."""

from dataclasses import replace

import pytest

from ..checks.checked import LINE, Checked
from ..fakes import sample_status
from .conftest import Make
from .counters import find_line


@pytest.mark.parametrize(
    ("theirs", "ours", "frames"),
    [("rx_bytes", "tx_bytes", "tx_frames"), ("tx_bytes", "rx_bytes", "rx_frames")],
)
@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (16 * 500, ": 16 bytes for each of 500 frames are missing, which is what a frame has besides its payload"),
        (10 * 500, ": 10 bytes for each of 500 frames are missing, which is what its head has"),
        (14 * 500 + 140, ": 14 bytes for each of 500 frames are missing, which is what its head and its checksum have"),
        (14 * 500 + 141, ""),
        (12 * 500, ""),
        (24 * 500, ": 24 bytes for each of 500 frames are missing, which is what a frame has besides its payload"),
        (16 * 500 - 1, ""),
        (24 * 500 + 1, ""),
        (-5000, ""),
    ],
)  # fmt: skip
def test_bytes_of_payloads_alone(
    record: Make, theirs: str, ours: str, frames: str, missing: int, words: str
) -> None:
    run = record()
    right = 1_000_003
    run.host_link = {ours: right, "tx_frames": 500 if frames == "tx_frames" else 2000}
    run.host_link["rx_frames"] = 2500 - run.host_link["tx_frames"]
    told: dict[str, int] = {theirs: right - missing}
    told |= {"rx_frames": run.host_link["tx_frames"], "tx_frames": run.host_link["rx_frames"]}
    run.status = replace(sample_status(), **told)
    (reason,) = find_line(run).reasons
    assert reason == f"the board tells {theirs} {right - missing:,}, the host {ours} {right:,}{words}"


def test_frames_have_no_payload_that_could_be_counted(record: Make) -> None:
    run = record()
    run.host_link, run.status = {"tx_frames": 5000}, replace(sample_status(), rx_frames=4_000)
    assert find_line(run).reasons == ("the board tells rx_frames 4,000, the host tx_frames 5,000",)


def test_counters_that_begin_anew_each_time_are_told_once(record: Make) -> None:
    run = record()
    run.host_link = {"rx_bytes": 1_000_000, "tx_bytes": 1_000_000, "rx_frames": 2000, "tx_frames": 2000}
    counts = {"rx_bytes": 1000, "tx_bytes": 1000, "rx_frames": 2, "tx_frames": 2}
    run.status = replace(sample_status(), **counts)
    assert len(find_line(run).reasons) == 4
    run.checks[LINE] = Checked(causes={"cleared": "as they are"})
    assert find_line(run).reasons == ()


@pytest.mark.parametrize(
    ("tells", "asked", "words"),
    [
        (24, 2, ""),
        (2, 24, ""),
        (220, 100, ""),
        (221, 100, ": as if it were counted where the "),
        (100, 220, ""),
        (100, 221, "the board tells 100 timeouts, and asked 221 times how far the host is"),
        (2, 25, "the board tells 2 timeouts, and asked 25 times how far the host is"),
        (25, 2, "the board tells 25 timeouts, and asked 2 times how far the host is: as if it were counted where the "),
        (500, 2, "asked 2 times how far the host is: as if it were counted where the time for a question begins to"),
        (502, 2, "the board tells 502 timeouts, and asked 2 times how far the host is"),
        (0, 24, "the board tells 0 timeouts, and asked 24 times how far the host is: it is not counted"),
        (77, 4, "asked 4 times how far the host is: that is its heap_free"),
    ],
)  # fmt: skip
def test_questions_of_the_board_are_counted(record: Make, tells: int, asked: int, words: str) -> None:
    run = record()
    frames = {"rx_frames": 600, "tx_frames": 600, "rx_bytes": 9000, "tx_bytes": 9000}
    run.host_link = frames | {"questions": asked + 10}
    run.host_at_start = {"questions": 10, "rx_frames": 100}
    run.status = replace(sample_status(), **frames | {"tx_frames": 501}, timeouts=tells, heap_free=77)
    reasons = find_line(run).reasons
    assert len(reasons) == bool(words) and all(words in text for text in reasons)
    del run.host_link["questions"]
    assert find_line(run).reasons == ()
