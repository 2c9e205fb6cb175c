"""What a run needs of a board and of the device behind it: the firmware's client and the fakes both have it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..line.connection import Connection
from ..link import messages as m
from ..link.codec import Payload

OnLog = Callable[[int, str], None]


class DeviceUnderTest(Protocol):
    """A connected board."""

    @property
    def link_counters(self) -> dict[str, int]:
        """The host side's link counters."""
        ...

    def connect(self, timeout_s: float = ...) -> m.Info:
        """Take the board over anew, whatever it is doing, and ask what it is.

        Raises:
            HilError: it does not answer.
        """
        ...

    def stream(
        self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """Stream int16 samples [n] a block; yield Features, WindowResult and Detection, at last StreamDone.

        Raises:
            DeviceResetError: the board restarted.
            HilError: the board failed in another way.
        """
        ...

    def status(self, clear: bool = False) -> m.Status:
        """The firmware's counters; with `clear` the link's start anew afterwards."""
        ...

    def info(self) -> m.Info:
        """What the board says of itself."""
        ...

    def echo(self, data: bytes) -> bytes:
        """Send up to 1024 bytes there and back."""
        ...

    def infer(self, cells: NDArray[np.int8], begun: Callable[[], None] | None = None) -> m.TensorResult:
        """Run the model on one window's features, int8, frames × bands cells in any shape.

        `begun` is called when the board has done all that comes before the last piece of the cells: loaded a model that
        remembers anew, and taken the other pieces.

        Raises:
            HilError: the board has no model, or it failed.
        """
        ...

    def close(self) -> None:
        """Release the port."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A device whose firmware may tell what it was built with."""

    def build(self) -> dict[str, str]:
        """Versions by name; empty when it does not tell.

        Raises:
            HilError: the board failed.
        """
        ...


@runtime_checkable
class Limiting(Protocol):
    """A device that tells its limits as it is connected."""

    @property
    def told_limits(self) -> tuple[int, int, int] | None:
        """Bytes of the longest payload, of its receive buffer, and the most that it let come; None: not known."""
        ...


@runtime_checkable
class Linked(Protocol):
    """A device with a connection that can be looked at, and begun anew."""

    @property
    def connection(self) -> Connection:
        """It."""
        ...


@runtime_checkable
class Damaging(Protocol):
    """A device of which damaged frames are kept."""

    @property
    def damaged_as(self) -> str:
        """What the device does to them, in words; empty: unclear."""
        ...


class BoardUnderTest(Protocol):
    """A board that can be reached.

    Attributes:
        kind: virtual, serial, esp32, qemu, …
        description: how it is reached, in words; known once it is connected.
        patience_s: how long it may be silent.
    """

    @property
    def kind(self) -> str:
        """See above."""

    @property
    def description(self) -> str:
        """See above."""

    @property
    def patience_s(self) -> float:
        """See above."""

    def connect(self, on_log: OnLog | None = None) -> tuple[DeviceUnderTest, m.Info]:
        """Start the board when it is one that starts, open it and take it over.

        Args:
            on_log: called with (level, text) for each of the firmware's log lines.

        Raises:
            HilError: it cannot be built, opened or reached.
        """
        ...

    def close(self) -> None:
        """Stop what `connect` started."""
        ...
