"""Downloading a query: fetch one after the other, decode in parallel, keep what is whole, say what was left out."""

from __future__ import annotations

import contextlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...audio.errors import AudioError
from ...disk import disk_errors
from ...safe_names import ascii_shown, label_name
from .catalogue import INCOMING, Catalogue, Recording, sha256_of
from .errors import RecordingsError
from .http import HttpError, PoliteClient
from .to_wav import Conversion, write_wav
from .xeno_canto import Found, XenoCanto

_MOST_WAITING = 8


@dataclass(frozen=True)
class Wanted:
    """What to do with the recordings found.

    Attributes:
        rate: of the WAV files.
        stereo: keep two channels.
        most: stop after this many recordings in the folder, 0 for all.
        allow_no_derivatives: also take recordings whose licence forbids changed copies.
        label: folder for all; by default each goes to that of its English or scientific name.
    """

    rate: int = 8000
    stereo: bool = False
    most: int = 0
    allow_no_derivatives: bool = False
    label: str = ""


@dataclass
class Outcome:
    """What came of a download.

    Attributes:
        added: recordings new in the folder.
        present: recordings that were there before.
        skipped: reasons with their counts.
        failures: name and reason of each file that could not be had or read.
        warnings: name of each recording of which something is missing or uncertain, and what it is.
    """

    added: int = 0
    present: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def download(
    listing: XenoCanto,
    client: PoliteClient,
    query: str,
    catalogue: Catalogue,
    wanted: Wanted,
    report: Callable[[int, int], None] = lambda _done, _total: None,
    workers: int = 2,
) -> Outcome:
    """Fetch every recording of `query` that is not in the catalogue yet.

    Args:
        report: gets the number of recordings dealt with and the number of all.

    Raises:
        RecordingsError: see `XenoCanto.search`; the disk is full or refuses. What was fetched before stays.
    """
    outcome = Outcome()
    incoming = catalogue.base / INCOMING
    with disk_errors(catalogue.base, RecordingsError):
        try:
            incoming.mkdir(parents=True, exist_ok=True)
            for stale in incoming.iterdir():
                stale.unlink()  # halves of an interrupted run
            with ThreadPoolExecutor(workers) as pool:
                waiting: list[tuple[Recording, Future[tuple[str, ...] | str]]] = []
                try:
                    for done, total, found in _wanted_ones(listing, query, catalogue, wanted, outcome):
                        recording = _describe(found, wanted)
                        path = incoming / f"{recording.name}.bin"
                        try:
                            kind = client.download(found.file_url, path)
                        except HttpError as failure:
                            if failure.status in (401, 403, 404, 410):
                                outcome.skipped["withheld or gone"] += 1
                            outcome.failures.append((recording.name, str(failure)))
                        else:
                            waiting.append(
                                (recording, pool.submit(_decode, path, kind, recording, catalogue, wanted))
                            )
                        _collect(waiting, outcome, _MOST_WAITING)
                        report(done, total)
                finally:
                    _collect(waiting, outcome, 0)
                    outcome.failures += listing.left_out
        finally:
            with contextlib.suppress(OSError):  # not empty or never made: the next run clears it
                incoming.rmdir()
            if catalogue.base.is_dir():
                catalogue.write_attribution()
    return outcome


def _wanted_ones(
    listing: XenoCanto, query: str, catalogue: Catalogue, wanted: Wanted, outcome: Outcome
) -> Iterator[tuple[int, int, Found]]:
    """The recordings to fetch, counting those that are not."""
    kept = 0
    labels: dict[str, str] = {}
    for done, (found, total) in enumerate(listing.search(query), start=1):
        if wanted.most and kept >= wanted.most:
            return
        if found.licence.no_derivatives and not wanted.allow_no_derivatives:
            outcome.skipped[f"licence forbids derivatives ({found.licence.name})"] += 1
        elif not found.file_url:
            outcome.skipped["no file is given (withheld)"] += 1
        elif (text := labels.setdefault(label_of(found, wanted), named(found, wanted))) != named(
            found, wanted
        ):
            reason = f"{ascii_shown(named(found, wanted))} and {ascii_shown(text)} would be one label; give --label"
            outcome.failures.append((f"XC{found.number}", reason))
        elif catalogue.has(label_of(found, wanted), f"XC{found.number}"):
            outcome.present += 1
            kept += 1
        else:
            kept += 1
            yield done, min(total, wanted.most) if wanted.most else total, found


def label_of(found: Found, wanted: Wanted) -> str:
    """The folder of a recording."""
    return label_name(named(found, wanted))


def named(found: Found, wanted: Wanted) -> str:
    """What a recording's folder is named after."""
    return unicodedata.normalize("NFC", wanted.label or found.english or found.species)


def _describe(found: Found, wanted: Wanted) -> Recording:
    return Recording(
        label=label_of(found, wanted),
        name=f"XC{found.number}",
        source="xeno-canto",
        group=f"xeno-canto:{found.number}",
        recordist=found.recordist,
        licence=found.licence.name,
        licence_url=found.licence.url,
        url=found.page_url,
        title=f"{found.english} ({found.species}), {found.kind}, XC{found.number}",
        extra={"quality": found.quality, "country": found.country, "species": found.species},
    )


def _decode(
    path: Path, kind: str, recording: Recording, catalogue: Catalogue, wanted: Wanted
) -> tuple[str, ...] | str:
    """Convert and add one file: its warnings when it worked, otherwise the reason (in a worker thread)."""
    try:
        with path.open("rb") as file:
            start = file.read(64).lstrip().lower()
        if kind in ("text/html", "application/json") or start.startswith(
            (b"<!doctype", b"<html", b"<?xml", b"{")
        ):
            return f"the server sent {kind or 'a page'} instead of sound"
        with catalogue.part(recording) as part:
            converted = write_wav(path, part, Conversion(wanted.rate, wanted.stereo))
            extra = (recording.extra or {}) | ({"notes": list(converted.notes)} if converted.notes else {})
            seconds = round(converted.seconds, 3)
            whole = replace(recording, original_sha256=sha256_of(path), seconds=seconds, extra=extra)
            catalogue.add(whole, part)
            return converted.warnings
    except AudioError as error:
        return error.cause.replace(str(path), "the file")
    finally:
        path.unlink(missing_ok=True)


def _collect(
    waiting: list[tuple[Recording, Future[tuple[str, ...] | str]]], outcome: Outcome, leave: int
) -> None:
    """Take results until at most `leave` are waiting.

    Raises:
        OSError: a worker met a full disk.
    """
    while len(waiting) > leave:
        recording, future = waiting.pop(0)
        came = future.result()
        if isinstance(came, str):
            outcome.failures.append((recording.name, came))
        else:
            outcome.added += 1
            outcome.warnings += [(recording.name, warning) for warning in came]
