"""Makes the models of this folder anew: `python host/model/testdata/make_models.py`. Untrained weights from a seed.

sigmoid.tflite     int8 [1, 31, 16, 1] -> scores and logits [1, 1]: separable convolution, mean, dense
softmax.tflite     int8 [1, 49, 64, 1] -> scores and logits [1, 5]: many other ops, for 16 kHz and 64 bands
flat.tflite        int8 [1, 320] -> [1, 3], not activated: dense only
svdf.tflite        int8 [1, 128] -> scores and logits [1, 3]: SVDF, which remembers five windows, and dense
fullyconv.tflite   int8 [1, 31, 16, 1] -> [1, 5]: softmax on [1, 1, 1, 5], which ESP-NN's kernel gets wrong
grouped.tflite     int8 [1, 31, 16, 1] -> [1, 3]: a convolution in two groups, on which ESP-NN's aborts
float.tflite       the flat model, not quantised
float_ends.tflite  the flat model, int8 inside, float input and output
"""

import os
from pathlib import Path
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

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


class Graph:
    """A `.tflite` tensor by tensor and op by op, for ops that the converter makes of no Keras layer."""

    def __init__(self) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.description = b"make_models.py"
        self._model.buffers = [schema.BufferT()]  # the first one stands for "no content"
        self._model.operatorCodes = []
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._model.subgraphs = [self._graph]

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: int,
        scale: float,
        zero_point: int = 0,
        data: Any = None,
        variable: bool = False,
    ) -> int:
        """Add a tensor, with content where it is a constant; returns its number."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.isVariable = name.encode(), list(shape), kind, variable
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            self._model.buffers.append(buffer)
            tensor.buffer = len(self._model.buffers) - 1
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def op(self, name: str, version: int, inputs: list[int], output: int, **options: Any) -> None:
        """Add an op; `options` are the fields of its options table."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        self._model.operatorCodes.append(code)
        op, table = (
            schema.OperatorT(),
            {"FULLY_CONNECTED": "FullyConnected", "SOFTMAX": "Softmax"}.get(name, name),
        )
        op.opcodeIndex = len(self._model.operatorCodes) - 1
        op.inputs, op.outputs = inputs, [output]
        op.builtinOptionsType = getattr(schema.BuiltinOptions, f"{table}Options")
        op.builtinOptions = getattr(schema, f"{table}OptionsT")()
        for key, value in options.items():
            setattr(op.builtinOptions, key, value)
        self._graph.operators.append(op)

    def file(self, inputs: list[int], outputs: list[int]) -> bytes:
        """The file's bytes."""
        self._graph.inputs, self._graph.outputs = inputs, outputs
        builder = flatbuffers.Builder(4096)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def svdf_model() -> bytes:
    """A rank-1 SVDF over flat windows of 8 x 16 cells, then dense and softmax."""
    cells, units, memory, classes = 128, 8, 5, 3
    int8, int16, int32 = schema.TensorType.INT8, schema.TensorType.INT16, schema.TensorType.INT32
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
    graph.op("SVDF", 3, remembered, hidden, rank=1, fusedActivationFunction=relu)
    weights = [
        graph.tensor("dense", (classes, units), int8, dense, data=constant["dense"]),
        graph.tensor("dense bias", (classes,), int32, inner * dense, data=np.zeros(classes, np.int32)),
    ]
    logits = graph.tensor("logits", (1, classes), int8, 0.4)
    graph.op("FULLY_CONNECTED", 4, [hidden, *weights], logits)
    scores = graph.tensor("scores", (1, classes), int8, 1 / 256, -128)
    graph.op("SOFTMAX", 2, [logits], scores, beta=1.0)
    return graph.file([window], [scores, logits])


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
        "svdf": svdf_model(),
        "float": convert(flat, inside=False, ends=False),
        "float_ends": convert(flat, ends=False),
    }
    tf.keras.utils.set_random_seed(20)  # whatever came before
    models |= {
        "fullyconv": convert(fullyconv_model(layers)),
        "grouped": convert(grouped_model(layers)),
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
