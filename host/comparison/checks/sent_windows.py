"""Windows sent as they are: the model without the stream, on inputs that share a beginning or an end."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.interpreter import Interpreter, joined
from ...model.verify import random_columns
from ..cause import Cause
from ..device import DeviceUnderTest
from ..diagnosis.seen_window import SeenWindow
from .checked import Checked
from .sent_causes import cause_of

Int8 = NDArray[np.int8]
SEED = 11
TRIED = 5  # windows from which the two most unlike ones are taken

# What is in each of the windows, in the order in which they are sent; the last stands for all further ones.
KINDS = (
    "of the last file's columns, or noise",
    "the first half of window 0, the second half of window 2",
    "of the last file's columns, or noise",
    "the first half of window 2, the second half of window 0",
    "window 0 again",
    "window 2, or window 0, with its columns in reverse",
    *("noise", "noise"),
    "with its first or its last cell at an end of its range",
)


def ask_windows(
    device: DeviceUnderTest,
    bundle: Bundle,
    interpreter: Interpreter,
    columns: Int8,
    see: Callable[[str, Int8], SeenWindow | None] | None = None,
) -> tuple[Checked, int]:
    """Send windows and hold their outputs against the reference; returns how many were sent, too.

    Args:
        device: idle.
        bundle: that it runs.
        interpreter: the reference.
        columns: of some sound, int8 [n, bands], to take windows from; any number of them.
        see: called with the name and cells of the first window whose outputs differ; sends it once more, and tells what
            the model is given. None: it is not looked at.

    Raises:
        HilError: the board failed.
    """
    found = Checked()
    windows = windows_to_send(bundle, interpreter, columns)
    expected = apart_each(bundle, interpreter, windows)
    compared = different = 0
    told = np.copy(expected)
    for index, (window, right) in enumerate(zip(windows, expected, strict=True)):
        theirs = np.frombuffer(device.infer(window).outputs, np.int8)
        compared += len(right)
        if len(theirs) != len(right):
            found.note(f"{window_name(index)} has {len(theirs)} outputs, {len(right)} are right")
            continue
        told[index] = theirs
        for place in np.flatnonzero(theirs != right):
            different += 1
            found.note(
                f"{window_name(index)}, {output_name(bundle, int(place))}: host {right[place]}, device {theirs[place]} "
                f"({int(theirs[place]) - int(right[place]):+d} LSB)"
            )
    wrong = np.flatnonzero((told != expected).any(axis=1))
    sent = len(windows)
    if see is not None and len(wrong):
        sent += 1
        found.window = see(window_name(int(wrong[0])), windows[wrong[0]])
    about = cause_of(windows, expected, told, lambda each: apart_each(bundle, interpreter, each))
    if about:
        found.wrong.insert(0, Cause(f"windows sent by themselves: {about}"))
    found.what = (
        f"{len(windows)} windows with {len(np.unique(expected, axis=0))} distinct outputs, "
        f"{compared:,} outputs compared, {different:,} differ"
    )
    return found, sent


def window_name(index: int) -> str:
    """What a window that is sent by itself is called: which one, and what is in it."""
    return f"window {index} of those sent by themselves ({KINDS[min(index, len(KINDS) - 1)]})"


def windows_to_send(bundle: Bundle, interpreter: Interpreter, columns: Int8) -> Int8:
    """The windows, int8 [n, frames, bands].

    Two unlike ones, their halves joined, one of them again and with its columns in reverse (of the same sum), the
    extremes; and where there are such, pairs that differ in their first or in their last cell alone and have unlike
    outputs.
    """
    shape = (bundle.frames, bundle.settings.bands)
    made = random_columns(bundle.model, TRIED, SEED).reshape(-1, *shape)
    tried = np.concatenate([_from_columns(columns, bundle.frames), made])
    outputs = apart_each(bundle, interpreter, tried).astype(np.int16)
    apart = np.abs(outputs[:, np.newaxis] - outputs).sum(axis=2)
    one, other = (tried[int(place)] for place in np.unravel_index(int(np.argmax(apart)), apart.shape))
    half = bundle.frames // 2
    begun, ended = one.copy(), other.copy()
    begun[half:], ended[half:] = other[half:], one[half:]
    pairs = [window for cell in (0, -1) for window in _pair(bundle, interpreter, tried, cell)]
    turned = (other if np.array_equal(one, one[::-1]) else one)[::-1]
    return np.stack([one, begun, other, ended, one, turned, made[0], made[1], *pairs])


def made_window(bundle: Bundle) -> Int8:
    """A window of noise, int8 [frames, bands], in which no cell stands for another one."""
    return np.random.default_rng(SEED).integers(-128, 128, (bundle.frames, bundle.settings.bands), np.int8)


def _pair(bundle: Bundle, interpreter: Interpreter, tried: Int8, cell: int) -> list[Int8]:
    """Two windows that differ in one cell and in their outputs, or none."""
    low, high = tried.copy(), tried.copy()
    low.reshape(len(tried), -1)[:, cell], high.reshape(len(tried), -1)[:, cell] = -128, 127
    outputs = [apart_each(bundle, interpreter, windows) for windows in (low, high)]
    unlike = np.flatnonzero((outputs[0] != outputs[1]).any(axis=1))
    return [low[unlike[0]], high[unlike[0]], low[unlike[0]]] if len(unlike) else []


def _from_columns(columns: Int8, frames: int) -> Int8:
    """Windows spread over some columns."""
    last = len(columns) - frames
    if last < 0:
        return np.empty((0, frames, columns.shape[1]), np.int8)
    firsts = np.unique(np.linspace(0, last, TRIED).astype(int))
    return np.stack([columns[first : first + frames] for first in firsts])


def apart_each(bundle: Bundle, interpreter: Interpreter, windows: Int8) -> Int8:
    """Scores, then logits, of windows before each of which nothing was."""
    if not bundle.model.stateful:
        interpreter.reset()
        return joined(interpreter.run(windows))
    rows = []
    for window in windows:
        interpreter.reset()
        rows.append(joined(interpreter.run(window[np.newaxis])))
    return np.concatenate(rows)


def output_name(bundle: Bundle, place: int) -> str:
    """Which of the outputs a place is."""
    labels = bundle.labels
    return f"{'score' if place < len(labels) else 'logit'} of {labels[place % len(labels)]!r}"
