"""How a window's levels become cells, in the firmware's integers (firmware/core/frontend/normalised/window.c).

Standard library only; windows.py does it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SHIFT = 40
MOST_FINER = 15  # bits by which a mean is finer than a level
MIN_MAX, PEAK, MEAN_STD, TOP = range(4)
TOP_DCT = 4  # an image of its own kind (firmware/core/frontend/mfcc_top)


@dataclass(frozen=True)
class Normaliser:
    """How a window's levels become cells.

    Attributes:
        rule: place in `settings.RULES`, or TOP_DCT: with the rule top, and then a DCT.
        top: levels below the largest that are kept, with the rules peak and top.
        gain: cells per 1 of what the rule gives, or per level with the rules peak and top, times 2 ** SHIFT; before a
            DCT a level's dB in Q32.
        bias: cells, times 2 ** SHIFT, rounding included; of a DCT times 2 ** `shift`.
        bands: cells of a column.
        before: levels of a column where a DCT makes cells of them; 0: as many as cells.
        base: before a DCT: dB of level 0, in Q16.
        shift: of the DCT.
        weights: of the DCT, as `MfccTables` has them.
    """

    rule: int
    top: int
    gain: int
    bias: int
    bands: int
    before: int = 0
    base: int = 0
    shift: int = 0
    weights: Sequence[Sequence[int]] = ()

    @property
    def levels(self) -> int:
        """Levels of a column: half of its bytes."""
        return self.before or self.bands

    def measured(
        self, least: int, largest: int, count: int, total: int, squares: int
    ) -> tuple[int, int, int]:
        """Return by how much levels are finer, what is 0 among these, and the factor from there to cells."""
        if self.rule in (PEAK, TOP):
            return 1, largest if self.rule == PEAK else 0, self.gain
        if least == largest:
            return 1, least, 0
        sign, gain = (-1, -self.gain) if self.gain < 0 else (1, self.gain)
        if self.rule == MIN_MAX:
            return 1, least, sign * -(-gain // (largest - least))
        variance, half = count * squares - total**2, 0
        while variance >> 62 == 0:
            variance, half = variance << 2, half + 1
        finer = min(half, MOST_FINER)
        product = (gain >> 20) * ((count << 47) // math.isqrt(variance))
        zero = ((total << finer) + count // 2) // count
        return 1 << finer, zero, sign * (product >> (27 + finer - half))
