"""Where live sound comes from: a microphone, or a WAV file that stands in for one."""

from __future__ import annotations

import importlib
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.source import AudioSource
from ..errors import HilError

Int16 = NDArray[np.int16]
BLOCK_S = 0.05


class ListenError(HilError):
    """No sound can be had."""


def file_blocks(
    path: Path,
    rate: int,
    real_time: bool,
    tell: Callable[[str], object] = lambda _note: None,
    to_peak: bool = False,
) -> Iterator[Int16]:
    """A file in pieces of 50 ms, int16, in real time or as fast as they are taken.

    Args:
        path: the file.
        rate: wanted, in Hz.
        real_time: whether a piece comes no sooner than a microphone would give it.
        tell: called after the last piece with what was done to the sound, and what of it is missing or uncertain.
        to_peak: whether samples are divided by the file's own peak.

    Raises:
        AudioError: the file cannot be read.
    """
    size = int(BLOCK_S * rate)
    kept = np.zeros(0, np.int16)
    began = time.monotonic()
    sent = 0
    source = AudioSource(path, rate, to_peak=to_peak)
    for block in source.blocks():
        kept = np.concatenate([kept, block])
        while len(kept) >= size:
            piece, kept = kept[:size], kept[size:]
            sent += size
            if real_time:
                time.sleep(max(0.0, began + sent / rate - time.monotonic()))
            yield piece
    if len(kept):
        yield kept
    for note in source.notes:
        tell(note)


def _sounddevice() -> Any:
    try:
        return importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise ListenError(
            f"The microphone cannot be used: {error}.",
            "Install it with `pip install sounddevice` (Linux also: `apt install libportaudio2`), or give --wav FILE.",
        ) from error


def devices() -> list[str]:
    """The input devices, a line each.

    Raises:
        ListenError: sounddevice or its library is missing.
    """
    listed = _sounddevice().query_devices()
    return [
        f"{i}: {d['name']} ({d['max_input_channels']} in)"
        for i, d in enumerate(listed)
        if d["max_input_channels"]
    ]


def microphone_blocks(rate: int, device: str | None) -> Iterator[Int16]:
    """What a microphone hears, int16, until the reader stops.

    A microphone that cannot record at `rate` is recorded at its own rate and resampled.

    Raises:
        ListenError: there is no microphone, or it cannot be opened.
    """
    sounddevice = _sounddevice()
    chosen: int | str | None = int(device) if device is not None and device.isdigit() else device
    try:
        own = int(sounddevice.query_devices(chosen, "input")["default_samplerate"])
    except (ValueError, sounddevice.PortAudioError) as error:
        raise ListenError(
            f"There is no microphone{f' {device!r}' if device is not None else ''}: {error}.",
            "Plug one in, see `--devices` for what there is, or give --wav FILE.",
        ) from error
    resampler = _resampler(own, rate)
    waiting: queue.Queue[Int16] = queue.Queue()

    def heard(data: Any, _frames: int, _time: Any, _status: Any) -> None:
        waiting.put(np.array(data[:, 0], dtype=np.int16))

    try:
        with sounddevice.InputStream(
            samplerate=own,
            channels=1,
            dtype="int16",
            device=chosen,
            blocksize=int(BLOCK_S * own),
            callback=heard,
        ):
            while True:
                yield resampler(waiting.get(timeout=5.0))
    except queue.Empty:
        raise ListenError(
            "The microphone gives no sound.", "Check that it is allowed and not in use elsewhere."
        ) from None
    except sounddevice.PortAudioError as error:
        raise ListenError(
            f"The microphone cannot be opened: {error}.", "Choose another with --device."
        ) from error


def _resampler(own: int, rate: int) -> Any:
    if own == rate:
        return lambda block: block
    import soxr

    stream = soxr.ResampleStream(own, rate, 1, dtype="int16", quality="HQ")
    return stream.resample_chunk
