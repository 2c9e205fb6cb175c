"""Traces: each op's tensor of several windows equals the host's, on any board that tells them; and what is refused."""

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from .deploying import deploy
from .toolkit import (
    Bundle,
    DeployRefusedError,
    Device,
    FrontEnd,
    PlainRunner,
    RequestRefusedError,
    Run,
    available,
    bundle_image,
    sample_values,
    stream,
    write_bundle,
)
from .toolkit import messages as m

Int16 = NDArray[np.int16]
pytestmark = pytest.mark.skipif(not available(), reason="no tflite-micro here to hold tensors against")


@pytest.fixture(autouse=True)
def _traces(needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.INFERENCE)
    needs(m.Capability.TRACE)


def _up_to(bundle: Bundle, window: int, seed: int = 1) -> Int16:
    """Sound that ends with a window's last sample."""
    settings = bundle.settings
    columns = bundle.frames + window * bundle.stride
    count = settings.span - settings.lead + (columns - 1) * settings.hop
    return np.concatenate(list(stream(seed, count / settings.sample_rate + 1, settings.sample_rate)))[:count]


def _front_end(bundle: Bundle) -> FrontEnd:
    return FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point)


def _expected(bundle: Bundle, samples: Int16, window: int) -> Run:
    columns = _front_end(bundle).features(samples)
    runner = PlainRunner(bundle.model_bytes)
    for number in range(window + 1):
        run = runner.run([columns[number * bundle.stride :][: bundle.frames].tobytes()])
    return run


def _compare(device: Device, bundle: Bundle, window: int) -> None:
    samples = _up_to(bundle, window)
    device.trace_arm(window)
    last = [result for result in device.stream([samples]) if isinstance(result, m.WindowResult)][-1]
    assert last.index == window
    run = _expected(bundle, samples, window)
    told = {(each.op, each.role): each for each in device.trace_ops() if each.subgraph == 0}
    assert set(told) == {(each.op, each.role) for each, _ in run.tensors}
    for each, data in run.tensors:
        there = told[each.op, each.role]
        assert (there.code, there.tensor, there.bytes) == (each.code, each.tensor, len(data)), each
        assert there.crc32 == zlib.crc32(data), f"{each} departs"
    largest = max(run.tensors, key=lambda pair: len(pair[1]))
    record = told[largest[0].op, largest[0].role]
    assert device.trace_bytes(m.TraceSource.OUTPUT, record.index) == largest[1]
    assert device.trace_bytes(m.TraceSource.OUTPUT, record.index, 1, 5) == largest[1][1:6]
    for number, data in enumerate(run.outputs):
        assert device.trace_bytes(m.TraceSource.MODEL_OUTPUT, number) == data


@pytest.mark.parametrize("window", [0, 3])
def test_all_tensors_of_a_window_are_equal(device: Device, bundle: Bundle, window: int) -> None:
    _compare(device, bundle, window)


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize("name", ["svdf", "stream", "softmax", "grouped"])
def test_so_they_are_of_models_that_remember_and_of_many_ops(
    device: Device, needs: Callable[[m.Capability], None], tmp_path: Path, name: str
) -> None:
    needs(m.Capability.SLOT)
    other = write_bundle(tmp_path / name, sample_values(name))
    deploy(device, other)
    for window in (0, 4):
        _compare(device, other, window)


@pytest.mark.usefixtures("emptied")
def test_what_a_model_remembers_must_have_been_kept(
    device: Device, needs: Callable[[m.Capability], None], tmp_path: Path
) -> None:
    needs(m.Capability.SLOT)
    other = write_bundle(tmp_path / "svdf", sample_values("svdf"))
    deploy(device, other)
    list(device.stream([_up_to(other, 2)]))
    with pytest.raises(RequestRefusedError, match="remembers"):
        device.trace_ops()
    device.trace_arm(1)
    list(device.stream([_up_to(other, 2)]))
    with pytest.raises(RequestRefusedError, match="remembers"):
        device.trace_ops()


def test_a_window_must_be_the_last_thing_that_came(device: Device, bundle: Bundle) -> None:
    device.trace_arm(1)
    samples = _up_to(bundle, 1)
    list(device.stream([np.concatenate([samples, samples[: bundle.settings.hop]])]))
    with pytest.raises(RequestRefusedError, match="no window"):
        device.trace_ops()
    list(device.stream([samples], inference=False))
    with pytest.raises(RequestRefusedError, match="no window"):
        device.trace_ops()


def test_tensors_that_do_not_exist_are_refused(device: Device, bundle: Bundle) -> None:
    list(device.stream([_up_to(bundle, 0)]))
    count = len(device.trace_ops())
    with pytest.raises(RequestRefusedError, match=f"value {count}, limit {count}"):
        device.trace_bytes(m.TraceSource.OUTPUT, count)
    with pytest.raises(RequestRefusedError, match="ends before"):
        device.trace_bytes(m.TraceSource.MODEL_INPUT, 0, 1 << 20)


def test_stages_are_the_hosts(device: Device, bundle: Bundle, needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.STAGES)
    front_end = _front_end(bundle)
    samples = _up_to(bundle, 0)
    names = device.stage_names()
    assert names == front_end.stages()
    column = bundle.frames - 2
    expected = front_end.capture(samples, column)
    for number, name in enumerate(names):
        for offset in (0, 200):
            device.stage_arm(column, number, offset, 300)
            found = [r for r in device.stream([samples], inference=False) if isinstance(r, m.StageBytes)]
            assert [each.size for each in found] == [len(expected[name])], name
            assert found[0].data == expected[name][min(offset, found[0].size) :][:300], name


def test_a_model_alone_runs_on_bytes_of_its_inputs(
    device: Device, bundle: Bundle, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.REPLAY)
    runner = PlainRunner(bundle.model_bytes)
    inputs = [np.random.default_rng(2).bytes(size) for size in runner.interpreter.input_bytes()]
    run = runner.run(inputs)
    try:
        opened = device.open_case(bundle.model_bytes, inputs)
        assert (opened.inputs, opened.outputs) == (len(inputs), len(run.outputs))
        assert device.trace_bytes(m.TraceSource.MODEL_INPUT, 0) == inputs[0]
        assert [each.crc32 for each in device.trace_ops()] == [zlib.crc32(data) for _, data in run.tensors]
    finally:
        device.close_case()
    assert device.info().bundle_name == bundle.name.encode()
    with pytest.raises(DeployRefusedError):
        device.open_case(b"no model at all", [b""])
    assert device.info().capabilities & m.Capability.INFERENCE


def test_the_arena_moves_where_it_can(device: Device, bundle: Bundle) -> None:
    samples = _up_to(bundle, 0)
    if not device.info().capabilities & m.Capability.SHIFT:
        pytest.skip("this board cannot move its arena")
    list(device.stream([samples]))
    plain = device.trace_ops()
    for shift in (1, 7):
        assert device.trace_arm(0, shift).shift == shift
        list(device.stream([samples]))
        assert [each.crc32 for each in device.trace_ops()] == [each.crc32 for each in plain]
    device.trace_arm(0, 0)


def test_the_model_moves_in_flash_where_there_is_a_slot(
    device: Device, bundle: Bundle, needs: Callable[[m.Capability], None]
) -> None:
    """At any multiple of four: for the time of a trial, and then the bundle is back."""
    needs(m.Capability.SLOT)
    needs(m.Capability.TRIAL)
    samples = _up_to(bundle, 0)
    list(device.stream([samples]))
    plain = device.trace_ops()
    before = device.info()
    for shift in (1, 6):
        assert device.use_image(bundle_image(bundle, shift)).state == m.DeployState.TRIAL
        try:
            assert device.info().model_hash == bundle.model_hash
            list(device.stream([samples]))
            assert [each.crc32 for each in device.trace_ops()] == [each.crc32 for each in plain]
        finally:
            device.leave_image()
        assert device.info().bundle_source == before.bundle_source
    list(device.stream([samples]))
    assert [each.crc32 for each in device.trace_ops()] == [each.crc32 for each in plain]
