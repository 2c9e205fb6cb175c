"""The sets a recipe trains and is judged on: synthetic sound, data sets of recordings, or both together."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...progress import bar
from ..dataset.cache import cached_synthetic, front_end_fingerprint
from ..dataset.leaks import check_leaks
from ..dataset.mixtures import is_mixed
from ..dataset.store import Dataset, load_dataset
from ..dataset.windows import Windows, join
from .balance import DOUBTFUL
from .errors import TrainingError
from .recipe import Recipe

CORE_SETS = ("train", "validation", "test")
BACKGROUND_SET = "synthetic background"
"""The set that has no bird, and that the threshold is chosen on beside the validation set."""


@dataclass(frozen=True)
class Data:
    """What a training works on.

    Attributes:
        sets: "train" and "validation" to train; all others, "test" among them, only to be judged on.
        sources: attribution of the recordings that are trained on.
    """

    sets: dict[str, Windows]
    sources: list[dict[str, str]]


def load_data(recipe: Recipe, datasets: Sequence[Path], cache: Path, workers: int) -> Data:
    """Training and validation set of a recipe, and sets to judge it on: each data set's test and left-out split apart.

    Synthetic sound counts for the class "bird"; it can be joined with data sets that have just this class. Where there
    are mixtures, they are trained on in place of the recordings, which are in them, and of synthetic sound what has no
    bird: a synthetic bird is a sketch beside them, but that there is none nobody knows better.

    Raises:
        TrainingError: the recipe has no data, or a data set does not fit it.
    """
    if recipe.synthetic is not None and recipe.labels != ("bird",):
        raise TrainingError(
            f"Synthetic sound knows the class bird only, not {', '.join(recipe.labels)}.",
            "Add --no-synthetic, or a recipe without synthetic sound.",
        )
    read = [_read(path, recipe) for path in datasets]
    mixed = any(is_mixed(dataset) for dataset in read)
    parts: dict[str, list[Windows]] = defaultdict(list)
    judged: dict[str, Windows] = {}
    for name, plan in recipe.synthetic_sets().items():
        with bar(f"synthetic scenes for the {name} set", plan.scenes) as report:
            made = cached_synthetic(plan, recipe.features, cache, workers, report)
        if name == "test":
            judged["synthetic test"] = made
        elif name == "background":
            judged[BACKGROUND_SET] = made
        elif mixed and name == CORE_SETS[0]:
            parts[name].append(made.select(made.labels[:, 0] < DOUBTFUL))
        else:
            parts[name].append(made)
    sources: list[dict[str, str]] = []
    for dataset in read:
        sources += _add_dataset(dataset, parts, judged, trains=is_mixed(dataset) or not mixed)
    missing = [name for name in CORE_SETS[:2] if not parts[name]]
    if missing:
        raise TrainingError(
            f"There is no {missing[0]} data.", "Use a preset with synthetic sound, or give --data."
        )
    named = {row["file"]: row for row in sources}  # once, though a recording be in mixtures too
    return Data({name: join(parts[name]) for name in CORE_SETS[:2]} | judged, list(named.values()))


def _read(path: Path, recipe: Recipe) -> Dataset:
    dataset = load_dataset(path)
    if dataset.labels != tuple(recipe.labels):
        raise TrainingError(
            f"The data set {path} has the classes {', '.join(dataset.labels)}, the recipe {', '.join(recipe.labels)}.",
            "Give --labels, or split again with other labels; synthetic sound goes with the class bird only.",
        )
    here = front_end_fingerprint(recipe.features)
    if dataset.about.fingerprint != here or dataset.features.frames != recipe.frames:
        raise TrainingError(
            f"The data set {path} was made with another front end or another window.",
            "Run `python -m host split` again with this recipe.",
        )
    check_leaks(dataset)
    return dataset


def _each_its_own(windows: Windows) -> Windows:
    """The same windows, each as a recording of its own under its recording's name.

    Balanced by recording, the few mixtures in which a listener errs would be drawn the most.
    """
    names = [windows.names[number] for number in windows.recordings]
    return dataclasses.replace(windows, recordings=np.arange(len(windows), dtype=np.int32), names=names)


def _add_dataset(
    dataset: Dataset, parts: dict[str, list[Windows]], judged: dict[str, Windows], trains: bool
) -> list[dict[str, str]]:
    for name in dict.fromkeys(entry.split for entry in dataset.entries):
        windows = dataset.windows(name)
        if name == CORE_SETS[0] and not trains:
            continue
        if is_mixed(dataset):
            windows = _each_its_own(windows)
        if name in CORE_SETS[:2]:
            parts[name].append(windows)
        elif len(windows):
            judged[f"{dataset.path.name} {name}"] = windows
    return [
        {
            "file": f"{e.label}/{e.name}",
            "title": e.title,
            "author": e.recordist,
            "licence": e.licence,
            "url": e.url or e.source,
        }
        for e in dataset.entries
        if e.split in CORE_SETS[:2]
    ]
