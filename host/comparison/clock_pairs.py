"""Pairs of times by two clocks: how many times as fast the one goes as the other, at least and at most.

What a clock tells in an answer, it tells between the request and the answer. So of two answers the time between their
requests' and answers' far ends is the most that passed, and that between the near ends the least, however busy a
computer was.
"""

import time
from dataclasses import dataclass, field

MOST_PAIRS = 2000  # of long runs the first ones are enough
LEAST_PAIRS = 3  # so that one in which a computer slept does not decide
ROUNDING_S = 0.001  # of the time between two uptimes in whole milliseconds
# By which two clocks are read apart, at most, over all pairs: between them are restarts, each loses a millisecond.
TOGETHER_S = 0.008 + 8 * time.get_clock_info("monotonic").resolution
Pair = tuple[float, float, float]


@dataclass
class ClockPairs:
    """Times between two answers in a row: by the device's clock, and by the host's at least and at most.

    Attributes:
        pairs: seconds of each, as long as they are so many.
    """

    pairs: list[Pair] = field(default_factory=list)

    def add(self, device_s: float, least_s: float, most_s: float) -> None:
        """The next two answers."""
        if len(self.pairs) < MOST_PAIRS:
            self.pairs.append((device_s, least_s, most_s))

    def faster(self, factor: float, spare_s: float) -> bool:
        """Whether the device's clock goes more than `factor` times as fast, though one pair may be wrong."""
        return _beyond([device - factor * most for device, _, most in self.pairs], spare_s)

    def slower(self, factor: float, spare_s: float) -> bool:
        """Whether it is the host's that goes more than `factor` times as fast."""
        return _beyond([least - factor * device for device, least, _ in self.pairs], spare_s)

    def apart_together(self, factor: float) -> bool:
        """Whether either clock goes more than `factor` times as fast in all pairs together.

        Of clocks of one computer: what delays an answer lies within the bounds, and what stops one clock stops both.
        """
        device_s, least_s, most_s = (sum(each[at] for each in self.pairs) for at in range(3))
        beyond = max(least_s - factor * device_s, device_s - factor * most_s)
        return len(self.pairs) >= LEAST_PAIRS and beyond > TOGETHER_S

    @property
    def ratio(self) -> tuple[float, float] | None:
        """How many times as fast the device's clock goes, at least and at most; None: nothing fits all pairs."""
        device_s, least_s, most_s = (sum(each[at] for each in self.pairs) for at in range(3))
        every = [(pair, ROUNDING_S) for pair in self.pairs]
        every.append(((device_s, least_s, most_s), 3 * ROUNDING_S))
        lows = [(device - off) / most for (device, _, most), off in every if most > 0]
        highs = [(device + off) / least for (device, least, _), off in every if least > 0]
        if not lows or not highs or max(lows) > min(highs):
            return None
        return max(0.0, *lows), min(highs)


def _beyond(excesses: list[float], spare_s: float) -> bool:
    """Whether times are too long together, without the worst of them, too."""
    return len(excesses) >= LEAST_PAIRS and sum(excesses) - max(0.0, *excesses) > spare_s
