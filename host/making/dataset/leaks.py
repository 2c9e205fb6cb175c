"""The check that nothing leaks from one split into another. It reads the finished data set and trusts nobody."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import numpy as np

from .errors import DatasetError
from .grouping import SPLITS
from .store import Dataset

_PIECE = 61


def check_leaks(dataset: Dataset) -> None:
    """Compare all splits, what was left out included.

    Raises:
        DatasetError: an original, a recordist or a file is in two splits; a stretch of sound is; or a label is not in
            all of training, validation and test that have recordings.
    """
    where: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for entry in dataset.entries:
        name = f"{entry.label}/{entry.name}"
        for kind, value in (
            ("original", entry.group),
            ("recordist", entry.recordist),
            ("file content", entry.sha256),
        ):
            if value:
                where[kind, value].setdefault(entry.split, name)
    for (kind, value), places in where.items():
        if len(places) > 1:
            told = ", ".join(f"{name} in {split}" for split, name in sorted(places.items()))
            raise DatasetError(
                f"Leak: the {kind} {value[:60]!r} is in more than one split: {told}.",
                "Make the data set again with `python -m host split`, and do not edit dataset.json.",
            )
    _check_labels(dataset)
    _check_sound(dataset)


def _check_labels(dataset: Dataset) -> None:
    used = [split for split in SPLITS if any(entry.split == split for entry in dataset.entries)]
    for label in sorted({entry.label for entry in dataset.entries if entry.split in SPLITS}):
        missing = [s for s in used if not any(e.label == label and e.split == s for e in dataset.entries)]
        if missing:
            raise DatasetError(
                f"The label {label!r} is not in the {missing[0]} split.",
                "Add recordings of it, or leave the label out.",
            )


def _check_sound(dataset: Dataset) -> None:
    """Equal features over a whole second, at the same place in a piece, mean a copy under another name."""
    columns = dataset.windows(SPLITS[0]).stores[0]
    seen: dict[bytes, tuple[str, str]] = {}
    for entry in dataset.entries:
        for first in range(0, entry.columns - _PIECE + 1, _PIECE):
            start = entry.first_column + first
            piece = np.ascontiguousarray(columns[start : start + _PIECE])
            if int(np.ptp(piece.astype(np.int16))) < 8:
                continue  # silence and constant tones are alike everywhere
            key = hashlib.sha256(piece.tobytes()).digest()
            name = f"{entry.label}/{entry.name}"
            split, other = seen.setdefault(key, (entry.split, name))
            if split != entry.split:
                raise DatasetError(
                    f"Leak: {name} in {entry.split} and {other} in {split} hold the same second of sound.",
                    "Give both files the same group in their manifest, or remove one.",
                )
