"""From a trained model to an int8 `.tflite` with two outputs: scores and logits."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .constraints import zero_sum_class
from .errors import TrainingError
from .quiet import quiet_stderr
from .tensorflow_loading import tensorflow


def with_scores(model: Any) -> Any:
    """`model` with a second output: the sigmoid of its logits."""
    keras = tensorflow().keras
    logits = model.outputs[0]
    scores = keras.layers.Activation("sigmoid", name="scores")(logits)
    return keras.Model(model.inputs, [scores, logits], name="detector")


def to_int8(model: Any, representative: NDArray[np.float32] | None = None) -> bytes:
    """Convert a model from features to logits into an int8 flat buffer with scores and logits.

    Args:
        model: a quantisation-aware model, or a float model together with `representative`.
        representative: float32 [n, frames, bands], real features for post-training quantisation.

    Raises:
        TrainingError: the converter fails.
    """
    tf = tensorflow()
    full = with_scores(model)
    shape = [1, *full.inputs[0].shape[1:]]
    function = tf.function(lambda features: full(features, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="features"))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], full)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    if representative is not None:
        converter.representative_dataset = _calibration(representative)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    try:
        with quiet_stderr():
            return bytes(converter.convert())
    except Exception as error:  # the converter raises many kinds
        raise TrainingError(
            f"TensorFlow Lite cannot convert the model: {error}",
            "Use an architecture of plain convolutions, pooling and dense layers.",
        ) from error


def _calibration(features: NDArray[np.float32]) -> Callable[[], Iterator[list[NDArray[np.float32]]]]:
    def batches() -> Iterator[list[NDArray[np.float32]]]:
        for window in features:
            yield [window[np.newaxis, ..., np.newaxis].astype(np.float32)]

    return batches


def load_model(path: Path) -> Any:
    """A model saved by `save_model`, quantisation-aware ones included."""
    keras = tensorflow().keras
    known = {"ZeroSum": zero_sum_class()}  # HDF5 files name the class without its package
    try:
        import tensorflow_model_optimization as tfmot

        with tfmot.quantization.keras.quantize_scope(known):
            return keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{path} is not a model this program saved: {error}",
            "Train it again with `python -m host train`.",
        ) from error


def save_model(model: Any, path: Path) -> None:
    """Save architecture and weights as legacy HDF5, through a temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / "model.h5"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # HDF5 is meant: one file, readable by every tf-keras 2
            model.save(temporary, save_format="h5", include_optimizer=False)
        temporary.replace(path)
