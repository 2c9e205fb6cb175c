"""The firmware's own front end, called from Python: what the device computes, bit for bit."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..build.core_library import core_library
from ..errors import HilError
from ..frontend.settings import FrontEndSettings
from ..frontend.tables import FrontEndTables, build_tables, frontend_image

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Float32 = NDArray[np.float32]

# What is needed of firmware/core/frontend/frontend.h and firmware/x86/run.h. The structs stay opaque: their sizes come
# from the library.
_DECLARATIONS = """
size_t fe_config_size(void);
size_t fe_state_size(void);
int fe_config_from_image(void *config, const uint8_t *image, size_t length);
void fe_init(void *state, const void *config);
void fe_reset(void *state);
size_t fe_columns(const void *state, size_t n);
extern const int32_t fe_octave_db_q16[65];
size_t fe_run(void *state, const int16_t *samples, size_t n, int8_t *columns, int32_t *logmel_q16);
"""
ERRORS = {
    -1: "its length is wrong",
    -2: "it is not a front-end image of this version",
    -3: "it is not 4-byte aligned",
    -4: "a size is beyond the core's limits",
    -5: "a table is out of range",
}


class FrontEnd:
    """Log-mel features by the C core.

    Samples are int16 mono at the settings' rate. A column is one time step: `bands` values over the samples
    [i * hop, i * hop + fft). `features` and `logmel` treat their argument as a whole recording; `push` takes a
    stream in pieces of any size and gives the same columns, as they become complete.

    >>> front_end = FrontEnd(settings, input_scale=0.5, input_zero_point=-20)
    >>> front_end.features(samples).shape        # (settings.columns(len(samples)), settings.bands), int8

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input.
        input_zero_point: the model's int8 value for feature 0.
        tables: other tables than the settings', to see what a change of one makes of the cells.
        path: a shared library with the front end; None takes the core.

    Raises:
        SettingsError: the settings cannot be expressed in the core's arithmetic.
        HilError: the core cannot be built, or refuses the tables.
    """

    def __init__(
        self,
        settings: FrontEndSettings,
        input_scale: float = 0.5,
        input_zero_point: int = 0,
        tables: FrontEndTables | None = None,
        path: Path | None = None,
    ) -> None:
        self._ffi, self._core = library(path)
        self.settings = settings
        self.image = frontend_image(tables or build_tables(settings, input_scale, input_zero_point))
        # int32_t[] and uint64_t[]: cffi aligns them as the C side needs.
        self._image = self._ffi.new("int32_t[]", len(self.image) // 4)
        self._ffi.buffer(self._image)[:] = self.image
        self._config = self._ffi.new("uint64_t[]", (self._core.fe_config_size() + 7) // 8)
        code = self._core.fe_config_from_image(
            self._config, self._ffi.cast("const uint8_t *", self._image), len(self.image)
        )
        if code != 0:
            raise HilError(
                f"the core refuses the front end's tables: {ERRORS.get(code, code)}",
                "use settings within firmware/core/core_limits.h",
            )
        self._stream = self._new_state()

    def features(self, samples: Int16) -> Int8:
        """Return the int8 cells of a whole recording, [columns, bands]."""
        return self._run(self._new_state(), samples, logmel=False)[0]

    def logmel(self, samples: Int16) -> Int32:
        """Return the unquantised log-mel of a whole recording, [columns, bands], dB in Q16 (65536 is 1 dB)."""
        return self._run(self._new_state(), samples, logmel=True)[1]

    def logmel_db(self, samples: Int16) -> Float32:
        """Return the unquantised log-mel of a whole recording, [columns, bands], dB."""
        return (self.logmel(samples) * (1 / 65536)).astype(np.float32)

    def push(self, chunk: Int16) -> Int8:
        """Feed the stream and return the columns that became complete, [k, bands]; k may be 0."""
        return self._run(self._stream, chunk, logmel=False)[0]

    def reset(self) -> None:
        """Start a new stream: forget the samples pushed so far."""
        self._core.fe_reset(self._stream)

    def _new_state(self) -> Any:
        state = self._ffi.new("uint64_t[]", (self._core.fe_state_size() + 7) // 8)
        self._core.fe_init(state, self._config)
        return state

    def _run(self, state: Any, samples: Int16, *, logmel: bool) -> tuple[Int8, Int32]:
        if samples.dtype != np.int16 or samples.ndim != 1:
            raise TypeError(f"samples must be int16 [n], not {samples.dtype} {list(samples.shape)}")
        samples = np.ascontiguousarray(samples)
        shape = (self._core.fe_columns(state, len(samples)), self.settings.bands)
        cells = np.empty(shape, np.int8)
        values = np.empty(shape if logmel else (0, shape[1]), np.int32)
        self._core.fe_run(
            state,
            self._ffi.from_buffer("int16_t[]", samples),
            len(samples),
            self._ffi.from_buffer("int8_t[]", cells, require_writable=True),
            self._ffi.from_buffer("int32_t[]", values, require_writable=True) if logmel else self._ffi.NULL,
        )
        return cells, values


def octave_table() -> Int32:
    """The core's table of logarithms, int32 [65]: dB in Q16 of 1 to 2 in 64 steps."""
    return np.array(list(library()[1].fe_octave_db_q16), np.int32)


@cache
def library(path: Path | None = None) -> tuple[Any, Any]:
    """Return cffi's interface and the C core, or another library, with the functions declared above.

    Raises:
        HilError: the core cannot be built.
    """
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(_DECLARATIONS)
    return ffi, ffi.dlopen(str(path or core_library()))
