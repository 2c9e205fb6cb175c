"""A data set on disk: `columns.npy` (mapped, never loaded whole), `windows.npz`, `dataset.json`, ATTRIBUTION.md.

`dataset.json` is written last: a folder without it is not a data set.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...arrays import ArraysError, map_array, read_arrays
from ...bundle.schema import FRONT_ENDS
from ...declared import AnyText, File, by_kind, expecting, read_declared, shown
from ...disk import may_read
from ...files import atomic_file, atomic_write
from ...frontend.kinds import values_of
from ...frontend.settings import FrontEndSettings
from ...strict_json import json_text
from ..recordings.catalogue import ATTRIBUTION, Recording, attribution_text
from .errors import DatasetError
from .feature_spec import FeatureSpec, Quantisation
from .windows import Windows, single

FORMAT = 1
TRAIN = "train"
UNSURE = -2
_CURE = "make it again with `python -m host split`"
_MOST_BYTES = 256 << 20
Columns = Annotated[int, Meta(ge=0, le=1 << 40)]
_FILES = _COLUMNS, _WINDOWS, _DESCRIPTION = "columns.npy", "windows.npz", "dataset.json"
_WINDOW_ARRAYS = ("recordings", "starts", "classes")
T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One recording of a data set."""

    label: AnyText
    name: AnyText
    source: AnyText
    group: AnyText
    recordist: AnyText
    licence: AnyText
    licence_url: AnyText
    url: AnyText
    title: AnyText
    sha256: AnyText
    split: AnyText
    seconds: Annotated[float, Meta(ge=0)]
    first_column: Columns
    columns: Columns


@dataclass(frozen=True)
class DatasetFile:
    """`dataset.json` as it is written."""

    format: Annotated[Literal[1], expecting(_CURE)]
    labels: tuple[AnyText, ...]
    frames: Annotated[int, Meta(ge=1, le=65_535)]
    frontend: Annotated[FrontEndSettings, by_kind(FRONT_ENDS, "log-mel")]
    input_scale: Annotated[float, Meta(gt=1e-30, lt=1e30)]
    input_zero_point: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
    fingerprint: AnyText
    options: dict[str, Any]
    entries: tuple[Entry, ...]


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
            "frontend": values_of(self.features.settings),
            "input_scale": self.features.quantisation.scale,
            "input_zero_point": self.features.quantisation.zero_point,
            "fingerprint": self.fingerprint,
            "options": self.options,
        }


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

        Raises:
            DatasetError: the files of the data set are damaged.
        """
        columns, (recordings, starts, classes, targets) = _columns_of(self), _places_of(self)
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
    atomic_write(path / _DESCRIPTION, json_text(values, 1))


def _write_columns(path: Path, features: Sequence[NDArray[np.int8]]) -> None:
    total = sum(len(each) for each in features)
    bands = features[0].shape[1]
    with atomic_file(path) as file:
        header = {"descr": "|i1", "fortran_order": False, "shape": (total, bands)}
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
        for each in features:
            file.write(np.ascontiguousarray(each).tobytes())


def load_dataset(path: Path) -> Dataset:
    """Read a data set's description.

    Raises:
        DatasetError: the folder is not a data set, or a part of it is missing or damaged.
    """
    try:
        if special := [name for name in _FILES if (path / name).exists() and not (path / name).is_file()]:
            raise DatasetError(f"{path / special[0]} is not a file.", _CURE)
        (path / _DESCRIPTION).open("rb").close()  # for its own message where it may not be read
        source = File(str(path / _DESCRIPTION), DatasetError, _CURE)
        file = read_declared(path / _DESCRIPTION, DatasetFile, source, _CURE, _MOST_BYTES)
        for name in (_COLUMNS, _WINDOWS):
            (path / name).open("rb").close()
    except PermissionError as error:
        place = Path(error.filename or path)
        raise DatasetError(f"{place} cannot be read: {error.strerror}.", may_read(place)) from error
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is not a whole data set: {error}.", _CURE) from error
    features = FeatureSpec(file.frontend, Quantisation(file.input_scale, file.input_zero_point), file.frames)
    about = Description(file.labels, features, file.fingerprint, file.options)
    dataset = Dataset(path, about, file.entries)
    first = 0
    for entry in dataset.entries:
        if entry.first_column != first:
            raise DatasetError(
                f"{path} is damaged: the columns of {shown(entry.name)} begin elsewhere.", _CURE
            )
        first += entry.columns
    _columns_of(dataset)
    _places_of(dataset)
    return dataset


def _columns_of(dataset: Dataset) -> NDArray[np.int8]:
    """The columns, mapped from disk, as the description says that they are."""
    total = sum(entry.columns for entry in dataset.entries)
    columns = _damage_told(dataset.path / _COLUMNS, map_array)
    if columns.dtype != np.int8 or columns.shape != (total, dataset.features.settings.bands):
        raise DatasetError(f"{dataset.path} is damaged: its features do not fit its description.", _CURE)
    return columns


def _places_of(dataset: Dataset) -> list[NDArray[Any]]:
    """Recording, first column, class and target of every window, all within what there is; NaN: no target."""
    table = dataset.path / _WINDOWS
    arrays = _damage_told(table, read_arrays)
    missing = [name for name in _WINDOW_ARRAYS if name not in arrays]
    if missing:
        raise DatasetError(f"{table} is damaged: it has no {missing[0]}.", _CURE)
    last = sum(entry.columns for entry in dataset.entries) - dataset.features.frames
    limits = {
        "recordings": (0, len(dataset.entries) - 1),
        "starts": (0, last),
        "classes": (UNSURE, len(dataset.labels) - 1),
    }
    for name, (low, high) in limits.items():
        array = arrays[name]
        if array.ndim != 1 or array.dtype.kind != "i" or len(array) != len(arrays["recordings"]):
            raise DatasetError(
                f"{dataset.path / _WINDOWS} is damaged: {name} is no list of whole numbers.", _CURE
            )
        if len(array) and not (low <= array.min() and array.max() <= high):
            raise DatasetError(
                f"{dataset.path / _WINDOWS} is damaged: {name} point beyond the data set.", _CURE
            )
    return [*(arrays[name] for name in _WINDOW_ARRAYS), _targets(table, arrays)]


def _targets(table: Path, arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Scores that windows have as their labels; a data set from before there were any has none."""
    targets = arrays.get("targets", np.full(len(arrays["classes"]), np.nan, np.float32))
    given = targets[~np.isnan(targets)] if targets.dtype.kind == "f" else targets
    if targets.dtype.kind != "f" or targets.shape != arrays["classes"].shape:
        raise DatasetError(f"{table} is damaged: targets are no list of numbers.", _CURE)
    if len(given) and not (given.min() >= 0 and given.max() <= 1):
        raise DatasetError(f"{table} is damaged: targets lie outside 0 to 1.", _CURE)
    return targets


def _damage_told(path: Path, read: Callable[[Path], T]) -> T:
    try:
        return read(path)
    except (OSError, ArraysError) as error:
        raise DatasetError(f"{path} cannot be read: {error}.", _CURE) from error
