"""A window of which a board told what its model was given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SeenWindow:
    """A window of a stream, or one that was sent by itself.

    Attributes:
        name: which one, in words.
        samples: int16, of the stream; none of a window that was sent by itself.
        number: of the window in it.
        right, given: the model's input as it must be, and as the board told it.
        requests: types and payloads of what such a window was sent with; empty: it is a stream's.
        columns_right: whether it is known that the columns are right, so that what makes a window of them is not.
    """

    name: str
    samples: NDArray[np.int16]
    number: int
    right: bytes
    given: bytes
    requests: tuple[tuple[int, bytes], ...] = ()
    columns_right: bool = False
