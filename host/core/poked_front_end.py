"""The C front end whose tables can be changed entry by entry, in place: what a damaged table makes of the columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .c_frontend import FrontEnd

FORMATS = ("<i4", "<u2")


class PokedFrontEnd(FrontEnd):
    """A front end of its own. Arguments as for `FrontEnd`; only tables of coefficients may be changed, no counts."""

    def table(self, values: tuple[int, ...]) -> "NDArray[Any] | None":
        """The table with these values as the C code reads it; what is written there takes effect. None: it is none."""
        for kind in FORMATS:
            limits = np.iinfo(kind)
            if not values or min(values) < limits.min or max(values) > limits.max:
                continue
            data = np.array(values, kind).tobytes()
            place = self.image.find(data)
            if place > 0 and self.image.find(data, place + 1) < 0:
                memory = np.frombuffer(self._ffi.buffer(self._image), np.uint8)
                return memory[place : place + len(data)].view(kind)
        return None
