"""Bytes of the line of which a part is not counted."""

from dataclasses import replace

import pytest

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
