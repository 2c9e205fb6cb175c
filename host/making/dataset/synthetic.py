"""Training windows from the synthetic corpus, through the firmware's own front end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...declared import Seed, Share
from ..corpus.audibility import BIRD, UNSURE, window_label
from ..corpus.scene import generator, make_scene
from .feature_spec import FeatureSpec
from .windows import Windows, single
from .workers import worker_pool

TRAIN, VALIDATION, TEST = 10, 11, 12
"""Numbers that keep the random streams of the three sets apart."""


@dataclass(frozen=True)
class SyntheticPlan:
    """How much synthetic sound.

    Attributes:
        scenes: number of scenes.
        seconds: length of each.
        bird_share: share of scenes in which a bird sings.
        seed, stream: choose the random stream; sets of different `stream` share nothing.
        stride: columns between two windows of a scene.
    """

    scenes: Annotated[int, Meta(ge=1, le=10_000_000)]
    seconds: Annotated[float, Meta(gt=0, le=3600)] = 5.0
    bird_share: Share = 0.5
    seed: Seed = 1
    stream: Annotated[int, Meta(ge=0, le=1 << 16)] = TRAIN
    stride: Annotated[int, Meta(ge=1, le=65535)] = 8


def _scene(job: tuple[SyntheticPlan, FeatureSpec, int]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Features int8 [columns, bands] and label of every window of one scene (in a worker process)."""
    plan, spec, index = job
    settings = spec.settings
    rng = generator(plan.seed, plan.stream, index)
    scene = make_scene(
        rng, plan.seconds, settings.sample_rate, with_bird=bool(rng.random() < plan.bird_share)
    )
    columns = spec.cells(scene.samples)
    labels = [
        window_label(scene.audible_db, settings.sample_rate, first * settings.hop, spec.window_samples)
        for first in range(0, len(columns) - spec.frames + 1, plan.stride)
    ]
    return columns, np.array(labels, dtype=np.int8)


def synthetic_windows(
    plan: SyntheticPlan,
    spec: FeatureSpec,
    workers: int = 2,
    report: Callable[[int], None] = lambda _done: None,
) -> Windows:
    """Windows of one class ("bird") over `plan.scenes` scenes; windows whose bird is barely audible are left out.

    The result depends on the plan and the features only, not on `workers`. `report` gets the number of scenes done.
    """
    jobs = [(plan, spec, index) for index in range(plan.scenes)]
    done: list[tuple[NDArray[np.int8], NDArray[np.int8]]] = []
    if workers > 1:
        with worker_pool(workers) as pool:
            for each in pool.imap(_scene, jobs, chunksize=16):
                done.append(each)
                report(len(done))
    else:
        for job in jobs:
            done.append(_scene(job))
            report(len(done))
    starts, labels, recordings = [], [], []
    offset = 0
    for index, (columns, truth) in enumerate(done):
        keep = np.flatnonzero(truth != UNSURE)
        starts.append(offset + keep * plan.stride)
        labels.append(truth[keep] == BIRD)
        recordings.append(np.full(len(keep), index))
        offset += len(columns)
    return single(
        np.concatenate([columns for columns, _ in done]),
        spec.frames,
        np.concatenate(starts).astype(np.int64),
        np.concatenate(labels).astype(np.float32)[:, np.newaxis],
        np.concatenate(recordings).astype(np.int32),
        [f"synthetic-{plan.stream}-{index}" for index in range(plan.scenes)],
    )
