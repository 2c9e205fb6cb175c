"""The kind `log-mel`."""

from ..kind import Kind
from .settings import LogMelSettings
from .tables import build_tables, c_mel_filters, frontend_image

KIND = Kind(
    name=LogMelSettings.kind,
    folder="log_mel",
    settings=LogMelSettings,
    tables=build_tables,
    image=frontend_image,
    fft_limit="CORE_MAX_FFT_LOG_MEL",
    parts=lambda settings: (settings.linked,),
    headers=lambda tables: {"mel_filters.h": c_mel_filters(tables)},
)
