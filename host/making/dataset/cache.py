"""Features on disk, named by what they were computed from: other sound, settings or code, another name."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ...arrays import ArraysError, read_arrays
from ...checkout import ROOT
from ...files import atomic_write
from ...sources import sources_of
from .feature_spec import FeatureSpec
from .synthetic import SyntheticPlan, synthetic_windows
from .windows import Windows, single

DEFAULT_CACHE = ROOT / "cache"


def front_end_fingerprint(spec: FeatureSpec) -> str:
    """SHA-256 of the front end's tables and of what it makes of a probe: tells apart settings, quantiser and code."""
    front_end = spec.front_end()
    rate = spec.settings.sample_rate
    time = np.arange(rate) / rate
    probe = 9000.0 * np.sin(2.0 * np.pi * rate * 0.22 * time**2) * np.linspace(0.0, 1.0, rate) ** 3
    probe += np.random.default_rng(0).normal(0.0, 20.0, rate)
    digest = hashlib.sha256(front_end.image)
    digest.update(front_end.features(np.rint(probe).astype(np.int16)).tobytes())
    return digest.hexdigest()


def corpus_fingerprint() -> str:
    """SHA-256 of the generator itself: all the code that scenes and their windows are made by."""
    return _code_of("making.dataset.synthetic")


def mixtures_fingerprint() -> str:
    """SHA-256 of all the code that mixtures are made by."""
    return _code_of("making.dataset.mixtures")


def _code_of(module: str) -> str:
    digest = hashlib.sha256()
    for path in sources_of(module):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def key_of(*parts: Any) -> str:
    """A short name for JSON-like values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def cached_synthetic(
    plan: SyntheticPlan,
    spec: FeatureSpec,
    cache: Path,
    workers: int,
    report: Callable[[int], None] = lambda _done: None,
) -> Windows:
    """The windows of a synthetic plan, generated at most once for a cache folder."""
    key = key_of(asdict(plan), spec.frames, front_end_fingerprint(spec), corpus_fingerprint())
    path = cache / "synthetic" / f"{key}.npz"
    if path.is_file():
        with contextlib.suppress(ArraysError):  # damaged: made anew
            windows = load_windows(path)
            report(plan.scenes)
            return windows
    save_windows(synthetic_windows(plan, spec, workers, report), path)
    return load_windows(path)


def save_windows(windows: Windows, path: Path) -> None:
    """Write a set as one uncompressed NumPy archive."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        columns=windows.stores[0],
        frames=windows.frames,
        starts=windows.starts,
        labels=windows.labels,
        recordings=windows.recordings,
        names=np.array(windows.names, dtype=np.str_),
    )
    atomic_write(path, buffer.getvalue())


def load_windows(path: Path) -> Windows:
    """Read a set written by `save_windows`.

    Raises:
        ArraysError: the file is damaged.
    """
    data = read_arrays(path, "columns", "frames", "starts", "labels", "recordings", "names")
    return single(
        data["columns"],
        int(data["frames"]),
        data["starts"],
        data["labels"],
        data["recordings"],
        [str(name) for name in data["names"]],
    )
