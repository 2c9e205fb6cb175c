"""The kind `biodcase-2026`."""

from ..kind import Kind
from .settings import Biodcase2026Settings
from .tables import build_tables, frontend_image

KIND = Kind(
    name=Biodcase2026Settings.kind,
    folder="biodcase_2026",
    settings=Biodcase2026Settings,
    tables=build_tables,
    image=frontend_image,
    fft_limit="CORE_MAX_FFT_BIODCASE_2026",
)
