"""Streams one file into the device and into the host's own computation, and compares what comes out."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..board.audio_stream import SamplesLostError
from ..bundle.load import Bundle
from ..link.codec import Payload
from ..link.messages import StreamDone
from ..model.interpreter import Interpreter
from .device import DeviceUnderTest
from .expected import Expected
from .file import FileComparison
from .host_ahead import HostAhead


class Sound(Protocol):
    """A file's samples, or others.

    Attributes:
        path: of the file.
        notes: what was done to the samples, known after they were read.
    """

    @property
    def path(self) -> Path:
        """See above."""

    @property
    def notes(self) -> list[str]:
        """See above."""

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        """The samples in blocks, int16 at the bundle's rate."""
        ...


def compare_file(
    device: DeviceUnderTest,
    bundle: Bundle,
    source: Sound,
    interpreter: Interpreter | None,
    witness: Interpreter | None = None,
    progress: Callable[[int], None] | None = None,
    name: str | None = None,
) -> FileComparison:
    """Compare one file from beginning to end.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        source: the audio, at the bundle's rate.
        interpreter: the reference; None compares features only.
        witness: a second interpreter to hold against the reference.
        progress: called with the number of samples just sent.
        name: what to call the file; its own name when None.

    Raises:
        HilError: the audio or the board failed; nothing of this file counts then.
    """
    comparison = FileComparison(name or source.path.name, bundle, interpreter is not None)
    reference = Expected(bundle, interpreter, witness)

    host = HostAhead(reference.push)

    def blocks() -> Iterator[NDArray[np.int16]]:
        for block in source.blocks():
            yield block
            host.put(block.copy())  # whoever reads the file may use its buffer again
            if progress is not None:
                progress(len(block))
        comparison.end_audio()

    def take_host(*, all_of_it: bool) -> None:
        for block, samples in host.ready(all_of_it=all_of_it):
            comparison.add_host(block, samples)

    started = time.monotonic()
    with host:
        for result in _results(device, blocks(), interpreter is not None, comparison):
            take_host(all_of_it=isinstance(result, StreamDone))
            comparison.add_device(result)
        take_host(all_of_it=True)  # of a stream that ended without a word
    comparison.wall_s = time.monotonic() - started
    comparison.clipping = reference.clipping
    comparison.notes += source.notes
    column = bundle.settings.samples_for(1)
    if comparison.samples < column:
        comparison.notes.append(f"shorter than one column ({column} samples): nothing to compare")
    elif comparison.samples < bundle.window_samples:
        comparison.notes.append(f"shorter than one window ({bundle.window_samples} samples): features only")
    return comparison


def _results(
    device: DeviceUnderTest, blocks: Iterator[NDArray[np.int16]], inference: bool, comparison: FileComparison
) -> Iterator[Payload]:
    """What the device brings, and its end also where it lost samples: what came shows what became of them."""
    try:
        yield from device.stream(blocks, inference=inference)
    except SamplesLostError as lost:
        comparison.samples_told = lost.told
        yield lost.done
