"""What a published classifier of sound hears in mixtures: a file that describes it, and a table of what it heard."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...arrays import ArraysError, read_arrays
from ...declared import File, expecting, read_declared, text
from ...files import atomic_write
from ...model.listener import Listener
from .errors import DatasetError
from .mixture import widened

MOST_MODEL_BYTES = 64 << 20
UNSURE, SURE = 1e-9, 0.998
"""Lowest and highest score of a class that count; 1 would be infinite odds."""
_CURE = "see `host/making/dataset/heard.py` for an example"
_TABLE = ("listener", "scores", "means")
_TABLE_CURE = "leave it out, and the classifier hears the mixtures anew"


@dataclass(frozen=True)
class Hearing:
    """One way in which every window is played to a classifier.

    Attributes:
        level_db: RMS, at which the window is played whatever its own level is: classifiers hear the level too.
        faster: how much faster it is played.
    """

    level_db: Annotated[float, Meta(ge=-100, le=0)] = -22.0
    faster: Annotated[float, Meta(ge=0.5, le=2)] = 1.0


@dataclass(frozen=True)
class ListenerFile:
    """A published classifier of sound as `listener.json` describes it.

        {"model": "yamnet.tflite", "sha256": "…", "rate": 16000, "classes": [106, 107], "odds": 2.718,
         "hearings": [{"level_db": -32}, {"faster": 1.1}], "title": "YAMNet", "by": "…",
         "licence": "Apache-2.0", "url": "…"}

    Attributes:
        model: the `.tflite` file, from this file's folder: float samples of one window in, float scores out.
        sha256: of the model, hex.
        rate: of its samples, in Hz.
        classes: the outputs that together are our class; their odds are added.
        odds: what these odds are multiplied by: a classifier of hundreds of classes is sparing with each.
        hearings: how each window is played to it; the mean of their logits counts, which errs less than each.
        title, by, licence, url: whose it is, for the attribution.
    """

    model: Annotated[str, text(1000)]
    sha256: Annotated[str, expecting("give the model's SHA-256 in hex", pattern="^[0-9a-f]{64}$")]
    rate: Annotated[int, Meta(ge=1000, le=192_000)]
    classes: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=1_000_000)], ...], Meta(min_length=1, max_length=1000)
    ]
    title: Annotated[str, text(200)]
    licence: Annotated[str, text(200)]
    odds: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    hearings: Annotated[tuple[Hearing, ...], Meta(min_length=1, max_length=16)] = (Hearing(),)
    by: Annotated[str, text(200, least=0)] = ""
    url: Annotated[str, text(1000, least=0)] = ""


def load_listener(path: Path) -> ListenerFile:
    """Read a description.

    Raises:
        DatasetError: it cannot be read, or a name or value in it is wrong.
    """
    return read_declared(path, ListenerFile, File(str(path), DatasetError, _CURE), "give a JSON file")


class Ears:
    """The classifier at work, in a process of its own.

    Args:
        about: its description.
        folder: in which the model's path begins.

    Raises:
        DatasetError: the model is missing, is another one, or has fewer classes.
        HilError: it cannot be run.
    """

    def __init__(self, about: ListenerFile, folder: Path) -> None:
        path = folder / about.model
        try:
            if path.stat().st_size > MOST_MODEL_BYTES:
                raise DatasetError(
                    f"{path} is larger than {MOST_MODEL_BYTES >> 20} MiB.", "Give a smaller model."
                )
            content = path.read_bytes()
        except OSError as error:
            raise DatasetError(
                f"The classifier {path} cannot be read: {error.strerror or error}.",
                f"Get it from {about.url or 'where it is published'}, or give the table of what it heard.",
            ) from error
        if hashlib.sha256(content).hexdigest() != about.sha256:
            raise DatasetError(
                f"{path} has another SHA-256 than its description says.",
                f"Get it from {about.url or 'where it is published'}, or describe the one that you have.",
            )
        self.about = about
        self._listener = Listener(content)
        if max(about.classes) >= self._listener.classes:
            classes = self._listener.classes
            self.close()
            raise DatasetError(
                f"{path} has {classes} classes, and its description names number {max(about.classes)}.",
                "Name the numbers of its outputs, from 0.",
            )

    def targets(self, windows: NDArray[np.int16], rate: int) -> NDArray[np.uint8]:
        """How sure it is of our class in each window, in the mean of all hearings, uint8 [n]: 255 is quite.

        Args:
            windows: int16 [n, samples]; what is longer than its window is cut, what is shorter is padded.
            rate: in Hz.
        """
        logs = [self._log_odds(windows, rate, each) for each in self.about.hearings]
        odds = self.about.odds * np.exp(np.mean(logs, axis=0))
        found: NDArray[np.uint8] = np.rint(255.0 * odds / (1.0 + odds)).astype(np.uint8)
        return found

    def _log_odds(self, windows: NDArray[np.int16], rate: int, how: Hearing) -> NDArray[np.float64]:
        heard = np.zeros((len(windows), self._listener.samples), np.float32)
        for out, window in zip(heard, windows, strict=True):
            sound = window / 32768.0
            rms = float(np.sqrt(np.mean(sound * sound)))
            loud = sound * (10.0 ** (how.level_db / 20.0) / (rms + 1e-5))
            played = widened(loud, rate * how.faster, self.about.rate, len(out))
            out[:] = np.clip(played, -1.0, 1.0)
        scores = self._listener.scores(heard)[:, list(self.about.classes)].astype(np.float64)
        scores = np.clip(scores, UNSURE, SURE)
        logs: NDArray[np.float64] = np.log(np.sum(scores / (1.0 - scores), axis=1))
        return logs

    def close(self) -> None:
        """End the classifier's process."""
        self._listener.close()


@dataclass(frozen=True)
class Heard:
    """What was heard in mixtures, and enough of each mixture to see that it is still the same.

    Attributes:
        listener: SHA-256 of the classifier, hex.
        scores: uint8 [n], 255 is sure.
        means: int8 [n], the mean cell of each mixture.
    """

    listener: str
    scores: NDArray[np.uint8]
    means: NDArray[np.int8]

    def save(self, path: Path) -> None:
        """Write it as an uncompressed NumPy archive."""
        buffer = io.BytesIO()
        np.savez(buffer, listener=np.array(self.listener), scores=self.scores, means=self.means)
        atomic_write(path, buffer.getvalue())


def load_heard(path: Path, about: ListenerFile, windows: int) -> Heard:
    """Read a table.

    Raises:
        DatasetError: it cannot be read, or tells of another classifier or another number of windows.
    """
    try:
        data = read_arrays(path, *_TABLE)
    except (OSError, ArraysError) as error:
        raise DatasetError(
            f"The table {path} cannot be read: {error}.", f"Copy it again, or {_TABLE_CURE}."
        ) from error
    heard = Heard(str(data["listener"]), data["scores"], data["means"])
    if heard.listener != about.sha256:
        raise DatasetError(
            f"{path} tells what another classifier heard.", f"Give its own table, or {_TABLE_CURE}."
        )
    found = (heard.scores, heard.means)
    if any(each.shape != (windows,) for each in found) or [each.dtype.name for each in found] != [
        "uint8",
        "int8",
    ]:
        raise DatasetError(
            f"{path} does not tell of {windows} windows.",
            f"Give the table of these mixtures, or {_TABLE_CURE}.",
        )
    return heard
