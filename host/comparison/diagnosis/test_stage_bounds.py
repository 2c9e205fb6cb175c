"""Values of a stage that a bound parts from the others."""

from collections.abc import Sequence

import numpy as np
import pytest

from ...trace.stages import ColumnTrace, Stage
from .stage_bounds import parted_by

RISING = list(range(10, 410, 10))
MIXED = [*RISING[::2], *RISING[1::2]]


def packed(values: Sequence[int]) -> bytes:
    return np.array(values, "<i4").tobytes()


def stage(name: str, host: Sequence[int], wrong: Sequence[int]) -> Stage:
    device = [value + (place in wrong) for place, value in enumerate(host)]
    return Stage(name, packed(host), packed(device))


@pytest.mark.parametrize(
    ("host", "wrong", "told"),
    [
        (RISING, [38, 39], "just where 390 or more is right"),
        (RISING, range(38), "just where 380 or less is right"),
        (RISING, [39], ""),  # may be chance
        (RISING, range(39), ""),
        (RISING, range(40), ""),
        (RISING, [38, 39, 0], ""),
        (RISING[:32], [30, 31], ""),  # in 496 ways
        (RISING[:33], [31, 32], "just where 320 or more is right"),
        ([*RISING[:38], 380, 390], [38, 39], ""),
        ([10, 20, 20, *RISING[3:]], [0, 1], ""),
    ],
)
def test_by_their_own_right_values(host: list[int], wrong: Sequence[int], told: str) -> None:
    departs = stage("noise", host, wrong)
    assert parted_by(ColumnTrace(3, (departs,)), departs) == told


def test_levels_are_told_in_decibels() -> None:
    departs = stage("log", [100_000, 200_000, 396_494, *(value * 65536 for value in RISING[3:])], [0, 1, 2])
    assert parted_by(ColumnTrace(3, (departs,)), departs) == "just where 6.1 dB or less is right"


def test_by_what_they_are_made_of() -> None:
    departs = stage("pcan", RISING, range(10, 30))
    others = [stage("power", MIXED, []), stage("noise", [1000 * value for value in MIXED[::-1]], [])]
    told = parted_by(ColumnTrace(3, (*others, departs)), departs)
    assert told == ""
    others[1] = stage("noise", [1000 * value for value in RISING[-20:] + RISING[:20]], [])
    departs = stage("pcan", MIXED, range(20))
    told = parted_by(ColumnTrace(3, (*others, departs)), departs)
    assert told == "just where 210,000 or more comes of the stage noise"
    assert parted_by(ColumnTrace(3, (others[0], departs)), departs) == ""
    assert parted_by(ColumnTrace(3, (stage("noise", [*RISING, 5], []), departs)), departs) == ""


def test_segments_are_no_values() -> None:
    segments = Stage("mel", bytes(12 * len(RISING)), bytes(12 * len(RISING)), segments=True)
    departs = stage("log", MIXED, range(20))
    assert parted_by(ColumnTrace(3, (segments, departs)), departs) == ""


def test_of_another_number_of_values_nothing_is_said() -> None:
    departs = Stage("noise", packed(RISING), packed(RISING[:4]))
    assert parted_by(ColumnTrace(3, (departs,)), departs) == ""
