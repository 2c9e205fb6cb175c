"""Settings of the log-mel front end, checked once where they enter the program."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from ..settings import (
    MAX_HOP,
    SAMPLE_RATES,
    FrontEndSettings,
    SettingsError,
    check_affine,
    check_choice,
    check_edges,
    check_finite,
    check_whole,
    within,
)
from . import mixed
from .scale import SCALES, mel_edges

# The core's limits (firmware/core/core_limits.h) and what the tables' integer formats hold.
FFT_SIZES = mixed.POWERS_OF_TWO
MAX_PLAIN_FFT = 1024
MAX_BANDS = 128
LOG_FLOOR_DB = (-140.0, 0.0)
PER_DB = {"db": 1.0, "ln": math.log(10) / 10, "log10": 0.1}
WINDOW_FUNCTIONS = ("hann", "hamming", "rectangular")
# Options younger than the kind: a bundle without them means the first.
CHOICES: dict[str, tuple[object, ...]] = {
    "logarithm": tuple(PER_DB),
    "mel_scale": SCALES,
    "mel_norm": ("slaney", "none"),
    "mel_triangles": ("hz", "mel"),
    "window_function": WINDOW_FUNCTIONS,
    "window_symmetric": (False, True),
    "window_placement": ("centre", "start"),
    "spectrum": ("power", "magnitude"),
    "padding": ("none", "zero", "reflect"),
}
NUMBERS = {"log_offset": 0.0, "pre_emphasis": 0.0}
DEFAULTS = {name: choices[0] for name, choices in CHOICES.items()} | NUMBERS
# As deep as the floor: there the samples' own rounding is long gone.
LEAST_OFFSET, MOST_OFFSET = {"power": 1e-14, "magnitude": 1e-7}, 1e6


def per_db(logarithm: str, spectrum: str) -> float:
    """Return by how much a logarithm grows with one dB: a magnitude's 20 log10 are dB, too."""
    return PER_DB[logarithm] / (2.0 if spectrum == "magnitude" and logarithm != "db" else 1.0)


@dataclass(frozen=True)
class LogMelSettings(FrontEndSettings):
    """What turns samples into log-mel columns; the meaning of each is librosa's (`melspectrogram`, `center=False`).

    Attributes:
        sample_rate: Hz.
        window: length of the periodic Hann window, samples; centred in the FFT when shorter than it.
        hop: samples from one column to the next.
        fft: points, 16 to 2048: even, and made of the factors 2, 3 and 5, as 400; powers of two cost the least.
        bands: Slaney mel bands.
        fmin: lower edge of the lowest band, Hz.
        fmax: upper edge of the highest band, Hz.
        log_floor_db: smallest log-mel value, dB; full scale is 1.0, so `amin` is 10 ** (log_floor_db / 10).
        scale: feature = scale * logarithm + offset, what the model was trained on (1 and 0: the plain logarithm).
        offset: see `scale`.
        logarithm: `db` (10 log10 of a power, 20 log10 of a magnitude), `ln` or `log10` of what a band has.
        mel_scale: `slaney` or `htk`.
        mel_norm: `slaney` (2 / width in Hz) or `none` (triangles of height 1).
        mel_triangles: whether the bands' sides are straight over `hz`, as librosa's and torchaudio's, or over `mel`, as
            TensorFlow's.
        window_function: `hann`, `hamming` or `rectangular`.
        window_symmetric: whether the window ends as it began; otherwise it is periodic.
        window_placement: `centre` of the FFT's samples, as librosa; or at their `start`, as TensorFlow: a column then
            covers `window` samples instead of `fft`.
        spectrum: `power`, or `magnitude`: what the bands sum.
        log_offset: added to what a band has, before the logarithm; 0: nothing.
        pre_emphasis: the part of the sample before that is taken from each sample, below 1; 0: none.
        padding: `none`: column i begins at sample i * hop. Otherwise sample i * hop is its middle, as librosa's
            `center=True`, and what is before the first sample is `zero`, or the first samples mirrored (`reflect`).
            A stream has no end: columns whose later half would lie behind the last sample are not computed.

    Raises:
        SettingsError: a value is out of range or contradicts another.
    """

    kind: ClassVar[str] = "log-mel"
    unit: ClassVar[str] = "dB"

    sample_rate: int
    window: int
    hop: int
    fft: int
    bands: int
    fmin: float
    fmax: float
    log_floor_db: float
    scale: float = 1.0
    offset: float = 0.0
    logarithm: str = "db"
    mel_scale: str = "slaney"
    mel_norm: str = "slaney"
    mel_triangles: str = "hz"
    window_function: str = "hann"
    window_symmetric: bool = False
    window_placement: str = "centre"
    spectrum: str = "power"
    log_offset: float = 0.0
    pre_emphasis: float = 0.0
    padding: str = "none"

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Check every value.

        Raises:
            SettingsError: names the first value that is wrong and what is allowed.
        """
        check_whole(self, ("sample_rate", "window", "hop", "fft", "bands"))
        check_finite(self, ("fmin", "fmax", "log_floor_db", "scale", "offset", *NUMBERS))
        for name, choices in CHOICES.items():
            check_choice(self, name, choices)
        within("sample_rate", self.sample_rate, *SAMPLE_RATES, "Hz")
        if self.is_mixed and not mixed.steps(self.fft):
            near = " or ".join(map(str, mixed.nearest(self.fft)))
            raise SettingsError(
                f"front-end setting fft is {self.fft}, which the firmware has no FFT for: {mixed.cause(self.fft)}",
                f"use {near}; a window is filled up with zeros to them, but a model trained with another "
                "FFT saw other frequencies: train it with n_fft of such a size and its old win_length",
                "fft",
            )
        within("window", self.window, 16, self.fft, "samples (at most the fft)")
        within("hop", self.hop, 1, MAX_HOP, "samples")
        within("bands", self.bands, 1, MAX_BANDS, "bands")
        check_edges(self)
        within("log_floor_db", self.log_floor_db, *LOG_FLOOR_DB, "dB")
        check_affine(self)
        self._validate_options()

    def _validate_options(self) -> None:
        if self.log_offset != 0:
            within("log_offset", self.log_offset, LEAST_OFFSET[self.spectrum], MOST_OFFSET, "")
        if not 0 <= self.pre_emphasis < 1:
            raise SettingsError(
                f"front-end setting pre_emphasis is {self.pre_emphasis:g}", "use 0 to below 1", "pre_emphasis"
            )
        if self.padding != "none" and self.window_placement != "centre":
            raise SettingsError(
                f"front-end setting padding is {self.padding} with window_placement {self.window_placement}",
                "a column has its middle at a sample only if the window is in its centre",
                "padding",
            )
        if self.padding == "reflect" and self.pre_emphasis:
            raise SettingsError(
                "front-end setting padding is reflect with pre_emphasis",
                "use padding zero: what is before the first sample is then the same with and without emphasis",
                "padding",
            )

    @property
    def span(self) -> int:
        """Samples that a column covers, those that it needs for emphasis or mirroring included."""
        further = int(self.pre_emphasis != 0 or self.padding == "reflect")
        return further + (self.fft if self.window_placement == "centre" else self.window)

    @property
    def lead(self) -> int:
        """Samples of the first column that lie before the stream's beginning."""
        return int(self.pre_emphasis != 0) + (self.fft // 2 if self.padding != "none" else 0)

    @property
    def is_mixed(self) -> bool:
        """Whether the FFT's length is no power of two, or a short one; then the C side is the kind log-mel-mixed."""
        return self.fft not in FFT_SIZES

    @property
    def has_options(self) -> bool:
        """Whether the C side is more than the kind log-mel."""
        wanted = (
            self.log_offset,
            self.pre_emphasis,
            self.lead,
            self.spectrum != "power",
            self.fft > MAX_PLAIN_FFT,
            self.is_mixed,
        )
        return any(wanted)

    @property
    def linked(self) -> str:
        """The C side's kind, a folder in firmware/core/frontend."""
        if self.is_mixed:
            return "log_mel_mixed"
        return "log_mel_options" if self.has_options else "log_mel"

    @property
    def mirrored(self) -> bool:
        """Whether those mirror the stream's first samples; otherwise they are 0."""
        return self.padding == "reflect"

    def band_centres(self) -> list[float]:
        """Return the middle frequency of each band, Hz."""
        return self.edges()[1:-1]

    def edges(self) -> list[float]:
        """Return the bands + 2 frequencies (Hz) that bound the bands."""
        return mel_edges(self.fmin, self.fmax, self.bands, self.mel_scale)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values; options that are as they always were are left out."""
        return {name: value for name, value in super().to_dict().items() if value != DEFAULTS.get(name)}

    @property
    def features_per_unit(self) -> float:
        """By how much a feature grows with one dB."""
        return self.scale * per_db(self.logarithm, self.spectrum)

    @property
    def feature_at_zero(self) -> float:
        """The feature that means 0 dB."""
        return self.offset

    @property
    def feature_range(self) -> tuple[float, float]:
        """The features of the floor and of a full-scale tone."""
        low, high = self.features_per_unit * self.least_db + self.offset, self.offset
        return min(low, high), max(low, high)

    @property
    def least_db(self) -> float:
        """The dB of silence: the floor, or what is added before the logarithm."""
        unit = 20 if self.spectrum == "magnitude" else 10
        return max(self.log_floor_db, unit * math.log10(self.log_offset) if self.log_offset else -math.inf)

    def unclamped(self, values: Any, input_scale: float, input_zero_point: int) -> Any:
        """See `FrontEndSettings.unclamped`; values are dB in Q16."""
        features = values * (self.features_per_unit / 65536) + self.offset
        return features / input_scale + input_zero_point

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        return f"FFT {self.fft}, {self.fmin:g}–{self.fmax:g} Hz, floor {self.log_floor_db:g} dB" + "".join(
            f", {name} {shown}" for name, shown in self.to_dict().items() if name in DEFAULTS
        )
