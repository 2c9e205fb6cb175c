"""What a device tells of a window that it ran again, and what must be asked of it for that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

WRITTEN_INPUT = 0x80  # roles from here on: an input that the op writes into

Int16 = NDArray[np.int16]


@dataclass(frozen=True)
class Record:
    """A tensor that an op gave.

    Attributes:
        subgraph, op: which op.
        code: its builtin code.
        role: number of the op's output; from `WRITTEN_INPUT` on that of an input which it wrote into.
        tensor: its number in the subgraph.
        size: bytes.
        crc: CRC-32 of them when the op ended.
        modulo: its address modulo 16; None where the board cannot tell.
        ns: time of the op; None where the board cannot tell.
    """

    subgraph: int
    op: int
    code: int
    role: int
    tensor: int
    size: int
    crc: int
    modulo: int | None = None
    ns: int | None = None

    @property
    def is_state(self) -> bool:
        """Whether it is a variable that the op wrote, not an output."""
        return self.role >= WRITTEN_INPUT


class TracedWindow(Protocol):
    """A window that lies ready on the device: every question runs it again."""

    def records(self) -> list[Record]:
        """What each op gives, in the order of execution.

        Raises:
            HilError: the board failed.
        """
        ...

    def output(self, place: int, offset: int, length: int) -> bytes:
        """Bytes of the tensor of record number `place`, when its op ended.

        Raises:
            HilError: the board failed.
        """
        ...

    def model_input(self, length: int) -> bytes:
        """The model's input tensor before the first op."""
        ...

    def model_output(self, number: int, length: int) -> bytes:
        """An output tensor of the model after the last op."""
        ...


Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much."""


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""
    del what, done, total
