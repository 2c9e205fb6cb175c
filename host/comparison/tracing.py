"""After a mismatch: the first window or column that differs, looked at on the same board, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..errors import HilError
from ..link import messages as m
from ..model.interpreter import Interpreter, joined
from ..model.worker import ModelWorker
from ..trace.record import TracedDevice
from ..trace.stages import trace_column
from ..trace.window import BLOCK, Passage, front_end, passage_of, trace_window, windows_of
from .diagnosis.evidence import FileRecord, TracedFile
from .streaming import Sound

Int16 = NDArray[np.int16]
REPEATS = 3
MOST_SAMPLES = 1 << 22  # of a sound: four minutes at 16 kHz; what lies further in is not streamed once more


@dataclass(frozen=True)
class Differing:
    """A file that differs, and where first.

    Attributes:
        name: of the file.
        column: the first column with another cell; None where all are equal.
        window: the first window with another output; None where all are equal.
    """

    name: str
    column: int | None
    window: int | None


def first_of(file: FileRecord) -> Differing:
    """Where a file differs first."""
    return Differing(file.name, file.features.first, file.outputs.first)


def can_trace(device: object, inference: bool) -> bool:
    """Whether a device is one that can be asked."""
    if not isinstance(device, TracedDevice):
        return False
    wanted = m.Capability.TRACE if inference else m.Capability.STAGES
    return bool(device.info().capabilities & (wanted | m.Capability.STAGES))


def trace_differing(
    device: TracedDevice,
    bundle: Bundle,
    source: Sound,
    differing: Differing,
    worker: ModelWorker,
    interpreter: Interpreter | None,
) -> list[TracedFile]:
    """Look at the first column and the first window of a file that differ.

    Raises:
        HilError: the board failed, or cannot tell.
    """
    capabilities = device.info().capabilities
    found = []
    if differing.column is not None and capabilities & m.Capability.STAGES:
        samples = read_up_to(source, bundle.settings.samples_for(differing.column + 1))
        traced = trace_column(device, bundle, samples, differing.column)
        about = "" if not traced.agreed else "the stages of that column are right when it is streamed again"
        found.append(TracedFile(differing.name, column=traced, about=about))
    if differing.window is not None and interpreter is not None and capabilities & m.Capability.TRACE:
        found.append(_window(device, bundle, source, differing, worker, interpreter))
    return found


def _window(
    device: TracedDevice,
    bundle: Bundle,
    source: Sound,
    differing: Differing,
    worker: ModelWorker,
    interpreter: Interpreter,
) -> TracedFile:
    """The window as it was streamed; where its tensors are right, three times more."""
    assert differing.window is not None
    columns = differing.window * bundle.stride + bundle.frames
    samples = read_up_to(source, bundle.settings.samples_for(columns))
    passage = passage_of(bundle, samples, differing.window)
    traced = trace_window(device, bundle, passage, worker)
    if not traced.tensors.agreed or differing.column is not None:
        return TracedFile(differing.name, traced)
    about = repeated(device, bundle, samples, differing.window, interpreter)
    return TracedFile(differing.name, traced, about=about)


def repeated(
    device: TracedDevice, bundle: Bundle, samples: Int16, window: int, interpreter: Interpreter
) -> str:
    """Stream a sound up to a window three times, as a run does, and say in words how often its output was wrong."""
    columns = front_end(bundle).features(samples)
    interpreter.reset()
    windows = windows_of(bundle, columns)
    given = windows if bundle.model.stateful else windows[-1:]
    expected = joined(interpreter.run(given))[-1]
    passage = Passage(samples, window, window, columns)
    wrong = sum(not np.array_equal(came, expected) for came in _streamed(device, passage))
    if not wrong:
        return f"streamed {REPEATS} times more, the window was right each time: it does not repeat"
    if wrong == REPEATS:
        return f"streamed {REPEATS} times more, the window was wrong each time: it repeats"
    return f"streamed {REPEATS} times more, the window was wrong {wrong} times: it comes and goes"


def _streamed(device: TracedDevice, passage: Passage) -> Iterator[NDArray[np.int8]]:
    """A window's outputs, once a repetition."""
    for _ in range(REPEATS):
        came = np.empty(0, np.int8)
        blocks = (passage.samples[at : at + BLOCK] for at in range(0, len(passage.samples), BLOCK))
        for result in device.stream(blocks):
            if isinstance(result, m.WindowResult) and result.index == passage.streamed:
                came = np.frombuffer(result.outputs, np.int8)
        yield came


def read_up_to(source: Sound, count: int) -> Int16:
    """The first samples of a sound.

    Raises:
        HilError: the place is too far into it.
    """
    if count > MOST_SAMPLES:
        raise HilError(
            f"the place lies {count:,} samples into the sound, more than are streamed once more",
            "trace it by itself: `python -m host trace FILE --window N`",
        )
    pieces: list[Int16] = []
    have = 0
    for block in source.blocks():
        pieces.append(block.copy())
        have += len(block)
        if have >= count:
            break
    return np.concatenate(pieces)[:count] if pieces else np.zeros(0, np.int16)
