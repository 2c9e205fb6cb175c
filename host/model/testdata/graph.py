"""A `.tflite` tensor by tensor and op by op, for what the converter makes of no Keras layer."""

from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np

try:  # the same file, for which nothing else has to be loaded
    from ai_edge_litert import schema_py_generated as schema
except ImportError:  # no such package for this system
    from tensorflow.lite.python import schema_py_generated as schema


_INT8, _UINT8, _INT16, _INT32, _INT64, _RESOURCE = (
    getattr(schema.TensorType, name) for name in ("INT8", "UINT8", "INT16", "INT32", "INT64", "RESOURCE")
)
# Tables whose names do not follow from the op's.
_TABLES = {
    "MAX_POOL_2D": "Pool2D",
    "AVERAGE_POOL_2D": "Pool2D",
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "SUM": "Reducer",
    "MEAN": "Reducer",
    "BATCH_MATMUL": "BatchMatMul",
    "SPACE_TO_BATCH_ND": "SpaceToBatchND",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
    "SVDF": "SVDF",
    "L2_NORMALIZATION": "L2Norm",
    "REDUCE_MAX": "Reducer",
    "REDUCE_MIN": "Reducer",
    "BATCH_TO_SPACE_ND": "BatchToSpaceND",
}


def value_of(enumeration: str, name: str) -> Any:
    """A value of one of the schema's enumerations."""
    return getattr(getattr(schema, enumeration), name)


class Graph:
    """A model's first subgraph; `subgraph` adds others."""

    def __init__(self, model: Any = None) -> None:
        if model is None:
            model = schema.ModelT()
            model.version = 3
            model.description = b"make_models.py"
            model.buffers = [schema.BufferT()]  # the first one stands for "no content"
            model.operatorCodes, model.subgraphs = [], []
        self._model = model
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._graph.inputs, self._graph.outputs = [], []
        model.subgraphs.append(self._graph)

    def subgraph(self) -> "Graph":
        """Another subgraph of the same model."""
        return Graph(self._model)

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: int,
        scale: Any = None,
        zero_point: int = 0,
        data: Any = None,
        variable: bool = False,
        axis: int = 0,
    ) -> int:
        """Add a tensor, with content where it is a constant; returns its number. A list of scales: along `axis`."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.isVariable = name.encode(), list(shape), kind, variable
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            scales = scale if isinstance(scale, list) else [scale]
            tensor.quantization.scale, tensor.quantization.zeroPoint = scales, [zero_point] * len(scales)
            tensor.quantization.quantizedDimension = axis
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            self._model.buffers.append(buffer)
            tensor.buffer = len(self._model.buffers) - 1
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def op(self, name: str, version: int, inputs: list[int], outputs: list[int], **options: Any) -> None:
        """Add an op; `options` are the fields of its options table."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        self._model.operatorCodes.append(code)
        op = schema.OperatorT()
        op.opcodeIndex = len(self._model.operatorCodes) - 1
        op.inputs, op.outputs = inputs, outputs
        table = _TABLES.get(name, "".join(part.capitalize() for part in name.split("_"))) + "Options"
        if hasattr(schema.BuiltinOptions, table):
            op.builtinOptionsType = getattr(schema.BuiltinOptions, table)
            op.builtinOptions = getattr(schema, f"{table}T")()
            for key, value in options.items():
                if not hasattr(op.builtinOptions, key):
                    raise AttributeError(f"{table} has no {key}")
                setattr(op.builtinOptions, key, value)
        self._graph.operators.append(op)

    def intermediates(self, numbers: list[int]) -> None:
        """Give the last op tensors between its inputs and its outputs, whose scales it needs."""
        self._graph.operators[-1].intermediates = numbers

    def quantisation(self, number: int) -> tuple[float, int]:
        """Scale and zero point of a tensor."""
        info = self._graph.tensors[number].quantization
        return float(np.float32(info.scale[0])), int(info.zeroPoint[0])

    def variable(self, name: str) -> int:
        """Add a handle of a resource variable."""
        handle = self.tensor(f"handle of {name}", (), _RESOURCE)
        self.op("VAR_HANDLE", 1, [], [handle], sharedName=name.encode(), container=b"")
        return handle

    def dense(
        self,
        source: int,
        output: int,
        rng: Any,
        cells: int,
        scale: float,
        relu: bool = False,
        bias: bool = True,
    ) -> int:
        """Add a dense layer with random weights into `output`; `scale`: of its sums, input times weights."""
        tensor, source_info = self._graph.tensors[output], self._graph.tensors[source]
        wide = tensor.type == _INT16
        units = tensor.shape[-1]
        weights = rng.integers(-127, 128, (units, cells)).astype(np.int8)
        numbers = rng.integers(-2000, 2000, units).astype(np.int64 if wide else np.int32)
        inputs = [
            source,
            self.tensor(
                "weights", (units, cells), _INT8, scale / source_info.quantization.scale[0], data=weights
            ),
            self.tensor("bias", (units,), _INT64 if wide else _INT32, scale, data=numbers) if bias else -1,
        ]
        kinds = schema.ActivationFunctionType
        self.op(
            "FULLY_CONNECTED", 4, inputs, [output], fusedActivationFunction=kinds.RELU if relu else kinds.NONE
        )
        return output

    def uint8_ends(self, logits: int, classes: int, activation: str) -> list[int]:
        """Add scores of int8 logits, and make both uint8; returns the two outputs, scores first."""
        info = self._graph.tensors[logits].quantization
        scores = self.tensor("scores", (1, classes), _INT8, 1 / 256, -128)
        self.op(activation, 2, [logits], [scores], **({"beta": 1.0} if activation == "SOFTMAX" else {}))
        outputs = []
        for name, source, scale, zero_point in (
            ("scores as uint8", scores, 1 / 256, 0),
            ("logits as uint8", logits, info.scale[0], info.zeroPoint[0] + 128),
        ):
            outputs.append(self.tensor(name, (1, classes), _UINT8, scale, zero_point))
            self.op("QUANTIZE", 2, [source], [outputs[-1]])
        return outputs

    def ends(self, inputs: list[int], outputs: list[int]) -> None:
        """Set the subgraph's inputs and outputs."""
        self._graph.inputs, self._graph.outputs = inputs, outputs

    def file(self, inputs: list[int], outputs: list[int]) -> bytes:
        """The file's bytes."""
        self.ends(inputs, outputs)
        builder = flatbuffers.Builder(4096)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def quantize_model(cells: int, scale: float, zero_point: int) -> bytes:
    """A model of one op: float32 [1, cells] to int8."""
    graph = Graph()
    source = graph.tensor("features", (1, cells), schema.TensorType.FLOAT32)
    output = graph.tensor("cells", (1, cells), _INT8, scale, zero_point)
    graph.op("QUANTIZE", 1, [source], [output])
    return graph.file([source], [output])
