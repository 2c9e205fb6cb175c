"""A window of which a board told what its model was given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SeenWindow:
    """A window of a stream.

    Attributes:
        name: which one, in words.
        samples: int16, of the stream.
        number: of the window.
        right, given: the model's input as it must be, and as the board told it.
        columns_right: whether it is known that the columns are right, so that what makes a window of them is not.
    """

    name: str
    samples: NDArray[np.int16]
    number: int
    right: bytes
    given: bytes
    columns_right: bool = False
