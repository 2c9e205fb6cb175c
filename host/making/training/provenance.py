"""Where a model comes from: seeds, data, package versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from typing import Any

import numpy as np

from ..dataset.windows import Windows
from .recipe import Recipe, to_dict

PACKAGES = (
    "tensorflow",
    "tf-keras",
    "tensorflow-model-optimization",
    "tflite-micro",
    "numpy",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a model's bytes."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def fingerprint(windows: Windows) -> str:
    """SHA-256 over the features, places and labels of a set."""
    digest = hashlib.sha256()
    for store in windows.stores:
        for first in range(0, len(store), 1 << 16):
            digest.update(np.ascontiguousarray(store[first : first + (1 << 16)]).tobytes())
    for array in (windows.starts, windows.labels, windows.domains):
        digest.update(array.tobytes())
    return digest.hexdigest()


def provenance(recipe: Recipe, sets: dict[str, Windows], sources: list[dict[str, str]]) -> dict[str, Any]:
    """What goes into a bundle's `provenance`.

    Args:
        sources: attribution of recordings, a row each: file, title, author, licence, url; empty for synthetic sound.
    """
    return {
        "made_by": "python -m host train",
        "recipe": to_dict(recipe),
        "packages": versions(),
        "machine": platform.machine(),
        "data": {
            name: {
                "windows": len(windows),
                "recordings": len({windows.names[number] for number in set(windows.recordings.tolist())}),
                "sha256": fingerprint(windows),
            }
            for name, windows in sets.items()
        },
        "attribution": sources,
    }
