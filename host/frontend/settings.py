"""What all settings of a front end have in common, whatever its kind, and the checks that their values pass."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ..errors import HilError

MAX_WHOLE = 1 << 53  # whole numbers up to here are floats, too
MAX_HOP = 8192
SAMPLE_RATES = (1000, 192_000)
MAX_AFFINE = 1e6
S = TypeVar("S", bound="FrontEndSettings")


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


class FrontEndSettings:
    """What turns samples into columns of cells, as everybody outside the kind's own folder sees it.

    A kind's settings are a frozen dataclass below this class.

    Attributes:
        kind: the kind's name, bundle.json's `frontend.kind`.
        unit: what people read features in, such as "dB"; empty for plain numbers.
    """

    kind: ClassVar[str]
    unit: ClassVar[str]

    if TYPE_CHECKING:  # fields or properties of the kinds

        @property
        def sample_rate(self) -> int:
            """Samples per second."""

        @property
        def hop(self) -> int:
            """Samples from one column to the next."""

        @property
        def bands(self) -> int:
            """Cells of a column."""

        @property
        def span(self) -> int:
            """Samples that a column covers: column i those from i * hop - lead on."""

        @property
        def window(self) -> int:
            """Samples of the analysis window, as a board reports it; 0 where there is none."""

        @property
        def fft(self) -> int:
            """Points of the FFT, as a board reports them; 0 where there is none."""

        @property
        def feature_range(self) -> tuple[float, float]:
            """The lowest and the highest feature that sound within full scale gives, or bounds of them."""

    @property
    def model_bands(self) -> int:
        """Cells of a column in the model's input; others than `bands` where those depend on all of a window."""
        return self.bands

    @property
    def lead(self) -> int:
        """Samples of the first column that lie before the stream's beginning."""
        return 0

    @property
    def mirrored(self) -> bool:
        """Whether those mirror the stream's first samples; otherwise they are 0."""
        return False

    @classmethod
    def from_dict(cls: type[S], values: Mapping[str, Any]) -> S:
        """Make settings from a bundle's `frontend` object, its kind left out.

        Raises:
            SettingsError: a name is missing or unknown, or a value is wrong.
        """
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
        needed = [name for name, field in known.items() if field.default is MISSING]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise SettingsError(f"unknown front-end setting {unknown[0]!r}", f"known are {', '.join(known)}")
        missing = [name for name in needed if name not in values]
        if missing:
            raise SettingsError(f"front-end setting {missing[0]!r} is missing", "add it to the settings")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, ready for JSON; `kinds.values_of` adds the kind."""
        return asdict(self)  # type: ignore[call-overload]

    def columns(self, n_samples: int) -> int:
        """Return how many whole columns `n_samples` samples give."""
        first = self.samples_for(1)
        return 0 if n_samples < first else 1 + (n_samples - first) // self.hop

    def samples_for(self, columns: int) -> int:
        """Return how many samples `columns` columns need."""
        return 0 if columns <= 0 else self.span - self.lead + (columns - 1) * self.hop

    @property
    def features_per_unit(self) -> float:
        """By how much a feature, as the model's input means it, grows with one `unit`; 1 for plain numbers."""
        return 1.0

    @property
    def feature_at_zero(self) -> float:
        """The feature that means 0 `unit`."""
        return 0.0

    def to_unit(self, feature: float) -> float:
        """Return a feature in `unit`."""
        return (feature - self.feature_at_zero) / self.features_per_unit

    def unclamped(self, values: Any, input_scale: float, input_zero_point: int) -> Any:
        """Return cells, not rounded, as they are before they are held within int8.

        Args:
            values: what the C side quantises, as `core.c_frontend.FrontEnd.values` gives it: an array of numbers.
            input_scale: of the model's input.
            input_zero_point: of it.

        Returns:
            An array of the shape of `values`; None where other cells of a window decide, as with a window's own range.
        """
        del values, input_scale, input_zero_point

    def band_centres(self) -> Sequence[float]:
        """Return the middle frequency of each band, Hz; empty where bands are no frequencies."""
        return ()

    def described(self) -> str:
        """Return the settings in a few words, for people; kind, rate, window, hop and bands are said already."""
        raise NotImplementedError


def check_whole(settings: object, names: Sequence[str]) -> None:
    """Check that these settings are whole numbers of a size that computes."""
    for name in names:
        value = getattr(settings, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(f"front-end setting {name} is {short(value)}", "give a whole number", name)
        if abs(value) > MAX_WHOLE:  # far beyond every bound, and no float
            raise SettingsError(f"front-end setting {name} is {short(value)}", "give a smaller number", name)


def check_finite(settings: object, names: Sequence[str]) -> None:
    """Check that these settings are finite numbers."""
    for name in names:
        value = getattr(settings, name)
        if not is_finite(value):
            raise SettingsError(f"front-end setting {name} is {short(value)}", "give a finite number", name)


def check_choice(settings: object, name: str, choices: Sequence[object]) -> None:
    """Check that the setting `name` is one of `choices`."""
    value = getattr(settings, name)
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        known = ", ".join(map(str, choices))
        raise SettingsError(f"front-end setting {name} is {short(value)}", f"use one of {known}", name)


def is_finite(value: object) -> bool:
    """Return whether `value` is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= MAX_WHOLE


def short(value: object) -> str:
    """Return `value` as a message shows it, whatever it is."""
    try:
        return repr(value)[:60]
    except ValueError:  # a whole number of thousands of digits
        return "a number too long to print"


def within(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Check that the setting `name` lies between `low` and `high`, both allowed."""
    if not low <= value <= high:
        allowed = f"use {low:g} to {high:g} {unit}".rstrip()
        raise SettingsError(f"front-end setting {name} is {value:g}", allowed, name)


def check_edges(settings: Any) -> None:
    """Check `fmin` and `fmax`, Hz: at least 1 Hz apart, within half of `sample_rate`."""
    within("fmax", settings.fmax, 0.0, settings.sample_rate / 2, "Hz (at most half the sample rate)")
    within("fmin", settings.fmin, 0.0, settings.fmax, "Hz (below fmax)")
    if settings.fmax - settings.fmin < 1.0:
        raise SettingsError(
            f"front-end settings fmin {settings.fmin} Hz and fmax {settings.fmax} Hz leave no band between them",
            "set fmax at least 1 Hz above fmin",
        )


def check_affine(settings: Any) -> None:
    """Check `scale` and `offset`, by which features are what the model was trained on."""
    within("offset", settings.offset, -MAX_AFFINE, MAX_AFFINE, "")
    if not 1 / MAX_AFFINE <= abs(settings.scale) <= MAX_AFFINE:
        raise SettingsError(
            f"front-end setting scale is {settings.scale}", "use 1.0 unless the model needs more", "scale"
        )
