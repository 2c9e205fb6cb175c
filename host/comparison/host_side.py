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
    parts = [path.parts for path in paths]
    names = [each[-1] for each in parts]
    for depth in range(2, max(map(len, parts), default=0) + 1):
        often = Counter(names)
        names = [
            name if often[name] == 1 else "/".join(each[-depth:])
            for name, each in zip(names, parts, strict=True)
        ]
    return names


def host_versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute what is expected."""
    versions = {"python": sys.version.split()[0]}
    for package in REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
