"""Which kinds of detectors there are: a line each, and one in firmware/core/detect/kinds.h."""

from .argmax import Argmax
from .mean_window import MeanWindow
from .n_of_m import NOfM
from .settings import DetectorSettings
from .threshold import Threshold

KINDS: dict[str, type[DetectorSettings]] = {
    settings.kind: settings
    for settings in (
        Threshold,
        MeanWindow,
        Argmax,
        NOfM,
    )
}
