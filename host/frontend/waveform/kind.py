"""The kind `waveform`."""

from ..kind import Kind
from .settings import WaveformSettings
from .tables import build_tables, frontend_image

KIND = Kind(
    name=WaveformSettings.kind,
    folder="waveform",
    settings=WaveformSettings,
    tables=build_tables,
    image=frontend_image,
)
