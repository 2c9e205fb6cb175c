"""Models in a process of their own: the same values, and nothing that kills, hangs or swells it ends this one."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..errors import HilError
from . import micro
from . import worker_protocol as wire
from .cut import cut_after
from .inspect import ModelError, inspect_model, read_graph
from .interpreter import as_tensors
from .reference import ReferenceInterpreter, run_once
from .samples import sample_model
from .verify import random_windows, verify_model
from .worker import ModelWorker, WorkerDiedError

pytestmark = pytest.mark.slow

NAMES = ("sigmoid", "softmax", "flat", "uint8", "int16", "stream")
ENGINES = [
    wire.REFERENCE,
    pytest.param(
        wire.MICRO, marks=pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))
    ),
]


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    with ModelWorker() as made:
        yield made


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_values_as_here(worker: ModelWorker, engine: str, name: str) -> None:
    data, info = sample_model(name), inspect_model(sample_model(name))
    windows = random_windows(info, 40, seed=3)
    expected = ReferenceInterpreter(data, info).run(windows)
    interpreter = worker.open(engine, data, info)
    found = interpreter.run(windows)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert (found.logits is None) == (expected.logits is None)
    if found.logits is not None and expected.logits is not None:
        np.testing.assert_array_equal(found.logits, expected.logits)
    assert len(interpreter.run(windows[:0]).scores) == 0
    with pytest.raises(ModelError, match="do not fit"):
        interpreter.run(windows[:, :-1])


def test_many_windows_go_in_pieces(worker: ModelWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    data, info = sample_model("sigmoid"), inspect_model(sample_model("sigmoid"))
    windows = random_windows(info, 23, seed=4)
    interpreter = worker.open(wire.REFERENCE, data, info)
    whole = interpreter.run(windows)
    monkeypatch.setattr("host.model.worker.RUN_CELLS", 5 * info.cells)
    np.testing.assert_array_equal(interpreter.run(windows).scores, whole.scores)


def test_verification_is_the_same(worker: ModelWorker) -> None:
    data, info = sample_model("softmax"), inspect_model(sample_model("softmax"))
    assert worker.verify(data, info, 12, seed=5) == verify_model(data, info, 12, seed=5)


def test_what_a_bundle_claims_is_checked_over_there(worker: ModelWorker) -> None:
    data, info = sample_model("softmax"), inspect_model(sample_model("softmax"))
    with pytest.raises(ModelError, match="input"):
        worker.open(wire.REFERENCE, data, replace(info, input=replace(info.input, scale=0.5)))
    with pytest.raises(ModelError, match=r"\.tflite"):
        worker.open(wire.REFERENCE, b"nothing", info)


DEADLY = """
import os, signal, sys, time
from host.model import inference_server as server
from host.model.inspect import read_graph

def run_once(data, cells):
    if len(read_graph(data).operators) > 2:
        die()

def die(*_):
    {deed}

def load():
    {load}

server.LOADERS = dict.fromkeys(server.LOADERS, load)
server.RUN_ONCE = dict.fromkeys(server.RUN_ONCE, run_once)
server.INTERPRETERS = dict.fromkeys(server.INTERPRETERS, die)
sys.exit(server.main([]))
"""


def deadly(deed: str, load: str = "pass", **limits: float) -> ModelWorker:
    """A worker in which every model does `deed` when it is loaded, and when its third op runs; libraries do `load`."""
    return ModelWorker(server=("-c", DEADLY.format(deed=deed, load=load)), **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", [wire.REFERENCE, wire.MICRO])
def test_a_process_that_dies_is_a_refusal_with_the_op(engine: str) -> None:
    data, info = sample_model("sigmoid"), inspect_model(sample_model("sigmoid"))
    third = read_graph(data).operators[2].name
    with (
        deadly("os.kill(os.getpid(), signal.SIGSEGV if hasattr(signal, 'SIGKILL') else 9)") as worker,
        pytest.raises(WorkerDiedError) as died,
    ):
        worker.open(engine, data, info)
    assert "ended the process (" in died.value.cause and "dies in op 2 of " in died.value.cause
    assert died.value.cause.endswith(third) and died.value.cure


def test_a_process_that_hangs_is_ended() -> None:
    data, info = sample_model("sigmoid"), inspect_model(sample_model("sigmoid"))
    begun = time.monotonic()
    says = r"no answer within 2 s.*op 2 of"
    with deadly("time.sleep(600)", timeout_s=2.0) as worker, pytest.raises(WorkerDiedError, match=says):
        worker.open(wire.REFERENCE, data, info)
    assert time.monotonic() - begun < 60


def test_a_model_is_not_blamed_for_libraries_that_load_slowly() -> None:
    data, info = sample_model("sigmoid"), inspect_model(sample_model("sigmoid"))
    answers = "time.sleep(0.5); raise ValueError('loaded all the same')"
    with (
        deadly(answers, "time.sleep(3.5)", timeout_s=3.0) as worker,
        pytest.raises(ModelError, match="loaded all the same"),
    ):
        worker.open(wire.REFERENCE, data, info)


@pytest.mark.parametrize(
    ("load", "says", "loading_s"),
    [
        ("time.sleep(600)", "had not loaded its libraries within 2 s", 2.0),
        ("os._exit(5)", "exit code 5", 100.0),
        ("raise MemoryError('no room')", "no room", 100.0),
    ],
)
def test_libraries_that_do_not_load_are_no_models_fault(load: str, says: str, loading_s: float) -> None:
    data, info = sample_model("sigmoid"), inspect_model(sample_model("sigmoid"))
    with deadly("pass", load, loading_s=loading_s) as worker:
        for _ in range(2):
            with pytest.raises(HilError, match=says) as caught:
                worker.open(wire.REFERENCE, data, info)
            assert not isinstance(caught.value, ModelError) and caught.value.cure


def test_a_process_that_swells_is_ended() -> None:
    data, info = sample_model("sigmoid"), inspect_model(sample_model("sigmoid"))
    with (
        deadly("x = b'x' * (700 << 20); time.sleep(600)", memory_limit=600 << 20) as worker,
        pytest.raises(WorkerDiedError, match="more than 600 MiB"),
    ):
        worker.open(wire.REFERENCE, data, info)


def test_after_a_death_the_next_request_starts_anew(worker: ModelWorker) -> None:
    data, info = sample_model("flat"), inspect_model(sample_model("flat"))
    interpreter = worker.open(wire.REFERENCE, data, info)
    assert worker._process is not None
    worker._process.popen.kill()
    with pytest.raises(ModelError, match="process"):
        interpreter.run(random_windows(info, 1, seed=1))
    again = worker.open(wire.REFERENCE, data, info)
    assert again.run(random_windows(info, 1, seed=1)).scores.shape == (1, info.classes)


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_model_computes_up_to_its_last_op(name: str) -> None:
    data, info = sample_model(name), inspect_model(sample_model(name))
    operators = read_graph(data).operators
    count = len(operators)
    for op in range(count):
        if not operators[op].outputs:
            with pytest.raises(ValueError, match="cannot be cut"):
                cut_after(data, op)
            continue
        cut = cut_after(data, op)
        graph = read_graph(cut)
        assert len(cut) == len(data) and len(graph.operators) == op + 1
        assert graph.outputs == read_graph(data).operators[op].outputs[:1]
        run_once(cut, as_tensors(info, random_windows(info, 4, seed=1)[3:])[0])
    for op in (-1, count):
        with pytest.raises(ValueError, match="cannot be cut"):
            cut_after(data, op)


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    st.binary(max_size=20),
)
def test_bodies_come_back(values: dict[str, int | str], raw: bytes) -> None:
    assert wire.unpack(wire.pack(values, raw)) == (values, raw)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_body_or_refused(body: bytes) -> None:
    try:
        values, _ = wire.unpack(body)
    except wire.ProtocolError:
        return
    assert isinstance(values, dict)


def test_a_process_started_ahead_is_the_one_that_answers() -> None:
    data, info = sample_model("flat"), inspect_model(sample_model("flat"))
    with ModelWorker() as worker:
        worker.start()
        assert worker._process is not None
        first = worker._process.popen.pid
        assert "ahead" in worker._process.popen.args  # type: ignore[operator]
        windows = random_windows(info, 5, seed=1)
        scores = worker.open(wire.REFERENCE, data, info).run(windows).scores
        assert worker._process.popen.pid == first
        np.testing.assert_array_equal(scores, ReferenceInterpreter(data, info).run(windows).scores)
