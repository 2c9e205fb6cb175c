"""A larger network teaches the small one (knowledge distillation: Hinton, Vinyals, Dean 2015, arXiv:1503.02531).

A window's label says bird or no bird, whether the bird is at the microphone or behind the rain. The teacher, too large
for a device, says how much of a bird can be heard in the very window the pupil sees, noise mixed in and all.
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
    """A trained network, kept in a file, and how much it has to say.

    Attributes:
        path: its weights, as `save_model` leaves them.
        share: of its scores in the targets, 0 to 1; the rest is the labels'.
        network: which network it is.
    """

    path: Path
    share: float
    network: Network

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise TrainingError(
                f"A teacher's share of {self.share:g} is none.", "Give the recipe a share from 0 to 1."
            )

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hex; empty when there is none."""
        try:
            return hashlib.sha256(self.path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""

    @functools.cached_property
    def _scores(self) -> Any:
        # Loaded when first asked, when the pupil has its layers' names: they must not depend on the teacher.
        tf = tensorflow()
        model = load_float(self.path, self.network)
        return tf.function(
            lambda features: tf.sigmoid(model(features, training=False)), reduce_retracing=True
        )

    def targets(self, features: NDArray[np.float32], labels: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the pupil should answer.

        Args:
            features: float32 [n, frames, bands, 1], as the pupil sees them.
            labels: float32 [n, classes], 0 to 1.

        Returns:
            float32 [n, classes], 0 to 1.

        Raises:
            TrainingError: the file is missing or no model, or made for other features or classes.
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
