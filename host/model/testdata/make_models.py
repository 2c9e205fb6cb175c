"""Makes the models of this folder anew: `python host/model/testdata/make_models.py`. Untrained weights from a seed.

sigmoid.tflite     int8 [1, 31, 16, 1] -> scores and logits [1, 1]: separable convolution, mean, dense
softmax.tflite     int8 [1, 49, 64, 1] -> scores and logits [1, 5]: many other ops, for 16 kHz and 64 bands
flat.tflite        int8 [1, 320] -> [1, 3], not activated: dense only
float.tflite       the flat model, not quantised
float_ends.tflite  the flat model, int8 inside, float input and output
"""

import os
from pathlib import Path
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
FEATURES = (-80.0, 0.0)  # dB, what the models are calibrated for


def sigmoid_model(layers: Any) -> Any:
    """The background's architecture, smaller."""
    features = layers.Input((31, 16, 1))
    x = layers.SeparableConv2D(4, 3, padding="same", activation="relu")(features)
    x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    logits = layers.Dense(1)(x)
    return tf.keras.Model(features, [layers.Activation("sigmoid")(logits), logits])


def softmax_model(layers: Any) -> Any:
    """Ops that the other does not have: strided and dilated convolution, add, concatenation, pad, multiply, flatten."""
    features = layers.Input((49, 64, 1))
    x = layers.Conv2D(6, (5, 5), strides=(4, 4), padding="same", activation="relu6")(features)
    y = layers.Conv2D(6, 3, dilation_rate=2, padding="same")(x)
    x = layers.Add()([x, layers.LeakyReLU(0.1)(y)])
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Concatenate()([layers.AveragePooling2D(2)(x), layers.MaxPooling2D(2)(x)])
    gate = layers.Conv2D(12, 1, activation="hard_sigmoid")(x)
    x = layers.Multiply()([x, gate])
    x = layers.Conv2D(3, 3, strides=2, activation="tanh")(x)
    x = layers.Flatten()(x)
    logits = layers.Dense(5)(x)
    return tf.keras.Model(features, [layers.Softmax()(logits), logits])


def flat_model(layers: Any) -> Any:
    """A dense net on a flat input."""
    features = layers.Input((320,))
    x = layers.Dense(6, activation="relu")(features)
    return tf.keras.Model(features, layers.Dense(3)(x))


def convert(model: Any, inside: bool = True, ends: bool = True) -> bytes:
    """Convert to a `.tflite`, int8 inside and at its ends where asked for."""
    shape = [1, *model.input_shape[1:]]
    function = tf.function(lambda features: model(features, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
    if inside:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: ([window] for window in windows(shape))
    if ends:
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def windows(shape: list[int]) -> list[Any]:
    """Return 64 noisy windows of many levels, float32 of `shape`: for calibration."""
    rng = np.random.default_rng(1)
    levels = rng.uniform(*FEATURES, 64)
    return [np.clip(rng.normal(level, 12, shape), *FEATURES).astype(np.float32) for level in levels]


def main() -> None:
    """Write all models."""
    tf.keras.utils.set_random_seed(20)
    layers = tf.keras.layers
    flat = flat_model(layers)
    models = {
        "sigmoid": convert(scaled(sigmoid_model(layers))),
        "softmax": convert(scaled(softmax_model(layers))),
        "flat": convert(flat),
        "float": convert(flat, inside=False, ends=False),
        "float_ends": convert(flat, ends=False),
    }
    for name, data in models.items():
        (HERE / f"{name}.tflite").write_bytes(data)
        print(name, len(data))


def scaled(model: Any) -> Any:
    """Scale the last layer so that logits span some units and scores are not all alike."""
    inputs = np.concatenate(windows([1, *model.input_shape[1:]]))
    logits = model.predict(inputs, verbose=0)[1]
    dense = next(layer for layer in model.layers if isinstance(layer, tf.keras.layers.Dense))
    kernel, _ = dense.get_weights()
    gain = 2.0 / np.maximum(logits.std(axis=0), 1e-6)
    dense.set_weights([kernel * gain, -logits.mean(axis=0) * gain])
    return model


if __name__ == "__main__":
    main()
