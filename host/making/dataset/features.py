"""Features of recordings by the firmware's own front end: computed in parallel, kept on disk by content.

A cached file is named by the SHA-256 of the WAV and the fingerprint of the front end: a copied or renamed recording is
found, a changed one or another front end is not.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ...audio.decode import LONGEST_S, Decoder
from ...audio.errors import AudioError
from ...audio.source import AudioSource
from ...files import atomic_file
from ..recordings.catalogue import sha256_of
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
        source = AudioSource(wav, spec.settings.sample_rate)
    except OSError as error:
        return Computed(wav, "", None, f"cannot be read: {error.strerror or error}")
    except AudioError as error:
        return Computed(wav, "", None, error.cause)
    try:
        with atomic_file(path) as file:
            _save(_columns(source, spec), spec.settings.bands, file)
    except AudioError as error:
        return Computed(wav, "", None, error.cause)
    return Computed(wav, digest, path)


def _columns(source: AudioSource, spec: FeatureSpec) -> Iterator[Cells]:
    """A recording's columns, int8 [k, bands] a piece: a day of sound does not fit into memory."""
    front_end, samples = spec.front_end(), 0
    for block in source.blocks():
        samples += len(block)
        yield front_end.push(block)
    if not samples:
        raise AudioError(f"{source.path} holds no samples", "record it again, or leave it out")
    # A recording shorter than a window is continued with digital silence: what a device hears of a short clip.
    yield front_end.push(np.zeros(max(0, spec.window_samples - samples), np.int16))


def _save(pieces: Iterator[Cells], bands: int, file: IO[bytes]) -> None:
    """Write pieces as one array in numpy's format, whose header wants to know how many columns come."""
    with tempfile.TemporaryFile() as body:
        columns = 0
        for piece in pieces:
            columns += len(piece)
            body.write(piece.tobytes())
        body.seek(0)
        header = {"descr": np.dtype(np.int8).str, "fortran_order": False, "shape": (columns, bands)}
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
        shutil.copyfileobj(body, file)


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
    decoder = Decoder(wav, LONGEST_S)
    return decoder.frames / decoder.format.rate
