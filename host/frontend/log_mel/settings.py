"""Settings of the log-mel front end, checked once where they enter the program."""

from dataclasses import dataclass
from typing import ClassVar

from ..settings import (
    MAX_AFFINE,
    MAX_HOP,
    SAMPLE_RATES,
    FrontEndSettings,
    SettingsError,
    check_finite,
    check_whole,
    within,
)
from .scale import mel_edges

# The core's limits (firmware/core/core_limits.h) and what the tables' integer formats hold.
FFT_SIZES = (128, 256, 512, 1024)
MAX_BANDS = 128
LOG_FLOOR_DB = (-140.0, 0.0)


@dataclass(frozen=True)
class LogMelSettings(FrontEndSettings):
    """What turns samples into log-mel columns; the meaning of each is librosa's (`melspectrogram`, `center=False`).

    Attributes:
        sample_rate: Hz.
        window: length of the periodic Hann window, samples; centred in the FFT when shorter than it.
        hop: samples from one column to the next.
        fft: points, a power of two.
        bands: Slaney mel bands.
        fmin: lower edge of the lowest band, Hz.
        fmax: upper edge of the highest band, Hz.
        log_floor_db: smallest log-mel value, dB; full scale is 1.0, so `amin` is 10 ** (log_floor_db / 10).
        scale: feature = scale * dB + offset, what the model was trained on (1 and 0: plain dB).
        offset: see `scale`.

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

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Check every value.

        Raises:
            SettingsError: names the first value that is wrong and what is allowed.
        """
        check_whole(self, ("sample_rate", "window", "hop", "fft", "bands"))
        check_finite(self, ("fmin", "fmax", "log_floor_db", "scale", "offset"))
        within("sample_rate", self.sample_rate, *SAMPLE_RATES, "Hz")
        if self.fft not in FFT_SIZES:
            sizes = ", ".join(map(str, FFT_SIZES))
            raise SettingsError(f"front-end setting fft is {self.fft}", f"use one of {sizes}", "fft")
        within("window", self.window, 16, self.fft, "samples (at most the fft)")
        within("hop", self.hop, 1, MAX_HOP, "samples")
        within("bands", self.bands, 1, MAX_BANDS, "bands")
        within("fmax", self.fmax, 0.0, self.sample_rate / 2, "Hz (at most half the sample rate)")
        within("fmin", self.fmin, 0.0, self.fmax, "Hz (below fmax)")
        if self.fmax - self.fmin < 1.0:
            raise SettingsError(
                f"front-end settings fmin {self.fmin} Hz and fmax {self.fmax} Hz leave no band between them",
                "set fmax at least 1 Hz above fmin",
            )
        within("log_floor_db", self.log_floor_db, *LOG_FLOOR_DB, "dB")
        within("offset", self.offset, -MAX_AFFINE, MAX_AFFINE, "")
        if not 1 / MAX_AFFINE <= abs(self.scale) <= MAX_AFFINE:
            raise SettingsError(
                f"front-end setting scale is {self.scale}", "use 1.0 unless the model needs more", "scale"
            )

    @property
    def span(self) -> int:
        """Samples that a column covers."""
        return self.fft

    def band_centres(self) -> list[float]:
        """Return the middle frequency of each band, Hz."""
        return mel_edges(self.fmin, self.fmax, self.bands)[1:-1]

    @property
    def features_per_unit(self) -> float:
        """By how much a feature grows with one dB."""
        return self.scale

    @property
    def feature_at_zero(self) -> float:
        """The feature that means 0 dB."""
        return self.offset

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        return f"FFT {self.fft}, {self.fmin:g}–{self.fmax:g} Hz, floor {self.log_floor_db:g} dB"
