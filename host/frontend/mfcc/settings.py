"""Settings of the cepstral coefficients, checked once where they enter the program."""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from ..log_mel.settings import DEFAULTS as LOG_MEL_DEFAULTS
from ..log_mel.settings import MAX_BANDS, LogMelSettings, per_db
from ..settings import (
    FrontEndSettings,
    check_affine,
    check_choice,
    check_finite,
    check_whole,
    within,
)

DCT_NORMS = ("ortho", "htk", "none")
MAX_LIFTER = 1000.0
DEFAULTS = LOG_MEL_DEFAULTS | {"dct_norm": DCT_NORMS[0], "lifter": 0.0}
OWN = ("mel_bands", "bands", "scale", "offset", "dct_norm", "lifter")


def dct_row(settings: "MfccSettings", n: int) -> list[float]:
    """Return coefficient n's factors of the mel bands' logarithms."""
    bands = settings.mel_bands
    norm = {
        "ortho": math.sqrt((1.0 if n == 0 else 2.0) / bands),
        "htk": math.sqrt(2.0 / bands),
        "none": 2.0,
    }[settings.dct_norm]
    if settings.lifter:
        norm *= 1.0 + settings.lifter / 2.0 * math.sin(math.pi * (n + 1) / settings.lifter)
    return [norm * math.cos(math.pi * n * (2 * b + 1) / (2 * bands)) for b in range(bands)]


@dataclass(frozen=True)
class MfccSettings(FrontEndSettings):
    """A DCT-II over the logarithms of mel bands; what is not named here is as the kind log-mel has it.

    Attributes:
        mel_bands: mel bands before the DCT.
        bands: cells of a column: the first coefficients, beginning with the 0th.
        scale: feature = scale * coefficient + offset, what the model was trained on (1 and 0: the coefficient itself).
        offset: see `scale`.
        dct_norm: `ortho`: orthonormal, as librosa's and torchaudio's. `htk`: times sqrt(2 / mel_bands), as TensorFlow's
            mfccs_from_log_mel_spectrograms: as orthonormal but for the 0th, which is sqrt(2) times as large.
            `none`: twice the sum, as SciPy's.
        lifter: coefficient n is multiplied by 1 + lifter / 2 * sin(pi * (n + 1) / lifter), as librosa's; 0: it is not.

    Raises:
        SettingsError: a value is out of range or contradicts another.
    """

    kind: ClassVar[str] = "mfcc"
    unit: ClassVar[str] = ""

    sample_rate: int
    window: int
    hop: int
    fft: int
    mel_bands: int
    bands: int
    fmin: float
    fmax: float
    log_floor_db: float
    scale: float = 1.0
    offset: float = 0.0
    dct_norm: str = DCT_NORMS[0]
    lifter: float = 0.0
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
        """Check every value."""
        check_whole(self, ("mel_bands", "bands"))
        check_finite(self, ("scale", "offset", "lifter"))
        check_choice(self, "dct_norm", DCT_NORMS)
        within("mel_bands", self.mel_bands, 1, MAX_BANDS, "bands")
        within("bands", self.bands, 1, self.mel_bands, "coefficients (at most mel_bands)")
        within("lifter", self.lifter, 0.0, MAX_LIFTER, "")
        check_affine(self)
        _ = self.log_mel  # refuses what is wrong there

    @property
    def log_mel(self) -> LogMelSettings:
        """The settings of what comes before the DCT."""
        shared = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in OWN}
        return LogMelSettings(bands=self.mel_bands, **shared)

    @property
    def span(self) -> int:
        """Samples that a column covers."""
        return self.log_mel.span

    @property
    def lead(self) -> int:
        """Samples of the first column that lie before the stream's beginning."""
        return self.log_mel.lead

    @property
    def mirrored(self) -> bool:
        """Whether those mirror the stream's first samples; otherwise they are 0."""
        return self.log_mel.mirrored

    @property
    def feature_range(self) -> tuple[float, float]:
        """Bounds: each coefficient where every band is silent or at full scale, whichever makes it least or most."""
        depth = -self.log_mel.least_db * per_db(self.logarithm, self.spectrum)
        ends = [0.0]
        for n in range(self.bands):
            row = dct_row(self, n)
            ends += (sum(max(0.0, sign * w) for w in row) * -sign * depth * self.scale for sign in (1, -1))
        return min(ends) + self.offset, max(ends) + self.offset

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values; options that are as they always were are left out."""
        return {name: value for name, value in super().to_dict().items() if value != DEFAULTS.get(name)}

    def unclamped(self, values: Any, input_scale: float, input_zero_point: int) -> Any:
        """See `FrontEndSettings.unclamped`; values are 256ths of a cell."""
        del input_scale, input_zero_point
        return values / 256

    def described(self) -> str:
        """Return the settings in a few words, for people."""
        own = "".join(f", {name} {shown}" for name, shown in self.to_dict().items() if name in DEFAULTS)
        return (
            f"DCT of {self.mel_bands} mel bands, FFT {self.fft}, {self.fmin:g}–{self.fmax:g} Hz, "
            f"floor {self.log_floor_db:g} dB{own}"
        )
