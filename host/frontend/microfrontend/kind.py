"""The kind `microfrontend`."""

from ..kind import Kind
from .settings import MicrofrontendSettings
from .tables import build_tables, frontend_image

KIND = Kind(
    name=MicrofrontendSettings.kind,
    folder="microfrontend",
    settings=MicrofrontendSettings,
    tables=build_tables,
    image=frontend_image,
    fft_limit="CORE_MAX_FFT_MICROFRONTEND",
)
