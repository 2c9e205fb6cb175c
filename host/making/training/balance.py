"""What is drawn for training and what it counts: classes, background, recordings and domains in balance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dataset.windows import Windows
from .errors import TrainingError

DOUBTFUL = 0.2
"""From this score on a window may hold the class after all."""


def chances_of(windows: Windows, positive_share: float) -> NDArray[np.float64]:
    """How likely each window is drawn: positives and background in the given shares, each evenly over the domains.

    Without that, a hundred recordings would drown in thousands of synthetic scenes.

    Raises:
        TrainingError: there are no positives or no background.
    """
    positive = (windows.labels > 0.5).any(axis=1)
    chances = np.zeros(len(windows))
    for wanted, mask, kind in (
        (positive_share, positive, "with a class"),
        (1.0 - positive_share, ~positive, "of background"),
    ):
        places = np.flatnonzero(mask)
        if len(places) == 0:
            raise TrainingError(
                f"The training set has no windows {kind}.",
                "Add recordings of the missing kind, or check the labels and the activity threshold.",
            )
        # Half of the draw goes by recording, so that one long recording cannot fill the epoch.
        share = 1.0 / np.bincount(windows.recordings[places])[windows.recordings[places]]
        chance = np.zeros(len(places))
        for domain in np.unique(windows.domains[places]):
            mine = windows.domains[places] == domain
            chance[mine] = 0.5 / mine.sum() + 0.5 * share[mine] / share[mine].sum()
        chances[places] = wanted * chance / chance.sum()
    return chances


def noise_of(windows: Windows, chances: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Windows that may be mixed into others, and how likely each is: background in which nobody half hears a class.

    They are as balanced as what is drawn: recordings get real noise, and so do synthetic birds.
    """
    places = np.flatnonzero((windows.labels < DOUBTFUL).all(axis=1))
    if len(places) == 0:
        places = np.flatnonzero((windows.labels <= 0.5).all(axis=1))
    chance = chances[places]
    return places, chance / chance.sum()


def draw(
    rng: np.random.Generator,
    windows: Windows,
    chances: NDArray[np.float64],
    count: int,
    positive_share: float,
) -> NDArray[np.int64]:
    """About `count` windows in random order, exactly the given share of them positive."""
    positive = (windows.labels > 0.5).any(axis=1)
    index = []
    for wanted, mask in ((positive_share, positive), (1.0 - positive_share, ~positive)):
        places = np.flatnonzero(mask)
        chance = chances[places]
        index.append(rng.choice(places, round(wanted * count), p=chance / chance.sum()))
    return rng.permutation(np.concatenate(index))


def class_weights(labels: NDArray[np.float32], chances: NDArray[np.float64]) -> NDArray[np.float32]:
    """What a positive of each class counts in the loss, float32 [classes], so that all classes are worth the same.

    Over what is drawn their mean is 1, so that the balance against the background stays. 1 for a class never drawn.

    Args:
        labels: float32 [n, classes].
        chances: float64 [n], how likely each window is drawn.
    """
    drawn = chances @ (labels > 0.5)
    present = drawn > 0.0
    weights = np.ones(labels.shape[1], np.float32)
    if present.any():
        weights[present] = drawn[present].mean() / drawn[present]
    return weights
