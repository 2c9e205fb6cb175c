"""TensorFlow with legacy Keras, deterministic and within a few threads, whatever the user's shell says."""

from __future__ import annotations

import os
import sys
from typing import Any

from .errors import TrainingError
from .quiet import quiet_stderr


def tensorflow(threads: int = 1) -> Any:
    """Import TensorFlow so that `tf.keras` is tf-keras 2 (what quantisation-aware training needs).

    Args:
        threads: most threads TensorFlow may use; only the first call in a process counts.

    Raises:
        TrainingError: TensorFlow is missing, or another Keras was imported before.
    """
    fresh = "tensorflow" not in sys.modules
    if fresh:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    try:
        with quiet_stderr():
            import tensorflow as tf

            origin = tf.keras.layers.Layer.__module__
    except ImportError as error:
        raise TrainingError(
            f"TensorFlow or tf-keras cannot be imported ({error}).",
            "Install the pinned packages: `python3 tools/run.py setup`, or `pip install -r requirements.txt`.",
        ) from error
    if not origin.startswith("tf_keras"):
        raise TrainingError(
            f"Keras 3 is loaded ({origin}), but training needs the legacy Keras 2 (tf-keras).",
            "Import host.training before tensorflow, or set TF_USE_LEGACY_KERAS=1 before Python starts.",
        )
    if fresh:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        except RuntimeError:
            pass  # already running: the first import's thread counts stay
    tf.get_logger().setLevel("ERROR")
    return tf


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and let only deterministic operations run."""
    tf = tensorflow()
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
