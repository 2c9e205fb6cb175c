"""A data set on disk: `columns.npy` (mapped, never loaded whole), `windows.npz`, `dataset.json`, ATTRIBUTION.md.

`dataset.json` is written last: a folder without it is not a data set.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...disk import may_read
from ...files import atomic_write
from ...frontend.settings import FrontEndSettings, SettingsError
from ..recordings.catalogue import ATTRIBUTION, Recording, attribution_text
from .errors import DatasetError
from .feature_spec import FeatureSpec, Quantisation
from .windows import Windows, single

FORMAT = 1
TRAIN = "train"
UNSURE = -2
_COLUMNS, _WINDOWS, _DESCRIPTION = "columns.npy", "windows.npz", "dataset.json"


@dataclass(frozen=True)
class Entry:
    """One recording of a data set."""

    label: str
    name: str
    source: str
    group: str
    recordist: str
    licence: str
    licence_url: str
    url: str
    title: str
    sha256: str
    split: str
    seconds: float
    first_column: int
    columns: int


@dataclass(frozen=True)
class Description:
    """What is told of a data set beside its recordings.

    Attributes:
        labels: classes beside background.
        features: what its features are.
        fingerprint: of the front end they come from.
        options: how it was made.
    """

    labels: tuple[str, ...]
    features: FeatureSpec
    fingerprint: str
    options: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "labels": list(self.labels),
            "frames": self.features.frames,
            "frontend": self.features.settings.to_dict(),
            "input_scale": self.features.quantisation.scale,
            "input_zero_point": self.features.quantisation.zero_point,
            "fingerprint": self.fingerprint,
            "options": self.options,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Description:
        """The description of `to_dict`'s values.

        Raises:
            SettingsError, KeyError, TypeError, ValueError: the values are not a description.
        """
        features = FeatureSpec(
            FrontEndSettings.from_dict(values["frontend"]),
            Quantisation(float(values["input_scale"]), int(values["input_zero_point"])),
            int(values["frames"]),
        )
        return cls(tuple(values["labels"]), features, str(values["fingerprint"]), values["options"])


@dataclass(frozen=True)
class Dataset:
    """A data set as read.

    Attributes:
        path: its folder.
        about: labels, features and how it was made.
        entries: its recordings.
    """

    path: Path
    about: Description
    entries: tuple[Entry, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Classes beside background."""
        return self.about.labels

    @property
    def features(self) -> FeatureSpec:
        """What its features are."""
        return self.about.features

    def windows(self, split: str) -> Windows:
        """The windows of one split, over memory-mapped columns.

        Where somebody scored the windows, the training set has the scores as its labels, the doubtful ones too; the
        other sets have 0 and 1 and lack the doubtful ones.
        """
        columns: NDArray[np.int8] = np.load(self.path / _COLUMNS, mmap_mode="r")
        with np.load(self.path / _WINDOWS, allow_pickle=False) as data:
            recordings, starts, classes = data["recordings"], data["starts"], data["classes"]
            targets = data["targets"] if "targets" in data else np.full(len(classes), np.nan, np.float32)
        chosen = np.array([entry.split == split for entry in self.entries], dtype=bool)[recordings]
        if split != TRAIN:
            chosen &= classes != UNSURE
        labels = (classes[chosen][:, np.newaxis] == np.arange(len(self.labels))).astype(np.float32)
        if split == TRAIN:
            scored = np.isfinite(targets[chosen])
            labels[scored] = targets[chosen][scored, np.newaxis]
        return single(
            columns,
            self.features.frames,
            starts[chosen],
            labels,
            recordings[chosen],
            [f"{entry.label}/{entry.name}" for entry in self.entries],
        )


def write_dataset(
    path: Path,
    description: Description,
    entries: Sequence[Entry],
    features: Sequence[NDArray[np.int8]],
    windows: dict[str, NDArray[Any]],
) -> None:
    """Write a data set; features are copied one recording at a time.

    Args:
        windows: `recordings` int32, `starts` int64 (columns of the whole set), `classes` int16 (-1 is background,
            `UNSURE` neither), `targets` float32 (a score from 0 to 1, NaN: the class alone).
    """
    path.mkdir(parents=True, exist_ok=True)
    (path / _DESCRIPTION).unlink(missing_ok=True)
    _write_columns(path / _COLUMNS, features)
    buffer = io.BytesIO()
    np.savez(buffer, **windows)
    atomic_write(path / _WINDOWS, buffer.getvalue())
    known = [
        Recording(e.label, e.name, e.source, e.group, e.recordist, e.licence, e.licence_url, e.url, e.title)
        for e in entries
    ]
    atomic_write(path / ATTRIBUTION, attribution_text(known))
    values = {"format": FORMAT, **description.to_dict(), "entries": [asdict(entry) for entry in entries]}
    atomic_write(path / _DESCRIPTION, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def _write_columns(path: Path, features: Sequence[NDArray[np.int8]]) -> None:
    total = sum(len(each) for each in features)
    bands = features[0].shape[1]
    # Not mkstemp: its file would be readable by this user alone, whatever the umask says.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with temporary.open("xb") as file:
            header = {"descr": "|i1", "fortran_order": False, "shape": (total, bands)}
            np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            for each in features:
                file.write(np.ascontiguousarray(each).tobytes())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load_dataset(path: Path) -> Dataset:
    """Read a data set's description.

    Raises:
        DatasetError: the folder is not a data set, or a part of it is missing or damaged.
    """
    cure = "Make it again with `python -m host split`."
    try:
        values = json.loads((path / _DESCRIPTION).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise DatasetError(f"{path} is of format {values['format']}, not {FORMAT}.", cure)
        entries = tuple(Entry(**entry) for entry in values["entries"])
        dataset = Dataset(path, Description.from_dict(values), entries)
        columns = np.load(path / _COLUMNS, mmap_mode="r")
        (path / _WINDOWS).open("rb").close()
    except PermissionError as error:
        place = Path(error.filename or path)
        raise DatasetError(f"{place} cannot be read: {error.strerror}.", may_read(place)) from error
    except (OSError, ValueError, KeyError, TypeError, SettingsError) as error:
        raise DatasetError(f"{path} is not a whole data set: {error}.", cure) from error
    expected = sum(entry.columns for entry in dataset.entries)
    if columns.shape != (expected, dataset.features.settings.bands):
        raise DatasetError(f"{path} is damaged: its features do not fit its description.", cure)
    return dataset
