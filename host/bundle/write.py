"""Writes bundles, so that a reader finds the old bundle or the new one at any moment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..detector.settings import DetectorSettings
from ..files import atomic_write
from ..frontend.settings import FrontEndSettings
from ..strict_json import json_text
from .errors import BUNDLE_FILE, BundleError
from .load import Bundle, bundle_from, load_bundle
from .model_info import MODEL_FILE, ModelInfo, model_to_dict
from .schema import FORMAT, SAMPLE_SCALES, SampleScale


@dataclass(frozen=True)
class BundleValues:
    """What a bundle is made of; the attributes are those of `Bundle`.

    `model` is what `inspect_model` says about `model_bytes`.
    """

    name: str
    settings: FrontEndSettings
    frames: int
    stride: int
    labels: tuple[str, ...]
    detector: DetectorSettings
    model: ModelInfo
    model_bytes: bytes
    description: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    samples: SampleScale = SAMPLE_SCALES[0]

    def to_dict(self, model_file: str = MODEL_FILE) -> dict[str, Any]:
        """Return the content of bundle.json."""
        return {
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "frontend": {"kind": self.settings.kind, **self.settings.to_dict()},
            **({} if self.samples == SAMPLE_SCALES[0] else {"samples": self.samples}),
            "frames": self.frames,
            "stride": self.stride,
            "labels": list(self.labels),
            "detector": self.detector.to_dict(),
            "model": model_to_dict(replace(self.model, file=model_file)),
            "provenance": dict(self.provenance),
            "metrics": dict(self.metrics),
        }


def prepare_bundle(folder: Path, values: BundleValues) -> Bundle:
    """Return the bundle that `write_bundle` would write, without writing anything.

    Raises:
        BundleError: the values contradict each other.
    """
    return bundle_from(folder, json.loads(_json(values.to_dict())), values.model_bytes)


def write_bundle(folder: Path | str, values: BundleValues) -> Bundle:
    """Write a bundle into `folder` and return it as loaded from there.

    Everything is checked before the first byte is written. Other files in the folder (a test set, a note) stay.
    A bundle already there is replaced without a moment in which neither is whole: the new model first takes a name
    of its own.

    Raises:
        BundleError: the values contradict each other, or the folder cannot be written; an old bundle is then untouched.
    """
    folder = Path(folder)
    text = _json(values.to_dict())
    prepare_bundle(folder, values)
    model, description = folder / MODEL_FILE, folder / BUNDLE_FILE
    try:
        if description.exists():
            meanwhile = folder / f"model-{values.model.sha256[:16]}.tflite"
            atomic_write(meanwhile, values.model_bytes)
            atomic_write(description, _json(values.to_dict(meanwhile.name)))
            atomic_write(model, values.model_bytes)
            atomic_write(description, text)
            meanwhile.unlink()
        else:
            atomic_write(model, values.model_bytes)
            atomic_write(description, text)
    except OSError as error:
        raise BundleError(
            f"the bundle cannot be written to {folder}: {error.strerror or error}",
            "give a folder that can be written, on a disk with free space",
        ) from error
    return load_bundle(folder)


def _json(values: dict[str, Any]) -> str:
    try:
        return json_text(values)
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"the bundle holds a value that JSON cannot express: {error}",
            "give plain finite values in provenance and metrics",
        ) from error
