"""How long a board may take: for an answer, for nothing at all, and for a whole job."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

EMULATED_FACTOR = 4.0  # an emulator is as slow as its computer is busy: to erase a sector may take it seconds


@dataclass(frozen=True)
class Limits:
    """Times in seconds. A board that is slow but works stays within them; one that is broken does not hold up a run.

    Attributes:
        answer_s: from a request to its answer.
        silence_s: without any result in a stream or for a tensor: longer than any window's inference.
        factor: how many times longer than computed a job may take.
        allowance_s: and so much more.
        rate_try_s: for a board to answer at a line speed, before another one is tried.
        restart_s: for a board to restart and answer.
    """

    answer_s: float = 10.0
    silence_s: float = 30.0
    factor: float = 10.0
    allowance_s: float = 60.0
    rate_try_s: float = 2.0
    restart_s: float = 30.0

    def of_emulator(self) -> "Limits":
        """The same for an emulator. How long it may restart stays: some never come back from that."""
        return replace(
            self,
            answer_s=EMULATED_FACTOR * self.answer_s,
            silence_s=EMULATED_FACTOR * self.silence_s,
            allowance_s=EMULATED_FACTOR * self.allowance_s,
        )

    def total_s(
        self, line_bytes: int, bytes_per_s: float, inferences: int = 0, slowest_s: float = 0.0
    ) -> float:
        """The most that a job may take.

        Args:
            line_bytes: what has to go over the line.
            bytes_per_s: what the line was measured to carry.
            inferences: windows that the model runs on.
            slowest_s: the slowest inference that the board reported.
        """
        return self.factor * (line_bytes / bytes_per_s + inferences * slowest_s) + self.allowance_s


class Stopwatch:
    """Seconds that pass while it runs. What the program does for itself meanwhile is not the board's time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = clock()
        self._before = 0.0

    @property
    def seconds(self) -> float:
        """So far."""
        return self._before + (self._clock() - self._since if self._since is not None else 0.0)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let the time within the block pass uncounted."""
        self._before, self._since = self.seconds, None
        try:
            yield
        finally:
            self._since = self._clock()
