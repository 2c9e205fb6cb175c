"""The board's clock beside the host's."""

from ..cause import with_cause
from ..record import RunRecord, UptimeRecord

FACTOR = 4.0
UNIT_FACTOR = 30.0  # of short runs
INSIDE_FACTOR = 2.0  # of a time that lies within another: no load makes it longer
APART, APART_S = 1.25, 0.05  # of all pairs of uptimes but one: boards' clocks differ by less
LEAST_CLOCK_S = 2.0  # shorter runs say nothing about a clock
LEAST_UNIT_S = 0.3  # nor about anything but its unit, and whether it goes at all
LEAST_UPTIMES = 8  # so that chance does not make multiples of all
LEAST_STILL = 3  # uptimes that are the same
COARSE_MS = 50  # a system's tick is 10 ms at most, 15.6 on a computer
NEAR = 1.15  # of a ratio of two clocks that were read at about the same time
CLOSE = 1.005  # the same of what lies between known bounds
# What an uptime is told in, by how many times what it should be.
UPTIME_UNITS = {
    10: "units of 0.1 ms",
    100: "units of 10 us",
    1000: "microseconds",
    1_000_000: "nanoseconds",
    0.1: "units of 10 ms",
    0.01: "units of 100 ms",
    0.001: "seconds",
    1000 / 1024: "units of 1,024 us",
}
RATIOS = {
    2.0: "twice as fast as it must",
    0.5: "half as fast as it must",
    1.5: "1.5 times as fast as it must, as one of 160 MHz that has 240",
    2 / 3: "two thirds as fast as it must, as one of 240 MHz that has 160",
    3.0: "3 times as fast as it must, as one of 80 MHz that has 240",
    1 / 3: "a third as fast as it must, as one of 240 MHz that has 80",
    4.0: "4 times as fast as it must",
    0.25: "a quarter as fast as it must",
}
MANY_S = 1000
WIDE = 1.5  # between the bounds of a ratio that one figure tells


def find_uptime(run: RunRecord) -> tuple[list[str], str]:
    """What is wrong with the board's clock, and the figures."""
    host, device = run.uptime.host_s, run.uptime.device_s
    if host < LEAST_UNIT_S:
        return [], ""
    return _wrong(run, run.uptime), f"uptime {device:.3g} s in {host:.3g} s"


def _wrong(run: RunRecord, uptime: UptimeRecord) -> list[str]:
    host, device = uptime.host_s, uptime.device_s
    if not device and uptime.times >= LEAST_STILL:
        return [
            f"the board's clock stands still: in {host:.3g} s it tells the same uptime {uptime.times} times"
        ]
    if uptime.times >= LEAST_UPTIMES and uptime.step_ms >= COARSE_MS:
        return [
            f"all {uptime.times} uptimes told are multiples of {uptime.step_ms:,} ms: the clock goes in steps"
        ]
    slowest, about = uptime.slowest, told_rate(uptime)
    seen = f"the board's clock went {_shown(device)} s in {_shown(host)} s"
    told = with_cause(seen, f": {about}" if about else "")
    if slowest is not None and slowest[0] * INSIDE_FACTOR < slowest[1]:
        return [
            told
            if about
            else f"between two uptimes {slowest[1]:.3g} s passed at least, and the board's clock went "
            f"{slowest[0]:.3g} s: it is slow, or a part of what it counts is lost (whole seconds, high bits)"
        ]
    # between two answers the board cannot have counted more time than passed around them
    fast = bool(uptime.most_s) and device > FACTOR * uptime.most_s + COARSE_MS / 1000
    factor = FACTOR if host >= LEAST_CLOCK_S else UNIT_FACTOR
    if host / factor <= device <= host * factor and not fast and not _apart(run, uptime):
        return []
    return [told]


def _apart(run: RunRecord, uptime: UptimeRecord) -> bool:
    """Whether pairs of uptimes show another rate than the host's: all but one; all, where both read one clock."""
    pairs = uptime.pairs
    apart = pairs.faster(APART, APART_S) or pairs.slower(APART, APART_S)
    return apart or (run.board == "virtual" and pairs.apart_together(CLOSE))


def _shown(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= MANY_S else f"{seconds:.3g}"


def told_rate(uptime: UptimeRecord) -> str:
    """What a clock's rate is like, in words; empty: like nothing that is known."""
    if not uptime.device_s or not uptime.host_s:
        return ""
    rate = uptime.device_s / uptime.host_s
    bounds = uptime.pairs.ratio
    least, most = (rate / NEAR, rate * NEAR) if bounds is None else (bounds[0] / CLOSE, bounds[1] * CLOSE)
    found = [_of_unit(ratio, unit) for ratio, unit in UPTIME_UNITS.items() if least <= ratio <= most]
    if bounds is None:  # nothing finer than another unit
        return found[0] if found and not least <= 1 <= most else ""
    found += [f"it goes {words}" for ratio, words in RATIOS.items() if least <= ratio <= most]
    if len(found) == 1:
        return found[0]
    factor, faster = _factor(rate)
    times = f"{factor:,.3g}"
    if most > WIDE * least or times == "1":
        return ""
    return f"it goes about {times} times {'as fast as it must' if faster else 'too slowly'}"


def _factor(ratio: float) -> tuple[float, bool]:
    """How many times as much or as little a ratio means, and whether it is as much."""
    factor = max(ratio, 1 / ratio)
    return factor, factor == ratio


def _of_unit(ratio: float, unit: str) -> str:
    """That an uptime, or the clock that it is made of, is in another unit."""
    told = f"as if uptime_ms were told in {unit}"
    factor, more = _factor(ratio)
    times, length = f"{factor:,.0f}", "short" if more else "long"
    return told if times == "1" else f"{told}, or the clock it is made of in a unit {times} times as {length}"
