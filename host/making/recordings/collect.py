"""Taking files from the disk into a base folder: in parallel, each whole or not at all, damaged ones named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

from ...audio.decode import LONGEST_S
from ...audio.errors import AudioError
from ...audio.find import refuse_devices
from ...disk import disk_errors
from ...printable import printable_line
from ...strict_json import read_remembered
from .catalogue import INCOMING, Catalogue, Recording, sha256_of
from .errors import RecordingsError
from .naming import names_in
from .on_disk import Source
from .to_wav import Conversion, write_wav


@dataclass
class Collected:
    """What came of it.

    Attributes:
        added: recordings that are new.
        present: recordings that were there before.
        failures: name and reason of each file left out.
        warnings: name of each file of which something is missing or uncertain, and what it is.
    """

    added: int = 0
    present: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def collect(
    sources: list[Source],
    catalogue: Catalogue,
    rate: int = 8000,
    stereo: bool = False,
    workers: int = 2,
    report: Callable[[int], object] = lambda _done: None,
    channel: int | None = None,
    longest_s: float = LONGEST_S,
) -> Collected:
    """Convert every source into the catalogue; a file whose content is there already is not converted again.

    Args:
        sources: the files.
        catalogue: where to.
        rate, stereo, channel, longest_s: see `Conversion`.
        workers: files converted at once.
        report: called with the number of files dealt with.

    Raises:
        RecordingsError: the disk is full or refuses; what was taken in before stays.
    """
    how = Conversion(rate, stereo, channel, longest_s)
    result = Collected()
    with disk_errors(catalogue.base, RecordingsError), ThreadPoolExecutor(workers) as pool:
        # All are hashed before the first gets its name: names must not depend on which thread is faster.
        digests = list(pool.map(_digest, sources))
        names = names_in(catalogue, sources, [each.sha256 for each in digests])
        jobs = {
            pool.submit(_one, each, name, digest, catalogue, how): each
            for each, name, digest in zip(sources, names, digests, strict=True)
        }
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                outcome = job.result()
                name = str(jobs[job].path)
                if outcome is None:
                    result.present += 1
                elif isinstance(outcome, str):
                    result.failures.append((name, outcome))
                else:
                    result.added += 1
                    result.warnings += [(name, warning) for warning in outcome]
                report(done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            with contextlib.suppress(OSError):  # never made, or of another run
                (catalogue.base / INCOMING).rmdir()
    result.failures.sort()
    result.warnings.sort()
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
        if source.path.exists() and not source.path.is_dir():
            refuse_devices(source.path)
        return _Digest(sha256_of(source.path))
    except AudioError as error:
        return _Digest("", error.cause)
    except OSError as error:
        return _Digest("", f"cannot be read: {error.strerror or error}")


def _one(
    source: Source, name: str, digest: _Digest, catalogue: Catalogue, how: Conversion
) -> tuple[str, ...] | str | None:
    """Convert one file: its warnings when added, None when there already, otherwise why not (in a worker thread)."""
    if digest.problem:
        return digest.problem
    made: dict[str, Any] = {"rate": how.rate, "stereo": how.stereo}
    if how.channel is not None:
        made["channel"] = how.channel
    recording = Recording(
        label=source.label,
        name=name,
        source=source.source,
        # texts of file names and tables: a sidecar holds what can be read, and is read again
        group=printable_line(source.group),
        recordist=printable_line(source.recordist),
        licence=printable_line(source.licence),
        licence_url=printable_line(source.licence_url),
        url=printable_line(source.url),
        title=printable_line(source.title),
        original_sha256=digest.sha256,
        window_scores=source.window_scores,
        extra=made,
    )
    if catalogue.has(source.label, name) and _made_of(catalogue, recording):
        return None
    with catalogue.part(recording) as part:
        try:
            converted = write_wav(source.path, part, how)
        except AudioError as error:
            return error.cause
        extra = made | ({"notes": list(converted.notes)} if converted.notes else {})
        catalogue.add(replace(recording, seconds=round(converted.seconds, 3), extra=extra), part)
    return converted.warnings


def _made_of(catalogue: Catalogue, recording: Recording) -> bool:
    values = read_remembered(catalogue.wav_path(recording).with_suffix(".json"))
    extra = values.get("extra")
    return (
        values.get("original_sha256") == recording.original_sha256
        and isinstance(extra, dict)
        and {name: value for name, value in extra.items() if name != "notes"} == recording.extra
        and values.get("group") == recording.group
        and values.get("window_scores", []) == [list(each) for each in recording.window_scores]
    )
