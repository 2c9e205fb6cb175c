"""Taking files from the disk into a base folder: in parallel, each whole or not at all, damaged ones named."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...audio.errors import AudioError
from ...disk import disk_errors
from .catalogue import Catalogue, Recording, sha256_of
from .errors import RecordingsError
from .naming import names_in
from .on_disk import Source
from .to_wav import wav_of


@dataclass
class Collected:
    """What came of it: recordings new and already there, and the name and reason of each file left out."""

    added: int = 0
    present: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)


def collect(
    sources: list[Source],
    catalogue: Catalogue,
    rate: int = 8000,
    stereo: bool = False,
    workers: int = 2,
    report: Callable[[int], object] = lambda _done: None,
) -> Collected:
    """Convert every source into the catalogue; a file whose content is there already is not converted again.

    Raises:
        RecordingsError: the disk is full or refuses; what was taken in before stays.
    """
    result = Collected()
    with disk_errors(catalogue.base, RecordingsError), ThreadPoolExecutor(workers) as pool:
        # All are hashed before the first gets its name: names must not depend on which thread is faster.
        digests = list(pool.map(_digest, sources))
        names = names_in(catalogue, sources, [each.sha256 for each in digests])
        jobs = {
            pool.submit(_one, each, name, digest, catalogue, rate, stereo): each
            for each, name, digest in zip(sources, names, digests, strict=True)
        }
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                problem = job.result()
                if problem is None:
                    result.present += 1
                elif problem:
                    result.failures.append((str(jobs[job].path), problem))
                else:
                    result.added += 1
                report(done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    result.failures.sort()
    if catalogue.base.is_dir():
        catalogue.write_attribution()
    return result


@dataclass(frozen=True)
class _Digest:
    """A file's SHA-256, or why there is none."""

    sha256: str
    problem: str = ""


def _digest(source: Source) -> _Digest:
    try:
        return _Digest(sha256_of(source.path))
    except OSError as error:
        return _Digest("", f"cannot be read: {error.strerror or error}")


def _one(
    source: Source, name: str, digest: _Digest, catalogue: Catalogue, rate: int, stereo: bool
) -> str | None:
    """Convert one file: "" when added, None when there already, otherwise why not (in a worker thread)."""
    if digest.problem:
        return digest.problem
    recording = Recording(
        label=source.label,
        name=name,
        source=source.source,
        group=source.group,
        recordist=source.recordist,
        licence=source.licence,
        licence_url=source.licence_url,
        url=source.url,
        title=source.title,
        original_sha256=digest.sha256,
        extra={"rate": rate, "stereo": stereo},
    )
    if catalogue.has(source.label, name) and _made_of(catalogue, recording):
        return None
    try:
        wav, seconds = wav_of(source.path, rate, stereo)
    except AudioError as error:
        return error.cause
    catalogue.add(replace(recording, seconds=round(seconds, 3)), wav)
    return ""


def _made_of(catalogue: Catalogue, recording: Recording) -> bool:
    try:
        sidecar = catalogue.wav_path(recording).with_suffix(".json")
        values = json.loads(sidecar.read_text(encoding="utf-8"))
        return bool(
            values.get("original_sha256") == recording.original_sha256
            and values.get("extra") == recording.extra
            and values.get("group") == recording.group
        )
    except (OSError, ValueError, AttributeError):
        return False


def kept_labels(base: Path) -> list[str]:
    """The label folders of a base folder."""
    return sorted(path.name for path in base.iterdir() if path.is_dir() and not path.name.startswith("."))
