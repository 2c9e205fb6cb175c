"""Settings of the fixed-point front end, checked once where they enter the program."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ..fixed_mel import center_frequencies
from ..settings import (
    MAX_AFFINE,
    MAX_HOP,
    SAMPLE_RATES,
    FrontEndSettings,
    SettingsError,
    check_choice,
    check_edges,
    check_finite,
    check_whole,
    within,
)

MIN_FFT, MAX_FFT = 16, 2048
MAX_BANDS = 128
LARGEST_FEATURE = 65_535
QUANTISATIONS = ("microwakeword", "esphome")
PRECISIONS = ("single", "double")
FILTER_WEIGHTS = ("rounded", "truncated")


@dataclass(frozen=True)
class MicrofrontendSettings(FrontEndSettings):
    """What the public implementation calls FrontendConfig, in samples where that has milliseconds.

    Attributes:
        sample_rate: Hz.
        window: length of the Hann window, samples; the FFT has the next power of two points.
        hop: samples from one column to the next.
        bands: mel bands ("channels").
        fmin: lower limit of the lowest band, Hz.
        fmax: upper limit of the highest band, Hz.
        noise_suppression: whether each band's noise is followed and taken away.
        smoothing_bits: bits of the noise estimate behind the point.
        even_smoothing: how fast the estimate of even bands follows, 0 to 1.
        odd_smoothing: the same of odd bands.
        min_signal_remaining: the part of a signal that suppression leaves, 0 to 1.
        pcan: whether gains follow the noise (per-channel amplitude normalisation).
        pcan_strength: exponent of the gain.
        pcan_offset: what is added to the noise before.
        pcan_gain_bits: bits of the gain behind the point.
        log: whether the logarithm is taken.
        log_shift: bits of the logarithm behind the point.
        precision: in which window and filters were computed before they were rounded: `single` as pymicro-features,
            `double` as TensorFlow's microfrontend and signal library.
        filter_weights: `rounded` as the former two, or `truncated` as the signal library.
        scale: feature = scale * integer, what the model was trained on.
        quantisation: how a feature becomes int8. `microwakeword`: round(feature / input scale + zero point).
            `esphome`: (integer * 256 + 333) / 666 - 128, whatever the model's input says.

    Raises:
        SettingsError: a value is out of range or contradicts another.
    """

    kind: ClassVar[str] = "microfrontend"
    unit: ClassVar[str] = ""

    sample_rate: int
    window: int
    hop: int
    bands: int = 40
    fmin: float = 125.0
    fmax: float = 7500.0
    noise_suppression: bool = True
    smoothing_bits: int = 10
    even_smoothing: float = 0.025
    odd_smoothing: float = 0.06
    min_signal_remaining: float = 0.05
    pcan: bool = True
    pcan_strength: float = 0.95
    pcan_offset: float = 80.0
    pcan_gain_bits: int = 21
    log: bool = True
    log_shift: int = 6
    precision: str = "single"
    filter_weights: str = "rounded"
    scale: float = 0.0390625
    quantisation: str = "microwakeword"

    def __post_init__(self) -> None:
        """Check every value."""
        check_whole(
            self,
            ("sample_rate", "window", "hop", "bands", "smoothing_bits", "pcan_gain_bits", "log_shift"),
        )
        check_finite(
            self,
            ("fmin", "fmax", "even_smoothing", "odd_smoothing", "min_signal_remaining", "pcan_strength"),
        )
        check_finite(self, ("pcan_offset", "scale"))
        for name in ("noise_suppression", "pcan", "log"):
            check_choice(self, name, (True, False))
        check_choice(self, "quantisation", QUANTISATIONS)
        check_choice(self, "precision", PRECISIONS)
        check_choice(self, "filter_weights", FILTER_WEIGHTS)
        within("sample_rate", self.sample_rate, *SAMPLE_RATES, "Hz")
        within("window", self.window, 2, MAX_FFT, "samples")
        within("hop", self.hop, 1, MAX_HOP, "samples")
        within("bands", self.bands, 1, MAX_BANDS, "bands")
        check_edges(self)
        within("smoothing_bits", self.smoothing_bits, 0, 16, "bits")
        for name in ("even_smoothing", "odd_smoothing", "min_signal_remaining"):
            within(name, getattr(self, name), 0.0, 1.0, "")
        within("pcan_strength", self.pcan_strength, 0.0, 10.0, "")
        within("pcan_offset", self.pcan_offset, 1e-3, MAX_AFFINE, "")
        within("pcan_gain_bits", self.pcan_gain_bits, 0, 31, "bits")
        within("log_shift", self.log_shift, 0, 11, "bits")
        within("scale", self.scale, 1 / MAX_AFFINE, MAX_AFFINE, "")
        if self.pcan and not self.noise_suppression:
            raise SettingsError(
                "front-end setting pcan is true without noise_suppression, whose estimate it needs",
                "set noise_suppression, or leave both out",
            )

    @property
    def span(self) -> int:
        """Samples that a column covers."""
        return self.window

    @property
    def fft(self) -> int:
        """Points of the FFT."""
        return max(MIN_FFT, 1 << (self.window - 1).bit_length())

    @property
    def feature_range(self) -> tuple[float, float]:
        """All features are integers of 16 bits, scaled."""
        return 0.0, self.scale * LARGEST_FEATURE

    def unclamped(self, values: Any, input_scale: float, input_zero_point: int) -> Any:
        """See `FrontEndSettings.unclamped`; values are integers of 16 bits."""
        if self.quantisation == "esphome":
            return (values * 256 + 333) // 666 - 128
        return values * (self.scale / input_scale) + input_zero_point

    def band_centres(self) -> list[float]:
        """Return the middle frequency of each band, Hz."""
        return center_frequencies(self.fmin, self.fmax, self.bands)

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        stages = [
            name
            for name, used in (
                ("noise suppression", self.noise_suppression),
                ("PCAN", self.pcan),
                ("log", self.log),
            )
            if used
        ]
        return (
            f"FFT {self.fft}, {self.fmin:g}–{self.fmax:g} Hz, {', '.join(stages) or 'no further stage'}, "
            f"quantised as {self.quantisation}"
        )
