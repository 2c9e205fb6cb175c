"""The reference kernels of LiteRT and of TensorFlow give the same bytes; one of them is found, and named."""

import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from ..checkout import DEFAULT_BUNDLE, ROOT
from ..errors import HilError
from . import reference
from .inspect import ModelError, inspect_model, read_graph
from .locate import traced_numbers
from .op_measure import random_tensors
from .reference import (
    EQUAL_LITERT,
    LITERT,
    TENSORFLOW,
    ReferenceInterpreter,
    kernels,
    litert,
    tensorflow_lite,
)
from .samples import TESTDATA
from .verify import random_windows

PUBLISHED = ROOT.parent / "shared" / "models"
MODELS = sorted([DEFAULT_BUNDLE / "model.tflite", *TESTDATA.glob("*.tflite"), *PUBLISHED.rglob("*.tflite")])
WINDOWS = 40
UNMOVED = ("hey_jarvis",)  # noise leaves it at 0; test_published.py moves it


def installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


needs_litert = pytest.mark.skipif(not installed(LITERT), reason="LiteRT has no wheel here")
needs_both = pytest.mark.skipif(
    not (installed(LITERT) and installed(TENSORFLOW)), reason="LiteRT and TensorFlow are not both here"
)


def outputs(path: Path, kind: reference.Kernels) -> list[np.ndarray] | str:  # type: ignore[type-arg]
    """All outputs of windows one after the other, state kept; the first words of a refusal instead."""
    data = path.read_bytes()
    try:
        model = inspect_model(data)
        found = ReferenceInterpreter(data, model, kind).run(random_windows(model, WINDOWS, seed=11))
    except ModelError as error:
        return error.cause.replace(kind.name, "").partition(":")[0]
    return [*found.parts]


@needs_both
@pytest.mark.slow
@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_both_kernels_give_the_same(path: Path) -> None:
    ours, theirs = outputs(path, litert()), outputs(path, tensorflow_lite())
    if isinstance(ours, str) or isinstance(theirs, str):
        assert ours == theirs
        return
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert path.stem in UNMOVED or any(len(np.unique(one)) > 1 for one in ours)


@needs_both
@pytest.mark.slow
@pytest.mark.parametrize("name", ["sigmoid", "softmax", "int16", "stream"])
def test_every_tensor_inside_is_the_same(name: str) -> None:
    """What `import` reads when two interpreters part: all tensors kept."""
    data = (TESTDATA / f"{name}.tflite").read_bytes()
    graph = read_graph(data)
    numbers = traced_numbers(graph)
    assert len(numbers) > 5
    both = [reference.build(data, kind, keep_all=True) for kind in (litert(), tensorflow_lite())]
    for tensor in random_tensors(graph, 5, seed=2):
        for interpreter in both:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
            interpreter.invoke()
        for number in numbers:
            one, other = (interpreter.get_tensor(number) for interpreter in both)
            np.testing.assert_array_equal(one, other, err_msg=graph.tensors[number].name)


@needs_litert
def test_litert_is_preferred_and_named_with_its_version() -> None:
    found = kernels()
    assert (found.distribution, found.name) == (LITERT, f"LiteRT {EQUAL_LITERT}")
    data = (TESTDATA / "flat.tflite").read_bytes()
    assert ReferenceInterpreter(data, inspect_model(data)).name == f"LiteRT {EQUAL_LITERT}, reference kernels"


def test_other_versions_are_no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    versions: dict[str, str | None] = {LITERT: "2.1.6", TENSORFLOW: "2.20.0"}
    monkeypatch.setattr(reference, "_version", versions.get)
    with pytest.raises(HilError, match=r"ai-edge-litert 2\.1\.6 .*tensorflow 2\.20\.0") as caught:
        kernels.__wrapped__()
    assert "pip install" in caught.value.cure
    versions.update({LITERT: None, TENSORFLOW: None})
    with pytest.raises(HilError, match=r"ai-edge-litert is not installed; tensorflow is not installed"):
        kernels.__wrapped__()


@pytest.mark.parametrize("litert_version", [None, "2.1.6", EQUAL_LITERT])
def test_tensorflow_stands_in(monkeypatch: pytest.MonkeyPatch, litert_version: str | None) -> None:
    """Where LiteRT has no wheel, is another version, or cannot be imported."""
    versions = {LITERT: litert_version, TENSORFLOW: "2.19.1"}
    stand_in = reference.Kernels(TENSORFLOW, "TensorFlow Lite 2.19.1", object, None)
    monkeypatch.setattr(reference, "_version", versions.get)
    monkeypatch.setattr(reference, "tensorflow_lite", lambda: stand_in)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert kernels.__wrapped__() is stand_in
