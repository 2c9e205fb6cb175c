"""Small committed models, and bundles made of them, for tests. What each is: `testdata/make_models.py`."""

from functools import cache
from pathlib import Path

from ..bundle.write import BundleValues
from ..detector.threshold import Threshold
from ..frontend.log_mel.settings import LogMelSettings
from .incoming import with_int16_range
from .inspect import inspect_model, with_layout

TESTDATA = Path(__file__).parent / "testdata"

_SETTINGS = {
    "sigmoid": LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0),
    "softmax": LogMelSettings(16_000, 640, 320, 1024, 64, 60.0, 7800.0, -80.0),
    "flat": LogMelSettings(8000, 128, 128, 128, 20, 0.0, 4000.0, -80.0),
    **dict.fromkeys(
        ("svdf", "fullyconv", "grouped", "uint8", "int16", "stream", "elu"),
        LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0),
    ),
}
_LABELS = {
    "sigmoid": ("bird",),
    "softmax": ("Großspecht", "robin", 'a "quoted" one', "background", "wren"),
    "flat": ("a", "b", "c"),
    "svdf": ("low", "middle", "high"),
    "fullyconv": ("a", "b", "c", "d", "e"),
    "grouped": ("a", "b", "c"),
    "uint8": ("one", "two", "three"),
    "int16": ("one", "two", "three"),
    "stream": ("yes", "no"),
    "elu": ("one", "two", "three"),
}


@cache
def sample_model(name: str) -> bytes:
    """Return a model's file, by its name without `.tflite`."""
    return (TESTDATA / f"{name}.tflite").read_bytes()


def sample_values(name: str) -> BundleValues:
    """Return what a bundle of one of the quantised models holds, for `write_bundle`."""
    model_bytes = sample_model(name)
    settings, labels = _SETTINGS[name], _LABELS[name]
    model = with_layout(inspect_model(model_bytes), settings.bands)
    model = with_int16_range(model, *settings.feature_range)
    return BundleValues(
        name=f"sample {name}",
        settings=settings,
        frames=model.cells // settings.bands,
        stride=3 if name == "stream" else 7,
        labels=labels,
        detector=Threshold(0.6, 0.4, tuple(label for label in labels if label == "background")),
        model=model,
        model_bytes=model_bytes,
        provenance={"made_by": "host/model/testdata/make_models.py"},
    )
