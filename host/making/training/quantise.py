"""Quantisation-aware training's side of a model: fake quantisation put in, the input's range pinned."""

from __future__ import annotations

import warnings
from typing import Any

from .errors import TrainingError
from .tensorflow_loading import tensorflow


def quantisation_aware(model: Any, lowest: float, highest: float) -> Any:
    """A copy of a trained float `model` with fake quantisation of weights and activations, weights kept.

    The input's range is pinned to [lowest, highest], the range of the front end's int8 features, so that training, the
    converted model and the firmware all quantise alike.

    Raises:
        TrainingError: the package is missing or the model has a layer that cannot be quantised.
    """
    tensorflow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import tensorflow_model_optimization as tfmot
    except ImportError as error:
        raise TrainingError(
            f"tensorflow-model-optimization cannot be imported ({error}).",
            "Install requirements.txt of this project.",
        ) from error
    try:
        quantised = tfmot.quantization.keras.quantize_model(model)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            f"This architecture cannot be trained quantisation-aware: {error}",
            "Use Conv2D, DepthwiseConv2D, Dense, BatchNormalization, ReLU and pooling only.",
        ) from error
    pin_input_range(quantised, lowest, highest)
    return quantised


def pin_input_range(quantised: Any, lowest: float, highest: float) -> None:
    """Set the range of the input's quantiser; training widens it only for values outside."""
    for layer in quantised.layers:
        if type(layer).__name__ == "QuantizeLayer":
            for weight in layer.weights:
                if weight.name.rsplit("/")[-1].startswith("quantize_layer") and "_min" in weight.name:
                    weight.assign(lowest)
                elif "_max" in weight.name:
                    weight.assign(highest)
            return
    raise TrainingError(
        "The quantised model has no input quantiser.", "Report this with the architecture's name."
    )
