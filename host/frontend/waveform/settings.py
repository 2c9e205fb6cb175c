"""Settings of the kind that has no front end: a sample is a cell."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ..settings import (
    SAMPLE_RATES,
    FrontEndSettings,
    check_affine,
    check_finite,
    check_whole,
    within,
)

MAX_BANDS = 128


@dataclass(frozen=True)
class WaveformSettings(FrontEndSettings):
    """Samples, `hop` of them a column: a window of the model's is a number of columns.

    Attributes:
        sample_rate: Hz.
        hop: samples of a column; the model's input is a multiple of it.
        scale: feature = scale * sample / 32768 + offset, what the model was trained on.
        offset: see `scale`.

    Raises:
        SettingsError: a value is out of range.
    """

    kind: ClassVar[str] = "waveform"
    unit: ClassVar[str] = ""

    sample_rate: int
    hop: int
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        check_whole(self, ("sample_rate", "hop"))
        check_finite(self, ("scale", "offset"))
        within("sample_rate", self.sample_rate, *SAMPLE_RATES, "Hz")
        within("hop", self.hop, 1, MAX_BANDS, "samples")
        check_affine(self)

    @property
    def bands(self) -> int:
        """Cells of a column."""
        return self.hop

    @property
    def span(self) -> int:
        """Samples that a column covers."""
        return self.hop

    @property
    def window(self) -> int:
        """There is none."""
        return 0

    @property
    def fft(self) -> int:
        """There is none."""
        return 0

    @property
    def features_per_unit(self) -> float:
        """By how much a feature grows from silence to full scale."""
        return self.scale

    @property
    def feature_at_zero(self) -> float:
        """The feature of silence."""
        return self.offset

    @property
    def feature_range(self) -> tuple[float, float]:
        """The features of both rails."""
        return self.offset - self.scale, self.offset + self.scale

    def unclamped(self, values: Any, input_scale: float, input_zero_point: int) -> Any:
        """See `FrontEndSettings.unclamped`; values are samples."""
        return (values * (self.scale / 32768) + self.offset) / input_scale + input_zero_point

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        return f"samples as they are, times {self.scale:g}/32768 plus {self.offset:g}"
