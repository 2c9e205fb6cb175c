"""A real op on which the host's own interpreters part: a published model's SUM; skipped where the model is absent."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ..board.tracing import TracedTensor
from ..checkout import ROOT
from ..link.messages import TraceSource
from ..model import worker_protocol as wire
from ..model.inspect import inspect_model, read_graph
from ..model.kept_tensors import run_kept
from ..model.worker import ModelWorker
from .fake_traces import FakeTraced, records_of
from .host_tensors import host_tensors
from .op_by_op import TensorTrace, trace_tensors
from .words import trace_sentence

PUBLISHED = ROOT.parent / "shared" / "models" / "biodcase2026" / "baseline.tflite"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PUBLISHED.is_file(), reason=f"the published model is not at {PUBLISHED}"),
]


class Computed(FakeTraced):
    """A board that computes as one of the host's interpreters does."""

    def __init__(self, engine: str, model: bytes, tensors: Any) -> None:
        self._graph, self._values = read_graph(model), run_kept(engine, model, tensors)
        self._records = records_of(model, self._values)

    def trace_ops(self) -> list[TracedTensor]:
        """See `TracedDevice`."""
        return self._records

    def trace_bytes(
        self, source: TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        """See `TracedDevice`."""
        after = source == TraceSource.MODEL_OUTPUT
        number = self._graph.outputs[index] if after else self._records[index].tensor
        data = np.ascontiguousarray(self._values[number]).tobytes()
        return data[offset : None if length is None else offset + length]


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    pytest.importorskip("tflite_micro")
    with ModelWorker() as made:
        yield made


def _traced(worker: ModelWorker, board: str) -> tuple[TensorTrace, int]:
    """A board that computes as `board` does, held against the reference; and where SUM is."""
    model = PUBLISHED.read_bytes()
    tensors = (
        np.random.default_rng(1).integers(-128, 128, (1, *inspect_model(model).input.shape)).astype(np.int8)
    )
    host = host_tensors(worker, model, tensors, wire.REFERENCE)
    place = [operator.name for operator in host.graph.operators].index("SUM")
    return trace_tensors(Computed(board, model, tensors), model, host, 0), place


def test_the_trace_says_first_that_the_hosts_own_interpreters_part(worker: ModelWorker) -> None:
    trace, place = _traced(worker, wire.REFERENCE)
    assert trace.agreed and trace.parting_op == place
    assert trace_sentence(trace).startswith(f"the host's own interpreters part at op {place}, SUM: ")


def test_the_op_at_which_they_part_is_the_one_that_departs_on_a_board(worker: ModelWorker) -> None:
    trace, place = _traced(worker, wire.MICRO)
    assert trace.departure is not None and trace.departure.inputs_equal
    assert (trace.departure.row.record.op, trace.departure.row.op) == (place, "SUM")
    assert trace.follows_other and trace.parting_op == place
    assert trace_sentence(trace).endswith(
        "the device computes what the host's other interpreter does, op for op"
    )
