"""What was done to samples by their size alone, read from few of them: each way at its limits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from .figures import Cause
from .levels_read import by_level

SPREAD = [0, 5, -40, 300, -2000, 9000, -9000, 20_000, -20_000, 32_767, -32_768]
LIMITER = "(a limiter)"


def read(sent: ArrayLike, seen: ArrayLike) -> Cause | None:
    return by_level(np.array(sent, np.int64), np.array(seen, np.int64))


def told(sent: ArrayLike, seen: ArrayLike) -> str:
    found = read(sent, seen)
    if found is None:
        return ""
    assert found.computed and found.change is not None
    assert "between AUDIO and the front end" in found.cure or "become int16 samples" in found.cure
    samples = np.array(sent, np.int16)
    # whatever is told can be applied, and gives what came
    assert found.change(samples).tolist() == list(np.array(seen).tolist())
    return found.told


def changed(sent: ArrayLike, seen: ArrayLike, samples: list[int]) -> list[int]:
    found = read(sent, seen)
    assert found is not None and found.change is not None
    values = found.change(np.array(samples, np.int16))
    assert values.dtype == np.int16
    other: list[int] = values.tolist()
    return other


# ---- limited


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-4000, 4000, "samples are limited to ±4,000"),
        (-4000, 5000, "samples are limited to -4,000 to 5,000"),
        (-32768, 3000, "samples are limited to at most 3,000"),
        (-3000, 32767, "samples are limited to at least -3,000"),
    ],
)
def test_limited_samples_tell_the_limits(low: int, high: int, words: str) -> None:
    sent = [0, 5, -40, 300, 9000, -9000, 9100, -9100, 20_000, -20_000, 32_767, -32_768]
    seen = np.clip(sent, low, high)
    assert told(sent, seen) == words
    assert changed(sent, seen, [-32_768, -3500, 7, 4500, 32_767]) == [
        max(low, -32_768),
        max(low, -3500),
        7,
        min(high, 4500),
        min(high, 32_767),
    ]


def test_a_limit_asks_for_three_samples_at_it_and_three_that_are_right() -> None:
    assert told([1, 2, 3, 200, 300, 400], [1, 2, 3, 100, 100, 100]) == "samples are limited to at most 100"
    assert (
        told([1, 2, 3, -200, -300, -400], [1, 2, 3, -100, -100, -100])
        == "samples are limited to at least -100"
    )
    assert told([1, 2, 3, 200, 300], [1, 2, 3, 100, 100]) == ""
    assert told([1, 2, 200, 300, 400], [1, 2, 100, 100, 100]) == ""
    assert told([0, 1, 2, 200, 300, 400], [0, 1, 2, 100, 100, 100]) == ""  # a 0 tells nothing
    assert told([1, 2, 3, 200, 300, 400], [1, 2, 4, 100, 100, 100]) == ""


def test_samples_at_the_limit_itself_are_right_ones() -> None:
    assert (
        told([1, 2, 100, 200, -300, 400, -100], [1, 2, 100, 100, -100, 100, -100])
        == "samples are limited to ±100"
    )
    assert (
        told([1, 2, 3, -50, 200, 300, 400], [1, 2, 3, -50, 100, 100, 100])
        == "samples are limited to at most 100"
    )
    assert (
        told([1, 2, 3, 50, -200, -300, -400], [1, 2, 3, 50, -100, -100, -100])
        == "samples are limited to at least -100"
    )


# ---- offset


@pytest.mark.parametrize(("by", "words"), [(37, "+37"), (-1234, "-1,234")])
def test_a_figure_that_is_added_saturates(by: int, words: str) -> None:
    seen = np.clip(np.array(SPREAD) + by, -32768, 32767)
    assert told(SPREAD[:-2], seen[:-2]) == f"{words} is added to each sample"
    assert changed(SPREAD[:-2], seen[:-2], SPREAD) == seen.tolist()


def test_or_wraps_which_a_quiet_column_does_not_show() -> None:
    cause = by_level(np.array([5, -6, 700]), np.array([-32, -43, 663]))
    assert cause is not None and cause.change is not None and cause.or_else is not None
    loud = np.array([-32_768, -32_731, 9], np.int16)
    assert cause.change(loud).tolist() == [-32_768, -32_768, -28]
    wrapped = cause.or_else(loud)
    assert wrapped.tolist() == [32_731, -32_768, -28] and wrapped.dtype == np.int16


def test_saturated_samples_do_not_count_for_a_figure() -> None:
    assert told([5, 6, 32_700, 32_766], [105, 106, 32_767, 32_767]) == "+100 is added to each sample"
    assert told([5, 6, -32_700, -32_766], [-95, -94, -32_768, -32_768]) == "-100 is added to each sample"
    assert told([5, 32_666], [105, 32_766]) == "+100 is added to each sample"
    assert told([5, 32_600], [105, 32_766]) == ""  # the highest that counts
    assert told([32_700, 32_766], [32_767, 32_767]) == ""  # nothing is left


# ---- a knee


def bent(level: int, slope: float) -> Callable[[list[int]], list[int]]:
    def change(samples: list[int]) -> list[int]:
        kept = [min(abs(x), level) + int(max(abs(x) - level, 0) * slope + 1e-9) for x in samples]
        return [int(np.sign(x)) * k for x, k in zip(samples, kept, strict=True)]

    return change


LOUD = [3, -70, 900, -999, 1500, -2200, 3100, -4700, 6003, 7777, -12_001, 20_000]


@pytest.mark.parametrize(
    ("slope", "words"),
    [(1 / 2, "0.5"), (1 / 3, "0.333"), (1 / 4, "0.25"), (1 / 8, "0.125"), (2 / 3, "0.667"), (3 / 4, "0.75")],
)  # fmt: skip
@pytest.mark.parametrize("level", [16, 1000, 1234])
def test_what_lies_above_a_level_counts_by_a_part(level: int, slope: float, words: str) -> None:
    seen = bent(level, slope)(LOUD)
    found = told(LOUD, seen)
    assert found.endswith(f" counts {words} times {LIMITER}")
    lowest = next(each for each in range(1, level + 1) if bent(each, slope)(LOUD) == seen)
    assert found.split()[4] == f"{lowest:,}"
    assert changed(LOUD, seen, [0, -32_768, 32_767, 5003, -5003]) == bent(level, slope)(
        [0, -32_768, 32_767, 5003, -5003]
    )


@pytest.mark.parametrize("level", [1, 3, 15])
def test_a_limiter_has_a_level_of_16_at_least(level: int) -> None:
    """Below it is a factor of all samples, whose rounding looks like one."""
    assert told(LOUD, bent(level, 0.75)(LOUD)) == ""


@pytest.mark.parametrize(("by", "found"), [(100, True), (1, True), (0, False)])
def test_magnitudes_are_less_by_a_figure(by: int, found: bool) -> None:
    seen = [int(np.sign(x)) * max(abs(x) - by, 0) for x in LOUD]
    words = f"magnitudes are {by:,} less, and 0 where they are not above it"
    assert told(LOUD, seen) == (words if found else "+0 is added to each sample")
    if found:
        other = [0, by - 1, by, -by - 1, -32_768, 32_767]
        assert changed(LOUD, seen, other) == [0, 0, 0, -1, by - 32_768, 32_767 - by]


def test_six_samples_that_are_heard_tell_what_magnitudes_are_less_by() -> None:
    five, six = [(500, -510, 520, -530, 540, *more) for more in ((3,), (3, 550))]
    assert "less" not in told(five, [400, -410, 420, -430, 440, 0])
    assert "100 less" in told(six, [400, -410, 420, -430, 440, 0, 450])
    assert "less" not in told(six, [400, -410, 420, -430, 440, 2, 450])
    assert "less" not in told(six, [600, -610, 620, -630, 640, 103, 650])


@pytest.mark.parametrize(("count", "words"), [(63, ""), (64, "of all samples bit 5 is inverted")])
def test_sixty_four_samples_tell_a_bit(count: int, words: str) -> None:
    x = np.random.default_rng(4).integers(-9000, 9000, count)
    assert told(x, x ^ 0x20) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x & ~0x1000, "of all samples bit 12 is always 0"),
        (lambda x: x & ~0x1008, "of all samples bits 3, 12 are always 0"),
        (lambda x: x | 0x41, "of all samples bits 0, 6 are always 1"),
        (lambda x: x ^ 0x20, "of all samples bit 5 is inverted"),
        (lambda x: ((x ^ 0x20) & ~0x100) | 1, "of all samples bit 8 is always 0; bit 0 is always 1; bit 5 is inverted"),
        (lambda x: np.where(x > 0, x ^ 0x20, x), ""),
    ],
)  # fmt: skip
def test_single_bits_are_told(change: Any, words: str) -> None:
    x = np.random.default_rng(4).integers(-9000, 9000, 200).astype(np.int16)
    seen = change(x).astype(np.int16)
    assert told(x.tolist(), seen.tolist()) == words
    if words:
        other = [0, 5, -1, 4096, -32_768, 32_767]
        right = change(np.array(other, np.int16)).astype(np.int16).tolist()
        assert changed(x.tolist(), seen.tolist(), other) == right


def test_a_slope_asks_for_six_samples_above_the_level_and_some_distance_of_them() -> None:
    above = [104, 110, 120, 131, 140, 150]
    seen = bent(100, 0.5)(above)
    assert told([7, *above], [7, *seen]) == f"what samples have above 100 counts 0.5 times {LIMITER}"
    assert told([7, *above[1:]], [7, *seen[1:]]) == ""
    near = [104, 104, 106, 106, 108, 110]
    assert told([7, *near], [7, *bent(100, 0.5)(near)]).endswith(LIMITER)
    near = [104, 104, 106, 106, 108, 109]
    assert told([7, *near], [7, *bent(100, 0.5)(near)]) == ""


def test_samples_of_another_curve_have_no_level() -> None:
    assert told(LOUD, [int(np.sign(x) * np.sqrt(abs(x))) for x in LOUD]) == ""
    halved = [int(x / 2) for x in LOUD]
    assert told(LOUD, halved) == ""  # a level of 0 is none


# ---- quiet ones lost


def test_quiet_samples_that_are_lost_tell_the_level() -> None:
    sent = [1, -2, 3, 4, -5, 6, 7, 0]
    assert told(sent, [0] * 6 + [7, 0]) == "samples of at most about 6 come as 0"
    assert changed(sent, [0] * 6 + [7, 0], [6, -6, 7, -7, -32_768]) == [0, 0, 7, -7, -32_768]
    assert told([1, -2, 3, 4, -1006, -2000], [0, 0, 0, 0, 0, -2000]) == ""  # five are too few
    assert (
        told([1, -2, 3, 4, 5, -1006, -2000], [0, 0, 0, 0, 0, 0, -2000])
        == "samples of at most about 1,006 come as 0"
    )
    assert told([1, -2, 3, 4, 5, 6, 0], [0] * 7) == ""  # nothing is right but what was 0
    assert told([1, -2, 3, 4, 5, 6, 7], [0, 0, 0, 0, 0, 1, 7]) == ""
    assert told([1, -2, 3, 4, 5, 9, 7], [0, 0, 0, 0, 0, 0, 7]) == ""  # a right one is quieter
    assert told([1, -2, 3, 4, 5, -7, 7], [0, 0, 0, 0, 0, 0, 7]) == ""  # or as quiet


def test_what_came_as_it_was_sent_has_no_level() -> None:
    assert told([0, 0, 0], [0, 9, 4]) == ""
    assert told([], []) == ""


def test_a_few_values_come_as_others() -> None:
    sent = np.concatenate([np.arange(-40, 40), [-1, 7]])
    seen = np.where(sent == -1, 0, sent)
    cause = by_level(sent, seen)
    assert (
        cause is not None and cause.told == "all samples that are -1 come as 0" and cause.change is not None
    )
    np.testing.assert_array_equal(cause.change(sent.astype(np.int16)), seen)
    seen = np.where(sent == 7, -9, seen)
    assert told(sent, seen) == "all samples that are -1 come as 0, 7 come as -9"
    for other in (np.where(np.arange(82) == 80, sent, seen), np.where(np.arange(82) == 80, 3, seen)):
        found = by_level(sent, other)
        assert found is None or "all samples that are" not in found.told  # not always, or not the same
    once = np.where(sent == 20, 5, sent)
    assert (found := by_level(sent, once)) is None or "all samples that are" not in found.told


def test_three_values_come_as_others_and_four_do_not() -> None:
    sent = np.tile(np.arange(-40, 40), 2)
    seen = np.where(sent == 7, -9, np.where(sent == -20, 31, np.where(sent == 12, 0, sent)))
    assert told(sent, seen) == "all samples that are -20 come as 31, 7 come as -9, 12 come as 0"
    assert "all samples that are" not in told(sent, np.where(sent == 30, -3, seen))


@pytest.mark.parametrize(("side", "words"), [(1, "positive samples have"), (-1, "negative samples have")])
def test_a_limiter_of_one_sign(side: int, words: str) -> None:
    sent = np.arange(-9000, 9000, 37)
    size = np.abs(sent)
    kept = np.sign(sent) * np.where(size > 4000, 4000 + (size - 4000) // 2, size)
    seen = np.where(np.sign(sent) == side, kept, sent)
    cause = by_level(sent, seen)
    assert cause is not None and cause.told == f"what {words} above 4,000 counts 0.5 times (a limiter)"
    assert cause.change is not None
    np.testing.assert_array_equal(cause.change(sent.astype(np.int16)), seen)


def test_an_other_sign_is_known_by_a_sample_as_large_as_the_least_wrong_one() -> None:
    sent = [3, -70, 901, 1500, 2200, 3100, 4700, 6003, -901]
    seen = [*bent(900, 1 / 2)(sent[:-1]), -901]
    assert told(sent, seen) == f"what positive samples have above 900 counts 0.5 times {LIMITER}"


@pytest.mark.parametrize(("set_", "values", "known"), [(6, 64, True), (5, 64, False), (6, 63, False)])
def test_six_of_64_values_tell_what_a_bit_does(set_: int, values: int, known: bool) -> None:
    sent = np.arange(values)
    sent[:set_] += 512
    seen = np.where(sent >= 512, sent + 1000, sent)
    assert (told(sent, seen) == "samples whose bit 9 is set are off by +1,000") == known


def test_where_nothing_differs_nothing_is_read() -> None:
    assert told([32_767] * 6, [32_767] * 6) == ""
