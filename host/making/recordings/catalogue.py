"""A base folder of recordings: `<label>/<name>.wav`, and beside each WAV a `<name>.json` that says whose it is.

The sidecar is written after the WAV and both through a rename: a WAV with a sidecar is whole. `ATTRIBUTION.md` in
the base folder is made anew from all sidecars.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from ...declared import AnyText, File, Share, declared, expecting
from ...disk import may_read
from ...files import atomic_write
from ...printable import printable_line
from ...strict_json import JsonError, json_text, read_json_object
from .errors import RecordingsError

ATTRIBUTION = "ATTRIBUTION.md"
_CURE = "delete it and its WAV, and download or import again"
FileName = Annotated[str, expecting(_CURE, pattern=r"^(?!\.{1,2}$)[^/\\\x00]+$", max_length=255)]
WindowScores = tuple[tuple[Annotated[float, Meta(ge=0, le=1e9)], Share], ...]
"""Start in seconds and score of one-second windows of a recording."""
INCOMING = ".incoming"  # files that are not whole yet


@dataclass(frozen=True)
class Recording:
    """What is known about one recording; texts that are not known are empty.

    Attributes:
        label: its class, also the name of its folder.
        name: file name without suffix.
        source: where it comes from, for instance "xeno-canto" or "local".
        group: recordings of one group (the same original) must stay on one side of a split.
        recordist: who made it.
        licence, licence_url: its terms.
        url: a page about it.
        title: for people.
        original_sha256: of the file it was made from.
        seconds: length.
        window_scores: what a larger network, or a listener, heard second by second; in order of time.
        extra: anything else the source told.
    """

    label: FileName
    name: FileName
    source: AnyText
    group: AnyText
    recordist: AnyText = ""
    licence: AnyText = ""
    licence_url: AnyText = ""
    url: AnyText = ""
    title: AnyText = ""
    original_sha256: AnyText = ""
    seconds: Annotated[float, Meta(ge=0)] = 0.0
    window_scores: WindowScores = ()
    extra: dict[str, Any] | None = None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Catalogue:
    """The recordings of one base folder.

    Args:
        base: the folder; made when the first recording is added.
    """

    def __init__(self, base: Path) -> None:
        self.base = base

    def wav_path(self, recording: Recording) -> Path:
        """Where the recording's sound is."""
        return self.base / recording.label / f"{recording.name}.wav"

    def has(self, label: str, name: str) -> bool:
        """Whether a recording is there and whole."""
        wav = self.base / label / f"{name}.wav"
        return wav.is_file() and wav.with_suffix(".json").is_file()

    @contextlib.contextmanager
    def part(self, recording: Recording) -> Iterator[Path]:
        """Where a recording's WAV may be written until `add` takes it; what is left there is deleted."""
        folder = self.base / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{recording.name}.{secrets.token_hex(8)}.part"
        path.open("xb").close()  # with the rights that the user's umask leaves
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def add(self, recording: Recording, wav: bytes | Path) -> None:
        """Put a recording's WAV in its place, and then its sidecar.

        Args:
            recording: what is known about it.
            wav: its content, or a whole file from `part`, which is moved.
        """
        path = self.wav_path(recording)
        if isinstance(wav, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with wav.open("rb+") as file:
                os.fsync(file.fileno())
            wav.replace(path)
        else:
            atomic_write(path, wav)
        atomic_write(path.with_suffix(".json"), json_text(asdict(recording)))

    def __iter__(self) -> Iterator[Recording]:
        """All recordings, by label and name.

        Raises:
            RecordingsError: a folder or a sidecar cannot be read.
        """
        known = {field.name for field in fields(Recording)}
        for sidecar in self._sidecars():
            if not sidecar.with_suffix(".wav").is_file():
                continue
            source = File(str(sidecar), RecordingsError, _CURE)
            try:
                if sidecar.is_file():
                    sidecar.open("rb").close()  # for the system's own words where it may not be read
                values = read_json_object(sidecar, _CURE)
            except OSError as error:
                raise RecordingsError(
                    f"{sidecar} cannot be read: {error.strerror or error}.", may_read(sidecar)
                ) from error
            except JsonError as error:
                raise RecordingsError(f"{sidecar} cannot be read: {error.cause}.", _CURE) from error
            yield declared({name: each for name, each in values.items() if name in known}, Recording, source)

    def _sidecars(self) -> list[Path]:
        """All sidecars, sorted; a folder that cannot be listed must not look like an empty one."""
        folder = self.base
        try:
            if not folder.exists():
                return []
            found = []
            for folder in sorted(self.base.iterdir()):
                if folder.is_dir() and not folder.name.startswith("."):
                    found += [path for path in folder.iterdir() if path.suffix == ".json"]
            return sorted(found)
        except OSError as error:
            raise RecordingsError(
                f"The folder {folder} cannot be read: {error.strerror or error}.", may_read(folder)
            ) from error

    def write_attribution(self) -> Path:
        """Write ATTRIBUTION.md: every recording with author, licence and address."""
        path = self.base / ATTRIBUTION
        atomic_write(path, attribution_text(list(self)))
        return path


def attribution_text(recordings: list[Recording]) -> str:
    """A table of recordings with author, licence and address, in Markdown."""
    lines = ["# Attribution", "", "| recording | by | licence | address |", "| --- | --- | --- | --- |"]
    for each in recordings:
        cells = (
            f"{each.label}/{each.name}: {each.title}",
            each.recordist,
            each.licence,
            each.url or each.licence_url,
        )
        lines.append(
            "| "
            + " | ".join(
                printable_line(cell.replace("|", "/").replace("\n", " ")) or "not known" for cell in cells
            )
            + " |"
        )
    return "\n".join(lines) + "\n"
