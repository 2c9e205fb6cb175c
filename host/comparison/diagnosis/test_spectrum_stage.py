"""What is wrong in a spectrum is read from its bins: of a small one, up to each limit."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...trace.stages import Stage
from .figures import Cause
from .spectrum_stage import spectrum_cause

Int64 = NDArray[np.int64]

COUNT = 64  # Re X[k] at k, Im X[k] at COUNT - k
HOST: Int64 = np.random.default_rng(6).integers(2000, 90000, COUNT) * np.tile([1, -1, -1, 1], 16)
RE, IM = np.arange(1, 32), 64 - np.arange(1, 32)


def cause_of(device: Int64, host: Int64 = HOST, mixed: bool = False, fft: int = COUNT) -> Cause | None:
    stage = Stage("spectrum", host.astype("<i4").tobytes(), device.astype("<i4").tobytes())
    tables: Any = SimpleNamespace(settings=SimpleNamespace(is_mixed=mixed, fft=fft))
    return spectrum_cause(stage, tables)


def found(device: Int64, host: Int64 = HOST) -> Cause:
    cause = cause_of(device, host)
    assert cause is not None
    return cause


def with_parts(re: Int64, im: Int64) -> Int64:
    device = HOST.copy()
    device[RE], device[IM] = re, im
    return device


def test_another_layout_is_not_read() -> None:
    assert cause_of(-HOST, mixed=True) is None
    assert cause_of(-HOST, fft=128) is None


R, J, ZERO = HOST[RE], HOST[IM], np.zeros(31, np.int64)


@pytest.mark.parametrize(
    ("re", "im", "words"),
    [
        (J, R, "real and imaginary parts are exchanged in all bins"),
        (R, -J, "all imaginary parts have the other sign"),
        (-R, J, "all real parts have the other sign"),
        (R, ZERO, "all imaginary parts are 0"),
        (ZERO, J, "all real parts are 0"),
        (R[::-1], J[::-1], "the spectrum lies backwards: its lowest bin is its highest"),
        (np.append(R[1:], 7), np.append(J[1:], 8), "all bins lie 1 too low"),
        (np.append(7, R[:-1]), np.append(8, J[:-1]), "all bins lie 1 too high"),
        (np.append(R[2:], [7, 9]), np.append(J[2:], [8, 9]), "all bins lie 2 too low"),
        (np.append([7, 9], R[:-2]), np.append([8, 9], J[:-2]), "all bins lie 2 too high"),
        (R * 2, J * 2, "all bins are twice what they must be"),
        (-R, -J, "all bins are the negative of what they must be"),
    ],
)
def test_all_bins(re: Int64, im: Int64, words: str) -> None:
    cause = found(with_parts(re, im))
    assert (cause.told, cause.computed) == (words, True)
    assert "the order in which its samples come" in cause.cure


@pytest.mark.parametrize("by", [3, -3])
def test_bins_that_lie_farther_off_are_not_told(by: int) -> None:
    assert "too" not in found(with_parts(np.roll(R, by), np.roll(J, by))).told


def test_the_edges_alone() -> None:
    device = HOST.copy()
    device[[0, 32]] += 7
    cause = found(device)
    assert cause.told == "only bins 0 and the highest are others, which no band uses"
    assert "last step" in cause.cure


@pytest.mark.parametrize(
    ("bins", "by", "words"),
    [
        (
            [5, 9, 12, 20],
            3,
            "bins 5, 9, 12, 20: off by at most 3 either way, as by another rounding of one step",
        ),
        ([5, 9, 12, 20], 4, "bins 5, 9, 12, 20: off by up to 4: a rounding, or low bits"),
        ([5, 9], 2, "bins 5, 9: off by at most 2 either way"),
        ([5], 1, "bin 5: off by at most 1 either way"),
        ([5], 2, "bin 5: off by up to 2: a rounding, or low bits"),
    ],
)
def test_roundings(bins: list[int], by: int, words: str) -> None:
    device = HOST.copy()
    device[bins] += by * np.tile([1, -1], 2)[: len(bins)]
    cause = found(device)
    assert cause.told.startswith(words)
    assert ("distances" in cause.cure) == ("rounding" in words or "at most" in words)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (990, "bin 5: off by up to 990, 0.99 % of the loudest: a factor is a little off"),
        (250, "bin 5: off by up to 250, 0.25 % of the loudest: a factor is a little off"),
        (10, "bin 5: off by up to 10, 0.01 % of the loudest: a factor is a little off"),
        (9, "bin 5: off by up to 9: a rounding, or low bits that are lost on the way"),
        (1000, "bin 5: real parts are 3,000 instead of 2,000"),
    ],
)
def test_a_factor_a_little_off(off: int, words: str) -> None:
    host = HOST.copy()
    host[40], host[5] = -100000, 2000
    device = host.copy()
    device[5] += off
    cause = found(device, host)
    assert cause.told == words
    assert ("twiddle factors and the root" in cause.cure) == ("little" in words)


BINS = np.array([4, 7, 9, 17, 26])
RE_5, IM_5 = HOST[BINS], HOST[64 - BINS]


@pytest.mark.parametrize(
    ("re", "im", "words"),
    [
        (-RE_5, IM_5, "real parts have the other sign"),
        (RE_5, -IM_5, "imaginary parts have the other sign"),
        (-RE_5, -IM_5, "real parts have the other sign; imaginary parts have the other sign"),
        (
            IM_5,
            RE_5,
            "real parts are what the other part must be; imaginary parts are what the other part must be",
        ),
        (
            -IM_5,
            RE_5,
            "real parts are the negative of what the other part must be; imaginary parts are what the",
        ),
        (RE_5 * 2, IM_5, "real parts are twice what they must be"),
        (RE_5, IM_5 * 0, "imaginary parts are 0"),
        (RE_5 * [2, 3, -1, 4, -5], IM_5, "real parts are others (together "),
    ],
)
def test_some_bins(re: Int64, im: Int64, words: str) -> None:
    device = HOST.copy()
    device[BINS], device[64 - BINS] = re, im
    assert found(device).told.split(": ")[1].startswith(words)


def test_bins_of_which_both_parts_are_0() -> None:
    device = HOST.copy()
    device[BINS] = device[64 - BINS] = 0
    cause = found(device)
    assert (cause.told, cause.computed) == ("bins 4, 7, 9, 17 and 1 more: both parts are 0", True)
    assert "last step" in cause.cure


def test_sizes() -> None:
    """Five values together, or four one by one; those of them that are right are left out."""
    host = HOST.copy()
    host[[4, 7, 9, 17, 26]] = [300, 400, 0, 0, 0]
    device = host.copy()
    device[[4, 7, 9, 17, 26]] = [0, 0, 6000, 0, 8000]
    device[64 - 17] += 5000
    assert found(device, host).told.startswith(
        "bins 4, 7, 9, 17 and 1 more: real parts are others (together 20 times"
    )
    device[26], device[64 - 17] = 0, host[64 - 17] + 5000
    assert found(device, host).told.startswith(
        "bins 4, 7, 9, 17: real parts are 0 instead of 300, 0 instead of 400, 6,000 instead of 0; imaginary parts are "
    )


def test_of_nothing_much_has_come() -> None:
    host = HOST.copy()
    host[BINS] = 0
    device = host.copy()
    device[BINS] = [3000, 2, 3, 4000, 1]
    assert "others (together 5e+03 times as large)" in found(device, host).told


@pytest.mark.parametrize(("count", "last"), [(8, True), (9, False)])
def test_where_to_look_by_how_many_bins(count: int, last: bool) -> None:
    device = HOST.copy()
    device[1 : 2 * count : 2] *= -1
    cause = found(device)
    assert "real parts have the other sign" in cause.told
    assert ("last step" in cause.cure) == last


def test_silence_that_is_none_on_the_device() -> None:
    device = HOST * np.arange(COUNT)
    words = "all 31 bins: real parts are others (together "
    assert found(device, np.zeros(COUNT, np.int64)).told.startswith(words)
