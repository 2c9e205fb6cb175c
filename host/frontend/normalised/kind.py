"""The kind `normalised`."""

from ..kind import Kind
from .inner import INNER
from .settings import NormalisedSettings
from .tables import build_tables, frontend_image, normaliser

KIND = Kind(
    name=NormalisedSettings.kind,
    folder="normalised",
    settings=NormalisedSettings,
    tables=build_tables,
    image=frontend_image,
    fft_limit="CORE_MAX_FFT_BIODCASE_2026",
    normaliser=normaliser,
    parts=lambda settings: ("normalised", *INNER[settings.inner.kind][0].linked(settings.inner)),
)
