"""Settings of every kind of front end and detector, as whole inputs to be damaged."""

from __future__ import annotations

import contextlib

from host.detector.argmax import Argmax
from host.detector.mean_window import MeanWindow
from host.detector.n_of_m import NOfM
from host.detector.settings import DetectorSettings
from host.detector.threshold import Threshold
from host.frontend.kinds import settings_from
from host.frontend.presets import copied, fill_fmax, inner_values, presets
from host.frontend.settings import FrontEndSettings, SettingsError
from host.frontend.waveform.settings import WaveformSettings

DETECTORS: tuple[DetectorSettings, ...] = (
    Threshold(0.6, 0.4),
    MeanWindow(0.5, 4),
    Argmax(0.6, 0.4, 0.1),
    NOfM(0.6, 0.4, 2, 3),
)


def front_ends(bands: int) -> list[FrontEndSettings]:
    """The front end of every preset that can have columns of `bands` cells, and one without a spectrum."""
    found: list[FrontEndSettings] = [WaveformSettings(8000, bands)]
    for preset in presets().values():
        for own in (bands, bands // 2):  # some give two cells a band
            values = copied(preset.frontend)
            inner = inner_values(values)
            inner["bands"] = own
            fill_fmax(inner)
            with contextlib.suppress(SettingsError):  # it leaves something open
                settings = settings_from(values)
                found += [settings] if settings.model_bands == bands else []
    return found
