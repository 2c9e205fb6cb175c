"""What the stages of the C front end give for a column: the firmware's own code, looked at as a board is asked to."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..build.core_library import core_library
from ..frontend.settings import FrontEndSettings
from .c_frontend import FrontEnd

Int16 = NDArray[np.int16]

_DECLARATIONS = """
typedef struct { void (*take)(void *taker, unsigned stage, void *bytes, size_t size); void *taker; } fe_probe;
unsigned fe_stages(const void *front_end);
const char *fe_stage_name(const void *front_end, unsigned stage);
void fe_look(void *state, const fe_probe *probe, uint32_t column);
size_t fe_push(void *state, const int16_t *samples, size_t n, int8_t *column, int32_t *values, bool *ready);
"""


class ProbedFrontEnd(FrontEnd):
    """A `FrontEnd` whose stages can be looked at; its arguments are those."""

    def __init__(
        self, settings: FrontEndSettings, input_scale: float = 0.5, input_zero_point: int = 0
    ) -> None:
        super().__init__(settings, input_scale, input_zero_point)
        self._probe_ffi, self._probe_core = _probing()

    def stages(self) -> list[str]:
        """Names of the stages, in the order of computing; empty for a kind that has none."""
        front_end = self._shared(self._opened)
        names = [
            self._probe_core.fe_stage_name(front_end, stage)
            for stage in range(self._probe_core.fe_stages(front_end))
        ]
        return [self._probe_ffi.string(name).decode() for name in names]

    def captured(self, samples: Int16, column: int) -> dict[str, bytes]:
        """The bytes of each stage for one column of a recording.

        Args:
            samples: int16, at least up to that column's end.
            column: its number, from 0.

        Raises:
            ValueError: the samples have no such column.
        """
        ffi, core = self._probe_ffi, self._probe_core
        if column >= self.settings.columns(len(samples)):
            raise ValueError(f"{len(samples)} samples have no column {column}")
        found: dict[int, bytes] = {}

        @ffi.callback("void(void *, unsigned, void *, size_t)")  # type: ignore[untyped-decorator]
        def take(_: Any, stage: int, content: Any, size: int) -> None:
            found[int(stage)] = bytes(ffi.buffer(content, size))

        probe = ffi.new("fe_probe *", {"take": take, "taker": ffi.NULL})
        stream = self._new_state()
        state = self._shared(stream[0])
        core.fe_look(state, probe, column)
        data = ffi.from_buffer("int16_t[]", np.ascontiguousarray(samples, np.int16))
        cells = ffi.new("int8_t[]", self.settings.bands)
        ready = ffi.new("bool *")
        used = done = 0
        while done <= column and used < len(samples):
            used += core.fe_push(state, data + used, len(samples) - used, cells, ffi.NULL, ready)
            done += bool(ready[0])
        return {name: found[stage] for stage, name in enumerate(self.stages()) if stage in found}

    def _shared(self, pointer: Any) -> Any:
        """A pointer of the other declarations' as one of these."""
        return self._probe_ffi.cast("void *", int(self._ffi.cast("uintptr_t", pointer)))


@cache
def _probing() -> tuple[Any, Any]:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(_DECLARATIONS)
    return ffi, ffi.dlopen(str(core_library()))
