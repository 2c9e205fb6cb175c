"""From a trained model to an int8 `.tflite` with two outputs: scores and logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
