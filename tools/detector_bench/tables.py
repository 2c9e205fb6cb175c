"""The tables of a folder of recordings: whose each is, and what is heard in each second of it."""

import csv
from dataclasses import dataclass
from pathlib import Path

from host.errors import HilError

AUDIBLE_DB = 8.0
"""From here on above its clip's floor a second of a bird's clip counts as bird, where nobody scored it."""
HEARD, UNHEARD = 0.5, 0.2
"""A scored second is bird from the one on and no bird below the other; between the two it does not count."""


@dataclass(frozen=True)
class Window:
    """One second of one recording.

    Attributes:
        file: as the tables name it.
        group: the original recording; what is resampled for intervals.
        source: the collection that it comes from.
        kind: of sound, for people.
        start_s: where it begins.
        bird: whether a bird is heard.
        birds_clip: whether the recording is one of a bird, heard in this second or not.
    """

    file: str
    group: str
    source: str
    kind: str
    start_s: float
    bird: bool
    birds_clip: bool = False


def read_windows(audio: Path) -> list[Window]:
    """The windows that count.

    Args:
        audio: folder with SOURCES.csv (file, label, group, repo; category if known) and windows.csv (file, label,
            start_s, digital_silence, band_p95_over_floor_db; teacher_score if known).

    Raises:
        HilError: a table is missing or has other columns.
    """
    try:
        with (audio / "SOURCES.csv").open(encoding="utf-8", newline="") as file:
            sources = {row["file"]: row for row in csv.DictReader(file)}
        with (audio / "windows.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["digital_silence"] != "1"]
        windows = []
        for row in rows:
            bird = _heard(row)
            if bird is not None:
                of = sources[row["file"]]
                kind = of.get("category") or row["label"]
                clip = row["label"] == "bird"
                windows.append(
                    Window(row["file"], of["group"], of["repo"], kind, float(row["start_s"]), bird, clip)
                )
        return windows
    except (OSError, KeyError, ValueError) as error:
        raise HilError(
            f"The tables in {audio} cannot be read: {error!r}.",
            "Give a folder with SOURCES.csv and windows.csv.",
        ) from error


def _heard(row: dict[str, str]) -> bool | None:
    """Whether a second is bird; None when that is open."""
    if row.get("teacher_score"):
        score = float(row["teacher_score"])
        return True if score >= HEARD else False if score < UNHEARD else None
    if row["label"] != "bird":
        return False
    return True if float(row["band_p95_over_floor_db"]) >= AUDIBLE_DB else None
