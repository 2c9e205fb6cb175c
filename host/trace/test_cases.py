"""A departing op as a model of its own: it computes the same, survives a file, and nothing foreign is believed."""

import contextlib
import hashlib
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..model.inspect import ModelError, read_graph
from ..model.kept_tensors import run_kept
from ..model.locate import Values
from ..model.one_op import one_op
from ..model.op_words import op_title
from ..model.worker_protocol import MICRO
from .case_file import Case, CaseError, case_of, make_case, read_case, write_case

BUNDLE = load_bundle(DEFAULT_BUNDLE)
OPS = len(read_graph(BUNDLE.model_bytes).operators)


@pytest.fixture(scope="module")
def values() -> Values:
    pytest.importorskip("tflite_micro")
    info = BUNDLE.model.input
    window = np.random.default_rng(4).integers(-128, 128, (1, *info.shape)).astype(np.int8)
    return run_kept(MICRO, BUNDLE.model_bytes, window)


def _case(values: Values, op: int) -> Case:
    number = read_graph(BUNDLE.model_bytes).operators[op].outputs[0]
    came = values[number].copy()
    came.flat[0] ^= 1
    return make_case(
        BUNDLE.model_bytes, op, op_title(BUNDLE.model_bytes, op), values, {number: came}, {"board": "virtual"}
    )


@pytest.mark.parametrize("op", range(OPS))
def test_every_op_alone_computes_what_it_does_in_its_model(values: Values, op: int) -> None:
    cut = one_op(BUNDLE.model_bytes, op)
    graph = read_graph(cut.model)
    assert len(graph.operators) == 1 and len(graph.inputs) == len(cut.inputs) == 1
    alone = run_kept(MICRO, cut.model, values[cut.inputs[0]][np.newaxis])
    assert np.array_equal(alone[graph.outputs[0]], values[cut.outputs[0]])


def test_an_op_alone_brings_its_own_weights_only() -> None:
    sizes = [len(one_op(BUNDLE.model_bytes, op).model) for op in range(OPS)]
    assert sizes[-1] < 1500  # the last one makes scores of logits, and has no weights
    assert sum(sizes) < len(BUNDLE.model_bytes) + 1500 * OPS


def test_an_op_that_is_not_there_is_refused() -> None:
    for op in (-1, OPS):
        with pytest.raises(ModelError, match=f"no op {op}"):
            one_op(BUNDLE.model_bytes, op)


def test_a_case_survives_its_file(values: Values, tmp_path: Path) -> None:
    case = _case(values, 2)
    write_case(case, tmp_path / "case.zip")
    again = read_case(tmp_path / "case.zip")
    assert (again.model, again.op, again.about) == (case.model, case.op, case.about)
    for ours, theirs in zip((*case.inputs, *case.expected), (*again.inputs, *again.expected), strict=True):
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype
    assert again.device[0] is not None and np.count_nonzero(again.device[0] != again.expected[0]) == 1


def test_the_script_is_ten_lines_of_tensorflow_alone(values: Values, tmp_path: Path) -> None:
    write_case(_case(values, 2), tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        script = archive.read("reproduce.py").decode()
    assert len(script.splitlines()) <= 10 and "host" not in script
    compile(script, "reproduce.py", "exec")


def _files(values: Values, tmp_path: Path) -> dict[str, bytes]:
    write_case(_case(values, 2), tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda files: files.update({"../evil": b""}), "belongs to no case"),
        (lambda files: files.update({"/etc/passwd": b""}), "belongs to no case"),
        (lambda files: files.pop("model.tflite"), "holds no model.tflite"),
        (lambda files: files.pop("case.json"), "holds no case.json"),
        (lambda files: files.pop("input_0.npy"), "not those that case.json lists"),
        (lambda files: files.update({"input_0.npy": files["expected_0.npy"]}), "SHA-256 differs"),
        (lambda files: files.update({"model.tflite": files["model.tflite"] + b"\0"}), "SHA-256 differs"),
        (lambda files: files.update({"case.json": b"[]"}), "JSON object"),
        (lambda files: files.update({"case.json": b'{"format": 2}'}), "format 2"),
        (lambda files: files.update({"input_9.npy": bytes(40 << 20)}), "larger than a case may be"),
    ],
)
def test_what_no_case_has_is_refused_by_name(values: Values, tmp_path: Path, spoil: Any, words: str) -> None:
    files = _files(values, tmp_path)
    spoil(files)
    with pytest.raises(HilError, match=words):
        case_of(_zip(files), "foreign.zip")


def test_an_array_that_does_not_fit_its_model_is_refused(values: Values, tmp_path: Path) -> None:
    files = _files(values, tmp_path)
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1, 2), np.int8))
    files["input_0.npy"] = buffer.getvalue()
    about = json.loads(files["case.json"])
    about["files"]["input_0.npy"]["sha256"] = hashlib.sha256(files["input_0.npy"]).hexdigest()
    files["case.json"] = json.dumps(about).encode()
    with pytest.raises(CaseError, match=r"input_0.npy is int8 \[1, 2\]"):
        case_of(_zip(files), "foreign.zip")


@given(st.binary(max_size=300))
def test_bytes_that_are_no_case_end_in_one_kind_of_error(content: bytes) -> None:
    with pytest.raises(HilError):
        case_of(content, "foreign.zip")


@given(st.data())
def test_a_damaged_case_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(_whole_case())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for content in (bytes(whole), bytes(whole[:cut])):
        with contextlib.suppress(HilError):
            case_of(content, "foreign.zip")


_KEPT: list[bytes] = []


def _whole_case() -> bytes:
    if not _KEPT:
        cut = one_op(BUNDLE.model_bytes, OPS - 1)
        graph = read_graph(cut.model)
        inputs, outputs = (
            tuple(np.zeros(graph.tensors[number].shape, np.int8) for number in ends)
            for ends in (graph.inputs, graph.outputs)
        )
        case = Case(cut.model, "op", inputs, outputs, outputs, {})
        with tempfile.TemporaryDirectory() as folder:
            write_case(case, Path(folder) / "case.zip")
            _KEPT.append((Path(folder) / "case.zip").read_bytes())
    return _KEPT[0]
