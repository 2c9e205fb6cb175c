"""What a model file is, and every reason to refuse one. TensorFlow's own schema module is the second reader."""

import copy
import importlib.util
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..bundle.op_table import MICRO_OPS
from .flatbuffer import DamagedError, root
from .inspect import (
    ModelError,
    activation_of_scores,
    inspect_model,
    read_graph,
    read_model_file,
    window_of,
)
from .names import BUILTIN_OPS, CUSTOM, TENSOR_TYPES
from .samples import sample_model

INT8, FLOAT32, INT16, UINT8 = (TENSOR_TYPES.index(name) for name in ("int8", "float32", "int16", "uint8"))


@cache
def schema() -> Any:
    """TensorFlow's generated schema, without importing TensorFlow itself, which takes seconds."""
    spec = importlib.util.find_spec("tensorflow")
    assert spec is not None and spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "lite" / "python" / "schema_py_generated.py"
    found = importlib.util.spec_from_file_location("tflite_schema", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def edited(name: str, edit: Callable[[Any], object]) -> bytes:
    """A sample model, changed."""
    import flatbuffers  # type: ignore[import-untyped]

    model = schema().ModelT.InitFromObj(schema().Model.GetRootAsModel(sample_model(name), 0))
    edit(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "flat"])
def test_tensorflows_schema_reads_the_same(name: str) -> None:
    graph = read_graph(sample_model(name))
    model = schema().ModelT.InitFromObj(schema().Model.GetRootAsModel(sample_model(name), 0))
    theirs = model.subgraphs[0]
    assert graph.inputs == tuple(theirs.inputs)
    assert graph.outputs == tuple(theirs.outputs)
    for mine, tensor in zip(graph.tensors, theirs.tensors, strict=True):
        assert mine.name == tensor.name.decode()
        assert mine.kind == tensor.type
        assert mine.shape == tuple(tensor.shape)
        scales = getattr(tensor.quantization, "scale", None)
        single = scales is not None and len(scales) == 1
        assert mine.scale == (float(tensor.quantization.scale[0]) if single else None)
        assert mine.zero_point == (tensor.quantization.zeroPoint[0] if single else None)
    for operator, op in zip(graph.operators, theirs.operators, strict=True):
        code = model.operatorCodes[op.opcodeIndex]
        assert operator.name == BUILTIN_OPS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        assert operator.inputs == tuple(op.inputs)
        assert operator.outputs == tuple(op.outputs)


def test_names_are_the_schemas() -> None:
    ops, types = vars(schema().BuiltinOperator), vars(schema().TensorType)
    assert all(ops[name] == code for code, name in enumerate(BUILTIN_OPS))
    assert BUILTIN_OPS[CUSTOM] == "CUSTOM"
    assert all(types[name.upper()] == code for code, name in enumerate(TENSOR_TYPES))


def test_scores_and_logits_are_told_apart_by_the_graph() -> None:
    for name, classes in (("sigmoid", 1), ("softmax", 5)):
        info = inspect_model(sample_model(name))
        assert info.logits is not None
        assert [output.role for output in info.outputs] == ["scores", "logits"]
        assert (info.scores.scale, info.scores.zero_point) == (1 / 256, -128)
        assert info.classes == classes
        swapped = inspect_model(edited(name, swap_outputs))
        assert swapped.scores == replace(info.scores, index=1 - info.scores.index)
        assert swapped.logits == replace(info.logits, index=1 - info.logits.index)
    flat = inspect_model(sample_model("flat"))
    assert flat.logits is None and flat.scores.role == "scores" and flat.classes == 3


def test_what_only_lies_in_the_file_is_not_judged() -> None:
    """Two people's int8 LSTMs were refused for float tensors of shape [0] that no op reads."""

    def add_unused(model: Any) -> None:
        unused = copy.deepcopy(tensors(model)[0])
        unused.type, unused.shape, unused.shapeSignature, unused.name = FLOAT32, [0], None, b"\xff\xfe"
        tensors(model).append(unused)

    assert inspect_model(edited("flat", add_unused)).ops == inspect_model(sample_model("flat")).ops


def test_a_streaming_model_is_told_from_control_flow() -> None:
    def another_subgraph(op: str) -> bytes:
        def edit(model: Any) -> None:
            model.subgraphs.append(copy.deepcopy(model.subgraphs[0]))
            use_op(model, op)

        return edited("flat", edit)

    with pytest.raises(ModelError, match=r"(?s)2 subgraphs: it is a streaming model.*non-streaming"):
        inspect_model(another_subgraph("CALL_ONCE"))
    with pytest.raises(ModelError, match=r"2 subgraphs: control flow \(WHILE\)"):
        inspect_model(another_subgraph("WHILE"))


def test_raw_outputs_are_told_from_activations() -> None:
    found = {name: activation_of_scores(sample_model(name)) for name in ("sigmoid", "softmax")}
    assert found == {"sigmoid": "LOGISTIC", "softmax": "SOFTMAX"}
    logits = inspect_model(sample_model("sigmoid")).logits
    assert logits is not None
    raw = edited(
        "sigmoid", lambda m: setattr(m.subgraphs[0], "outputs", [m.subgraphs[0].outputs[logits.index]])
    )
    assert activation_of_scores(raw) is None


def test_a_single_output_behind_a_sigmoid_is_scores() -> None:
    scores = inspect_model(sample_model("sigmoid")).scores.index
    alone = edited("sigmoid", lambda m: setattr(m.subgraphs[0], "outputs", [m.subgraphs[0].outputs[scores]]))
    info = inspect_model(alone)
    assert (info.scores.index, info.scores.scale, info.logits) == (0, 1 / 256, None)


def tensors(model: Any) -> Any:
    return model.subgraphs[0].tensors


def input_of(model: Any) -> Any:
    return tensors(model)[model.subgraphs[0].inputs[0]]


def output_of(model: Any, index: int = 0) -> Any:
    return tensors(model)[model.subgraphs[0].outputs[index]]


def swap_outputs(model: Any) -> None:
    graph = model.subgraphs[0]
    graph.outputs = graph.outputs[::-1]


def use_op(model: Any, name: str) -> None:
    code = model.operatorCodes[0]
    code.builtinCode = BUILTIN_OPS.index(name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)


def custom(model: Any) -> None:
    use_op(model, "CUSTOM")
    model.operatorCodes[0].customCode = b"FlexErf"


def two_inputs(model: Any) -> None:
    model.subgraphs[0].inputs = [model.subgraphs[0].inputs[0], model.subgraphs[0].outputs[0]]


def three_outputs(model: Any) -> None:
    graph = model.subgraphs[0]
    graph.outputs = [*graph.outputs, graph.operators[0].outputs[0]]


def unrelated_outputs(model: Any) -> None:
    graph = model.subgraphs[0]
    graph.outputs = [graph.outputs[0], graph.operators[0].outputs[0]]


REFUSED: list[tuple[str, str, Callable[[Any], object], str]] = [
    ("float tensor inside", "flat", lambda m: setattr(tensors(m)[1], "type", FLOAT32), "floating point in"),
    ("uint8 input", "flat", lambda m: setattr(input_of(m), "type", UINT8), "uint8, not int8"),
    ("int16 output", "flat", lambda m: setattr(output_of(m), "type", INT16), "int16, not int8"),
    ("no quantisation", "flat", lambda m: setattr(input_of(m), "quantization", None), "no usable scale"),
    ("scale 0", "flat", lambda m: setattr(input_of(m).quantization, "scale", [0.0]), "no usable scale"),
    (
        "zero point 200",
        "flat",
        lambda m: setattr(input_of(m).quantization, "zeroPoint", [200]),
        "no usable scale",
    ),
    (
        "per-channel input",
        "flat",
        lambda m: setattr(input_of(m).quantization, "scale", [1.0, 2.0]),
        "no usable",
    ),
    ("image input", "softmax", lambda m: setattr(input_of(m), "shape", [1, 49, 64, 3]), "no window"),
    ("rank 1 input", "flat", lambda m: setattr(input_of(m), "shape", [320]), "no window"),
    ("rank 5 input", "flat", lambda m: setattr(input_of(m), "shape", [1, 1, 16, 20, 1]), "no window"),
    ("batch of 2", "flat", lambda m: setattr(input_of(m), "shape", [2, 320]), "no window"),
    (
        "dynamic frames",
        "softmax",
        lambda m: setattr(input_of(m), "shapeSignature", [1, -1, 64, 1]),
        "not fixed",
    ),
    ("dynamic shape", "softmax", lambda m: setattr(tensors(m)[3], "shape", [1, -1]), "not fixed"),
    ("two inputs", "flat", two_inputs, "2 inputs"),
    ("three outputs", "sigmoid", three_outputs, "3 outputs"),
    ("no outputs", "flat", lambda m: setattr(m.subgraphs[0], "outputs", []), "0 outputs"),
    (
        "same output twice",
        "flat",
        lambda m: setattr(m.subgraphs[0], "outputs", [m.subgraphs[0].outputs[0]] * 2),
        "2 outputs",
    ),
    ("unrelated outputs", "sigmoid", unrelated_outputs, "neither is the sigmoid or softmax"),
    ("a map as output", "flat", lambda m: setattr(output_of(m), "shape", [1, 3, 1]), "not [1, classes]"),
    ("other logits", "softmax", lambda m: setattr(output_of(m), "shape", [1, 4]), "different shapes"),
    ("unknown op", "flat", lambda m: use_op(m, "GELU"), "GELU"),
    (
        "op of the future",
        "flat",
        lambda m: setattr(m.operatorCodes[0], "builtinCode", 4000),
        "builtin op 4000",
    ),
    ("custom op", "flat", custom, "FlexErf"),
    ("no ops", "flat", lambda m: setattr(m.subgraphs[0], "operators", []), "no ops"),
    ("two subgraphs", "flat", lambda m: m.subgraphs.append(m.subgraphs[0]), "2 subgraphs"),
    ("other schema", "flat", lambda m: setattr(m, "version", 2), "schema version 2"),
    (
        "op without code",
        "flat",
        lambda m: setattr(m.subgraphs[0].operators[0], "opcodeIndex", 9),
        "code 9 of",
    ),
    ("no such tensor", "flat", lambda m: setattr(m.subgraphs[0], "inputs", [99]), "no tensor 99"),
    ("negative tensor", "flat", lambda m: setattr(m.subgraphs[0], "outputs", [-5]), "no tensor -5"),
]


@pytest.mark.parametrize(("name", "edit", "named"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_model_is_refused_by_name(name: str, edit: Callable[[Any], object], named: str) -> None:
    with pytest.raises(ModelError) as raised:
        inspect_model(edited(name, edit))
    assert named in raised.value.cause
    assert raised.value.cure


def test_float_models_are_refused_by_name() -> None:
    with pytest.raises(ModelError, match="not quantised"):
        inspect_model(sample_model("float"))
    with pytest.raises(
        ModelError, match=r"its input or output has floating point in serving_default_\S+ \(float32\)"
    ):
        inspect_model(sample_model("float_ends"))


@pytest.mark.parametrize("shape", [[1, 1 << 27], [1 << 14, 1 << 14], [1, 2**31 - 1, 4]])
def test_tensors_that_would_fill_the_memory_are_refused(shape: list[int]) -> None:
    def swell(model: Any) -> None:
        inner = model.subgraphs[0].operators[0].outputs[0]
        tensors(model)[inner].shape = shape
        tensors(model)[inner].shapeSignature = None

    with pytest.raises(ModelError, match="larger than any microcontroller"):
        inspect_model(edited("sigmoid", swell))


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\xe9t\xe9", b"\x1b[2J", "\u202e麻".encode(), b""])
def test_names_of_any_bytes_end_no_message(name: bytes) -> None:
    def rename(model: Any) -> None:
        for tensor in tensors(model):
            tensor.name = name

    assert inspect_model(edited("sigmoid", rename)).classes == 1
    with pytest.raises(ModelError) as caught:
        inspect_model(edited("float_ends", rename))
    assert str(caught.value).replace("\n", "").isprintable()


def test_a_batch_of_any_size_is_taken_as_one() -> None:
    any_batch = edited("softmax", lambda m: setattr(input_of(m), "shapeSignature", [-1, 49, 64, 1]))
    assert inspect_model(any_batch).input.shape == (1, 49, 64, 1)


def test_frames_and_bands() -> None:
    softmax, flat = (inspect_model(sample_model(name)) for name in ("softmax", "flat"))
    assert window_of(softmax, None) == window_of(softmax, 64) == (49, 64)
    assert window_of(flat, 20) == (16, 20)
    for model, bands, named in (
        (softmax, 40, "40 bands"),
        (flat, None, "--bands"),
        (flat, 30, "multiple of 30"),
    ):
        with pytest.raises(ModelError, match=named):
            window_of(model, bands)


@pytest.mark.parametrize(
    "data", [b"", b"TFL3", b"\x1c\0\0\0TFL3", b"\x00" * 4 + b"TFL3" + b"\xff" * 100, b"RIFF" * 9]
)
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError):
        inspect_model(data)


@given(
    st.sampled_from(["sigmoid", "flat"]),
    st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), min_size=1, max_size=8),
    st.one_of(st.none(), st.integers(0, 4000)),
)
def test_a_damaged_model_is_refused_or_harmless(
    name: str, changes: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(sample_model(name))
    for at, value in changes:
        data[at % len(data)] = value
    try:
        info = inspect_model(bytes(data[:cut]))
    except ModelError:
        return
    assert set(info.ops) <= set(MICRO_OPS)
    assert len(info.outputs) in (1, 2) and info.cells >= 1


@given(st.binary(max_size=64))
def test_the_reader_stays_inside(data: bytes) -> None:
    try:
        table = root(data)
        for field in range(4):
            table.text(field)
            list(table.tables(field))
    except DamagedError:
        pass


def test_a_vector_longer_than_the_file_is_no_memory_eater() -> None:
    # root table at 8, its vtable at 16 says: one field, at byte 4 of the table; there, a vector of 2^32 - 1 items
    data = struct.pack("<I4xiIHHHxxI", 8, -8, 12, 6, 8, 4, 0xFFFFFFFF)
    with pytest.raises(DamagedError):
        root(data).values(0, "i", 1 << 40)


def test_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_model_file(tmp_path / "gone.tflite")
    with pytest.raises(ModelError, match="cannot be read"):
        read_model_file(tmp_path)
