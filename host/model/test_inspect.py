"""What a model file is, and every reason to refuse one. TensorFlow's own schema module is the second reader."""

import copy
import hashlib
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
from .float_ends import strip_float_ends
from .incoming import take_in, with_int16_range
from .inspect import (
    ModelError,
    activation_of_scores,
    inspect_model,
    read_graph,
    read_model_file,
    window_of,
    with_layout,
)
from .names import BUILTIN_OPS, CUSTOM, TENSOR_TYPES
from .samples import sample_model

FLOAT32, INT32, INT64, UINT8 = (TENSOR_TYPES.index(name) for name in ("float32", "int32", "int64", "uint8"))


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


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "flat", "uint8", "int16", "stream"])
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
    stream = inspect_model(sample_model("stream"))
    assert stream.stateful and {"CALL_ONCE", "VAR_HANDLE", "ASSIGN_VARIABLE"} <= set(stream.ops)

    def another_subgraph(op: str) -> bytes:
        def edit(model: Any) -> None:
            model.subgraphs.append(copy.deepcopy(model.subgraphs[0]))
            use_op(model, op)

        return edited("flat", edit)

    def with_ends(model: Any) -> None:
        model.subgraphs[1].inputs = [0]

    with pytest.raises(ModelError, match="second subgraph with inputs or outputs"):
        inspect_model(edited("stream", with_ends))
    with pytest.raises(ModelError, match="2 subgraphs"):
        inspect_model(edited("flat", lambda model: model.subgraphs.append(copy.deepcopy(model.subgraphs[0]))))
    with pytest.raises(ModelError, match=r"2 subgraphs: control flow \(WHILE\)"):
        inspect_model(another_subgraph("WHILE"))

    def nested(model: Any) -> None:
        model.subgraphs[1].operators.append(copy.deepcopy(model.subgraphs[0].operators[0]))

    with pytest.raises(ModelError, match="calls another one"):
        inspect_model(edited("stream", nested))


def test_types_and_layouts_at_the_ends() -> None:
    uint8 = with_layout(inspect_model(sample_model("uint8")), 16)
    assert (uint8.input.type, uint8.input.bands_first, uint8.scores.type) == ("uint8", 16, "uint8")
    assert uint8.input.in_file == (uint8.input.scale, 255) and uint8.input.zero_point == 127
    assert uint8.scores.in_file == (1 / 256, 0) and uint8.scores.zero_point == -128
    int16 = inspect_model(sample_model("int16"))
    assert (int16.input.type, int16.scores.type, int16.values) == ("int16", "int16", 12)
    assert int16.scores.in_file == (1 / 32768, 0) and int16.scores.scale == 1 / 128
    for lowest, highest, zero_point, step in ((-80, 0, 127, 128), (0, 26, -128, 128), (-3, 3, 0, 256)):
        ranged = with_int16_range(int16, lowest, highest).input
        assert (ranged.zero_point, ranged.step) == (zero_point, step)
        assert ranged.in_file == int16.input.in_file
    with pytest.raises(ModelError, match="different types: int8 and uint8"):
        inspect_model(edited("sigmoid", mixed_outputs))


def mixed_outputs(model: Any) -> None:
    tensor = output_of(model, inspect_model(sample_model("sigmoid")).outputs[1].index)
    tensor.type, tensor.quantization.zeroPoint = UINT8, [3]


def test_the_order_of_the_axes() -> None:
    uint8, flat = inspect_model(sample_model("uint8")), inspect_model(sample_model("flat"))
    assert with_layout(uint8, 10).input.bands_first == 0  # [1, 1, 16, 10]: 16 frames
    assert window_of(with_layout(uint8, 10), 10) == (16, 10)
    assert window_of(with_layout(uint8, 16), 16) == (10, 16)
    assert with_layout(uint8, None).input.bands_first == 0
    assert with_layout(uint8, None, "bands-first").input.bands_first == 16
    assert with_layout(flat, 20, "bands-first").input.bands_first == 20
    with pytest.raises(ModelError, match="10 bands"):
        with_layout(uint8, 16, "frames-first")
    with pytest.raises(ModelError, match="--bands"):
        with_layout(flat, None)


def test_float_ends_come_off() -> None:
    data = sample_model("float_ends")
    stripped, taken = strip_float_ends(data)
    assert taken == ("QUANTIZE of its input", "DEQUANTIZE of an output")
    assert len(stripped) == len(data)
    whole, flat = read_graph(stripped), read_graph(sample_model("flat"))
    assert [operator.name for operator in whole.operators] == [operator.name for operator in flat.operators]
    model = inspect_model(stripped)
    assert (model.input, model.scores) == (
        inspect_model(sample_model("flat")).input,
        inspect_model(sample_model("flat")).scores,
    )
    incoming = take_in(data)
    assert incoming.model_bytes == stripped
    assert incoming.original["sha256"] == hashlib.sha256(data).hexdigest()
    assert "taken off" in incoming.notes[0]
    assert take_in(sample_model("flat")).original == {} and take_in(sample_model("flat")).notes == ()
    for name in ("float", "flat", "uint8", "stream"):
        assert strip_float_ends(sample_model(name)) == (sample_model(name), ())


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
    ("int32 input", "flat", lambda m: setattr(input_of(m), "type", INT32), "int32, not int8"),
    ("int64 output", "flat", lambda m: setattr(output_of(m), "type", INT64), "int64, not int8"),
    (
        "int16 with a zero point",
        "int16",
        lambda m: setattr(input_of(m).quantization, "zeroPoint", [3]),
        "no usable",
    ),
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
    ("rank 7 input", "flat", lambda m: setattr(input_of(m), "shape", [1, 1, 1, 1, 1, 16, 20]), "no window"),
    ("three long axes", "flat", lambda m: setattr(input_of(m), "shape", [1, 4, 4, 20]), "no window"),
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
    assert window_of(softmax, 64) == (49, 64)
    assert window_of(flat, 20) == (16, 20)
    for model, bands, named in (
        (softmax, 40, "40 bands"),
        (flat, None, "--bands"),
        (flat, 30, "multiple of 30"),
    ):
        with pytest.raises(ModelError, match=named):
            with_layout(model, bands)


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
