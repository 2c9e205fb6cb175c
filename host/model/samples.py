"""Small committed models, and bundles made of them, for tests. What each is: `testdata/make_models.py`."""

from functools import cache
from pathlib import Path

from ..bundle.schema import Detector
from ..bundle.write import BundleValues
from ..frontend.settings import FrontEndSettings
from .inspect import inspect_model

TESTDATA = Path(__file__).parent / "testdata"

_SETTINGS = {
    "sigmoid": FrontEndSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0),
    "softmax": FrontEndSettings(16_000, 640, 320, 1024, 64, 60.0, 7800.0, -80.0),
    "flat": FrontEndSettings(8000, 128, 128, 128, 20, 0.0, 4000.0, -80.0),
    "svdf": FrontEndSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0),
    "fullyconv": FrontEndSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0),
    "grouped": FrontEndSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0),
}
_LABELS = {
    "sigmoid": ("bird",),
    "softmax": ("Großspecht", "robin", 'a "quoted" one', "background", "wren"),
    "flat": ("a", "b", "c"),
    "svdf": ("low", "middle", "high"),
    "fullyconv": ("a", "b", "c", "d", "e"),
    "grouped": ("a", "b", "c"),
}


@cache
def sample_model(name: str) -> bytes:
    """Return a model's file: `sigmoid`, `softmax`, `flat`, `svdf`, `fullyconv`, `grouped`, `float` or `float_ends`."""
    return (TESTDATA / f"{name}.tflite").read_bytes()


def sample_values(name: str) -> BundleValues:
    """Return what a bundle of one of the int8 models holds, for `write_bundle`."""
    model_bytes = sample_model(name)
    model = inspect_model(model_bytes)
    settings, labels = _SETTINGS[name], _LABELS[name]
    return BundleValues(
        name=f"sample {name}",
        settings=settings,
        frames=model.cells // settings.bands,
        stride=7,
        labels=labels,
        detector=Detector(0.6, 0.4, tuple(label for label in labels if label == "background")),
        model=model,
        model_bytes=model_bytes,
        provenance={"made_by": "host/model/testdata/make_models.py"},
    )
