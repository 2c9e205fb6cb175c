"""What a run tells of this computer: versions of what computes here, and names of its files."""

import contextlib
import importlib.metadata
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

REPORTED_PACKAGES = ("ai-edge-litert", "tensorflow", "tflite-micro", "numpy", "librosa", "pyserial")


def telling_names(paths: Sequence[Path]) -> list[str]:
    """File names, with as many of their folders as are needed to tell them apart."""
    often = Counter(ending for path in paths for ending in _endings(path))
    telling = [
        next((ending for ending in _endings(path) if often[ending] == 1), path.parts) for path in paths
    ]
    return ["/".join(parts) for parts in telling]


def _endings(path: Path) -> list[tuple[str, ...]]:
    """A path's last part, its last two, and so on to all of it."""
    return [path.parts[first:] for first in reversed(range(len(path.parts)))]


def host_versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute what is expected."""
    versions = {"python": sys.version.split()[0]}
    for package in REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
