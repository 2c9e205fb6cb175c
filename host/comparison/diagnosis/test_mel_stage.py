"""Mel sums with one thing otherwise: each rule's own, and the sums computed once more one number at a time."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...trace.stages import Stage
from .fakes_front_end import SETTINGS, tables_of
from .figures import Cause
from .mel_stage import RIGHT, MelRule, _rules, mel_cause, sums_of

FFT = 256
BINS = (3, 0, 1, 5, 4, 2, 6, 4)
SHARES = tuple(int(share) for share in np.random.default_rng(2).integers(1, 65_536, sum(BINS)))
TABLES = replace(tables_of(SETTINGS), first_bin=2, segment_bins=BINS, shares_q16=SHARES)
SEGMENT = np.dtype([("up", "<u4"), ("down", "<u4"), ("shift", "<i4")])
Sums = list[tuple[int, int, int]]
Rows = NDArray[np.int64]


def spectrum_of(seed: int, sizes: tuple[int, ...] = (400, 9, 2_000_000, 70, 1, 40_000, 3000, 12)) -> Rows:
    """Each segment with a headroom of its own, real parts sometimes less than imaginary ones."""
    rng = np.random.default_rng(seed)
    words = rng.integers(-50, 51, FFT)
    at = 2
    for count, size in zip(BINS, sizes, strict=True):
        for k in range(at, at + count):
            words[k] = rng.integers(-size, size + 1)
            words[FFT - k] = rng.integers(-5 * size, 5 * size + 1)
        at += count
    return words


def wrapped(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def parted(value: int, raised: int, wide: bool, rounded: int | None) -> int:
    """A part of a bin in 15 bits, wrapped around unless the upper half of a product gives it."""
    if raised < (0 if wide else 1):  # the factor is half of 2^raised, cut off
        return 0
    halved = (value << raised) >> 1
    whole = halved if wide and raised <= 15 else wrapped(halved)
    return int(whole / 65_536) if rounded is None else rounded_off(whole, 16, rounded)


def rounded_off(value: int, bits: int, way: int) -> int:
    """Without its low bits: rounded down, to the nearest, or up."""
    return (math.floor, lambda x: math.floor(x + Fraction(1, 2)), math.ceil)[way](Fraction(value, 2**bits))


def form_by_hand(form: str, a: int, b: int) -> int:
    """A bin's power otherwise, before it is shifted by 15."""
    large, small = sorted((abs(a), abs(b)), reverse=True)
    return {
        "its real part's square, twice": a * a + a * a,
        "its imaginary part's square, twice": b * b + b * b,
        "the difference of both squares": a * a - b * b,
        "both squares OR-ed": (a * a) | (b * b),
        "the larger of both squares": large * large,
        "the smaller of both squares": small * small,
        "the product of both parts": a * b,
        "twice the product of both parts": 2 * a * b,
        "the square of both parts' sum": (a + b) * (a + b),
        "the square of both sizes' sum": (large + small) ** 2,
        "the square of the larger size and half of the smaller": (large + small // 2) ** 2,
        "the square of the larger size and a quarter of the smaller": (large + small // 4) ** 2,
        "the square of the larger size and 3/8 of the smaller": (large + small // 4 + small // 8) ** 2,
        "the square of the larger size and 3/8 of the smaller, rounded down once": (large + 3 * small // 8)
        ** 2,
        "both sizes' sum, not squared": (large + small) * 2**15,
        "its magnitude (the root is taken)": math.isqrt(a * a + b * b) * 2**15,
        "both squares, each shifted before they are added": (a * a // 2**15 + b * b // 2**15) * 2**15,
        "it, at most 32,767": min((a * a + b * b) // 2**15, 32_767) * 2**15,
    }[form]


def gathered_by_hand(way: str, values: list[int]) -> int:
    """What becomes of a segment's bins."""
    found = values[0] if values else 0
    for value in values[1:]:
        found = {
            "added": found + value,
            "OR-ed": found | value,
            "XOR-ed": found ^ value,
            "replaced by the largest": max(found, value),
            "replaced by the last": value,
            "replaced by the first": found,
            "replaced by their mean": found + value,
        }[way]
    return found // max(1, len(values)) if way == "replaced by their mean" else found


def headroom_by_hand(words: Rows, r: dict[str, Any]) -> dict[int, int]:
    """Leading zeros by each segment's first bin."""
    own = {}
    at = 0
    for (_, _, scale), count in zip(by_hand(words, {}), BINS, strict=True):
        if count:
            own[at] = 22 - scale
        at += count
    begins, values = list(own), list(own.values())
    found = {}
    for place, begin in enumerate(begins):
        found[begin] = {
            "the first segment": values[0],
            "the last segment": values[-1],
            "the segment before": values[max(0, place - 1)],
            "the segment behind": values[min(len(values) - 1, place + 1)],
            "all segments": min(values),
            "all segments so far": min(values[: place + 1]),
        }[r["headroom"]]
    return found


def by_hand(words: Rows, r: dict[str, Any]) -> Sums:
    """fe_mel with what `r` says otherwise, one number at a time."""
    sums, at = [], 0
    kept_up = kept_total = 0
    taken = headroom_by_hand(words, r) if "headroom" in r else {}
    for count in BINS:
        begin, at = at, at + count
        if not count:
            sums.append((0, 0, -9))
            continue
        places = range(begin + r.get("first", 0), at - r.get("last", 0))
        re = [int(words[(2 + k + r.get("real", 0)) % FFT]) for k in places]
        im = [int(words[(FFT - 2 - k - r.get("imaginary", 0)) % FFT]) for k in places]
        bits = 1
        heard = (
            slice(not r.get("of_first", True), len(re) - (not r.get("of_last", True)))
            if len(re) > 1
            else slice(None)
        )
        bare = r.get("bare", "")
        for value in re[heard] * r.get("of_real", True):
            bits |= value % 2**32 if bare in ("real", "both") else abs(value)
        for value in im[heard] * r.get("of_imaginary", True):
            bits |= value % 2**32 if bare in ("imaginary", "both") else abs(value)
        zeros = taken.get(begin, 32 - bits.bit_length())
        raised = zeros + r.get("zeros", 0)
        up = total = 0
        ups, powers = [], []
        for k, x, y in zip(places, re, im, strict=True):
            a, b = (parted(v, raised, r.get("wide", False), r.get("rounded_parts", 0)) for v in (x, y))
            power = (a * a * r.get("with_real", True) + b * b * r.get("with_imaginary", True)) % 2**32
            power = form_by_hand(r["form"], a, b) % 2**32 if "form" in r else power
            power = rounded_off(power, r.get("power", 15), r.get("rounded", 0))
            power -= power % 2 ** r.get("power_bits", 0)
            read = k - begin if r.get("anew") else k + r.get("share", 0)
            share = SHARES[min(max(read, 0), len(SHARES) - 1)]
            share = 65_536 - share if r.get("complement") else share
            share -= share % 2 ** r.get("share_bits", 0)
            powers.append(power)
            if r.get("signed") and share >= 2**15:
                share -= 2**16
            product = power * share % 2**32
            product = wrapped(product) if r.get("signed") else product
            ups.append(rounded_off(product, r.get("upper", 11), r.get("rounded_up", 0)))
        if "twice" in r:
            powers.append(powers[r["twice"]])
        if "twice_up" in r:
            ups.append(ups[r["twice_up"]])
        up = gathered_by_hand(r.get("gathered_up", "added"), ups) % 2**32
        total = gathered_by_hand(r.get("gathered", "added"), powers) * 2 ** r.get("total", 5)
        up = (up + kept_up * r.get("on_up", False)) % 2**32
        total += kept_total * r.get("on_total", False)
        kept_up, kept_total = up, total
        down = (total - up * r.get("less", 1)) % 2**32
        sums.append((down, up, 22 - zeros) if r.get("exchanged") else (up, down, 22 - zeros))
    return sums


SHARE, BIN, SCALE, SUM = (
    "which share each bin gives",
    "at which bins it begins",
    "headroom",
    "the sums in fe_mel",
)
ON = "on from one segment to the next: what it is added up in is not set to 0"
PARTS = "real and imaginary parts, brought to 15 bits,"
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "a bin's power lacks its imaginary part": (SUM, {"with_imaginary": False}),
    "a bin's power lacks its real part": (SUM, {"with_real": False}),
    "each segment reads the shares from the table's beginning on": (SHARE, {"anew": True}),
    "shares go to the wrong one of two bands": (SHARE, {"complement": True}),
    "what a band gives up is not taken off it: the falling sum is the whole power": (SUM, {"less": 0}),
    "what a band gives up is taken off it twice": (SUM, {"less": 2}),
    "what a band gives up is added to it instead of taken off": (SUM, {"less": -1}),
    f"the sum of shares goes {ON}": (SUM, {"on_up": True}),
    f"the sum of powers goes {ON}": (SUM, {"on_total": True}),
    f"both sums go {ON}": (SUM, {"on_up": True, "on_total": True}),
    "rising and falling sums are exchanged": (SUM, {"exchanged": True}),
    "the shares of the band above count half": (SUM, {"upper": 12}),
    "the shares of the band above count twice": (SUM, {"upper": 10}),
    "a segment's whole power counts half beside its shares": (SUM, {"total": 4}),
    "a segment's whole power counts twice beside its shares": (SUM, {"total": 6}),
    "shares are read as numbers with a sign: those of one half and more take away instead": (SHARE, {"signed": True}),
    "the last bin of each segment is left out": (BIN, {"last": 1}),
    "the first bin of each segment is left out": (BIN, {"first": 1}),
    "the last bin of each segment is counted twice": (BIN, {"twice": -1, "twice_up": -1}),
    "the first bin of each segment is counted twice": (BIN, {"twice": 0, "twice_up": 0}),
    "the last bin of each segment counts twice in its whole power, not in its shares": (BIN, {"twice": -1}),
    "the first bin of each segment counts twice in its whole power, not in its shares": (BIN, {"twice": 0}),
    "the last bin of each segment counts twice in its shares, not in its whole power": (BIN, {"twice_up": -1}),
    "the first bin of each segment counts twice in its shares, not in its whole power": (BIN, {"twice_up": 0}),
    "the headroom is that of the real parts alone": (SCALE, {"of_imaginary": False}),
    "the headroom is that of the imaginary parts alone": (SCALE, {"of_real": False}),
    "powers are rounded to the nearest instead of down": (SUM, {"rounded": 1}),
    "powers are rounded up instead of down": (SUM, {"rounded": 2}),
    "products of power and share are rounded to the nearest instead of down": (SUM, {"rounded_up": 1}),
    "products of power and share are rounded up instead of down": (SUM, {"rounded_up": 2}),
    f"{PARTS} are rounded to the nearest instead of down": (SUM, {"rounded_parts": 1}),
    f"{PARTS} are rounded up instead of down": (SUM, {"rounded_parts": 2}),
    f"{PARTS} are rounded towards 0 instead of down: negative ones differ": (SUM, {"rounded_parts": None}),
    "powers, and their products with shares, are rounded to the nearest instead of down": (
        SUM,
        {"rounded": 1, "rounded_up": 1},
    ),
    "powers are twice what they must be": (SUM, {"power": 14}),
    "powers are half of what they must be": (SUM, {"power": 16}),
}  # fmt: skip
BY = ((1, "1 too high", "+1"), (-1, "1 too low", "-1"), (2, "2 too high", "+2"), (-2, "2 too low", "-2"))
for by, words, bin_told in BY:
    RULES[f"shares are read {words}: each bin has that of bin {bin_told}"] = (SHARE, {"share": by})
    RULES[f"both parts of bins are read {words}"] = (BIN, {"real": by, "imaginary": by})
    RULES[f"real parts are read {words}"] = (BIN, {"real": by})
    RULES[f"imaginary parts are read {words}"] = (BIN, {"imaginary": by})
for bits, zeros in ((14, -1), (16, 1), (13, -2), (17, 2)):
    told_bits = f"segments are brought to {bits} bits instead of 15 before their power is taken"
    RULES[told_bits] = (SCALE, {"zeros": zeros})
for which in (
    "the first segment", "the last segment", "the segment before", "the segment behind", "all segments",
    "all segments so far",
):  # fmt: skip
    RULES[f"the headroom of {which} is taken for each"] = (SCALE, {"headroom": which})
for which in ("real", "imaginary", "both"):
    RULES[
        f"the headroom takes {which} parts with their sign, not their magnitude: a negative one leaves no room"
    ] = (
        SCALE,
        {"bare": which},
    )
for which in ("first", "last"):
    RULES[f"the headroom leaves out the {which} bin of each segment"] = (SCALE, {f"of_{which}": False})
for lost, left in zip(range(1, 13), range(15, 3, -1), strict=True):
    RULES[f"shares have lost their {lost} low bits: {left} are left"] = (SHARE, {"share_bits": lost})
    RULES[f"powers have lost their {lost} low bits"] = (SUM, {"power_bits": lost})
for form in (
    "its real part's square, twice",
    "its imaginary part's square, twice",
    "the difference of both squares",
    "both squares OR-ed",
    "the larger of both squares",
    "the smaller of both squares",
    "the product of both parts",
    "twice the product of both parts",
    "the square of both parts' sum",
    "the square of both sizes' sum",
    "the square of the larger size and half of the smaller",
    "the square of the larger size and a quarter of the smaller",
    "the square of the larger size and 3/8 of the smaller",
    "the square of the larger size and 3/8 of the smaller, rounded down once",
    "both sizes' sum, not squared",
    "its magnitude (the root is taken)",
    "both squares, each shifted before they are added",
    "it, at most 32,767",
):
    RULES[f"a bin's power is {form}"] = (SUM, {"form": form})
for way in (
    "OR-ed",
    "XOR-ed",
    "replaced by the largest",
    "replaced by the last",
    "replaced by the first",
    "replaced by their mean",
):
    RULES[f"the bins of a segment are {way} instead of added"] = (SUM, {"gathered": way, "gathered_up": way})
    RULES[f"a segment's powers are {way} instead of added, their shares are not"] = (SUM, {"gathered": way})
    told_up = f"the shares of a segment's powers are {way} instead of added, the powers are not"
    RULES[told_up] = (SUM, {"gathered_up": way})


def computed(words: Rows, rule: MelRule) -> Sums:
    compute = sums_of(words, TABLES)
    assert compute is not None
    return list(zip(*(part.tolist() for part in compute(rule)), strict=True))


def stage_of(host: Sums, device: Sums) -> Stage:
    ours, theirs = (np.array(sums, SEGMENT).tobytes() for sums in (host, device))
    return Stage("mel", ours, theirs, "mel band 0", 1, len(BINS), segments=True)


def spectrum_stage(words: Rows) -> Stage:
    data = words.astype("<i4").tobytes()
    return Stage("spectrum", data, data)


def test_there_is_a_rule_for_each_of_these() -> None:
    """Words, cure and what it does belong together."""
    wide = [told for told, _, rule in _rules() if rule.wide]
    assert wide == [
        told
        for told, (_, fields) in RULES.items()
        if {"headroom", "bare", "of_first", "of_last"} & set(fields)
    ]
    found = {told: (cure, rule) for told, cure, rule in _rules() if not rule.wide}
    assert set(found) == set(RULES) and len(list(_rules())) == len(RULES) + len(wide)
    for told, (cure, fields) in RULES.items():
        assert cure in found[told][0] and found[told][1] == MelRule(**fields), told


FULL = spectrum_of(4, (2**29 - 1, 1, 2**28, 2**27, 2**29 - 1, 0, 2**24, 2**29 - 1))
FULL[2] = -(2**31)  # no headroom at all
FULL[FFT - 9] = 2**31 - 1


@pytest.mark.parametrize(
    "words", [spectrum_of(1), spectrum_of(2), spectrum_of(3, (1, 0, 0, 2, 1, 0, 5, 3)), FULL]
)
@pytest.mark.parametrize("told", ["", *RULES])
def test_each_rules_sums_are_those_computed_by_hand(told: str, words: Rows) -> None:
    fields = RULES[told][1] if told else {}
    assert computed(words, MelRule(**fields)) == by_hand(words, fields)


@pytest.mark.parametrize(("loudest", "zeros"), [(2**17 - 1, 15), (2**16 - 1, 16)])
def test_parts_that_are_raised_too_far_keep_their_upper_bits_up_to_fifteen_places(
    loudest: int, zeros: int
) -> None:
    """The upper half of a product, which fe_mel takes where the machine has it, raises by no more."""
    words = spectrum_of(4, (9, *(2**27,) * 7))
    words[2] = loudest
    fields: dict[str, Any] = {"headroom": "the first segment"}
    lost, kept = (computed(words, MelRule(**fields, wide=wide)) for wide in (False, True))
    assert lost == by_hand(words, fields) and {22 - zeros, -9} == {scale for *_, scale in lost}
    assert kept == by_hand(words, fields | {"wide": True}) and (kept != lost) is (zeros == 15)


def test_a_spectrum_of_another_length_or_kind_has_no_sums() -> None:
    words = spectrum_of(1)
    assert sums_of(words[:-1], TABLES) is None
    mixed = replace(TABLES, settings=replace(SETTINGS, fft=240, window=240))
    assert mixed.settings.is_mixed and sums_of(words[:240], mixed) is None


# ---- what is told


SPECTRUM = spectrum_of(1)
HOST = by_hand(SPECTRUM, {})
FALLING = "what a band gives up is not taken off it: the falling sum is the whole power"


def told(device: Sums, host: Sums = HOST, words: Rows | None = SPECTRUM) -> str:
    found = mel_cause(stage_of(host, device), None if words is None else spectrum_stage(words), TABLES)
    return "" if found is None else found.told


def test_a_rule_must_give_all_segments_but_one() -> None:
    device = by_hand(SPECTRUM, {"less": 0})
    cause = mel_cause(stage_of(HOST, device), spectrum_stage(SPECTRUM), TABLES)
    assert cause is not None and cause.computed and cause.told == FALLING and SUM in cause.cure
    device[0] = (1, 2, 3)
    assert told(device) == FALLING
    device[4] = (1, 2, 3)
    assert "are others" in told(device)


def test_a_rule_must_give_more_than_what_is_right_already() -> None:
    device = list(HOST)
    device[3] = by_hand(SPECTRUM, {"less": 0})[3]
    assert told(device).endswith(f"{device[3][1]:,} instead of {HOST[3][1]:,} in segment 3")
    # the only other rule's segments: two differ, of which the rule gives one
    device[4] = by_hand(SPECTRUM, {"less": 0})[4]
    assert "falling sums (to the band below) are" in told(device)


def test_sums_that_the_spectrum_does_not_give_are_not_computed() -> None:
    device = by_hand(SPECTRUM, {"less": 0})
    assert told(device, words=None) != FALLING
    other = [*HOST[:-1], (1, 2, 3)]
    assert told(device, host=other) != FALLING


PLAIN: Sums = [(2000 * k, 3000 * k, k) for k in range(1, 9)]


def changed(part: int, change: Callable[[int, int], int]) -> Sums:
    """With one part of each segment's sums otherwise, by the segment's number."""
    return [tuple(change(k, v) if n == part else v for n, v in enumerate(row)) for k, row in enumerate(PLAIN)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("part", "change", "words", "cure"),
    [
        (0, lambda _, v: v // 2, "rising sums (to the band above) are half what they must be", SUM),
        (1, lambda _, v: v * 2, "falling sums (to the band below) are twice what they must be", SUM),
        (2, lambda _, v: v + 3, "scales are off by +3", SCALE),
        (0, lambda k, v: v + (k > 0), "rising sums (to the band above) are off by +1", SUM),
        (0, lambda k, v: v + (k > 1), "rising sums (to the band above) are off by +1 in segments 2 to 7", SUM),
        (0, lambda k, v: v + k * k, "rising sums (to the band above) are others in segments 1 to 7", SUM),
        (2, lambda k, v: v + (k == 5), "scales are 7 instead of 6 in segment 5", SCALE),
    ],
)  # fmt: skip
def test_sums_off_by_something_plain(
    part: int, change: Callable[[int, int], int], words: str, cure: str
) -> None:
    found = mel_cause(stage_of(PLAIN, changed(part, change)), None, TABLES)
    assert found is not None and found.told == words and cure in found.cure and not found.computed


def test_segments_without_any_sum_need_not_differ() -> None:
    host = [(0, 3, 1) if k in (2, 5) else row for k, row in enumerate(PLAIN)]
    device = [(up // 2, down, shift) for up, down, shift in host]
    assert told(device, host, None) == "rising sums (to the band above) are half what they must be"


def test_several_parts_are_told_one_after_the_other() -> None:
    device = [(up + 1, down, shift - 1) for up, down, shift in PLAIN]
    found = mel_cause(stage_of(PLAIN, device), None, TABLES)
    assert found == Cause(
        "rising sums (to the band above) are off by +1; scales are off by -1", found.cure if found else ""
    )
    assert found is not None and SCALE in found.cure  # sums follow from scales
    assert told(PLAIN, PLAIN, None) == ""


def test_where_all_sums_and_scales_are_others_anything_may_be_the_cause() -> None:
    device = [(up + k * k, down + k**3, shift + k * k) for k, (up, down, shift) in enumerate(PLAIN)]
    found = mel_cause(stage_of(PLAIN, device), None, TABLES)
    assert found is not None and found.told.count(" are others") == 3 and "written over" in found.cure
    device = [(up + k * k, down + k**3, 3) for k, (up, down, _) in enumerate(PLAIN)]
    found = mel_cause(stage_of(PLAIN, device), None, TABLES)
    assert found is not None and found.told.count(" are others") == 2 and SCALE in found.cure
    device = [(up + 1, down + 2, shift + 3) for up, down, shift in PLAIN]
    found = mel_cause(stage_of(PLAIN, device), None, TABLES)
    assert found is not None and " are others" not in found.told and SCALE in found.cure


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((3, 0, 1, 6, 4, 2, 6, 4), "segment 3 has 6 bins instead of 5 (entry 3 of segment_bins), and those behind it"),
        ((3, 0, 1, 5, 4, 0, 6, 4), "segment 5 has 0 bins instead of 2 (entry 5 of segment_bins), and those behind it"),
        ((3, 0, 2, 4, 4, 2, 6, 4), "segment 2 has 2 bins instead of 1 (entry 2 of segment_bins), and the next one 1"),
        ((3, 0, 1, 5, 4, 2, 4, 6), "segment 6 has 4 bins instead of 6 (entry 6 of segment_bins), and the next one 2"),
        ((3, 0, 1, 5, 4, 3, 7, 2), "are"),
    ],
)  # fmt: skip
def test_another_number_of_bins_is_told(counts: tuple[int, ...], words: str) -> None:
    words_of = spectrum_of(1, (4000,) * len(BINS))
    compute, right = (sums_of(words_of, replace(TABLES, segment_bins=each)) for each in (counts, BINS))
    assert compute is not None and right is not None
    host, device = (
        [(int(up), int(down), int(shift)) for up, down, shift in zip(*each(RIGHT), strict=True)]
        for each in (right, compute)
    )
    found = told(device, host, words_of)
    assert words in found and ("segment_bins" in found) is (words != "are")
    device[1] = (7, 8, 9)
    assert "segment_bins" not in told(device, host, words_of)


@pytest.mark.parametrize(("place", "words"), [(7, "the last one"), (0, "the first one")])
def test_a_segment_at_an_end_that_is_not_written_is_told(place: int, words: str) -> None:
    device = list(PLAIN)
    device[place] = (1_258_339, 8, 582_445)
    found = mel_cause(stage_of(PLAIN, device), None, TABLES)
    assert found is not None and not found.computed
    assert found.told.startswith(f"segment {place}, {words}, holds other sums") and "loop" in found.cure
    device[place] = (1_258_339, 8, PLAIN[place][2])
    assert "not written" not in told(device, PLAIN, None)
    device[place] = PLAIN[place]
    device[4] = (1_258_339, 8, 582_445)
    assert "not written" not in told(device, PLAIN, None)
