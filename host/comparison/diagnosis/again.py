"""Whether a window that was wrong is wrong again."""

from dataclasses import dataclass

import numpy as np

SURELY = 1000  # to one: distances of one multiple are no chance
LEAST_RECURRING = 3  # wrong windows whose distances say something


@dataclass(frozen=True)
class Recurrence:
    """A sound that was streamed on and on, to see when a window is wrong once more.

    Attributes:
        windows: how many there were.
        wrong: numbers of those that were wrong, from 0.
        in_sound: how many the sound has.
    """

    windows: int
    wrong: tuple[int, ...]
    in_sound: int = 0

    @property
    def of_sound(self) -> bool:
        """Whether the sound was streamed more than once, and the same of its windows were wrong each time."""
        if self.in_sound == 0 or self.windows < 2 * self.in_sound:
            return False
        passes = [
            {number - first for number in self.wrong if first <= number < first + self.in_sound}
            for first in range(0, self.windows, self.in_sound)
        ]
        return bool(passes[0]) and all(each == passes[0] for each in passes)

    @property
    def apart(self) -> int:
        """The distance that all wrong ones have from the one before; 0 where they have not, or are too few to tell."""
        steps = set(np.diff(self.wrong).tolist()) if len(self.wrong) >= LEAST_RECURRING else set()
        return steps.pop() if len(steps) == 1 else 0

    @property
    def multiple(self) -> int:
        """What all distances are multiples of, where chance hardly makes them so; else 0.

        Those between may have been wrong too, and have given the right values.
        """
        steps = np.diff(np.array(self.wrong, np.int64))
        common = int(np.gcd.reduce(steps))
        return common if common ** len(steps) >= SURELY else 0


@dataclass(frozen=True)
class Again:
    """A window in which every op is right, streamed some times more.

    Attributes:
        times: how often.
        wrong: how often it was wrong then.
        on: what was streamed after that; None where it was not.
    """

    times: int
    wrong: int
    on: Recurrence | None = None

    @property
    def words(self) -> str:
        """That, in words."""
        often = "each time" if self.wrong in (0, self.times) else f"{self.wrong} times"
        told = (
            f"streamed {self.times} times more, the window was {'wrong' if self.wrong else 'right'} {often}"
        )
        if self.on is None:
            return told
        wrong = len(self.on.wrong)
        told += f"; of {self.on.windows:,} windows after that {wrong or 'none'} {'were' if wrong > 1 else 'was'} wrong"
        if self.on.of_sound and not self.on.apart:
            return f"{told}, the same ones each time that the sound was streamed"
        if self.on.apart:
            return f"{told}, each {self.on.apart:,} behind the one before"
        multiple = self.on.multiple
        return f"{told}, each a multiple of {multiple:,} behind the one before" if multiple else told
