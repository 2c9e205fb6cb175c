"""Damaged bundle.json beside a whole model: each is a bundle whose every part can be used, or refused by name."""

from __future__ import annotations

import contextlib
import random
import tempfile
from dataclasses import replace
from pathlib import Path

from host.build.core_limits import check_limits
from host.build.headers import headers
from host.bundle.errors import BUNDLE_FILE, BundleError
from host.bundle.load import load_bundle
from host.bundle.write import write_bundle
from host.checkout import DEFAULT_BUNDLE
from host.errors import HilError
from host.model.samples import sample_values

from .kinds import DETECTORS, front_ends
from .mutate_json import mutated_json
from .target import Target, check_refusal

SAMPLES = ("sigmoid", "softmax", "flat", "svdf")


class BundleFuzz(Target):
    """Mutations of the descriptions of small bundles, each with its own model beside it."""

    def __init__(self) -> None:
        self._models: dict[str, bytes] = {}
        corpus = []
        with tempfile.TemporaryDirectory() as folder:
            for name in SAMPLES:
                write_bundle(Path(folder) / name, sample_values(name))
            plain = sample_values("svdf")  # of several classes, which some kinds of detectors want
            for number, settings in enumerate(front_ends(plain.settings.bands)):
                detector = DETECTORS[number % len(DETECTORS)]
                values = replace(plain, settings=settings, detector=detector)
                write_bundle(Path(folder) / f"kind-{number}", values)
            for bundle in (DEFAULT_BUNDLE, *sorted(Path(folder).iterdir())):
                corpus.append((bundle / BUNDLE_FILE).read_bytes())
                self._models[f"{len(corpus)}"] = (bundle / "model.tflite").read_bytes()
        super().__init__("bundle", corpus, mutated_json)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """See `Target.take`."""
        (folder / BUNDLE_FILE).write_bytes(data)
        # mostly the model that belongs to it: what no sum was checked against is not looked at closely
        model = next(
            (each for each in self._models.values() if f'"size": {len(each)}'.encode() in data), None
        )
        (folder / "model.tflite").write_bytes(model or rng.choice(list(self._models.values())))
        try:
            bundle = load_bundle(folder)
            _ = bundle.settings_hash, bundle.frontend_hash, bundle.model_hash, bundle.stride_seconds
            if not bundle.window_samples > 0:
                raise AssertionError("a window without samples")
            with contextlib.suppress(HilError):
                check_limits(bundle)
                headers(bundle)
        except BundleError as error:
            return check_refusal(error, str(folder))
        finally:
            for path in folder.iterdir():
                path.unlink()
        return "loaded"


def make() -> BundleFuzz:
    """The target."""
    return BundleFuzz()
