"""The builtin ops that TFLite Micro has, and how its resolver is asked for each. Standard library only.

From `micro_mutable_op_resolver.h` of Espressif's esp-tflite-micro 1.4, which names the same ops as TFLite Micro itself.
"""

from collections.abc import Iterable

from .errors import BundleError

# Builtin op (its name in the TFLite schema) -> method of tflite::MicroMutableOpResolver.
MICRO_OPS = {
    "ABS": "AddAbs",
    "ADD": "AddAdd",
    "ADD_N": "AddAddN",
    "ARG_MAX": "AddArgMax",
    "ARG_MIN": "AddArgMin",
    "ASSIGN_VARIABLE": "AddAssignVariable",
    "AVERAGE_POOL_2D": "AddAveragePool2D",
    "BATCH_MATMUL": "AddBatchMatMul",
    "BATCH_TO_SPACE_ND": "AddBatchToSpaceNd",
    "BROADCAST_ARGS": "AddBroadcastArgs",
    "BROADCAST_TO": "AddBroadcastTo",
    "CALL_ONCE": "AddCallOnce",
    "CAST": "AddCast",
    "CEIL": "AddCeil",
    "CONCATENATION": "AddConcatenation",
    "CONV_2D": "AddConv2D",
    "COS": "AddCos",
    "CUMSUM": "AddCumSum",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "DEPTH_TO_SPACE": "AddDepthToSpace",
    "DEQUANTIZE": "AddDequantize",
    "DIV": "AddDiv",
    "DYNAMIC_UPDATE_SLICE": "AddDynamicUpdateSlice",
    "ELU": "AddElu",
    "EMBEDDING_LOOKUP": "AddEmbeddingLookup",
    "EQUAL": "AddEqual",
    "EXP": "AddExp",
    "EXPAND_DIMS": "AddExpandDims",
    "FILL": "AddFill",
    "FLOOR": "AddFloor",
    "FLOOR_DIV": "AddFloorDiv",
    "FLOOR_MOD": "AddFloorMod",
    "FULLY_CONNECTED": "AddFullyConnected",
    "GATHER": "AddGather",
    "GATHER_ND": "AddGatherNd",
    "GREATER": "AddGreater",
    "GREATER_EQUAL": "AddGreaterEqual",
    "HARD_SWISH": "AddHardSwish",
    "IF": "AddIf",
    "L2_NORMALIZATION": "AddL2Normalization",
    "L2_POOL_2D": "AddL2Pool2D",
    "LEAKY_RELU": "AddLeakyRelu",
    "LESS": "AddLess",
    "LESS_EQUAL": "AddLessEqual",
    "LOG": "AddLog",
    "LOGICAL_AND": "AddLogicalAnd",
    "LOGICAL_NOT": "AddLogicalNot",
    "LOGICAL_OR": "AddLogicalOr",
    "LOGISTIC": "AddLogistic",
    "LOG_SOFTMAX": "AddLogSoftmax",
    "MAXIMUM": "AddMaximum",
    "MAX_POOL_2D": "AddMaxPool2D",
    "MEAN": "AddMean",
    "MINIMUM": "AddMinimum",
    "MIRROR_PAD": "AddMirrorPad",
    "MUL": "AddMul",
    "NEG": "AddNeg",
    "NOT_EQUAL": "AddNotEqual",
    "PACK": "AddPack",
    "PAD": "AddPad",
    "PADV2": "AddPadV2",
    "PRELU": "AddPrelu",
    "QUANTIZE": "AddQuantize",
    "READ_VARIABLE": "AddReadVariable",
    "REDUCE_ALL": "AddReduceAll",
    "REDUCE_MAX": "AddReduceMax",
    "REDUCE_MIN": "AddReduceMin",
    "RELU": "AddRelu",
    "RELU6": "AddRelu6",
    "RESHAPE": "AddReshape",
    "RESIZE_BILINEAR": "AddResizeBilinear",
    "RESIZE_NEAREST_NEIGHBOR": "AddResizeNearestNeighbor",
    "REVERSE_V2": "AddReverseV2",
    "ROUND": "AddRound",
    "RSQRT": "AddRsqrt",
    "SELECT_V2": "AddSelectV2",
    "SHAPE": "AddShape",
    "SIN": "AddSin",
    "SLICE": "AddSlice",
    "SOFTMAX": "AddSoftmax",
    "SPACE_TO_BATCH_ND": "AddSpaceToBatchNd",
    "SPACE_TO_DEPTH": "AddSpaceToDepth",
    "SPLIT": "AddSplit",
    "SPLIT_V": "AddSplitV",
    "SQRT": "AddSqrt",
    "SQUARE": "AddSquare",
    "SQUARED_DIFFERENCE": "AddSquaredDifference",
    "SQUEEZE": "AddSqueeze",
    "STRIDED_SLICE": "AddStridedSlice",
    "SUB": "AddSub",
    "SUM": "AddSum",
    "SVDF": "AddSvdf",
    "TANH": "AddTanh",
    "TRANSPOSE": "AddTranspose",
    "TRANSPOSE_CONV": "AddTransposeConv",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
    "UNPACK": "AddUnpack",
    "VAR_HANDLE": "AddVarHandle",
    "WHILE": "AddWhile",
    "ZEROS_LIKE": "AddZerosLike",
}

# What a firmware offers beyond the ops of its own bundle, so that another model can be deployed without a new build:
# the ops of usual audio models. Each costs flash only.
FIRMWARE_OPS = (
    "ADD",
    "AVERAGE_POOL_2D",
    "BATCH_TO_SPACE_ND",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "ELU",
    "EXPAND_DIMS",
    "FULLY_CONNECTED",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "MAXIMUM",
    "MAX_POOL_2D",
    "MEAN",
    "MINIMUM",
    "MUL",
    "PACK",
    "PAD",
    "PADV2",
    "PRELU",
    "QUANTIZE",
    "REDUCE_MAX",
    "RELU",
    "RELU6",
    "RESHAPE",
    "SHAPE",
    "SLICE",
    "SOFTMAX",
    "SPACE_TO_BATCH_ND",
    "SPLIT",
    "SQUEEZE",
    "STRIDED_SLICE",
    "SUB",
    "SUM",
    "TANH",
    "TRANSPOSE",
)

# What streaming models use besides: state in variables, and windows cut into pieces. A firmware holds them when its own
# bundle keeps state in variables, or when it is built with -DFIRMWARE_VARIABLES=1 (environment esp32dev-all).
STREAMING_OPS = ("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "SPLIT_V", "VAR_HANDLE")

PLAIN_LAYERS = (
    "build it from plain layers (convolution, pooling, dense, relu, sigmoid, softmax) and convert it again"
)


def check_ops(ops: Iterable[str]) -> None:
    """Check that TFLite Micro has all of `ops`.

    Raises:
        BundleError: names those it does not have.
    """
    unknown = sorted(set(ops) - set(MICRO_OPS))
    if unknown:
        raise BundleError(
            f"the model uses {', '.join(unknown)}, which TFLite Micro does not have",
            PLAIN_LAYERS,
        )


def resolver_header(ops: Iterable[str]) -> str:
    """Return `op_resolver.h`: what a firmware registers with its MicroMutableOpResolver.

    Args:
        ops: those of the bundle's model.

    Raises:
        BundleError: TFLite Micro does not have one of them.
    """
    own = sorted(set(ops))
    check_ops(own)
    usual = {*own, *FIRMWARE_OPS}
    return f"""/* Generated by `python -m host generate` from a bundle. Do not edit.
 *
 * BUNDLE_: the ops of the bundle's model. FIRMWARE_: these and the ones deployed models usually need. The resolver is a
 * tflite::MicroMutableOpResolver<..._OP_COUNT>; ..._ADD_OPS(resolver) is kTfLiteOk when all were added. */
#ifndef OP_RESOLVER_H
#define OP_RESOLVER_H

{_macros("BUNDLE", own)}
/* 1: state in resource variables (streaming models) works in this firmware; a build may ask for it. */
#ifndef FIRMWARE_VARIABLES
#define FIRMWARE_VARIABLES {int("VAR_HANDLE" in own)}
#endif

#if FIRMWARE_VARIABLES
{_macros("FIRMWARE", sorted(usual | {*STREAMING_OPS}))}#else
{_macros("FIRMWARE", sorted(usual))}#endif

#endif
"""


def _macros(prefix: str, ops: list[str]) -> str:
    calls = " && \\\n     ".join(f"(resolver).{MICRO_OPS[op]}() == kTfLiteOk" for op in ops)
    return (
        f"#define {prefix}_OP_COUNT {len(ops)}\n"
        f"#define {prefix}_ADD_OPS(resolver) \\\n    ({calls} ? kTfLiteOk : kTfLiteError)\n"
    )
