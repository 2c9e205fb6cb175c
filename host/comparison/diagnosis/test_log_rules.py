"""What each rule of the logarithm means, in exact numbers; and constants that are read from a column's levels."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from ...core.c_frontend import octave_table
from .log_stage import LogRule, _linear, _logarithm, _of_floor, _of_octave, _rules, _shifted, lost_levels

DECIBEL = 65_536  # Q16
DEEP = -(1 << 40)
SHIFTED = "is shifted by the distance between both scales"
ENERGIES = [
    1,
    2,
    3,
    63,
    64,
    65,
    127,
    2**31,
    2**32 - 1,
    *np.random.default_rng(5).integers(1, 2**32, 200).tolist(),
]
TABLE = [int(entry) for entry in octave_table()]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (f"where a band's falling sum is the quieter one, it {SHIFTED} not", {"up": 0}),
        (f"where a band's falling sum is the quieter one, it {SHIFTED} once", {"up": 1}),
        (f"where a band's rising sum is the quieter one, it {SHIFTED} three", {"down": 3}),
        (f"the quieter of a band's two sums {SHIFTED} three", {"up": 3, "down": 3}),
        ("levels are an octave too high", {"octaves": 1}),
        ("levels are an octave too low", {"octaves": -1}),
        ("each band has the constant of the next one", {"constant": 1}),
        ("each band has the constant of the previous one", {"constant": -1}),
        ("half of what lies between two entries", {"interpolated": 0.5}),
        ("nothing is interpolated", {"interpolated": 0}),
        ("what is interpolated is rounded to the nearest", {"rounded": 1}),
        ("what is interpolated is rounded up", {"rounded": 2}),
        ("the quieter of a band's two sums, brought to the other's scale, is rounded to the",
         {"of_rising": 1, "of_falling": 1}),
        ("where a band's rising sum is the quieter one, it is rounded to the nearest", {"of_rising": 1}),
        ("where a band's rising sum is the quieter one, it is rounded up", {"of_rising": 2}),
        ("where a band's falling sum is the quieter one, it is rounded up", {"of_falling": 2}),
        ("the nearest entry of the table is taken", {"interpolated": 0, "nearest": True}),
        ("the place between two entries of the table has lost its 14 low bits: 1 are left", {"fraction_bits": 14}),
        ("the place between two entries of the table has lost its 1 low bits: 14 are left", {"fraction_bits": 1}),
        ("levels below the floor stay", {"floored": False}),
    ],
)  # fmt: skip
def test_words_stand_for_their_rule(words: str, rule: dict[str, float]) -> None:
    [found] = [each for told, _, each in _rules() if told.startswith(words)]
    assert found == LogRule(**rule)  # type: ignore[arg-type]


def test_a_place_has_fifteen_bits_of_which_one_is_left() -> None:
    lost = [rule.fraction_bits for _, _, rule in _rules() if rule.fraction_bits]
    assert lost == [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "rule",
    [
        LogRule(),
        LogRule(rounded=1),
        LogRule(interpolated=0),
        LogRule(interpolated=0.5),
        LogRule(interpolated=0, nearest=True),
        *(LogRule(fraction_bits=bits) for bits in (1, 7, 14)),
        LogRule(octave=7),
        LogRule(octaves=-1),
    ],
)
@pytest.mark.parametrize("scale", [0, 3])
def test_a_level_is_exact(rule: LogRule, scale: int) -> None:
    for energy in ENERGIES:
        sums = np.array([energy, 0]), np.array([0, 0]), np.array([scale, scale])
        [level] = _logarithm(*sums, np.array([700]), DEEP)(rule)
        assert level == 700 + expected(energy, scale, rule)


def expected(energy: int, scale: int, rule: LogRule) -> int:
    """Octaves, an entry of 64 in each, and what lies between two, of which fifteen bits of the place count."""
    octaves = energy.bit_length() - 1
    place = 64 * (Fraction(energy, 2**octaves) - 1)
    entry = floor(place)
    step = 2**rule.fraction_bits
    fraction = floor((place - entry) * 2**15) // step * step
    height = TABLE[entry + 1] - TABLE[entry]
    between = Fraction(height * fraction, 2**15) * Fraction(rule.interpolated)
    if rule.rounded:
        between += Fraction(1, 2)
    if rule.nearest and fraction >= 2**14:
        entry += 1
    return (octaves + 2 * scale + rule.octaves) * (TABLE[64] + rule.octave) + TABLE[entry] + floor(between)


def test_a_floor_is_read_where_levels_lie_on_it() -> None:
    right = -9000 * DECIBEL  # so far from 0 that each step of Q16 counts
    host = np.array([5, right, right, 7])
    [(told, _, rule)] = _of_floor(host, np.array([5, right + 3 * DECIBEL, right + DECIBEL // 2, 9]), right)
    assert told == "the floor is -8999.50 dB instead of -9000.00 dB" and rule == LogRule(floor=DECIBEL // 2)
    assert not list(_of_floor(host, np.array([6, right, right, 8]), right))
    quiet = np.array([0, 0, 0]), np.array([0, 0, 0]), np.array([0, 0, 0])
    assert _logarithm(*quiet, np.array([0, 0]), right)(rule).tolist() == [right + DECIBEL // 2] * 2
    faint = np.array([1, 0]), np.array([0, 0]), np.array([0, 0])
    assert _logarithm(*faint, np.array([right]), right)(LogRule(floor=9)).tolist() == [right + 9]


@pytest.mark.parametrize("by", [40, -3])
def test_an_octave_is_read_where_most_of_them_count(by: int) -> None:
    sums = np.array([8, 2**20, 2**9, 0]), np.zeros(4, np.int64), np.zeros(4, np.int64)
    compute = _logarithm(*sums, np.array([0, 0, 0]), DEEP)
    host = compute(LogRule())
    device = host + by * np.array([3, 20, 9])
    assert compute(LogRule(octave=by)).tolist() == device.tolist()
    [(told, _, rule)] = _of_octave(compute, host, device)
    right, wrong = TABLE[64] / DECIBEL, (TABLE[64] + by) / DECIBEL
    assert told == f"an octave counts {wrong:.4f} dB instead of {right:.4f} dB" and rule == LogRule(octave=by)


def test_no_octave_is_read_where_none_counts() -> None:
    sums = np.array([1, 1, 0]), np.zeros(3, np.int64), np.zeros(3, np.int64)
    compute = _logarithm(*sums, np.array([0, 0]), DEEP)
    host = compute(LogRule())
    assert not list(_of_octave(compute, host, host + 5))
    loud = _logarithm(np.array([1, 16, 0]), *sums[1:], np.array([0, 0]), DEEP)
    host = loud(LogRule())
    assert not list(_of_octave(loud, host, host + np.array([5, 0])))


CONSTANTS = np.random.default_rng(3).integers(-200_000, 200_000, 20)
RIGHT_LEVELS = np.random.default_rng(4).integers(-3_000_000, 900_000, 20)


@pytest.mark.parametrize(
    ("device", "told"),
    [
        (2 * (RIGHT_LEVELS - CONSTANTS) + CONSTANTS, "levels are 2 times what they must be before the bands' constants "
         "are added"),
        (2 * RIGHT_LEVELS, "levels are 2 times what they must be"),
        (RIGHT_LEVELS - CONSTANTS, "levels are 1 times what they must be, the bands' constants 0 times"),
        (2 * (RIGHT_LEVELS - CONSTANTS) + CONSTANTS + 3 * DECIBEL, "levels are 2 times what they must be before the "
         "bands' constants are added, and +3 dB"),
    ],
)  # fmt: skip
def test_levels_times_a_factor_are_told(device: np.ndarray, told: str) -> None:  # type: ignore[type-arg]
    assert _linear(RIGHT_LEVELS, device, CONSTANTS) == told


def test_levels_on_no_line_are_left() -> None:
    off = np.random.default_rng(5).integers(-900, 900, 20)
    assert _linear(RIGHT_LEVELS, 2 * RIGHT_LEVELS + off, CONSTANTS) == ""
    assert _linear(RIGHT_LEVELS, RIGHT_LEVELS, CONSTANTS) == ""
    assert _linear(RIGHT_LEVELS, RIGHT_LEVELS + DECIBEL, CONSTANTS) == "", "a figure alone is told otherwise"
    assert _linear(RIGHT_LEVELS[:6], 2 * RIGHT_LEVELS[:6], CONSTANTS[:6]) == "", "too few without the lowest"


@pytest.mark.parametrize(
    ("value", "by", "down", "nearest", "up"),
    [(7, 2, 1, 2, 2), (5, 2, 1, 1, 2), (6, 2, 1, 2, 2), (4, 2, 1, 1, 1), (9, 0, 9, 9, 9), (1, 3, 0, 0, 1)],
)
def test_roundings_of_a_shift(value: int, by: int, down: int, nearest: int, up: int) -> None:
    assert [_shifted(value, by, halves) for halves in (0, 1, 2)] == [down, nearest, up]


@pytest.mark.parametrize(("rising", "quieter"), [(True, "of_rising"), (False, "of_falling")])
def test_the_quieter_sum_alone_is_rounded(rising: bool, quieter: str) -> None:
    """Scales are 2 apart, so that it is shifted by 4 bits: 15 is rounded to 1."""
    shifts = np.array([0, 2] if rising else [2, 0])

    def level(quiet: int, rule: LogRule) -> list[int]:
        sums = (quiet, 100) if rising else (100, quiet)
        up, down = (np.array([each, each], np.int64) for each in sums)
        return _logarithm(up, down, shifts, np.zeros(1, np.int64), DEEP)(rule).tolist()

    rule = LogRule(**{quieter: 1})  # type: ignore[arg-type]
    other = LogRule(**{"of_falling" if rising else "of_rising": 1})  # type: ignore[arg-type]
    assert level(15, rule) == level(16, LogRule()) != level(15, LogRule()) == level(15, other)


def test_levels_up_to_one_that_come_as_the_floor_are_told() -> None:
    host = np.array([5, 3, -40, -9, -100]) * DECIBEL

    def told(*device: int) -> str:
        return lost_levels(host, np.array(device) * DECIBEL, -100 * DECIBEL)

    assert told(5, -100, -100, -100, -100) == "levels up to 3.00 dB come as the floor, -100.00 dB"
    assert told(5, 3, -100, -100, -100) == "", "two are too few"
    assert told(5, 3, -40, -100, -100) == told(-100, 3, -100, -100, -100) == told(*[-100] * 4, 7) == ""
