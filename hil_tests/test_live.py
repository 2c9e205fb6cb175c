"""Listening to a microphone."""

import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from .toolkit import Board, Bundle, Device, Expected, Interpreter, RequestRefusedError, VirtualBoard
from .toolkit import messages as m

SPEED = 10


def test_a_board_without_a_microphone_says_so(device: Device, info: m.Info) -> None:
    if info.capabilities & m.Capability.MICROPHONE:
        pytest.skip("this board has a microphone")
    with pytest.raises(RequestRefusedError, match="microphone"):
        next(device.live())


def test_live_detections_are_those_of_the_same_audio_streamed(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    bundle: Bundle,
    reference: Interpreter,
    songs: NDArray[np.int16],
    tmp_path: Path,
) -> None:
    """The microphone plays a file, in real time or faster; what is heard must be what the file holds."""
    path = tmp_path / "heard.s16"
    path.write_bytes(songs.astype("<i2").tobytes())
    device = open_device(virtual(microphone=path, microphone_speed=SPEED))
    expected = Expected(bundle, reference).push(songs)
    assert expected.outputs is not None
    windows: dict[int, bytes] = {}
    changes = []
    deadline = time.monotonic() + 2 * len(songs) / bundle.settings.sample_rate / SPEED + 10
    heard = device.live()
    assert isinstance(heard, Generator)
    for result in heard:
        if isinstance(result, m.WindowResult):
            windows[result.index] = result.outputs[: result.classes]
        elif isinstance(result, m.LiveDetection):
            changes.append((result.window, result.label, bool(result.active), result.score))
            end = result.window * bundle.stride * bundle.settings.hop + bundle.window_samples
            assert abs(result.time_ms - end * 1000 / bundle.settings.sample_rate) <= 1
        if (len(windows) and max(windows) >= len(expected.outputs.scores) - 1) or time.monotonic() > deadline:
            break
    heard.close()
    scores = {index: row.tobytes() for index, row in enumerate(expected.outputs.scores)}
    known = {index: outputs for index, outputs in windows.items() if index in scores}
    assert len(known) >= 0.9 * len(scores)
    assert all(scores[index] == outputs for index, outputs in known.items())
    wanted = [(change.window, change.label, change.active, change.score) for change in expected.changes]
    assert [change for change in changes if change[0] < len(scores)] == wanted
    device.info()
