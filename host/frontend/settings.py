"""Settings of the log-mel front end, checked once where they enter the program."""

import math
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from ..errors import HilError

# The core's limits (firmware/core/core_limits.h) and what the tables' integer formats hold.
FFT_SIZES = (128, 256, 512, 1024)
MAX_BANDS = 128
MAX_WHOLE = 1 << 53  # whole numbers up to here are floats, too
MAX_HOP = 8192
SAMPLE_RATES = (1000, 192_000)
LOG_FLOOR_DB = (-140.0, 0.0)
MAX_AFFINE = 1e6


class SettingsError(HilError):
    """Front-end settings that make no sense or that the core cannot hold.

    Args:
        cause: what is wrong.
        cure: what to do about it.
        setting: the one that is wrong, so that a reader of files can name its place.
    """

    def __init__(self, cause: str, cure: str, setting: str = "") -> None:
        super().__init__(cause, cure)
        self.setting = setting


@dataclass(frozen=True)
class FrontEndSettings:
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
        for name in ("sample_rate", "window", "hop", "fft", "bands"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise SettingsError(
                    f"front-end setting {name} is {_short(value)}", "give a whole number", name
                )
            if abs(value) > MAX_WHOLE:  # far beyond every bound below, and no float
                raise SettingsError(
                    f"front-end setting {name} is {_short(value)}", "give a smaller number", name
                )
        for name in ("fmin", "fmax", "log_floor_db", "scale", "offset"):
            value = getattr(self, name)
            if not _is_finite(value):
                raise SettingsError(
                    f"front-end setting {name} is {_short(value)}", "give a finite number", name
                )
        _within("sample_rate", self.sample_rate, *SAMPLE_RATES, "Hz")
        if self.fft not in FFT_SIZES:
            sizes = ", ".join(map(str, FFT_SIZES))
            raise SettingsError(f"front-end setting fft is {self.fft}", f"use one of {sizes}", "fft")
        _within("window", self.window, 16, self.fft, "samples (at most the fft)")
        _within("hop", self.hop, 1, MAX_HOP, "samples")
        _within("bands", self.bands, 1, MAX_BANDS, "bands")
        _within("fmax", self.fmax, 0.0, self.sample_rate / 2, "Hz (at most half the sample rate)")
        _within("fmin", self.fmin, 0.0, self.fmax, "Hz (below fmax)")
        if self.fmax - self.fmin < 1.0:
            raise SettingsError(
                f"front-end settings fmin {self.fmin} Hz and fmax {self.fmax} Hz leave no band between them",
                "set fmax at least 1 Hz above fmin",
            )
        _within("log_floor_db", self.log_floor_db, *LOG_FLOOR_DB, "dB")
        _within("offset", self.offset, -MAX_AFFINE, MAX_AFFINE, "")
        if not 1 / MAX_AFFINE <= abs(self.scale) <= MAX_AFFINE:
            raise SettingsError(
                f"front-end setting scale is {self.scale}", "use 1.0 unless the model needs more", "scale"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "FrontEndSettings":
        """Make settings from a bundle's `frontend` object.

        Raises:
            SettingsError: a name is missing or unknown, or a value is wrong.
        """
        if not isinstance(values, dict):
            raise SettingsError("the front-end settings are not an object", "give names with values")
        known = {field.name: field for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise SettingsError(f"unknown front-end setting {unknown[0]!r}", f"known are {', '.join(known)}")
        missing = [name for name, field in known.items() if name not in values and field.default is MISSING]
        if missing:
            raise SettingsError(f"front-end setting {missing[0]!r} is missing", "add it to the settings")
        return cls(**values)

    def to_dict(self) -> dict[str, int | float]:
        """Return the settings as plain values, ready for JSON; `from_dict` takes them back."""
        return asdict(self)

    def columns(self, n_samples: int) -> int:
        """Return how many whole columns `n_samples` samples give."""
        return 0 if n_samples < self.fft else 1 + (n_samples - self.fft) // self.hop

    def samples_for(self, columns: int) -> int:
        """Return how many samples `columns` columns need."""
        return 0 if columns <= 0 else self.fft + (columns - 1) * self.hop


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= MAX_WHOLE


def _short(value: object) -> str:
    """Return `value` as a message shows it, whatever it is."""
    try:
        return repr(value)[:60]
    except ValueError:  # a whole number of thousands of digits
        return "a number too long to print"


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:
        allowed = f"use {low:g} to {high:g} {unit}".rstrip()
        raise SettingsError(f"front-end setting {name} is {value:g}", allowed, name)
