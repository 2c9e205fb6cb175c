"""A window that was wrong and is right when it is streamed again: when does one come out wrong once more?

What counts to a number, and what happens by chance, look alike in a run that saw it once. Streamed on, the one is wrong
at equal distances, whatever the sound.
"""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..board.audio_stream import as_it_came
from ..bundle.load import Bundle
from ..link import messages as m
from ..model.interpreter import Interpreter, joined
from ..trace.traced_device import TracedDevice
from ..trace.window import BLOCK, front_end, windows_of
from .diagnosis.again import Recurrence

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

MOST_WINDOWS = 2500  # of which every 800th is seen three times
ENOUGH = 4  # wrong ones
MOST_S = 20.0  # after which no other pass is begun
PASS_WINDOWS = 250  # of the sound, at most: a minute of it takes half a minute on a serial line


def recurrence(
    device: TracedDevice,
    bundle: Bundle,
    samples: Int16,
    interpreter: Interpreter,
    now: Callable[[], float] = time.monotonic,
) -> Recurrence:
    """Stream a sound again and again, and note which windows come out wrong, numbered from the first one.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        samples: int16, the sound.
        interpreter: the reference.
        now: a clock, in seconds.

    Raises:
        HilError: the board failed.
    """
    samples = samples[: bundle.settings.samples_for(bundle.frames + (PASS_WINDOWS - 1) * bundle.stride)]
    expected = _outputs(bundle, samples, interpreter)
    wrong: list[int] = []
    count, end = 0, now() + MOST_S
    while (
        len(expected)
        and count < MOST_WINDOWS
        # twice at least: what is wrong both times at the sound's same places is no chance
        and (len(wrong) < ENOUGH or count <= len(expected))
        and now() < end
    ):
        blocks = (samples[at : at + BLOCK] for at in range(0, len(samples), BLOCK))
        for result in as_it_came(device.stream(blocks, features=False)):
            if not isinstance(result, m.WindowResult) or result.index >= len(expected):
                continue
            if not np.array_equal(np.frombuffer(result.outputs, np.int8), expected[result.index]):
                wrong.append(count + result.index)
        count += len(expected)
    return Recurrence(count, tuple(wrong), len(expected))


def _outputs(bundle: Bundle, samples: Int16, interpreter: Interpreter) -> Int8:
    """Of all windows of the sound, int8 [windows, values]."""
    columns = front_end(bundle).features(samples)
    if len(columns) < bundle.frames:
        return np.zeros((0, 0), np.int8)
    interpreter.reset()
    return joined(interpreter.run(windows_of(bundle, columns)))
