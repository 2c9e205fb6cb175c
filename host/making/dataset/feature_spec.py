"""What the features of a set are: front end, quantisation, columns of a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from ...frontend.settings import FrontEndSettings


@dataclass(frozen=True)
class Quantisation:
    """How a feature becomes int8: feature = (cell - zero_point) * scale.

    Attributes:
        scale: feature units per int8 step, a float32 value.
        zero_point: the cell of feature 0.
    """

    scale: float
    zero_point: int

    @classmethod
    def of_range(cls, lowest: float, highest: float) -> Quantisation:
        """The quantisation whose cells -128 and 127 are `lowest` and `highest`, as TensorFlow Lite computes it."""
        scale = float(np.float32(np.float32(highest) - np.float32(lowest)) / np.float32(255.0))
        return cls(scale, round(-128 - lowest / scale))

    def to_float(self, cells: NDArray[np.int8]) -> NDArray[np.float32]:
        """Features as a network sees them, float32 of the shape of `cells`."""
        return ((cells.astype(np.float32) - self.zero_point) * np.float32(self.scale)).astype(np.float32)


@dataclass(frozen=True)
class FeatureSpec:
    """All that decides which cells a sound becomes and how many of them a window has.

    Attributes:
        settings: of the front end.
        quantisation: of its features.
        frames: columns of one window.
    """

    settings: FrontEndSettings
    quantisation: Quantisation
    frames: int

    @property
    def db_per_step(self) -> float:
        """Decibels, or what else the front end's unit is, per int8 step."""
        return self.quantisation.scale / float(self.settings.features_per_unit)

    @property
    def window_samples(self) -> int:
        """Samples that one window hears."""
        return self.settings.samples_for(self.frames)

    def cells(self, samples: NDArray[np.int16]) -> NDArray[np.int8]:
        """Quantised features of a sound, int8 [columns, bands], by the firmware's own front end."""
        return self.front_end().features(samples)

    def front_end(self) -> FrontEnd:
        """The firmware's front end with these settings."""
        return FrontEnd(self.settings, self.quantisation.scale, self.quantisation.zero_point)
