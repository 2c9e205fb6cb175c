"""A departure as a file that anybody can run: one op, its input, both outputs, and a script.

A case may come from a stranger: what is read is bounded, named and hashed as it says, and nothing of it is run here.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import HilError
from ..files import atomic_write
from ..model.ends import Tensor
from ..model.inspect import Graph, ModelError, read_graph
from ..model.names import type_name
from ..model.one_op import one_op
from ..strict_json import json_text, parse_json_object, read_limited

FORMAT = 1
MODEL, ABOUT, SCRIPT = "model.tflite", "case.json", "reproduce.py"
NAMES = re.compile(r"case\.json|model\.tflite|reproduce\.py|(input|expected|device)_[0-9]\.npy")
MOST_FILE_BYTES = 32 << 20
MOST_BYTES = 64 << 20
MOST_FILES = 40
MOST_ABOUT_BYTES = 1 << 20
_CURE = "export it again: `python -m host trace FILE --export case.zip`"
# What a maintainer runs: TensorFlow's own interpreter, nothing of this project.
SCRIPT_TEXT = """import json, numpy as np, tensorflow as tf
about = json.load(open("case.json"))
kernels = tf.lite.experimental.OpResolverType.BUILTIN_REF
lite = tf.lite.Interpreter("model.tflite", experimental_op_resolver_type=kernels)
lite.allocate_tensors()
for n, info in enumerate(lite.get_input_details()): lite.set_tensor(info["index"], np.load(f"input_{n}.npy"))
lite.invoke()
for n, info in enumerate(lite.get_output_details()):
    ours, board = lite.get_tensor(info["index"]), np.load(f"device_{n}.npy")
    print(about["op"], "output", n, "cells that differ on the board:", np.count_nonzero(ours != board), "of", ours.size)
"""


class CaseError(HilError):
    """A case that cannot be made, read or run."""

    def __init__(self, cause: str, cure: str = _CURE) -> None:
        super().__init__(cause, cure)


@dataclass(frozen=True)
class Case:
    """One op that departs.

    Attributes:
        model: a `.tflite` file of this op alone.
        op: it, in words.
        inputs, expected, device: tensors; `device` is empty for one whose bytes are not known.
        about: where it comes from: versions, board, bundle.
    """

    model: bytes
    op: str
    inputs: tuple[Tensor, ...]
    expected: tuple[Tensor, ...]
    device: tuple[Tensor | None, ...]
    about: dict[str, Any] = field(default_factory=dict)


def make_case(
    model_bytes: bytes,
    op: int,
    title: str,
    values: dict[int, Tensor],
    came: dict[int, Tensor],
    about: dict[str, Any],
) -> Case:
    """Cut a departing op out.

    Args:
        model_bytes: the whole model.
        op: index of the op.
        title: it, in words.
        values: the host's tensors by number.
        came: the device's outputs of the op by number.
        about: versions, board, bundle; plain values.

    Raises:
        CaseError: the op cannot stand alone, or a tensor that it reads is not known.
    """
    try:
        cut = one_op(model_bytes, op)
    except ModelError as error:
        raise CaseError(error.cause, error.cure) from error
    missing = [number for number in (*cut.inputs, *cut.outputs) if number not in values]
    if missing:
        raise CaseError(f"what op {op} reads or gives is not known: tensor {missing[0]}", "trace another op")
    return Case(
        cut.model,
        title,
        tuple(values[number] for number in cut.inputs),
        tuple(values[number] for number in cut.outputs),
        tuple(came.get(number) for number in cut.outputs),
        about,
    )


def write_case(case: Case, path: Path) -> None:
    """Write a case as a ZIP file, whole or not at all.

    Raises:
        HilError: the file cannot be written.
    """
    files = {MODEL: case.model, SCRIPT: SCRIPT_TEXT.encode()}
    for kind, tensors in (("input", case.inputs), ("expected", case.expected), ("device", case.device)):
        for number, tensor in enumerate(tensors):
            if tensor is not None:
                files[f"{kind}_{number}.npy"] = _npy(tensor)
    listed = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    about = {"format": FORMAT, "op": case.op, "files": listed, "about": case.about}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {ABOUT: json_text(about).encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    try:
        atomic_write(path, buffer.getvalue())
    except OSError as error:
        raise CaseError(
            f"{path} cannot be written: {error.strerror or error}", "name another place with --export"
        ) from error


def _npy(tensor: Tensor) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(tensor), allow_pickle=False)
    return buffer.getvalue()


def read_case(path: Path) -> Case:
    """Read a case from anywhere.

    Raises:
        CaseError: it is damaged, holds what no case has, or more than one may.
        HilError: the file cannot be read.
    """
    return case_of(read_limited(path, MOST_BYTES, "give a case that `--export` wrote"), str(path))


def case_of(content: bytes, name: str) -> Case:
    """As `read_case`, of a file's content; `name` is for the words."""
    files = _unpacked(content, name)
    about = parse_json_object(files.pop(ABOUT), f"{name}: {ABOUT}")
    if about.get("format") != FORMAT:
        raise CaseError(
            f"{name} has format {about.get('format')!r}, this program reads {FORMAT}", "update this program"
        )
    _check_hashes(files, about.get("files"), name)
    try:
        graph = read_graph(files[MODEL])
    except ModelError as error:
        raise CaseError(f"{name}: {error.cause}") from error
    if len(graph.operators) != 1 or graph.once:
        raise CaseError(f"{name} holds a model of {len(graph.operators)} ops; a case has one")
    source, op = about.get("about"), about.get("op")
    return Case(
        files[MODEL],
        op if isinstance(op, str) else graph.operators[0].name,
        tuple(each for each in _tensors(files, "input", graph, graph.inputs, name) if each is not None),
        tuple(each for each in _tensors(files, "expected", graph, graph.outputs, name) if each is not None),
        tuple(_tensors(files, "device", graph, graph.outputs, name, optional=True)),
        source if isinstance(source, dict) else {},
    )


def _unpacked(content: bytes, name: str) -> dict[str, bytes]:
    """The members of a ZIP file, none of them larger than it may be, whatever its headers say."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_FILES:
                raise CaseError(f"{name} holds {len(parts)} files; a case has {MOST_FILES} at most")
            found: dict[str, bytes] = {}
            left = MOST_BYTES
            for part in parts:
                if part.filename in found:
                    raise CaseError(f"{name} holds {ascii(part.filename)[:80]} twice")
                found[part.filename] = _member(archive, part, min(MOST_FILE_BYTES, left), name)
                left -= len(found[part.filename])
    except CaseError:
        raise
    except Exception as error:  # what zipfile comes upon in a damaged file has no common base
        raise CaseError(f"{name} is no ZIP file, or a damaged one: {str(error)[:100]}") from error
    for needed in (ABOUT, MODEL):
        if needed not in found:
            raise CaseError(f"{name} is no case: it holds no {needed}")
    if len(found[ABOUT]) > MOST_ABOUT_BYTES:
        raise CaseError(f"{name}: {ABOUT} is larger than a case may be")
    return found


def _member(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int, name: str) -> bytes:
    if not NAMES.fullmatch(part.filename):
        raise CaseError(f"{name} holds {ascii(part.filename)[:80]}, which belongs to no case")
    if part.flag_bits & 1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CaseError(f"{name}: {part.filename} is encrypted, or packed in an unusual way")
    with archive.open(part) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise CaseError(f"{name}: {part.filename} is larger than a case may be")
    return data


def _check_hashes(files: dict[str, bytes], listed: object, name: str) -> None:
    if not isinstance(listed, dict) or set(listed) != set(files):
        raise CaseError(f"{name}: the files in it are not those that {ABOUT} lists")
    for each, content in files.items():
        entry = listed[each]
        known = entry.get("sha256") if isinstance(entry, dict) else None
        if known != hashlib.sha256(content).hexdigest():
            raise CaseError(f"{name}: {each} is not what {ABOUT} says (its SHA-256 differs)")


def _tensors(
    files: dict[str, bytes],
    kind: str,
    graph: Graph,
    tensor_numbers: Sequence[int],
    name: str,
    optional: bool = False,
) -> list[Tensor | None]:
    """The arrays of one kind, each of the type and shape that the model has there."""
    found: list[Tensor | None] = []
    for number, tensor_number in enumerate(tensor_numbers):
        file = f"{kind}_{number}.npy"
        if file not in files:
            if not optional:
                raise CaseError(f"{name} holds no {file}")
            found.append(None)
            continue
        tensor = graph.tensors[tensor_number]
        array = _read_npy(files[file], f"{name}: {file}")
        if array.dtype.name != type_name(tensor.kind) or array.shape != tensor.shape:
            raise CaseError(
                f"{name}: {file} is {array.dtype} {list(array.shape)}, and its model has {type_name(tensor.kind)} "
                f"{list(tensor.shape)} there"
            )
        found.append(array)
    return found


def _read_npy(content: bytes, name: str) -> Tensor:
    """A plain array; nothing is allocated for what a header claims beyond the file."""
    stream = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):  # type: ignore[no-untyped-call]
            raise ValueError("an array of another format than 1.0")
        shape, fortran, kind = np.lib.format.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
        if fortran or kind.hasobject or kind.kind not in "iub":
            raise ValueError("no plain array of whole numbers")
        return np.frombuffer(content[stream.tell() :], kind).reshape(shape)
    except Exception as error:  # what NumPy comes upon in a damaged header has no common base
        raise CaseError(f"{name} is damaged: {str(error)[:100]}") from error
