"""Makes the models of this folder anew: `python -m host.model.testdata.make_models [NAME...]`. Weights from a seed.

sigmoid.tflite     int8 [1, 31, 16, 1] -> scores and logits [1, 1]: separable convolution, mean, dense
softmax.tflite     int8 [1, 49, 64, 1] -> scores and logits [1, 5]: many other ops, for 16 kHz and 64 bands
flat.tflite        int8 [1, 320] -> [1, 3], not activated: dense only
svdf.tflite        int8 [1, 128] -> scores and logits [1, 3]: SVDF, which remembers five windows, and dense
fullyconv.tflite   int8 [1, 31, 16, 1] -> [1, 5]: softmax on [1, 1, 1, 5], which ESP-NN's kernel gets wrong
grouped.tflite     int8 [1, 31, 16, 1] -> [1, 3]: a convolution in two groups, on which ESP-NN's aborts
uint8.tflite       uint8 [1, 1, 16, 10], bands first -> scores and logits [1, 3], uint8: pooled over time, then dense
int16.tflite       int16 [1, 10, 16] -> scores and logits [1, 3], int16: 16x8 dense
stream.tflite      int8 [1, 3, 16] -> scores and logits [1, 2], uint8: remembers two columns and a count of windows in
                   variables, into which CALL_ONCE writes something else than their zero points
elu.tflite         int8 [1, 8, 16] -> [1, 3], not activated: TFLite Micro has ELU int8, the reference kernels have not
exp.tflite         the same with EXP, which the reference kernels have and TFLite Micro has not
float.tflite       the flat model, not quantised
float_ends.tflite  the flat model, int8 inside, float input and output
hearing.tflite     float samples [1, 2000] -> float scores [1, 3]: hears a tone at a quarter of the rate as class 1
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from .graph import Graph

HERE = Path(__file__).parent
INT8, UINT8, INT16, INT32 = (getattr(schema.TensorType, name) for name in ("INT8", "UINT8", "INT16", "INT32"))
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


def fullyconv_model(layers: Any) -> Any:
    """Convolutions only; the softmax comes before the flattening."""
    features = layers.Input((31, 16, 1))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(features)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return tf.keras.Model(features, layers.Flatten()(layers.Softmax()(layers.Conv2D(5, 1)(x))))


def grouped_model(layers: Any) -> Any:
    """A convolution in two groups."""
    features = layers.Input((31, 16, 1))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(features)
    x = layers.Conv2D(4, 3, groups=2, activation="relu")(x)
    return tf.keras.Model(features, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


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


def hearing_model(layers: Any) -> Any:
    """Samples of sound in, scores out: the energy of a tone that has four samples a period."""
    samples = layers.Input((2000,))
    turn = np.pi / 2.0 * np.arange(16)
    tone = layers.Conv1D(2, 16, strides=16, use_bias=False)
    parts = tone(layers.Reshape((2000, 1))(samples))
    tone.set_weights([np.stack([np.cos(turn), np.sin(turn)], axis=-1)[:, np.newaxis] / 8.0])
    energy = layers.GlobalAveragePooling1D()(layers.Multiply()([parts, parts]))
    scores = layers.Dense(3, activation="sigmoid")
    made = tf.keras.Model(samples, scores(energy))
    slope = np.array([-2000.0, 2000.0, 0.0])
    scores.set_weights([np.stack([slope, slope]), np.array([9.0, -9.0, -2.0])])
    return made


def svdf_model() -> bytes:
    """A rank-1 SVDF over flat windows of 8 x 16 cells, then dense and softmax."""
    cells, units, memory, classes = 128, 8, 5, 3
    int8, int16, int32 = INT8, INT16, INT32
    rng, graph = np.random.default_rng(9), Graph()
    step = (FEATURES[1] - FEATURES[0]) / 255
    state, feature, time, dense, inner = 0.5, 0.004, 1 / 16384, 0.01, 0.25
    constant = {
        "feature": rng.integers(-127, 128, (units, cells)).astype(np.int8),
        "time": rng.integers(-8000, 8001, (units, memory)).astype(np.int16),
        "dense": rng.integers(-127, 128, (classes, units)).astype(np.int8),
    }
    window = graph.tensor("features", (1, cells), int8, step, 127)
    remembered = [
        window,
        graph.tensor("feature", (units, cells), int8, feature, data=constant["feature"]),
        graph.tensor("time", (units, memory), int16, time, data=constant["time"]),
        graph.tensor("bias", (units,), int32, state * time, data=np.zeros(units, np.int32)),
        graph.tensor("state", (1, units * memory), int16, state, variable=True),
    ]
    hidden = graph.tensor("hidden", (1, units), int8, inner, -128)
    relu = schema.ActivationFunctionType.RELU
    graph.op("SVDF", 3, remembered, [hidden], rank=1, fusedActivationFunction=relu)
    weights = [
        graph.tensor("dense", (classes, units), int8, dense, data=constant["dense"]),
        graph.tensor("dense bias", (classes,), int32, inner * dense, data=np.zeros(classes, np.int32)),
    ]
    logits = graph.tensor("logits", (1, classes), int8, 0.4)
    graph.op("FULLY_CONNECTED", 4, [hidden, *weights], [logits])
    scores = graph.tensor("scores", (1, classes), int8, 1 / 256, -128)
    graph.op("SOFTMAX", 2, [logits], [scores], beta=1.0)
    return graph.file([window], [scores, logits])


def uint8_model() -> bytes:
    """Bands first, uint8 at both ends of an int8 body."""
    bands, frames, classes, units = 16, 10, 3, 6
    rng, graph = np.random.default_rng(21), Graph()
    step = (FEATURES[1] - FEATURES[0]) / 255
    window = graph.tensor("features", (1, 1, bands, frames), UINT8, step, 255)
    cells = graph.tensor("cells", (1, 1, bands, frames), INT8, step, 127)
    graph.op("QUANTIZE", 2, [window], [cells])
    image = graph.tensor("image", (1, bands, frames, 1), INT8, step, 127)
    shape = graph.tensor("shape", (4,), INT32, data=np.array([1, bands, frames, 1], np.int32))
    graph.op("RESHAPE", 1, [cells, shape], [image], newShape=[1, bands, frames, 1])
    pooled = graph.tensor("pooled", (1, bands, frames // 2, 1), INT8, step, 127)
    pool = {"strideH": 1, "strideW": 2, "filterHeight": 1, "filterWidth": 2, "padding": schema.Padding.VALID}
    graph.op("MAX_POOL_2D", 2, [image], [pooled], **pool)
    hidden = graph.tensor("hidden", (1, units), INT8, 0.5, -128)
    flat = graph.dense(pooled, hidden, rng, bands * frames // 2, step * 0.004, relu=True)
    logits = graph.tensor("logits", (1, classes), INT8, 0.1, 3)
    graph.dense(flat, logits, rng, units, 0.5 * 0.0005)
    return graph.file([window], graph.uint8_ends(logits, classes, "SOFTMAX"))


def int16_model() -> bytes:
    """16x8: int16 activations and int8 weights."""
    frames, bands, classes, units = 10, 16, 3, 6
    rng, graph = np.random.default_rng(22), Graph()
    step = 80 / 32767
    window = graph.tensor("features", (1, frames, bands), INT16, step)
    hidden = graph.tensor("hidden", (1, units), INT16, 0.002)
    graph.dense(window, hidden, rng, frames * bands, step * 0.002)
    logits = graph.tensor("logits", (1, classes), INT16, 8 / 32768)
    graph.dense(hidden, logits, rng, units, 0.002 * 0.0008)
    scores = graph.tensor("scores", (1, classes), INT16, 1 / 32768)
    graph.op("LOGISTIC", 1, [logits], [scores])
    return graph.file([window], [logits, scores])


def stream_model(kept: int = 2) -> bytes:
    """Two variables: the last columns, and a number that every window counts up."""
    frames, bands, classes = 3, 16, 2
    rng, graph = np.random.default_rng(23), Graph()
    step = (FEATURES[1] - FEATURES[0]) / 255
    graph.op("CALL_ONCE", 1, [], [], initSubgraphIndex=1)
    window = graph.tensor("features", (1, frames, bands), INT8, step, 127)
    columns, count = graph.variable("columns"), graph.variable("count")
    before = graph.tensor("before", (1, kept, bands), INT8, step, 127)
    graph.op("READ_VARIABLE", 1, [columns], [before])
    every = graph.tensor("every", (1, kept + frames, bands), INT8, step, 127)
    graph.op("CONCATENATION", 2, [before, window], [every], axis=1)
    last = graph.tensor("last", (1, kept, bands), INT8, step, 127)
    ends = [(0, frames, 0), (1, frames + kept, bands), (1, 1, 1)]
    limits = [
        graph.tensor(f"limit {i}", (3,), INT32, data=np.array(values, np.int32))
        for i, values in enumerate(ends)
    ]
    graph.op("STRIDED_SLICE", 2, [every, *limits], [last])
    graph.op("ASSIGN_VARIABLE", 1, [columns, last], [])
    number = graph.tensor("number", (1, classes), INT8, 0.05, 2)
    graph.op("READ_VARIABLE", 1, [count], [number])
    one = graph.tensor("one", (1, classes), INT8, 0.05, 0, data=np.array([[1, -1]], np.int8))
    more = graph.tensor("more", (1, classes), INT8, 0.05, 2)
    graph.op("ADD", 2, [number, one], [more])
    graph.op("ASSIGN_VARIABLE", 1, [count, more], [])
    dense = graph.tensor("dense", (1, classes), INT8, 0.05, 5)
    graph.dense(every, dense, rng, (kept + frames) * bands, step * 0.002)
    logits = graph.tensor("logits", (1, classes), INT8, 0.05, 5)
    graph.op("ADD", 2, [dense, more], [logits])
    outputs = graph.uint8_ends(logits, classes, "LOGISTIC")
    first = rng.integers(-128, 128, (1, kept, bands)).astype(np.int8)
    once = graph.subgraph()
    for name, shape, scale, zero_point, data in (
        ("columns", (1, kept, bands), step, 127, first),
        ("count", (1, classes), 0.05, 2, np.array([[40, -60]], np.int8)),
    ):
        value = once.tensor(name, shape, INT8, scale, zero_point, data=data)
        once.op("ASSIGN_VARIABLE", 1, [once.variable(name), value], [])
    once.ends([], [])
    return graph.file([window], outputs)


def curved_model(op: str) -> bytes:
    """Dense, an op that bends, dense."""
    frames, bands, classes, units = 8, 16, 3, 6
    rng, graph = np.random.default_rng(24), Graph()
    step = (FEATURES[1] - FEATURES[0]) / 255
    window = graph.tensor("features", (1, frames, bands), INT8, step, 127)
    hidden = graph.tensor("hidden", (1, units), INT8, 0.02, 5)
    graph.dense(window, hidden, rng, frames * bands, step * 0.0004)
    curved = graph.tensor("curved", (1, units), INT8, 0.02, -20)
    graph.op(op, 1, [hidden], [curved])
    logits = graph.tensor("logits", (1, classes), INT8, 0.05, 5)
    graph.dense(curved, logits, rng, units, 0.02 * 0.01)
    return graph.file([window], [logits])


def windows(shape: list[int]) -> list[Any]:
    """Return 64 noisy windows of many levels, float32 of `shape`: for calibration."""
    rng = np.random.default_rng(1)
    levels = rng.uniform(*FEATURES, 64)
    return [np.clip(rng.normal(level, 12, shape), *FEATURES).astype(np.float32) for level in levels]


def made_by_hand() -> dict[str, bytes]:
    """The models that no converter makes."""
    return {
        "svdf": svdf_model(),
        "uint8": uint8_model(),
        "int16": int16_model(),
        "stream": stream_model(),
        "elu": curved_model("ELU"),
        "exp": curved_model("EXP"),
    }


def converted() -> dict[str, bytes]:
    """The models that TensorFlow's converter makes of Keras layers."""
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
    tf.keras.utils.set_random_seed(20)  # whatever came before
    return models | {
        "fullyconv": convert(fullyconv_model(layers)),
        "grouped": convert(grouped_model(layers)),
        "hearing": convert(hearing_model(layers), inside=False, ends=False),
    }


def main(names: list[str]) -> None:
    """Write all models, or those named."""
    models = made_by_hand()
    if not names or not set(names) <= set(models):
        models |= converted()
    for name, data in models.items():
        if not names or name in names:
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
    main(sys.argv[1:])
