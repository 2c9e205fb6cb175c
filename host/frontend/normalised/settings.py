"""Settings of normalised windows, checked once where they enter the program."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from ..mfcc.settings import MfccSettings
from ..settings import (
    FrontEndSettings,
    SettingsError,
    check_affine,
    check_choice,
    check_finite,
    short,
    within,
)
from .inner import INNER

RULES = ("min-max", "peak", "mean-std", "top")  # the place is the rule's number in the image
IN_DB = ("peak", "top")
MOST_TOP_DB = 200.0
DEFAULT_TOP_DB = 80.0  # librosa's
_OF_COEFFICIENTS = "use top, which limits log-mel before the DCT as librosa's top_db, or min-max or mean-std"


@dataclass(frozen=True)
class NormalisedSettings(FrontEndSettings):
    """Features of another kind, each window's related to what it holds.

    Attributes:
        of: the other kind's settings, as bundle.json's `frontend` has them.
        normalisation: `min-max`: 0 at the window's least feature, 1 at its largest. `peak`: dB below the window's
            loudest cell, as librosa's `power_to_db(ref=np.max)`; of log-mel only. `mean-std`: less the mean, over the
            standard deviation; `top`: log-mel as it is, but not further below the window's loudest cell than top_db,
            as librosa's `power_to_db(ref=1.0)`; of mfcc it is that log-mel which is limited, before the DCT, as in
            librosa's and torchaudio's MFCC. A window of one and the same feature, silence, is 0 throughout (with `top`,
            it is what it is).
        top_db: with `peak` and `top`: nothing is further below the loudest cell.
        scale: feature = scale * what `normalisation` gives + offset, what the model was trained on.
        offset: see `scale`.

    Raises:
        SettingsError: a value is out of range or contradicts another.
    """

    kind: ClassVar[str] = "normalised"
    unit: ClassVar[str] = ""

    of: Mapping[str, Any]
    normalisation: str
    top_db: float = DEFAULT_TOP_DB
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        check_choice(self, "normalisation", RULES)
        check_finite(self, ("top_db", "scale", "offset"))
        within("top_db", self.top_db, 1.0, MOST_TOP_DB, "dB")
        check_affine(self)
        inner = self.inner
        # one way to say it, so that equal settings are equal
        object.__setattr__(self, "of", {"kind": inner.kind, **inner.to_dict()})
        if inner.features_per_unit < 0:
            raise SettingsError(
                "the features to be normalised have a negative scale",
                "give `scale` beside `of` instead",
                "of",
            )
        if self.normalisation in IN_DB and inner.unit != "dB" and not self.before_dct:
            raise SettingsError(
                f"front-end setting normalisation is {self.normalisation} of {inner.kind}, which is no dB",
                _OF_COEFFICIENTS
                if isinstance(inner, MfccSettings)
                else "use it with log-mel, or another normalisation",
                "normalisation",
            )

    def __hash__(self) -> int:
        """Return a hash; `of` has none."""
        return hash((self.inner, self.normalisation, self.top_db, self.scale, self.offset))

    @cached_property
    def inner(self) -> FrontEndSettings:
        """The other kind's settings."""
        if not isinstance(self.of, Mapping):
            raise SettingsError(
                f"front-end setting of is {short(self.of)}",
                "give the settings of the front end before it",
                "of",
            )
        values = dict(self.of)
        name = values.pop("kind", "log-mel")
        if not isinstance(name, str) or name not in INNER:
            raise SettingsError(
                f"front-end setting of.kind is {short(name)}", f"normalised can be {', '.join(INNER)}", "of"
            )
        return INNER[name][0].settings.from_dict(values)

    @property
    def before_dct(self) -> bool:
        """Whether it is the log-mel of coefficients that is limited."""
        return self.normalisation == "top" and isinstance(self.inner, MfccSettings)

    @property
    def sample_rate(self) -> int:
        """Samples per second."""
        return self.inner.sample_rate

    @property
    def hop(self) -> int:
        """Samples from one column to the next."""
        return self.inner.hop

    @property
    def bands(self) -> int:
        """Bytes of a column: upper ones of each band's level, then the lower ones."""
        inner = self.inner
        return 2 * (inner.mel_bands if self.before_dct and isinstance(inner, MfccSettings) else inner.bands)

    @property
    def model_bands(self) -> int:
        """Cells of a column in the model's input."""
        return self.inner.bands

    @property
    def span(self) -> int:
        """Samples that a column covers."""
        return self.inner.span

    @property
    def window(self) -> int:
        """Samples of the analysis window."""
        return self.inner.window

    @property
    def fft(self) -> int:
        """Points of the FFT."""
        return self.inner.fft

    @property
    def lead(self) -> int:
        """Samples of the first column that lie before the stream's beginning."""
        return self.inner.lead

    @property
    def mirrored(self) -> bool:
        """Whether those mirror the stream's first samples; otherwise they are 0."""
        return self.inner.mirrored

    @property
    def feature_range(self) -> tuple[float, float]:
        """The features of both ends; of `mean-std` six deviations."""
        ends = {
            "min-max": (0.0, 1.0),
            "peak": (-self.top_db * self.inner.features_per_unit, 0.0),
            "mean-std": (-6.0, 6.0),
            "top": self.inner.feature_range,
        }[self.normalisation]
        low, high = (self.scale * end + self.offset for end in ends)
        return min(low, high), max(low, high)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, ready for JSON."""
        values = {"of": dict(self.of), "normalisation": self.normalisation}
        top = {"top_db": self.top_db} if self.normalisation in IN_DB else {}
        return {**values, **top, "scale": self.scale, "offset": self.offset}

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        top = f", {self.top_db:g} dB deep" if self.normalisation in IN_DB else ""
        top += " before the DCT" if self.before_dct else ""
        return (
            f"{self.inner.kind} ({self.inner.described()}), each window normalised: {self.normalisation}{top}"
        )
