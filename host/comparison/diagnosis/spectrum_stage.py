"""Where a traced column departs in its spectrum: in which bins, and what becomes of their two parts."""

import numpy as np
from numpy.typing import NDArray

from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import Stage
from .figures import Cause, factor_of, places_told, related, told_factor
from .operations import operation

Int64 = NDArray[np.int64]

LAST = "Look at fe_rfft's last step: what it does to these bins"
EARLIER = (
    "Look at fe_rfft's steps: a factor (a rotation, and where in its table it is read), a sign or a shift of one of "
    "them reaches bins at such distances"
)
LITTLE = 0.01  # of the loudest bin
LEAST_FACTOR = 1e-4  # of it, below which a factor cannot be told from what is rounded

FACTORS = "Look at the factors in fe_rfft's steps: the twiddle factors and the root of one half"
ALL = "Look at fe_rfft: its twiddle factors, the order in which its samples come, and each step's shifts"


def spectrum_cause(stage: Stage, tables: LogMelTables) -> Cause | None:
    """What is wrong in the spectrum, and where to look; None where it is another layout's."""
    host, device = stage.numbers()
    count = len(host)
    if tables.settings.is_mixed or count != tables.settings.fft:
        return None
    half = count // 2
    bins = np.arange(1, half)
    re, im = (host[bins], device[bins]), (host[count - bins], device[count - bins])
    used = np.concatenate([bins, count - bins])
    whole = _of_all(re, im)
    if not whole and (done := operation(host[used], device[used])):
        whole = f"both parts of all bins are {done}"
    if whole:
        return Cause(whole, ALL, True)
    wrong = bins[(re[0] != re[1]) | (im[0] != im[1])]
    if not len(wrong):
        return Cause("only bins 0 and the highest are others, which no band uses", LAST)
    where = places_told(wrong, half - 1, "bin", "bins")
    if not device[np.concatenate([wrong, count - wrong])].any():
        return Cause(f"{where}: both parts are 0", LAST, True)
    off = np.abs(device - host)
    if int(off.max()) <= len(wrong).bit_length():
        return Cause(
            f"{where}: off by at most {int(off.max())} either way, as by another rounding of one step",
            EARLIER,
        )
    loudest = int(np.abs(host).max())
    if off.max() < LEAST_FACTOR * loudest:
        told = f"{where}: off by up to {int(off.max()):,}: a rounding, or low bits that are lost on the way"
        return Cause(told, EARLIER)
    if off.max() < LITTLE * loudest:
        share = f"{100 * off.max() / loudest:.2g} %"
        told = f"{where}: off by up to {int(off.max()):,}, {share} of the loudest: a factor is a little off"
        return Cause(told, FACTORS)
    told = _parts(host, device, wrong, count)
    return Cause(f"{where}: {told}", LAST if len(wrong) <= half // 4 else EARLIER)


def _of_all(re: tuple[Int64, Int64], im: tuple[Int64, Int64]) -> str:
    """What happens to all bins alike; empty where there is no such thing."""
    (re_host, re_device), (im_host, im_device) = re, im
    ways = (
        ("real and imaginary parts are exchanged in all bins", im_host, re_host),
        ("all imaginary parts have the other sign", re_host, -im_host),
        ("all real parts have the other sign", -re_host, im_host),
        ("all imaginary parts are 0", re_host, np.zeros_like(im_host)),
        ("all real parts are 0", np.zeros_like(re_host), im_host),
        ("the spectrum lies backwards: its lowest bin is its highest", re_host[::-1], im_host[::-1]),
    )
    for told, real, imaginary in ways:
        if np.array_equal(re_device, real) and np.array_equal(im_device, imaginary):
            return told
    for by in (1, 2):
        for way, ours, theirs in (
            ("low", slice(by, None), slice(-by)),
            ("high", slice(-by), slice(by, None)),
        ):
            if all(np.array_equal(a[ours], b[theirs]) for a, b in (re, im)):
                return f"all bins lie {by} too {way}"
    return _factors_told((re_host, re_device), (im_host, im_device))


def _factors_told(re: tuple[Int64, Int64], im: tuple[Int64, Int64]) -> str:
    both = tuple(np.concatenate(pair) for pair in zip(re, im, strict=True))
    factor = factor_of(both[0], both[1])
    return f"all bins are {told_factor(factor)} what they must be" if factor is not None else ""


def _parts(host: Int64, device: Int64, wrong: Int64, count: int) -> str:
    """What becomes of the real and of the imaginary parts of some bins."""
    told = []
    for what, places in (("real parts", wrong), ("imaginary parts", count - wrong)):
        ours, theirs = host[places], device[places]
        if np.array_equal(ours, theirs):
            continue
        other = host[count - places]
        found = related(ours, theirs)
        if np.array_equal(theirs, -ours):
            told.append(f"{what} have the other sign")
        elif np.array_equal(theirs, other):
            told.append(f"{what} are what the other part must be")
        elif np.array_equal(theirs, -other):
            told.append(f"{what} are the negative of what the other part must be")
        elif found:
            told.append(f"{what} are {found}")
        else:
            told.append(_sizes(what, ours, theirs))
    return "; ".join(told)


def _sizes(what: str, ours: Int64, theirs: Int64) -> str:
    if len(ours) <= 4:
        pairs = ", ".join(
            f"{b:,} instead of {a:,}" for a, b in zip(ours.tolist(), theirs.tolist(), strict=True) if a != b
        )
        return f"{what} are {pairs}"
    ratio = float(
        np.linalg.norm(theirs.astype(np.float64)) / max(1.0, float(np.linalg.norm(ours.astype(np.float64))))
    )
    return f"{what} are others (together {ratio:.2g} times as large)"
