"""Features of recordings by the firmware's own front end: computed in parallel, kept on disk by content.

A cached file is named by the SHA-256 of the WAV and the fingerprint of the front end: a copied or renamed recording is
found, a changed one or another front end is not.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.errors import AudioError
from ...files import atomic_write
from ..recordings.catalogue import sha256_of
from ..recordings.to_wav import read_mono
from .cache import front_end_fingerprint, key_of
from .feature_spec import FeatureSpec
from .workers import worker_pool

Cells = NDArray[np.int8]
Job = tuple[Path, Path, FeatureSpec, str]
"""A recording, the cache, the features wanted, the fingerprint of their front end."""


@dataclass(frozen=True)
class Computed:
    """One recording: its digest and the file with its features, or why there are none."""

    wav: Path
    sha256: str
    features: Path | None
    problem: str = ""


def _feature_path(cache: Path, sha256: str, fingerprint: str) -> Path:
    key = key_of(sha256, fingerprint)
    return cache / "features" / key[:2] / f"{key}.npy"


def _compute(job: Job) -> Computed:
    """Features of one recording into the cache (in a worker process)."""
    wav, cache, spec, fingerprint = job
    try:
        digest = sha256_of(wav)
        path = _feature_path(cache, digest, fingerprint)
        if path.is_file():
            return Computed(wav, digest, path)
        samples = read_mono(wav, spec.settings.sample_rate)
    except OSError as error:
        return Computed(wav, "", None, f"cannot be read: {error.strerror or error}")
    except AudioError as error:
        return Computed(wav, "", None, error.cause)
    # A recording shorter than a window is continued with digital silence: what a device hears of a short clip.
    short = spec.window_samples - len(samples)
    if short > 0:
        samples = np.pad(samples, (0, short))
    buffer = io.BytesIO()
    np.save(buffer, spec.cells(samples))
    atomic_write(path, buffer.getvalue())
    return Computed(wav, digest, path)


def compute_features(
    wavs: Sequence[Path],
    spec: FeatureSpec,
    cache: Path,
    workers: int,
    report: Callable[[int], object] = lambda _done: None,
) -> list[Computed]:
    """Features of every recording, in the order given; an unreadable one has a `problem` instead.

    Raises:
        OSError: the cache cannot be written.
    """
    fingerprint = front_end_fingerprint(spec)
    jobs = [(wav, cache, spec, fingerprint) for wav in wavs]
    done: list[Computed] = []
    for each in _results(jobs, workers):
        done.append(each)
        report(len(done))
    return done


def _results(jobs: list[Job], workers: int) -> Iterator[Computed]:
    if workers <= 1 or len(jobs) < 2 * workers:
        yield from map(_compute, jobs)
        return
    with worker_pool(workers) as pool:
        yield from pool.imap(_compute, jobs, chunksize=4)


def load_features(computed: Computed) -> Cells:
    """The features of one recording, int8 [columns, bands], mapped from disk."""
    if computed.features is None:
        raise ValueError(f"{computed.wav} has no features")
    result: Cells = np.load(computed.features, mmap_mode="r")
    return result


def wav_seconds(wav: Path) -> float:
    """Length of a catalogue's WAV."""
    with wave.open(str(wav)) as file:
        result: float = file.getnframes() / file.getframerate()
        return result
