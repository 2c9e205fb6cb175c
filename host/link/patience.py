"""How soon the other end asks, at most, by what it must have heard before.

Its timer begins anew with an acknowledgement that tells something new. So once a frame of ours is acknowledged, the
timer has begun no sooner than when what that frame acknowledges was first told. Whatever delays a frame, or this
program, makes a question look later than it was, never sooner: one that came too soon here was asked too soon there.
"""

from collections import deque

from .protocol import TIMEOUT_LEAST_US

TOO_EARLY_US = TIMEOUT_LEAST_US * 3 // 4  # which no clock that is good enough for a line takes for all of it
FAR = 100  # times too early: as with a time in another unit


class Patience:
    """What is known of the other end's timer."""

    def __init__(self) -> None:
        self._ack = 0
        self._told_us: int | None = None  # when that was told first
        self._with: deque[int | None] = deque()  # the same for each numbered frame that is not acknowledged
        self._since_us: int | None = None  # the timer began then, or later

    def tells(self, ack: int, now_us: int) -> None:
        """A frame leaves that acknowledges everything before a number."""
        if ack != self._ack:
            self._ack, self._told_us = ack, now_us

    def numbered(self) -> None:
        """It has a number, and leaves for the first time."""
        self._with.append(self._told_us)

    def acknowledged(self, count: int) -> None:
        """So many more of them have arrived."""
        for _ in range(min(count, len(self._with))):
            self._since_us = self._with.popleft()

    def too_early(self, now_us: int) -> int | None:
        """How long a question that came now had waited at most, where that is too short; None: it may be in time."""
        if self._since_us is None or now_us - self._since_us >= TOO_EARLY_US:
            return None
        return now_us - self._since_us
