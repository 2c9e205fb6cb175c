"""`--trace-every`: which windows it looks at, what it tells of them, and that what departed counts in any case."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link import messages as m
from ..model.ends import Tensor
from ..model.inspect import read_graph
from ..model.worker import ModelWorker
from ..trace.fake_traces import FakeTraced
from . import traced_run
from .traced_run import Tracing, beginning, trace_run

pytest.importorskip("tflite_micro")
BUNDLE = load_bundle(DEFAULT_BUNDLE)
GRAPH = read_graph(BUNDLE.model_bytes)
OUTPUT = GRAPH.operators[3].outputs[0]  # of the op that is wrong, where one is
WINDOWS = 8


class Noise:
    """A sound of `WINDOWS` windows and a little more, in blocks."""

    path = Path("noise.wav")

    def __init__(self) -> None:
        self.notes: list[str] = []

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        settings = BUNDLE.settings
        count = settings.samples_for(BUNDLE.frames + (WINDOWS - 1) * BUNDLE.stride) + settings.hop // 2
        samples = np.random.default_rng(4).normal(0, 3000, count).astype(np.int16)
        yield from (samples[at : at + 1000] for at in range(0, count, 1000))


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    with ModelWorker() as made:
        yield made


def _changed(tensor: Tensor) -> Tensor:
    changed = tensor.copy()
    changed.flat[7] ^= 1
    return changed


def _every(device: FakeTraced, worker: ModelWorker, step: int) -> tuple[Tracing, list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    tracing = Tracing(device, BUNDLE, worker, None, lambda *it: told.append(it))
    tracing.every("noise", Noise(), step)
    return tracing, told


@pytest.mark.parametrize(("step", "windows"), [(1, 8), (3, 3), (7, 2), (8, 1), (1000, 1)])
def test_each_nth_window_from_the_first_on(worker: ModelWorker, step: int, windows: int) -> None:
    tracing, told = _every(FakeTraced(BUNDLE), worker, step)
    tensors = windows * len(GRAPH.operators)
    assert (tracing.windows, tracing.tensors, tracing.departed) == (windows, tensors, [])
    assert told == [("noise: window", done + 1, windows) for done in range(windows)]
    assert tracing.said == f"traced: {tensors:,} tensors of {windows:,} windows, all are equal"


def test_all_windows_that_depart_are_counted_and_the_first_are_kept(worker: ModelWorker) -> None:
    tracing, _ = _every(FakeTraced(BUNDLE, {OUTPUT: _changed}), worker, 1)
    assert tracing.departing == WINDOWS > len(tracing.departed) == 5
    windows = [each.window.tensors for each in tracing.departed if each.window is not None]
    assert [trace.window for trace in windows] == list(range(5))
    assert {trace.departure.row.record.op for trace in windows if trace.departure is not None} == {3}
    assert tracing.said.endswith(f"of {WINDOWS} windows, in {WINDOWS} an op departs")


def test_a_window_alone_that_departs_is_found(worker: ModelWorker) -> None:
    count = 0

    def sixth(tensor: Tensor) -> Tensor:
        nonlocal count
        count += 1
        return _changed(tensor) if count == 6 else tensor

    tracing, _ = _every(FakeTraced(BUNDLE, {OUTPUT: sixth}), worker, 1)
    (departed,) = tracing.departed
    assert departed.window is not None and departed.window.tensors.window == 5


class Dying(FakeTraced):
    """Answers for some windows."""

    left = 3

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        self.left -= 1
        if self.left < 0:
            raise HilError("the board is gone", "plug it in")
        return super().trace_arm(window, shift)


def test_what_departed_counts_where_the_board_fails_behind_it(worker: ModelWorker) -> None:
    result: Any = SimpleNamespace(recorded=SimpleNamespace(files=[], traced=[]), inference=True, notes=[])
    tracing = Tracing(Dying(BUNDLE, {OUTPUT: _changed}), BUNDLE, worker, None)
    with pytest.raises(HilError, match="gone"):
        trace_run(tracing, result, {"noise": Noise()}, 1)
    assert len(result.recorded.traced) == 3
    assert result.notes == [tracing.said] and "of 3 windows, in 3 an op departs" in tracing.said


def test_a_long_sound_is_traced_at_its_beginning_and_that_is_said(
    worker: ModelWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced_run, "MOST_SAMPLES", BUNDLE.window_samples)
    tracing, _ = _every(FakeTraced(BUNDLE), worker, 1)
    assert tracing.windows == 1
    assert tracing.said.endswith(f"; of noise the first {BUNDLE.window_samples:,} samples")


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001])
def test_the_beginning_of_a_sound(count: int) -> None:
    whole = np.concatenate(list(Noise().blocks()))
    samples, more = beginning(Noise(), count)
    assert np.array_equal(samples, whole[:count]) and more
    samples, more = beginning(Noise(), len(whole))
    assert np.array_equal(samples, whole) and not more
