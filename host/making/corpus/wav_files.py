"""Writing generated sound: WAV files and the table of what is in them."""

from __future__ import annotations

import csv
import io
import wave
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...files import atomic_write

TABLE = "labels.csv"


@dataclass(frozen=True)
class Row:
    """One line of the table: the file, whether a bird can be heard in it (yes, no, unsure) and what it is made of."""

    file: str
    seconds: float
    bird: str
    parts: str
    note: str


def wav_bytes(samples: NDArray[np.int16], rate: int) -> bytes:
    """A 16-bit mono WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def write_table(folder: Path, rows: Iterable[Row]) -> None:
    """Write `labels.csv` of a folder of WAV files."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    atomic_write(folder / TABLE, buffer.getvalue())
