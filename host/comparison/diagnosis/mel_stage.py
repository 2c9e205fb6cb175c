"""Where a traced column departs in its mel sums: fe_mel computed here of the right spectrum, one thing otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import Stage, segments_of
from .figures import Cause, places_told, related
from .power_forms import GATHERED, POWERS, SUM

Int64 = NDArray[np.int64]
Sums = tuple[Int64, Int64, Int64]  # rising, falling, scale

SHARES = "Look at fe_mel: which share each bin gives to the band above, and where it begins to read them"
BINS = "Look at fe_mel: at which bins it begins, and how many each segment has"
SCALE = "Look at fe_mel's headroom: how many leading zeros the bins of a segment have in common"
SUMS = "Look at the sums in fe_mel: their shifts, and which of them is which"
EITHER = "Look at the sums in fe_mel (which bins and shares they are made of, their width and shifts)"
ANYTHING = (
    "Look at fe_mel, and at the memory that it reads and writes: bins that are written over before they are read, "
    "tables, sums"
)
ENDS = "Look at where fe_mel's loop over the segments begins and ends, then at what this segment's sums are made of"
COUNTS = "Look at segment_bins: its entries, and how fe_mel reads and counts them"
MASK = 0xFFFFFFFF
LEAST_MOVED = 2  # segments that a border between them changes
MOST_BINS = 4  # by which it is moved
UPPER_ZEROS = 15  # as many may be raised by the upper half of a product


@dataclass(frozen=True)
class MelRule:
    """How a segment's sums are computed.

    Attributes:
        share, real, imaginary: by how many places the reading of shares, of real and of imaginary parts is off.
        with_real, with_imaginary: which parts give power.
        upper: how far a share's product is shifted.
        total: how far the sum of all power is raised.
        less: how often what goes up is taken off what goes down.
        exchanged: whether the two sums change places.
        zeros: headroom that is more than right.
        of_real, of_imaginary: whether the headroom is that of the real and of the imaginary parts.
        bare: parts that count with their sign bit, not by their magnitude: "real", "imaginary", "both" or none.
        of_first, of_last: whether it is that of a segment's first and last bin, too, where there are others.
        headroom: whose it is, one of `HEADROOMS`; empty: each segment's own.
        wide: whether parts that are raised too far keep their upper bits (FE_HAVE_UPPER in firmware/core).
        first, last: bins of each segment that are left out.
        power, rounded: how far a square is shifted, and by how many halves it is rounded before.
        rounded_up: by how many halves a share's product is rounded before its shift.
        rounded_parts: how many halves are added to a part before it is cut to 15 bits; None: it is cut towards 0.
        complement: whether a share is the lower band's.
        share_bits, power_bits: low bits that shares, and powers, have lost.
        anew: whether each segment reads the shares from the table's beginning on.
        form: what a bin's power is made of, one of `POWERS`; empty: as it must be.
        gathered, gathered_up: how the powers of a segment, and their shares, are brought together, of `GATHERED`.
        signed: whether shares are numbers with a sign.
        on_up, on_total: whether the sum of shares, or of powers, goes on from the segment before.
        twice, twice_up: the bin of each segment whose power, or whose share, counts twice; None: none.
    """

    share: int = 0
    real: int = 0
    imaginary: int = 0
    with_real: bool = True
    with_imaginary: bool = True
    upper: int = 11
    total: int = 5
    less: int = 1
    exchanged: bool = False
    zeros: int = 0
    of_real: bool = True
    of_imaginary: bool = True
    bare: str = ""
    of_first: bool = True
    of_last: bool = True
    headroom: str = ""
    wide: bool = False
    first: int = 0
    last: int = 0
    power: int = 15
    rounded: int = 0
    rounded_up: int = 0
    rounded_parts: int | None = 0
    complement: bool = False
    share_bits: int = 0
    power_bits: int = 0
    twice: int | None = None
    twice_up: int | None = None
    anew: bool = False
    form: str = ""
    gathered: str = SUM
    gathered_up: str = SUM
    signed: bool = False
    on_up: bool = False
    on_total: bool = False


# Of all segments, each one's leading zeros to those that are taken.
HEADROOMS: dict[str, Callable[[list[int]], list[int]]] = {
    "the first segment": lambda zeros: zeros[:1] * len(zeros),
    "the last segment": lambda zeros: zeros[-1:] * len(zeros),
    "the segment before": lambda zeros: [*zeros[:1], *zeros[:-1]],
    "the segment behind": lambda zeros: [*zeros[1:], *zeros[-1:]],
    "all segments": lambda zeros: sorted(zeros)[:1] * len(zeros),
    "all segments so far": lambda zeros: [min(zeros[: at + 1]) for at in range(len(zeros))],
}
RIGHT = MelRule()


def _rules() -> Iterator[tuple[str, str, MelRule]]:
    for by in (1, -1, 2, -2):
        where = f"{abs(by)} {'too high' if by > 0 else 'too low'}"
        yield f"shares are read {where}: each bin has that of bin {by:+d}", SHARES, replace(RIGHT, share=by)
        told = f"both parts of bins are read {where}"
        yield told, BINS, replace(RIGHT, real=by, imaginary=by)
        yield f"real parts are read {where}", BINS, replace(RIGHT, real=by)
        yield f"imaginary parts are read {where}", BINS, replace(RIGHT, imaginary=by)
    yield "a bin's power lacks its imaginary part", SUMS, replace(RIGHT, with_imaginary=False)
    yield "a bin's power lacks its real part", SUMS, replace(RIGHT, with_real=False)
    yield "each segment reads the shares from the table's beginning on", SHARES, replace(RIGHT, anew=True)
    told = "shares are read as numbers with a sign: those of one half and more take away instead"
    yield told, SHARES, replace(RIGHT, signed=True)
    yield "shares go to the wrong one of two bands", SHARES, replace(RIGHT, complement=True)
    yield (
        "what a band gives up is not taken off it: the falling sum is the whole power",
        SUMS,
        replace(RIGHT, less=0),
    )
    yield "what a band gives up is taken off it twice", SUMS, replace(RIGHT, less=2)
    yield "what a band gives up is added to it instead of taken off", SUMS, replace(RIGHT, less=-1)
    for which, up, total in (
        ("the sum of shares goes", True, False),
        ("the sum of powers goes", False, True),
        ("both sums go", True, True),
    ):
        told = f"{which} on from one segment to the next: what it is added up in is not set to 0"
        yield told, SUMS, replace(RIGHT, on_up=up, on_total=total)
    yield "rising and falling sums are exchanged", SUMS, replace(RIGHT, exchanged=True)
    for shift, words in ((10, "twice"), (12, "half")):
        yield f"the shares of the band above count {words}", SUMS, replace(RIGHT, upper=shift)
    for shift, words in ((4, "half"), (6, "twice")):
        yield f"a segment's whole power counts {words} beside its shares", SUMS, replace(RIGHT, total=shift)
    yield "the last bin of each segment is left out", BINS, replace(RIGHT, last=1)
    yield "the first bin of each segment is left out", BINS, replace(RIGHT, first=1)
    for place, which in ((-1, "last"), (0, "first")):
        both = replace(RIGHT, twice=place, twice_up=place)
        yield f"the {which} bin of each segment is counted twice", BINS, both
        told = f"the {which} bin of each segment counts twice in its whole power, not in its shares"
        yield told, BINS, replace(RIGHT, twice=place)
        told = f"the {which} bin of each segment counts twice in its shares, not in its whole power"
        yield told, BINS, replace(RIGHT, twice_up=place)
    for by in (1, -1, 2, -2):
        told = f"segments are brought to {15 - by} bits instead of 15 before their power is taken"
        yield told, SCALE, replace(RIGHT, zeros=-by)
    yield "the headroom is that of the real parts alone", SCALE, replace(RIGHT, of_imaginary=False)
    yield "the headroom is that of the imaginary parts alone", SCALE, replace(RIGHT, of_real=False)
    yield from _headrooms()
    yield from _roundings()
    for bits in range(12, 0, -1):
        yield (
            f"shares have lost their {bits} low bits: {16 - bits} are left",
            SHARES,
            replace(RIGHT, share_bits=bits),
        )
        yield f"powers have lost their {bits} low bits", SUMS, replace(RIGHT, power_bits=bits)
    for power, words in ((14, "twice"), (16, "half of")):
        yield f"powers are {words} what they must be", SUMS, replace(RIGHT, power=power)
    yield from _forms()


def _roundings() -> Iterator[tuple[str, str, MelRule]]:
    """What is shifted down without a rounding, with one."""
    parts = "real and imaginary parts, brought to 15 bits,"
    for halves, how in ((1, "to the nearest"), (2, "up")):
        yield f"powers are rounded {how} instead of down", SUMS, replace(RIGHT, rounded=halves)
        told = f"products of power and share are rounded {how} instead of down"
        yield told, SUMS, replace(RIGHT, rounded_up=halves)
        yield f"{parts} are rounded {how} instead of down", SUMS, replace(RIGHT, rounded_parts=halves)
    told = f"{parts} are rounded towards 0 instead of down: negative ones differ"
    yield told, SUMS, replace(RIGHT, rounded_parts=None)
    both = replace(RIGHT, rounded=1, rounded_up=1)
    yield "powers, and their products with shares, are rounded to the nearest instead of down", SUMS, both


def _headrooms() -> Iterator[tuple[str, str, MelRule]]:
    """Another segment's headroom, which raises some too far."""
    for which in HEADROOMS:
        for wide in (False, True):
            told = f"the headroom of {which} is taken for each"
            yield told, SCALE, replace(RIGHT, headroom=which, wide=wide)
    for which in ("real", "imaginary", "both"):
        for wide in (False, True):
            told = f"the headroom takes {which} parts with their sign, not their magnitude"
            yield f"{told}: a negative one leaves no room", SCALE, replace(RIGHT, bare=which, wide=wide)
    for which, rule in (("first", replace(RIGHT, of_first=False)), ("last", replace(RIGHT, of_last=False))):
        for wide in (False, True):
            told = f"the headroom leaves out the {which} bin of each segment"
            yield told, SCALE, replace(rule, wide=wide)


def _forms() -> Iterator[tuple[str, str, MelRule]]:
    """Powers of something else, and bins that are brought together otherwise."""
    for form in POWERS:
        yield f"a bin's power is {form}", SUMS, replace(RIGHT, form=form)
    for way in GATHERED:
        if way != SUM:
            both = replace(RIGHT, gathered=way, gathered_up=way)
            yield f"the bins of a segment are {way} instead of {SUM}", SUMS, both
            told = f"a segment's powers are {way} instead of {SUM}, their shares are not"
            yield told, SUMS, replace(RIGHT, gathered=way)
            told = f"the shares of a segment's powers are {way} instead of {SUM}, the powers are not"
            yield told, SUMS, replace(RIGHT, gathered_up=way)


def mel_cause(stage: Stage, spectrum: Stage | None, tables: LogMelTables) -> Cause | None:
    """What is wrong in the mel sums, and where to look; None where nothing can be read.

    Args:
        stage: the mel stage, which departs.
        spectrum: the one before it, equal on both sides; None: not known.
        tables: the bundle's.
    """
    host, device = segments_of(stage.host), segments_of(stage.device)
    if spectrum is not None:
        compute = sums_of(np.frombuffer(spectrum.host, "<i4").astype(np.int64), tables)
        if compute is not None and _alike(compute(RIGHT), host) == len(host[0]):
            for told, cure, rule in _rules():
                # what is read beyond a table's end is not known: one segment may be others
                if _alike(compute(rule), device) >= len(host[0]) - 1 > _alike(host, device):
                    return Cause(told, cure, True)
            if (counts := _of_counts(spectrum, tables, host, device)) is not None:
                return counts
    return _related(host, device)


def _of_counts(spectrum: Stage, tables: LogMelTables, host: Sums, device: Sums) -> Cause | None:
    """The first segment that differs has another number of bins: those behind it follow, or the next one gives way."""
    wrong = np.flatnonzero(np.any([a != b for a, b in zip(host, device, strict=True)], axis=0))
    if len(wrong) < LEAST_MOVED:
        return None
    numbers, first = np.frombuffer(spectrum.host, "<i4").astype(np.int64), int(wrong[0])
    for by in (sign * far for far in range(1, MOST_BINS + 1) for sign in (1, -1)):
        for alone in (False, True):
            bins = list(tables.segment_bins)
            bins[first] += by
            if alone and first + 1 < len(bins):
                bins[first + 1] -= by
            compute = sums_of(numbers, replace(tables, segment_bins=tuple(bins))) if min(bins) >= 0 else None
            # what lies behind the last segment is not known
            least = len(bins) - (not alone and len(wrong) > LEAST_MOVED)
            if compute is not None and _alike(compute(RIGHT), device) >= least:
                right = tables.segment_bins[first]
                told = f"segment {first} has {right + by} bins instead of {right} (entry {first} of segment_bins)"
                rest = f", and the next one {abs(by)} {'less' if by > 0 else 'more'}: the border between them is moved"
                return Cause(
                    told + (rest if alone else ", and those behind it begin so much elsewhere"), COUNTS, True
                )
    return None


def _alike(ours: Sums, theirs: Sums) -> int:
    """How many segments have the same sums."""
    return int(np.all([a == b for a, b in zip(ours, theirs, strict=True)], axis=0).sum())


def _related(host: Sums, device: Sums) -> Cause | None:
    """Rising or falling sums off by a factor or a figure, in which segments."""
    count, parts = len(host[0]), []
    names = ("rising sums (to the band above)", "falling sums (to the band below)", "scales")
    for what, ours, theirs, cure in zip(names, host, device, (EITHER, EITHER, SCALE), strict=True):
        wrong = np.flatnonzero(ours != theirs)
        if not len(wrong):
            continue
        which = places_told(wrong, count, "segment", "segments")
        found = related(ours, theirs)
        whole = found and len(wrong) >= np.count_nonzero(ours) - 1
        told = f"{what} are {found}" if found else f"{what} are others"
        parts.append((told if whole else f"{told} in {which}", cure))
    if not parts:
        return None
    if unwritten := _unwritten(host, device):
        return Cause(unwritten, ENDS)
    told = "; ".join(each for each, _ in parts)
    if len(parts) == len(names) and all(" are others" in each for each, _ in parts):
        return Cause(told, ANYTHING)
    return Cause(told, parts[-1][1])  # sums follow from scales


def _unwritten(host: Sums, device: Sums) -> str:
    """That the last segment, or the first one, holds something else altogether, in words; empty: it is not so."""
    wrong = np.stack([a != b for a, b in zip(host, device, strict=True)])
    (places,) = np.nonzero(wrong.any(axis=0))
    last = len(host[0]) - 1
    if len(places) != 1 or not wrong[:, places[0]].all() or places[0] not in (0, last):
        return ""
    which, where = ("last", "ends too early") if places[0] else ("first", "begins too late")
    return (
        f"segment {places[0]}, the {which} one, holds other sums and another scale, as where it is not written: what "
        f"lay there before stays, and the loop over the segments {where}"
    )


def sums_of(spectrum: Int64, tables: LogMelTables) -> Callable[[MelRule], Sums] | None:
    """Computes a spectrum's mel sums by a rule; None where the tables are another kind's."""
    count, shares = tables.settings.fft, np.array(tables.shares_q16, np.int64)
    if len(spectrum) != count or tables.settings.is_mixed:
        return None
    ends = np.cumsum([0, *tables.segment_bins])

    def sums(rule: MelRule) -> Sums:
        found = []
        segments = list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
        zeros = [_zeros(rule, spectrum, tables.first_bin, *segment) for segment in segments]
        if rule.headroom:
            known = [each for each in zeros if each is not None]
            others = HEADROOMS[rule.headroom](known)
            zeros = [None if each is None else others.pop(0) for each in zeros]
        for room, (begin, end) in zip(zeros, segments, strict=True):
            found.append(_segment(rule, spectrum, shares, tables.first_bin, begin, end, room))
        up, down, shift = np.array(found, np.int64).T
        total = up + down
        up = np.cumsum(up) & MASK if rule.on_up else up
        total = np.cumsum(total) if rule.on_total else total
        up, total = (np.where(np.diff(ends) == 0, 0, each) for each in (up, total))
        return up, (total - up & MASK) if rule.on_up or rule.on_total else down, shift

    return sums


def _zeros(rule: MelRule, spectrum: Int64, first: int, begin: int, end: int) -> int | None:
    """How many leading zeros a segment's bins have in common; None: it has no bins."""
    if end == begin:
        return None
    re, im = _bins(rule, spectrum, first, begin, end)
    if len(re) > 1:
        inner = slice(not rule.of_first, len(re) - (not rule.of_last))
        re, im = re[inner], im[inner]
    re = re & MASK if rule.bare in ("real", "both") else np.abs(re)
    im = im & MASK if rule.bare in ("imaginary", "both") else np.abs(im)
    any_bits = int(
        np.bitwise_or.reduce(np.concatenate([re * rule.of_real, im * rule.of_imaginary]), initial=1)
    )
    return 32 - (any_bits | 1).bit_length()


def _bins(rule: MelRule, spectrum: Int64, first: int, begin: int, end: int) -> tuple[Int64, Int64]:
    bins = np.arange(begin + rule.first, end - rule.last)
    re = spectrum[(first + bins + rule.real) % len(spectrum)]
    im = spectrum[(len(spectrum) - first - bins - rule.imaginary) % len(spectrum)]
    return re, im


def _segment(
    rule: MelRule, spectrum: Int64, shares: Int64, first: int, begin: int, end: int, zeros: int | None
) -> tuple[int, int, int]:
    if zeros is None:
        return 0, 0, -9
    bins = np.arange(begin + rule.first, end - rule.last)
    re, im = _bins(rule, spectrum, first, begin, end)
    shift = 22 - zeros
    raised = zeros + rule.zeros
    wraps = not rule.wide or raised > UPPER_ZEROS
    factor = 1 << raised if raised >= wraps else 0  # half of 1 is nothing where it is cut before the product
    a, b = (
        _cut(_wrapped(part * factor // 2) if wraps else part * factor // 2, rule.rounded_parts)
        for part in (re, im)
    )
    squares = a * a * rule.with_real + b * b * rule.with_imaginary
    power = (POWERS[rule.form](a, b) if rule.form else squares) & MASK
    power = (
        (power + _halves(rule.rounded, rule.power) & MASK) >> rule.power >> rule.power_bits << rule.power_bits
    )
    share = shares[np.clip(bins + rule.share - begin * rule.anew, 0, len(shares) - 1)]
    share = (65536 - share if rule.complement else share) >> rule.share_bits << rule.share_bits
    ups = (power * share + _halves(rule.rounded_up, rule.upper) & MASK) >> rule.upper
    if rule.signed:
        ups = _wrapped(power * share.astype(np.int16) & MASK) >> rule.upper
    up = (
        GATHERED[rule.gathered_up](ups) + (int(ups[rule.twice_up]) if rule.twice_up is not None else 0) & MASK
    )
    total = (
        GATHERED[rule.gathered](power) + (int(power[rule.twice]) if rule.twice is not None else 0)
        << rule.total
    )
    down = (total - up * rule.less) & MASK
    return (down, up, shift) if rule.exchanged else (up, down, shift)


def _halves(count: int, shift: int) -> int:
    """What rounds before a shift: nothing, to the nearest, or up."""
    return (0, 1 << shift >> 1, (1 << shift) - 1)[count]


def _cut(parts: Int64, halves: int | None) -> Int64:
    """The upper 16 bits."""
    if halves is None:
        return np.sign(parts) * (np.abs(parts) >> 16)
    return (parts + _halves(halves, 16)) >> 16


def _wrapped(values: Int64) -> Int64:
    return (values + (1 << 31) & MASK) - (1 << 31)
