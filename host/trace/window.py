"""A window of a sound, streamed into the board and traced where it lies."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..board.audio_stream import as_it_came
from ..bundle.load import Bundle
from ..core.c_frontend import FrontEnd
from ..errors import HilError
from ..link import messages as m
from ..model.ends import Tensor
from ..model.interpreter import as_tensors
from ..model.worker import ModelWorker
from .host_tensors import HostTensors, expected_engine, host_tensors
from .op_by_op import TensorTrace, trace_tensors
from .traced_device import Progress, TracedDevice, no_progress

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
BLOCK = 4096  # samples


@dataclass(frozen=True)
class Passage:
    """The part of a sound that is streamed for a window.

    Attributes:
        samples: int16.
        window: number of the window in the sound.
        streamed: its number in this passage.
        columns: the host's, int8 [n, bands], of this passage.
    """

    samples: Int16
    window: int
    streamed: int
    columns: Int8


@dataclass(frozen=True)
class WindowTrace:
    """A window, as it was streamed and as its tensors are.

    Attributes:
        passage: what was streamed.
        tensors: op by op.
        columns: the device's of the passage, int8 [n, bands]; rows that it did not send are the host's.
        outputs: what the device sent for the window in the stream, int8 [values]; None when it sent none.
        arena_used: bytes.
        host: what the host made of the same input.
        inputs: the model's on the host and on the device; None where they are not known.
        steady: whether the device's input was the same when it was read once more behind an op that departs.
    """

    passage: Passage
    tensors: TensorTrace
    columns: Int8
    outputs: Int8 | None
    arena_used: int
    host: HostTensors
    inputs: tuple[Tensor, Tensor] | None = None
    steady: bool = True


def front_end(bundle: Bundle) -> FrontEnd:
    """The bundle's front end, new."""
    quantisation = bundle.model.input
    return FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)


def passage_of(bundle: Bundle, samples: Int16, window: int, whole: bool = False) -> Passage:
    """What must be streamed so that a window's columns come out as in the whole sound.

    A front end that remembers and a model that remembers need all that came before; others the window alone, which is
    found out by computing it.

    Args:
        bundle: the bundle in use.
        samples: the sound, int16, at least up to the window's end.
        window: number of the window.
        whole: stream from the beginning in any case.

    Raises:
        HilError: the sound ends before the window does.
    """
    settings, stride, frames = bundle.settings, bundle.stride, bundle.frames
    end = settings.samples_for(window * stride + frames)
    if len(samples) < end:
        most = (settings.columns(len(samples)) - frames) // stride
        raise HilError(
            f"the sound has no window {window}"
            + (f", the last one is {most}" if most >= 0 else ": it is shorter than one"),
            "give a smaller number, or a longer sound",
        )
    samples = samples[:end]
    columns = front_end(bundle).features(samples)
    if not whole and not bundle.model.stateful and window > 0:
        begin = window * stride * settings.hop
        piece = samples[begin:]
        alone = front_end(bundle).features(piece)
        if len(alone) == frames and np.array_equal(alone, columns[-frames:]):
            return Passage(piece, window, 0, alone)
    return Passage(samples, window, window, columns)


def trace_window(
    device: TracedDevice,
    bundle: Bundle,
    passage: Passage,
    worker: ModelWorker,
    shift: int = 0,
    progress: Progress = no_progress,
) -> WindowTrace:
    """Stream a passage, and hold its last window against the host, op by op, on the device's own input.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        passage: see `passage_of`.
        worker: runs the host's interpreters.
        shift: where the arena lies, in steps of 16 bytes.
        progress: told of what is done.

    Raises:
        HilError: the board failed, cannot trace, or the host's interpreters refuse the model.
    """
    armed = device.trace_arm(passage.streamed, shift)
    columns, outputs = passage.columns.copy(), None
    progress("streaming", 0, len(passage.samples))
    for result in as_it_came(device.stream(_blocks(passage.samples, progress))):
        if isinstance(result, m.Features):
            _place(columns, result, bundle.settings.bands)
        elif isinstance(result, m.WindowResult) and result.index == passage.streamed:
            outputs = np.frombuffer(result.outputs, np.int8)
    windows = windows_of(bundle, columns)
    tensors = as_tensors(bundle.model, windows if bundle.model.stateful else windows[-1:])
    given = device_input(device, tensors[-1])
    own = as_tensors(bundle.model, windows_of(bundle, passage.columns)[-1:])[0]
    tensors = np.concatenate([tensors[:-1], given[np.newaxis]])
    host = host_tensors(worker, bundle.model_bytes, tensors, expected_engine(bundle))
    trace = trace_tensors(
        device, bundle.model_bytes, host, passage.window, int(np.count_nonzero(given != own)), progress
    )
    steady = trace.agreed or np.array_equal(device_input(device, tensors[-1]), given)
    return WindowTrace(passage, trace, columns, outputs, armed.arena_used, host, (own, given), steady)


def device_input(device: TracedDevice, like: Tensor) -> Tensor:
    """The model's input on the device.

    Raises:
        HilError: it has another size than the model's.
    """
    data = device.trace_bytes(m.TraceSource.MODEL_INPUT, 0)
    if len(data) != like.nbytes:
        raise HilError(
            f"the board's model has an input of {len(data)} bytes, the bundle's of {like.nbytes}",
            "deploy the bundle again",
        )
    return np.frombuffer(data, like.dtype).reshape(like.shape)


def _blocks(samples: Int16, progress: Progress) -> Iterator[Int16]:
    for start in range(0, len(samples), BLOCK):
        yield samples[start : start + BLOCK]
        progress("streaming", min(len(samples), start + BLOCK), len(samples))


def _place(columns: Int8, result: m.Features, bands: int) -> None:
    """Put columns that came where they belong; those that the sound has none for are left out."""
    cells = np.frombuffer(result.cells, np.int8)
    rows = cells[: len(cells) // bands * bands].reshape(-1, bands)[
        : max(0, len(columns) - result.first_column)
    ]
    columns[result.first_column : result.first_column + len(rows)] = rows


def windows_of(bundle: Bundle, columns: Int8) -> Int8:
    """All windows of columns, int8 [n, frames, bands]."""
    every = np.lib.stride_tricks.sliding_window_view(columns, bundle.frames, axis=0)
    return np.ascontiguousarray(every[:: bundle.stride].transpose(0, 2, 1))
