"""What is asked of a device for a trace, and what it tells."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..board.tracing import WRITTEN_INPUT, TracedTensor
from ..link import messages as m
from ..link.codec import Payload

Int16 = NDArray[np.int16]
Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much."""


def is_state(record: TracedTensor) -> bool:
    """Whether a record is of a variable that the op wrote, not of an output."""
    return record.role >= WRITTEN_INPUT


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""
    del what, done, total


@runtime_checkable
class TracedDevice(Protocol):
    """A connected board whose windows and columns can be looked at; `board.device.Device` says what each call does."""

    def info(self) -> m.Info:
        """What the board says of itself."""
        ...

    def stream(
        self, blocks: Iterable[Int16], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """Stream samples, and yield what the board makes of them."""
        ...

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        """Have the next stream traced at one of its windows."""
        ...

    def trace_ops(self) -> list[TracedTensor]:
        """Run the window again, and tell what each op gives."""
        ...

    def trace_bytes(
        self, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        """Bytes of a tensor."""
        ...

    def stage_names(self) -> list[str]:
        """The front end's stages."""
        ...

    def stage_arm(self, column: int, stage: int, offset: int, length: int) -> m.StageArmed:
        """Have the next stream bring bytes of a stage for a column."""
        ...


class MovableDevice(TracedDevice, Protocol):
    """A traced device whose model can lie elsewhere."""

    def use_image(self, image: bytes, progress: Callable[[int, int], None] | None = None) -> m.DeployStatus:
        """Use a bundle image without keeping it."""
        ...

    def leave_image(self) -> None:
        """Go back to the bundle before it."""
        ...


class CaseDevice(Protocol):
    """A connected board that runs a model which is no bundle."""

    def open_case(
        self, model: bytes, inputs: Sequence[bytes], progress: Callable[[int, int], None] | None = None
    ) -> m.CaseOpened:
        """Load it."""
        ...

    def trace_ops(self) -> list[TracedTensor]:
        """Run it, and tell what each op gives."""
        ...

    def trace_bytes(
        self, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        """Bytes of a tensor."""
        ...

    def close_case(self) -> None:
        """Go back to the bundle."""
        ...
