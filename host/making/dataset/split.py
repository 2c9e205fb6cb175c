"""From base folders of recordings to a data set: features, windows, labels, splits, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...declared import Seed, Share, named, text
from ...disk import disk_errors
from ..recordings.catalogue import Catalogue, Recording, WindowScores
from .activity import bands_above, silent_windows, window_activity
from .cache import front_end_fingerprint
from .errors import DatasetError
from .feature_spec import FeatureSpec
from .features import Cells, Computed, compute_features, load_features, wav_seconds
from .grouping import LEFT_OUT, Item, split_items
from .leaks import check_leaks
from .store import UNSURE, Dataset, Description, Entry, load_dataset, write_dataset

ATTRIBUTES = ("source", "group", "recordist", "licence", "label", "name")
SHARES_CURE = "give three shares that sum to 1, such as 0.7, 0.15, 0.15"
BACKGROUND = -1
Places = tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.float32]]
"""Windows of one recording: first column, class (-1 background, -2 neither) and target (NaN: the class alone)."""


@dataclass(frozen=True)
class Options:
    """How to split.

    Attributes:
        background: labels that are no class: all their windows are background.
        shares: of training, validation and test.
        seed: of the split.
        stride: columns between two windows of a recording.
        active_db: a window of a class's clip counts for the class from this activity on ...
        quiet_db: ... and is left out below it; below this one it is background. -inf never makes background of it.
        heard, unheard: a window that has a score (`window_scores`) counts for the class from `heard` on, is background
            below `unheard`, and between the two only trains, with the score as its target.
        left_out: recordings whose attribute has one of these values (`{"source": [...]}`) are kept out of all splits.
    """

    background: tuple[Annotated[str, text(63)], ...] = ("nonbird", "background", "noise")
    shares: tuple[Share, Share, Share] = (0.7, 0.15, 0.15)
    seed: Seed = 1
    stride: Annotated[int, Meta(ge=1, le=65535)] = 8
    active_db: float = 13.0
    quiet_db: float = float("-inf")
    heard: Share = 0.5
    unheard: Share = 0.2
    left_out: Annotated[dict[str, tuple[str, ...]], named(*ATTRIBUTES)] = field(default_factory=dict)


def usable_shares(shares: tuple[float, float, float]) -> bool:
    """Whether there is something to train on and to validate with, and no more than all is used."""
    first, second, third = shares
    return first > 0.0 and second > 0.0 and third >= 0.0 and first + second + third <= 1.0 + 1e-9


@dataclass
class Told:
    """What the user should know of a split: unreadable files, and windows left out by reason."""

    unreadable: list[tuple[str, str]] = field(default_factory=list)
    silent: int = 0
    quiet: int = 0


def make_dataset(
    bases: Sequence[Path],
    spec: FeatureSpec,
    options: Options,
    out: Path,
    cache: Path,
    workers: int,
    report: Callable[[int], object] = lambda _done: None,
) -> tuple[Dataset, Told]:
    """Make the data set `out` from catalogues and check it for leaks.

    Raises:
        DatasetError: no recordings, a grouped split is impossible, or something leaks.
    """
    told = Told()
    with disk_errors(cache, DatasetError):
        recordings, computed = _readable(bases, spec, cache, workers, report, told)
    labels = tuple(sorted({each.label for each in recordings} - set(options.background)))
    if not labels:
        raise DatasetError(
            f"All labels are background: {', '.join(sorted({each.label for each in recordings}))}.",
            "Name the background labels with --background; the others are the classes.",
        )
    features = [load_features(each) for each in computed]
    windows = []
    for recording, cells in zip(recordings, features, strict=True):
        number = BACKGROUND if recording.label in options.background else labels.index(recording.label)
        scores = recording.window_scores
        if scores and len(labels) != 1:
            raise DatasetError(
                f"{recording.label}/{recording.name} has scores of its windows, but there are {len(labels)} classes.",
                "Scores tell of one class; collect again without them, or with labels that make one class.",
            )
        windows.append(_places(cells, number, spec, options, told, scores))
    splits = _splits(recordings, computed, windows, options)
    with disk_errors(out, DatasetError):
        _write(out, spec, options, labels, recordings, computed, features, windows, splits)
    dataset = load_dataset(out)
    check_leaks(dataset)
    return dataset, told


def _readable(
    bases: Sequence[Path],
    spec: FeatureSpec,
    cache: Path,
    workers: int,
    report: Callable[[int], object],
    told: Told,
) -> tuple[list[Recording], list[Computed]]:
    known = [(Catalogue(base), each) for base in bases for each in Catalogue(base)]
    if not known:
        raise DatasetError(
            f"There are no recordings in {', '.join(map(str, bases))}.",
            "Fill a base folder with `python -m host download` or `python -m host collect`.",
        )
    computed = compute_features([c.wav_path(each) for c, each in known], spec, cache, workers, report)
    good = [
        (each, done) for (_, each), done in zip(known, computed, strict=True) if done.features is not None
    ]
    told.unreadable = [(str(done.wav), done.problem) for done in computed if done.features is None]
    if not good:
        raise DatasetError(
            "None of the recordings can be read.", "See the reasons above; download or collect again."
        )
    return [each for each, _ in good], [done for _, done in good]


def _places(
    cells: Cells, number: int, spec: FeatureSpec, options: Options, told: Told, scores: WindowScores
) -> Places:
    """The windows of one recording of class `number`, without silent and doubtful ones."""
    starts = np.arange(0, len(cells) - spec.frames + 1, options.stride, dtype=np.int64)
    silent = silent_windows(cells, starts, spec.frames)
    told.silent += int(silent.sum())
    starts = starts[~silent]
    if scores:
        return _scored(starts, scores, spec, options)
    classes = np.full(len(starts), BACKGROUND, dtype=np.int16)
    if number != BACKGROUND and len(starts):
        activity = window_activity(cells, starts, spec.frames, bands_above(spec.settings), spec.db_per_step)
        classes[activity >= options.active_db] = number
        keep = (activity >= options.active_db) | (activity < options.quiet_db)
        told.quiet += int(np.sum(~keep))
        starts, classes = starts[keep], classes[keep]
    return starts, classes, np.full(len(starts), np.nan, np.float32)


def _scored(starts: NDArray[np.int64], scores: WindowScores, spec: FeatureSpec, options: Options) -> Places:
    """Windows of the one class there is, by the scores of the seconds around them; none beyond the scores."""
    times, values = np.array(sorted(scores), dtype=np.float64).T
    seconds = starts * spec.settings.hop / spec.settings.sample_rate
    near = np.min(np.abs(seconds[:, np.newaxis] - times), axis=1) <= 0.5
    starts, targets = starts[near], np.interp(seconds[near], times, values)
    classes = np.full(len(starts), UNSURE, dtype=np.int16)
    classes[targets >= options.heard] = 0
    classes[targets < options.unheard] = BACKGROUND
    return starts, classes, targets.astype(np.float32)


def _splits(
    recordings: Sequence[Recording],
    computed: Sequence[Computed],
    windows: Sequence[Places],
    options: Options,
) -> list[str]:
    items = []
    for recording, done, (starts, *_) in zip(recordings, computed, windows, strict=True):
        keys = [f"group {recording.group}", f"content {done.sha256}"]
        if recording.recordist:
            keys.append(f"recordist {recording.recordist}")
        items.append(Item(recording.label, tuple(keys), float(len(starts)) + 0.01))
    outside = [
        any(str(getattr(each, attribute, "")) in values for attribute, values in options.left_out.items())
        for each in recordings
    ]
    # What is tied to a left-out recording goes out with it.
    tied = {key for item, out in zip(items, outside, strict=True) if out for key in item.keys}
    while True:
        more = [
            out or any(key in tied for key in item.keys) for item, out in zip(items, outside, strict=True)
        ]
        if more == outside:
            break
        outside = more
        tied |= {key for item, out in zip(items, outside, strict=True) if out for key in item.keys}
    inside = [item for item, out in zip(items, outside, strict=True) if not out]
    placed = iter(split_items(inside, options.shares, options.seed))
    return [LEFT_OUT if out else next(placed) for out in outside]


def _write(
    out: Path,
    spec: FeatureSpec,
    options: Options,
    labels: tuple[str, ...],
    recordings: Sequence[Recording],
    computed: Sequence[Computed],
    features: Sequence[Cells],
    windows: Sequence[Places],
    splits: Sequence[str],
) -> None:
    offsets = np.cumsum([0, *(len(each) for each in features)])
    entries = [
        Entry(
            label=r.label,
            name=r.name,
            source=r.source,
            group=r.group,
            recordist=r.recordist,
            licence=r.licence,
            licence_url=r.licence_url,
            url=r.url,
            title=r.title,
            sha256=done.sha256,
            split=split,
            seconds=round(wav_seconds(done.wav), 3),
            first_column=int(offset),
            columns=len(cells),
        )
        for r, done, cells, offset, split in zip(
            recordings, computed, features, offsets, splits, strict=False
        )
    ]
    chosen: dict[str, Any] = asdict(options)
    chosen["quiet_db"] = None if np.isinf(options.quiet_db) else options.quiet_db
    description = Description(labels, spec, front_end_fingerprint(spec), chosen)
    counts = [len(starts) for starts, *_ in windows]
    write_dataset(
        out,
        description,
        entries,
        features,
        {
            "recordings": np.repeat(np.arange(len(windows), dtype=np.int32), counts),
            "starts": np.concatenate(
                [starts + offset for (starts, *_), offset in zip(windows, offsets, strict=False)]
            ),
            "classes": np.concatenate([classes for _, classes, _ in windows]),
            "targets": np.concatenate([targets for *_, targets in windows]),
        },
    )


def balance(dataset: Dataset) -> list[tuple[str, str, int, int]]:
    """Rows of split, label ("background" last), recordings and windows, for people."""
    rows = []
    for split in dict.fromkeys(entry.split for entry in sorted(dataset.entries, key=lambda e: e.split)):
        windows = dataset.windows(split)
        for index, label in enumerate((*dataset.labels, "background")):
            mine = (
                windows.labels[:, index] > 0.5
                if index < len(dataset.labels)
                else (windows.labels <= 0.5).all(axis=1)
            )
            rows.append((split, label, len(np.unique(windows.recordings[mine])), int(mine.sum())))
    return rows
