"""A larger network teaches the small one (knowledge distillation: Hinton, Vinyals, Dean 2015, arXiv:1503.02531).

Several that differ in their seed only teach better than one: they err at different sounds, and their mean errs less
(deep ensembles: Lakshminarayanan, Pritzel, Blundell 2017, arXiv:1612.01474).

A label says only whether there is a bird, be it close to the microphone or drowned by rain. The teacher, too large for
a device, says how audible the bird is in the very window that the pupil sees, with the noise that was mixed in.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import TrainingError
from .networks import Network, load_float
from .tensorflow_loading import tensorflow


@dataclass(frozen=True)
class Teacher:
    """A trained network in a file, or several that speak as one, and its weight in the training targets.

    Attributes:
        path: its weights, as `save_model` leaves them.
        share: weight of its scores in the targets, 0 to 1; the labels have the rest.
        network: its architecture and shape.
        others: weights of further networks of that architecture; the mean of all logits counts.
    """

    path: Path
    share: float
    network: Network
    others: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise TrainingError(
                f"The teacher's share is {self.share:g}.", "Give the recipe a share from 0 to 1."
            )

    @property
    def digest(self) -> str:
        """SHA-256 of the files in hex; empty when one is missing."""
        digest = hashlib.sha256()
        try:
            for path in (self.path, *self.others):
                digest.update(path.read_bytes())
        except FileNotFoundError:
            return ""
        return digest.hexdigest()

    @functools.cached_property
    def _scores(self) -> Any:
        # Loaded on first use, after the pupil's layers were named: their names must not depend on the teacher.
        tf = tensorflow()
        models = [load_float(path, self.network) for path in (self.path, *self.others)]

        def scores(features: Any) -> Any:
            logits = [model(features, training=False) for model in models]
            return tf.sigmoid(tf.add_n(logits) / len(logits))

        return tf.function(scores, reduce_retracing=True)

    def targets(self, features: NDArray[np.float32], labels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the pupil's training targets.

        Args:
            features: float32 [n, frames, bands, 1], the pupil's input.
            labels: float32 [n, classes], 0 to 1.

        Returns:
            float32 [n, classes], 0 to 1.

        Raises:
            TrainingError: the file is missing or not a model, or it was made for other features or classes.
        """
        try:
            scores = self._scores(features).numpy()
        except (ValueError, TypeError) as error:
            raise TrainingError(
                f"The teacher {self.path} does not take windows of {features.shape[1]}×{features.shape[2]}: {error}",
                "Train again with `python -m host train`.",
            ) from error
        if scores.shape != labels.shape:
            raise TrainingError(
                f"The teacher {self.path} knows {scores.shape[1]} classes, the data has {labels.shape[1]}.",
                "Train again with `python -m host train`.",
            )
        mixed: NDArray[np.float32] = (self.share * scores + (1.0 - self.share) * labels).astype(np.float32)
        return mixed
