"""Settings of the BioDCASE 2026 challenge's front end, checked once where they enter the program."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ..fixed_mel import center_frequencies
from ..settings import (
    MAX_AFFINE,
    MAX_HOP,
    SAMPLE_RATES,
    FrontEndSettings,
    check_choice,
    check_edges,
    check_finite,
    check_whole,
    within,
)

WINDOWS = tuple(1 << bits for bits in range(4, 14))
MAX_BANDS = 128
LARGEST_FEATURE = 65_535
PRECISIONS = ("double", "single")


@dataclass(frozen=True)
class Biodcase2026Settings(FrontEndSettings):
    """What the challenge calls `feature_extraction`.

    Attributes:
        sample_rate: Hz.
        window: length of the Hann window and points of the FFT, samples; a power of two.
        hop: samples from one column to the next.
        bands: mel bands.
        fmin: lower limit of the lowest band, Hz.
        fmax: upper limit of the highest band, Hz.
        window_bits: bits of the Hann window behind the point.
        log_shift: bits of the logarithm behind the point.
        precision: in which the filters were computed before they were rounded: `double` as the challenge's Python with
            NumPy before 2.0, `single` as with NumPy 2.
        scale: feature = scale * integer, what the model was trained on.

    Raises:
        SettingsError: a value is out of range or contradicts another.
    """

    kind: ClassVar[str] = "biodcase-2026"
    unit: ClassVar[str] = ""

    sample_rate: int
    window: int
    hop: int
    bands: int = 40
    fmin: float = 125.0
    fmax: float = 7500.0
    window_bits: int = 12
    log_shift: int = 6
    precision: str = "double"
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check every value."""
        check_whole(self, ("sample_rate", "window", "hop", "bands", "window_bits", "log_shift"))
        check_finite(self, ("fmin", "fmax", "scale"))
        check_choice(self, "precision", PRECISIONS)
        check_choice(self, "window", WINDOWS)
        within("sample_rate", self.sample_rate, *SAMPLE_RATES, "Hz")
        within("hop", self.hop, 1, MAX_HOP, "samples")
        within("bands", self.bands, 1, MAX_BANDS, "bands")
        check_edges(self)
        within("window_bits", self.window_bits, 1, 14, "bits")
        within("log_shift", self.log_shift, 0, 11, "bits")
        within("scale", self.scale, 1 / MAX_AFFINE, MAX_AFFINE, "")

    @property
    def span(self) -> int:
        """Samples that a column covers."""
        return self.window

    @property
    def fft(self) -> int:
        """Points of the FFT."""
        return self.window

    @property
    def feature_range(self) -> tuple[float, float]:
        """All features are integers of 16 bits, scaled."""
        return 0.0, self.scale * LARGEST_FEATURE

    def unclamped(self, values: Any, input_scale: float, input_zero_point: int) -> Any:
        """See `FrontEndSettings.unclamped`; values are integers of 16 bits."""
        return values * (self.scale / input_scale) + input_zero_point

    def band_centres(self) -> list[float]:
        """Return the middle frequency of each band, Hz."""
        return center_frequencies(self.fmin, self.fmax, self.bands)

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        return f"16-bit FFT {self.fft}, {self.fmin:g}–{self.fmax:g} Hz, square root, integer log"
