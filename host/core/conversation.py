"""What a replayed session is told: streams, requests, another host."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]


@dataclass(frozen=True)
class Stream:
    """A stream of a conversation.

    Attributes:
        samples: int16, from the first sample of its first column on.
        column: number of that column.
        raw: what the model gives for its windows, int8 [windows, values], as `raw_outputs` makes it.
        heard: whether windows are where the samples make them; else each column makes one.
        deaf: whether all columns are zeros, which takes no time; the first stream's says so of all.
    """

    samples: Int16
    column: int = 0
    raw: Int8 | None = None
    heard: bool = True
    deaf: bool = False


@dataclass(frozen=True)
class Asked:
    """Requests one after the other, of whatever kind; a RESET lets the board boot.

    Attributes:
        requests: their types and payloads.
        hears: whether columns of what is sent are computed; of a conversation all are where one is.
    """

    requests: tuple[tuple[int, bytes], ...]
    hears: bool = False


@dataclass(frozen=True)
class Connected:
    """Another host comes."""


Step = Stream | Asked | Connected
