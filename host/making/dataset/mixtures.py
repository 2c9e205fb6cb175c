"""A data set of mixtures: recordings of another data set's training part, mixed, and labelled by a listener.

A clip's label says what it is of, not what is heard in each second of it, and still less under rain. A published
classifier that has heard a million recordings can say so: it hears every mixture that the network will learn from
(function matching: Beyer and others 2022, arXiv:2106.05237).

The listener hears the whole band that it knows. The network hears what its front end has of it, and learns what the
listener made of all.
"""

from __future__ import annotations

import functools
import math
import threading
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...disk import disk_errors
from ..corpus.scene import FULL_SCALE, to_int16
from ..recordings.catalogue import sha256_of
from ..recordings.to_wav import read_mono
from .errors import DatasetError
from .feature_spec import FeatureSpec
from .heard import Ears, Heard, ListenerFile, load_heard
from .mixture import MixturePlan, Sounds, mixture, resampled, sounds_of, widened
from .split import BACKGROUND, Options
from .store import TRAIN, UNSURE, Dataset, Description, Entry, load_dataset, write_dataset
from .workers import worker_pool

AT_ONCE = 128
"""Mixtures of one job."""
AHEAD = 6
"""Jobs that may wait for the listener."""
TABLE = "heard.npz"
SAME, MOST_OTHER = 2, 0.001
"""Cells by which a mixture's mean may differ from the table's, and the share of mixtures that may differ by more: other
processors round otherwise, other recordings or settings are other sound."""
BELIEVED = 0.25
"""What a listener's score counts where no recording of the class is in a mixture: labels err less."""
LISTENER_LABEL = "listener"
MIXED = "mixtures"
"""The option that tells such a data set from others."""
Made = tuple[NDArray[np.int16], NDArray[np.int8], NDArray[np.int32]]
"""Sound of a job's mixtures, their cells, and the entries in front."""


@dataclass(frozen=True)
class Material:
    """What mixtures are made of; goes to the worker processes.

    Attributes:
        plan: which mixtures.
        spec: their features.
        rate: at which recordings are mixed, in Hz: the listener's, or the front end's where that is higher.
        wavs, entries, groups, of_class: each recording's file, number, original, and whether it is of the class.
    """

    plan: MixturePlan
    spec: FeatureSpec
    rate: int
    wavs: tuple[Path, ...]
    entries: tuple[int, ...]
    groups: tuple[str, ...]
    of_class: tuple[bool, ...]


def is_mixed(dataset: Dataset) -> bool:
    """Whether a data set is one of mixtures."""
    return MIXED in dataset.about.options


def material_of(
    dataset: Dataset, bases: Sequence[Path], plan: MixturePlan, background: Sequence[str], rate: int
) -> Material:
    """The training recordings of a data set, found in their base folders.

    Args:
        dataset: of one class.
        bases: folders with its recordings.
        plan: which mixtures.
        background: labels that are not classes.
        rate: of the listener, in Hz.

    Raises:
        DatasetError: the data set has several classes, or lacks recordings of one kind; a recording is not there, or
            is not the one that the data set was made from.
    """
    if len(dataset.labels) != 1:
        raise DatasetError(
            f"{dataset.path} has {len(dataset.labels)} classes.",
            "A listener tells of one class; split with one.",
        )
    chosen = [(number, each) for number, each in enumerate(dataset.entries) if each.split == TRAIN]
    wavs = []
    for _, entry in chosen:
        places = [base / entry.label / f"{entry.name}.wav" for base in bases]
        there = next((place for place in places if place.is_file()), None)
        if there is None:
            raise DatasetError(
                f"The recording {entry.label}/{entry.name} is in none of the base folders.",
                "Name the folders that the data set was split from.",
            )
        with disk_errors(there, DatasetError):
            if sha256_of(there) != entry.sha256:
                raise DatasetError(
                    f"{there} has changed since it was split.", "Run `python -m host split` again."
                )
        wavs.append(there)
    of_class = tuple(each.label not in background for _, each in chosen)
    for wanted, kind in ((True, "of the class"), (False, "of background")):
        if wanted not in of_class:
            raise DatasetError(f"The training part of {dataset.path} has no recordings {kind}.", "Add some.")
    return Material(
        plan,
        dataset.features,
        max(rate, dataset.features.settings.sample_rate),
        tuple(wavs),
        tuple(number for number, _ in chosen),
        tuple(each.group or f"{each.label}/{each.name}" for _, each in chosen),
        of_class,
    )


@functools.lru_cache(maxsize=1)
def _sounds(material: Material) -> tuple[Sounds, Sounds]:
    read = [_read(path, material.rate) for path in material.wavs]

    def of(kind: bool) -> Sounds:
        mine = [place for place, each in enumerate(material.of_class) if each == kind]
        return sounds_of(
            [read[place] for place in mine],
            [material.entries[place] for place in mine],
            [material.groups[place] for place in mine],
        )

    return of(True), of(False)


def _read(path: Path, rate: int) -> NDArray[np.int16]:
    with wave.open(str(path), "rb") as file:
        own = file.getframerate()
    samples = read_mono(path, own)
    if own == rate:
        return samples
    return to_int16(widened(samples / FULL_SCALE, own, rate, math.ceil(len(samples) * rate / own)))


def _job(job: tuple[Material, int, int]) -> Made:
    """Some mixtures (in a worker process)."""
    material, first, last = job
    spec = material.spec
    n, rate = spec.window_samples, spec.settings.sample_rate
    of_class, background = _sounds(material)
    long = round(n * material.rate / rate)
    made = [
        mixture(material.plan, index, of_class, background, long, material.rate)
        for index in range(first, last)
    ]
    sound = np.stack([samples for samples, _ in made])
    front = spec.front_end()
    cells = np.stack(
        [front.features(_as_recorded(samples, material.rate, rate, n))[: spec.frames] for samples in sound]
    )
    return sound, cells, np.array([number for _, number in made], np.int32)


def _as_recorded(sound: NDArray[np.int16], rate: int, to: int, n: int) -> NDArray[np.int16]:
    return sound if rate == to else to_int16(resampled(sound / FULL_SCALE, rate, to, n))


def _made(material: Material, workers: int) -> Iterator[Made]:
    total = material.plan.windows
    jobs = [(material, first, min(first + AT_ONCE, total)) for first in range(0, total, AT_ONCE)]
    if workers <= 1:
        yield from map(_job, jobs)
        return
    room = threading.Semaphore(AHEAD)

    def fed() -> Iterator[tuple[Material, int, int]]:
        for job in jobs:
            room.acquire()
            yield job

    with worker_pool(workers) as pool:
        try:
            for each in pool.imap(_job, fed()):
                yield each
                room.release()
        finally:
            room.release(len(jobs))  # whoever gave up must not leave the feeding thread waiting


def mix(
    dataset: Dataset,
    bases: Sequence[Path],
    plan: MixturePlan,
    about: ListenerFile,
    where: Path,
    out: Path,
    background: Sequence[str] = Options.background,
    workers: int = 2,
    report: Callable[[int], None] = lambda _done: None,
) -> Dataset:
    """Mix the training recordings of a data set and have them heard; `make_mixtures` with what it needs found first.

    Args:
        dataset: of one class.
        bases: folders with its recordings.
        plan: which mixtures.
        about: the listener.
        where: a table of what it heard before, or the folder of its model.
        out: folder of the new data set.
        background: labels that are not classes.
        workers, report: see `make_mixtures`.

    Raises:
        DatasetError, HilError: see `material_of`, `load_heard`, `Ears` and `make_mixtures`.
    """
    material = material_of(dataset, bases, plan, background, about.rate)
    if not where.is_dir():
        heard = load_heard(where, about, plan.windows)
        return make_mixtures(dataset, material, about, heard, out, workers, report)
    ears = Ears(about, where)
    try:
        return make_mixtures(dataset, material, about, ears, out, workers, report)
    finally:
        ears.close()


def make_mixtures(
    dataset: Dataset,
    material: Material,
    about: ListenerFile,
    listener: Ears | Heard,
    out: Path,
    workers: int = 2,
    report: Callable[[int], None] = lambda _done: None,
) -> Dataset:
    """Mix, hear and write the data set `out`, all of it to train on, with `TABLE` beside it.

    Args:
        dataset: where the recordings are from.
        material: of `material_of`.
        about: the listener's description, for the attribution.
        listener: at work, or what it heard before.
        out: folder.
        workers: processes that mix.
        report: gets the number of mixtures done.

    Raises:
        DatasetError: what was heard before was heard in other mixtures; the folder cannot be written.
        HilError: the listener cannot be run.
    """
    all_cells, all_fronts, scores, done = [], [], [], 0
    for sound, cells, fronts in _made(material, workers):
        all_cells.append(cells)
        all_fronts.append(fronts)
        if isinstance(listener, Ears):
            scores.append(listener.targets(sound, material.rate))
        done += len(fronts)
        report(done)
    cells, fronts = np.concatenate(all_cells), np.concatenate(all_fronts)
    means = np.rint(cells.mean(axis=(1, 2))).astype(np.int8)
    if isinstance(listener, Ears):
        heard = Heard(about.sha256, np.concatenate(scores), means)
    else:
        heard = listener
        _check_same(heard, means)
    with disk_errors(out, DatasetError):
        _write(out, dataset, material, about, heard, cells, fronts)
        heard.save(out / TABLE)
    return load_dataset(out)


def _check_same(heard: Heard, means: NDArray[np.int8]) -> None:
    other = np.abs(heard.means.astype(np.int16) - means) > SAME
    if float(other.mean()) > MOST_OTHER:
        raise DatasetError(
            f"The table tells of other mixtures: {int(other.sum())} of {len(means)} sound otherwise.",
            "Collect and split as it was done for the table, or let the listener hear these mixtures.",
        )


def _write(
    out: Path,
    dataset: Dataset,
    material: Material,
    about: ListenerFile,
    heard: Heard,
    cells: NDArray[np.int8],
    fronts: NDArray[np.int32],
) -> None:
    """An entry a recording, with the mixtures that it is in front of; the listener is one without any."""
    frames, options = material.spec.frames, Options()
    order = np.argsort(fronts, kind="stable")
    counts = [int(np.sum(fronts == number)) for number in material.entries]
    firsts = frames * np.cumsum([0, *counts])
    entries = [
        replace(
            dataset.entries[number],
            seconds=round(count * material.spec.window_samples / material.spec.settings.sample_rate, 3),
            first_column=int(first),
            columns=count * frames,
        )
        for number, count, first in zip(material.entries, counts, firsts, strict=False)
    ]
    entries.append(_of_listener(about, int(firsts[-1])))
    of_class = dict(zip(material.entries, material.of_class, strict=True))
    believed = np.array([1.0 if of_class[int(number)] else BELIEVED for number in fronts[order]])
    targets = (heard.scores[order] / 255.0 * believed).astype(np.float32)
    classes = np.full(len(order), UNSURE, np.int16)
    classes[targets >= options.heard] = 0
    classes[targets < options.unheard] = BACKGROUND
    described = {MIXED: asdict(material.plan), "listener": asdict(about)}
    description = Description(dataset.labels, dataset.features, dataset.about.fingerprint, described)
    write_dataset(
        out,
        description,
        entries,
        [cells[order].reshape(-1, cells.shape[-1])],
        {
            "recordings": np.repeat(np.arange(len(counts), dtype=np.int32), counts),
            "starts": np.arange(len(order), dtype=np.int64) * frames,
            "classes": classes,
            "targets": targets,
        },
    )


def _of_listener(about: ListenerFile, first: int) -> Entry:
    return Entry(
        label=LISTENER_LABEL,
        name=about.title,
        source=about.url,
        group="",
        recordist=about.by,
        licence=about.licence,
        licence_url="",
        url=about.url,
        title=f"{about.title}, which labelled the mixtures",
        sha256=about.sha256,
        split=TRAIN,
        seconds=0.0,
        first_column=first,
        columns=0,
    )
