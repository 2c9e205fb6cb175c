"""What lies between a window's samples and its scores: every tensor and every stage equals the host's, on any board."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from .deploying import deploy
from .toolkit import (
    Bundle,
    Device,
    ModelWorker,
    RequestRefusedError,
    TensorTrace,
    kernels_of,
    known_faults,
    make_case,
    passage_of,
    replay,
    sample_values,
    stream,
    trace_column,
    trace_sentence,
    trace_window,
    write_bundle,
)
from .toolkit import messages as m

Int16 = NDArray[np.int16]
WINDOWS = 4


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    """The process that runs the host's interpreters."""
    with ModelWorker() as made:
        yield made


def _places(bundle: Bundle, samples: Int16) -> list[int]:
    last = (bundle.settings.columns(len(samples)) - bundle.frames) // bundle.stride
    return sorted({int(place) for place in np.linspace(0, last, WINDOWS)})


def _assert_equal(trace: TensorTrace) -> None:
    assert trace.agreed, trace_sentence(trace)
    assert trace.compared > 0, "nothing was compared"


def test_all_tensors_of_several_windows_are_equal(
    device: Device, bundle: Bundle, songs: Int16, worker: ModelWorker, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.TRACE)
    samples = songs[: 8 * bundle.settings.sample_rate]
    for window in _places(bundle, samples):
        traced = trace_window(device, bundle, passage_of(bundle, samples, window), worker)
        _assert_equal(traced.tensors)
        assert traced.tensors.input_different == 0


@pytest.mark.usefixtures("emptied")
def test_an_op_that_the_boards_kernels_get_wrong_is_named(
    device: Device, worker: ModelWorker, needs: Callable[[m.Capability], None], tmp_path: Path
) -> None:
    """ESP-NN's softmax of rank 4 writes beyond its scratch buffer: it is the culprit, not the tensor beside it."""
    needs(m.Capability.TRACE)
    needs(m.Capability.SLOT)
    other = write_bundle(tmp_path / "fullyconv", sample_values("fullyconv"))
    known = known_faults(other.model_bytes, kernels_of(device.info(), device.build()))
    deploy(device, other)
    settings = other.settings
    samples = np.concatenate(list(stream(3, 3.0, settings.sample_rate)))
    found = [
        trace_window(device, other, passage_of(other, samples, window), worker).tensors
        for window in _places(other, samples)
    ]
    departed = {trace.departure.row.record.op for trace in found if trace.departure is not None}
    struck = {op.index for fault in known if fault.expected for op in fault.ops}
    assert departed == struck, [trace_sentence(trace) for trace in found]


def test_all_stages_of_several_columns_are_equal(
    device: Device, bundle: Bundle, songs: Int16, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.STAGES)
    for column in (0, 1, 57):
        traced = trace_column(device, bundle, songs[: 4 * bundle.settings.sample_rate], column)
        assert traced.agreed, traced.sentence
        assert traced.stages


def test_an_op_alone_gives_what_it_does_in_its_model(
    device: Device, bundle: Bundle, songs: Int16, worker: ModelWorker, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.TRACE)
    needs(m.Capability.REPLAY)
    traced = trace_window(
        device, bundle, passage_of(bundle, songs[: 2 * bundle.settings.sample_rate], 0), worker
    )
    graph, values = traced.host.graph, traced.host.values
    alone = [
        index
        for index, op in enumerate(graph.operators)
        if op.name in ("CONV_2D", "FULLY_CONNECTED", "LOGISTIC")
    ]
    if not alone:
        pytest.skip("this bundle's model has no op that is cut out here")
    for index in alone[:3]:
        case = make_case(bundle.model_bytes, index, f"op {index}", values, {}, {})
        assert replay(device, case).agreed
    device.connect()
    assert device.info().model_hash == bundle.model_hash, "the bundle is back in use"


def test_a_trace_changes_nothing_of_what_is_computed(
    device: Device, bundle: Bundle, songs: Int16, worker: ModelWorker, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.TRACE)
    samples = songs[: bundle.window_samples]
    before = [result for result in device.stream([samples]) if isinstance(result, m.WindowResult)]
    trace_window(device, bundle, passage_of(bundle, samples, 0), worker)
    after = [result for result in device.stream([samples]) if isinstance(result, m.WindowResult)]
    assert [window.outputs for window in before] == [window.outputs for window in after]


def test_what_is_not_there_is_refused(
    device: Device, bundle: Bundle, songs: Int16, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.TRACE)
    device.trace_arm(0)
    list(device.stream([songs[: bundle.window_samples]]))
    count = len(device.trace_ops())
    with pytest.raises(RequestRefusedError):
        device.trace_bytes(m.TraceSource.OUTPUT, count)


def test_bytes_of_a_tensor_are_those_of_its_checksum(
    device: Device, bundle: Bundle, songs: Int16, needs: Callable[[m.Capability], None]
) -> None:
    """Whole and in pieces, of the first op, of the last one, and of the smallest between them."""
    needs(m.Capability.TRACE)
    device.trace_arm(0)
    list(device.stream([songs[: bundle.window_samples]]))
    tensors = device.trace_ops()
    smallest = min(tensors[1:-1] or tensors, key=lambda tensor: tensor.bytes)
    for tensor in {each.index: each for each in (tensors[0], smallest, tensors[-1])}.values():
        data = device.trace_bytes(m.TraceSource.OUTPUT, tensor.index)
        assert (len(data), zlib.crc32(data)) == (tensor.bytes, tensor.crc32), tensor
        start, length = tensor.bytes // 3, tensor.bytes // 2
        piece = device.trace_bytes(m.TraceSource.OUTPUT, tensor.index, start, length)
        assert piece == data[start : start + length], tensor


@pytest.mark.usefixtures("emptied")
def test_a_model_that_remembers_is_kept_for_the_stream_that_was_armed(
    device: Device, needs: Callable[[m.Capability], None], tmp_path: Path
) -> None:
    """Keeping it costs time: the next stream, which nobody armed, has no window to be run again."""
    needs(m.Capability.TRACE)
    needs(m.Capability.SLOT)
    other = write_bundle(tmp_path / "svdf", sample_values("svdf"))
    deploy(device, other)
    sound = np.concatenate(list(stream(3, 3.0, other.settings.sample_rate)))[: other.window_samples]
    device.trace_arm(0)
    list(device.stream([sound]))
    assert device.trace_ops()
    list(device.stream([sound]))
    with pytest.raises(RequestRefusedError, match="TRACE_ARM"):
        device.trace_ops()
