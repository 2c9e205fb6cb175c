"""The C front end whose tables can be changed entry by entry, in place: what a damaged table makes of the columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .c_frontend import FrontEnd, Int8, Int16

FORMATS = ("<i4", "<u2", "<i2", "<i1")


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

    def features_with(self, memory: "NDArray[Any]", place: int | slice, value: Any, samples: Int16) -> Int8:
        """Columns by a table with another value at a place, which a new stream might not be begun with."""
        stream = self._new_state()
        right = memory[place].copy()
        memory[place] = value
        try:
            return self._run(stream, samples, values=False)[0]
        finally:
            memory[place] = right

    def read_from(self, memory: "NDArray[Any]", by: int) -> "NDArray[Any] | None":
        """What a table of `table` is when it is read some entries further on; None: that is outside of the image."""
        whole = np.frombuffer(self._ffi.buffer(self._image), np.uint8)
        begin = memory.ctypes.data - whole.ctypes.data + by * memory.itemsize
        if begin < 0 or begin + memory.nbytes > len(whole):
            return None
        return whole[begin : begin + memory.nbytes].copy().view(memory.dtype)

    def last_column(self, samples: Int16) -> Callable[[], dict[str, bytes]]:
        """What computes the stages of the samples' last column anew, each time with the tables as they are then.

        What is kept from column to column is that of the tables as they are now.
        """
        names, found = self.stages(), {}
        end = self.settings.samples_for(self.settings.columns(len(samples)))
        stream = self._new_state()
        self._run(stream, samples[: end - 1], values=False)
        buffers = [self._ffi.buffer(part) for part in stream]
        kept = [bytes(buffer) for buffer in buffers]
        last = self._ffi.from_buffer("int16_t[]", np.ascontiguousarray(samples[end - 1 : end]))
        cells, ready = self._ffi.new("int8_t[]", self.settings.bands), self._ffi.new("bool *")

        def take(_: object, stage: int, data: object, size: int) -> None:
            found[names[stage]] = bytes(self._ffi.buffer(data, size))

        taken = self._ffi.callback("void(void *, unsigned, void *, size_t)", take)
        probe = self._ffi.new("fe_probe *", {"take": taken})
        self._taken = taken  # a struct does not keep it alive

        def compute() -> dict[str, bytes]:
            for buffer, right in zip(buffers, kept, strict=True):
                buffer[:] = right
            found.clear()
            self._core.fe_look(stream[0], probe, 0)
            self._core.fe_push(stream[0], last, 1, cells, self._ffi.NULL, ready)
            return dict(found)

        return compute
