"""The kind `mfcc`."""

from ..kind import Kind
from .settings import MfccSettings
from .tables import build_tables, frontend_image

KIND = Kind(
    name=MfccSettings.kind,
    folder="mfcc",
    settings=MfccSettings,
    tables=build_tables,
    image=frontend_image,
    fft_limit="CORE_MAX_FFT_LOG_MEL",
    parts=lambda settings: ("mfcc", "log_mel_mixed") if settings.log_mel.is_mixed else ("mfcc",),
)
