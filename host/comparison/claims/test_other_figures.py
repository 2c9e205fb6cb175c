"""Counts of the line that are other figures of the board's, one of them or two together."""

from dataclasses import replace

import pytest

from ..fakes import sample_status
from .conftest import Make
from .counters import find_line
from .other_figures import noise_of_frames, two_together

RIGHT = {"rx_frames": 1_718, "tx_frames": 1_810, "rx_bytes": 1_218_212, "tx_bytes": 240_347}
HOST = {"tx_frames": 1_718, "rx_frames": 1_810, "tx_bytes": 1_218_212, "rx_bytes": 240_347}


@pytest.mark.parametrize(
    ("theirs", "tells", "words"),
    [
        ("tx_bytes", 1_218_212, ": that is its rx_bytes"),
        ("tx_bytes", 5 * 240_347, ": each is counted 5 times"),
        ("tx_bytes", 5 * 240_347 + 5 * 512, ": each is counted 5 times"),
        ("tx_bytes", 5 * 240_347 + 5 * 512 + 1, ""),  # 5.01 times is not 5 times
        ("tx_bytes", 1_218_212 - 1_718, ": that is its rx_bytes less its rx_frames"),
        ("rx_bytes", 240_347 + 1_718, ": that is its rx_frames and tx_bytes together"),
        ("rx_bytes", 1_218_212 + 240_347 - 500, ": its tx_bytes are counted in"),
        ("rx_bytes", 1_218_212 + 240_347 - 513, ""),
        ("rx_bytes", 77_777, ": that is INFO's max_cells"),
        ("rx_bytes", 77_778, ""),
    ],
)
def test_a_wrong_count_is_looked_for_among_all_figures(
    record: Make, theirs: str, tells: int, words: str
) -> None:
    run = record()
    run.info = replace(run.info, max_cells=77_777)
    run.host_link, run.status = dict(HOST), replace(sample_status(), **RIGHT)
    assert find_line(run).reasons == ()
    run.status = replace(run.status, **{theirs: tells})
    (reason,) = find_line(run).reasons
    ours = {"rx": "tx", "tx": "rx"}[theirs[:2]] + theirs[2:]
    assert reason == f"the board tells {theirs} {tells:,}, the host {ours} {HOST[ours]:,}{words}"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (50_000, ": that is its a and b together"),
        (30_000, ": that is its b less its a"),
        (40_003, ""),  # what is less than ten is added by chance
        (4, ""),
        (50_001, ""),
    ],
)
def test_two_figures_together(told: int, words: str) -> None:
    assert two_together(told, {"its a": 10_000, "its b": 40_000, "its c": 3, "its d": 0}) == words


def test_two_pairs_that_give_a_number_are_none() -> None:
    assert two_together(90_000, {"its a": 10_000, "its b": 80_000, "its c": 100_000}) == ""
    assert two_together(99, {"its a": 50, "its b": 49}) == ""  # one in 50 is either by chance
    assert two_together(100, {"its a": 50, "its b": 50}) == ": that is its a and b together"


@pytest.mark.parametrize(
    ("rest", "told"), [(1_717, False), (1_718, True), (3_436, True), (3_437, False), (1_218_000, False)]
)
def test_noise_that_is_all_but_the_zeros(rest: int, told: bool) -> None:
    status = replace(sample_status(), **RIGHT, noise_bytes=1_218_212 - rest)
    assert noise_of_frames(status).endswith("(link_input in firmware/core/link/receive.c)") == told
    assert (f"all 1,218,212 that came but {rest:,}, about the zeros" in noise_of_frames(status)) == told
    assert noise_of_frames(sample_status()) == ""
