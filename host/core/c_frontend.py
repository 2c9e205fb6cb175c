"""The firmware's own front end, called from Python: what the device computes, bit for bit."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..build.core_library import core_library
from ..errors import HilError
from ..frontend.kinds import kind_of
from ..frontend.settings import FrontEndSettings
from .parsed import parsed

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]

# What is needed of firmware/core/frontend/frontend.h and firmware/x86/run.h. The structs stay opaque: their sizes come
# from the library.
_DECLARATIONS = """
size_t fe_bands(const void *front_end);
size_t fe_front_end_size(void);
size_t fe_state_size(void);
int fe_open(void *front_end, const uint8_t *image, size_t length);
size_t fe_memory_bytes(const void *front_end);
void fe_init(void *state, const void *front_end, void *memory);
void fe_reset(void *state);
typedef struct fe_probe {
    void (*take)(void *taker, unsigned stage, void *bytes, size_t size);
    void *taker;
} fe_probe;
unsigned fe_stages(const void *front_end);
const char *fe_stage_name(const void *front_end, unsigned stage);
void fe_look(void *state, const fe_probe *probe, uint32_t column);
size_t fe_push(void *state, const int16_t *samples, size_t n, int8_t *column, int32_t *values, bool *ready);
size_t fe_columns(const void *state, size_t n);
extern const int32_t fe_octave_db_q16[65];
size_t fe_run(void *state, const int16_t *samples, size_t n, int8_t *columns, int32_t *values);
void fe_run_window(void *state, const int8_t *columns, size_t frames, int8_t *cells);
uint16_t fe_run_max_fft(const void *front_end);
"""
ERRORS = {
    -1: "its length is wrong",
    -2: "it is not a front-end image of this version",
    -3: "it is not 4-byte aligned",
    -4: "a size is beyond the core's limits",
    -5: "a table is out of range",
    -6: "the core lacks its kind",
}


class FrontEnd:
    """Features by the C core.

    Samples are int16 mono at the settings' rate. A column is one time step: `bands` values over the samples
    [i * hop, i * hop + span). `features` and `values` treat their argument as a whole recording; `push` takes a
    stream in pieces of any size and gives the same columns, as they become complete.

    >>> front_end = FrontEnd(settings, input_scale=0.5, input_zero_point=-20)
    >>> front_end.features(samples).shape        # (settings.columns(len(samples)), settings.bands), int8

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input.
        input_zero_point: the model's int8 value for feature 0.
        tables: other tables of the kind than the settings', to see what a change of one makes of the cells.
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
        tables: object = None,
        path: Path | None = None,
    ) -> None:
        self._ffi, self._core = library(path)
        self.settings = settings
        kind = kind_of(settings)
        self.image = kind.image(tables or kind.tables(settings, input_scale, input_zero_point))
        # int32_t[] and uint64_t[]: cffi aligns them as the C side needs.
        self._image = self._ffi.new("int32_t[]", len(self.image) // 4)
        self._ffi.buffer(self._image)[:] = self.image
        self._opened = self._words(self._core.fe_front_end_size())
        code = self._core.fe_open(
            self._opened, self._ffi.cast("const uint8_t *", self._image), len(self.image)
        )
        if code != 0:
            raise HilError(
                f"the core refuses the front end's tables: {ERRORS.get(code, code)}",
                "use settings within firmware/core/core_limits.h",
            )
        self._stream = self._new_state()

    @property
    def memory_bytes(self) -> int:
        """Bytes that a stream needs on this computer; a machine with shorter pointers needs no more."""
        return int(self._core.fe_memory_bytes(self._opened))

    @property
    def max_fft(self) -> int:
        """Points of the longest FFT that the core takes of this kind."""
        return int(self._core.fe_run_max_fft(self._opened))

    def features(self, samples: Int16) -> Int8:
        """Return the int8 cells of a whole recording, [columns, bands]."""
        return self._run(self._new_state(), samples, values=False)[0]

    def features_behind(self, streams: Sequence[Int16], samples: Int16) -> Int8:
        """As `features`, of a recording that is a stream behind others."""
        state = self._new_state()
        for before in streams:
            self._run(state, before, values=False)
            self._core.fe_reset(state[0])
        return self._run(state, samples, values=False)[0]

    def begun(self, samples: Int16) -> "Begun":
        """A stream that has heard `samples`."""
        return Begun(self, samples)

    def values(self, samples: Int16) -> Int32:
        """Return what the cells of a whole recording are quantised from, [columns, bands], in the kind's own unit.

        For log-mel dB in Q16: 65536 is 1 dB.
        """
        return self._run(self._new_state(), samples, values=True)[1]

    def window(self, columns: Int8) -> Int8:
        """Return the cells of a window, [frames, model_bands], from its columns, [frames, bands].

        Only of a kind whose cells depend on all of a window.
        """
        assert kind_of(self.settings).normaliser is not None
        columns = np.ascontiguousarray(columns, np.int8)
        cells = np.empty((len(columns), self.settings.model_bands), np.int8)
        self._core.fe_run_window(
            self._stream[0],
            self._ffi.from_buffer("int8_t[]", columns),
            len(columns),
            self._ffi.from_buffer("int8_t[]", cells, require_writable=True),
        )
        return cells

    def push(self, chunk: Int16) -> Int8:
        """Feed the stream and return the columns that became complete, [k, bands]; k may be 0."""
        return self._run(self._stream, chunk, values=False)[0]

    def push_with_values(self, chunk: Int16) -> tuple[Int8, Int32]:
        """As `push`; also what the cells were quantised from, see `values`."""
        return self._run(self._stream, chunk, values=True)

    def stages(self) -> list[str]:
        """Names of the stages, in the order of computing: the same as a board tells them."""
        names = (
            self._core.fe_stage_name(self._opened, number)
            for number in range(self._core.fe_stages(self._opened))
        )
        return [self._ffi.string(name).decode() for name in names]

    def capture(self, samples: Int16, column: int) -> dict[str, bytes]:
        """Return what each stage gives for a column of a whole recording, by its name.

        Empty: there is no such column, or the kind tells of no stages.

        Args:
            samples: the recording, up to the column's last sample at least.
            column: its number.
        """
        names, found = self.stages(), {}
        if not names:
            return {}
        state, _ = self._new_state()

        def take(_: object, stage: int, data: object, size: int) -> None:
            found[names[stage]] = bytes(self._ffi.buffer(data, size))

        taken = self._ffi.callback("void(void *, unsigned, void *, size_t)", take)
        probe = self._ffi.new("fe_probe *", {"take": taken})
        cells, ready = self._ffi.new("int8_t[]", self.settings.bands), self._ffi.new("bool *")
        self._core.fe_look(state, probe, column)
        samples = np.ascontiguousarray(samples, np.int16)
        place, at = self._ffi.from_buffer("int16_t[]", samples), 0
        while at < len(samples) and not found:
            at += self._core.fe_push(state, place + at, len(samples) - at, cells, self._ffi.NULL, ready)
        return found

    def of_stage(self, samples: Int16, name: str) -> list[bytes]:
        """Return what a stage gives for each column of a whole recording."""
        number, found = self.stages().index(name), []
        state, _ = self._new_state()

        def take(_: object, stage: int, data: object, size: int) -> None:
            if stage == number:
                found.append(bytes(self._ffi.buffer(data, size)))

        taken = self._ffi.callback("void(void *, unsigned, void *, size_t)", take)
        probe = self._ffi.new("fe_probe *", {"take": taken})
        cells, ready = self._ffi.new("int8_t[]", self.settings.bands), self._ffi.new("bool *")
        samples = np.ascontiguousarray(samples, np.int16)
        place, at = self._ffi.from_buffer("int16_t[]", samples), 0
        while at < len(samples):
            self._core.fe_look(state, probe, 0)
            at += self._core.fe_push(state, place + at, len(samples) - at, cells, self._ffi.NULL, ready)
        return found

    def reset(self) -> None:
        """Start a new stream: forget the samples pushed so far."""
        self._core.fe_reset(self._stream[0])

    def _words(self, size: int) -> Any:
        """Memory, aligned to 8 bytes."""
        return self._ffi.new("uint64_t[]", (size + 7) // 8)

    def _new_state(self) -> tuple[Any, Any]:
        """A stream and its memory, which must live as long."""
        state = self._words(self._core.fe_state_size())
        memory = self._words(self._core.fe_memory_bytes(self._opened))
        self._core.fe_init(state, self._opened, memory)
        return state, memory

    def _run(self, stream: tuple[Any, Any], samples: Int16, *, values: bool) -> tuple[Int8, Int32]:
        if samples.dtype != np.int16 or samples.ndim != 1:
            raise TypeError(f"samples must be int16 [n], not {samples.dtype} {list(samples.shape)}")
        samples = np.ascontiguousarray(samples)
        state, _ = stream
        shape = (self._core.fe_columns(state, len(samples)), self.settings.bands)
        cells = np.zeros(shape, np.int8)  # as a board's memory is, where nothing is written
        unquantised = np.empty(shape if values else (0, shape[1]), np.int32)
        self._core.fe_run(
            state,
            self._ffi.from_buffer("int16_t[]", samples),
            len(samples),
            self._ffi.from_buffer("int8_t[]", cells, require_writable=True),
            self._ffi.from_buffer("int32_t[]", unquantised, require_writable=True)
            if values
            else self._ffi.NULL,
        )
        return cells, unquantised


class Begun:
    """A stream that can go on from the same moment again and again.

    Args:
        front_end: it.
        samples: int16, that it has heard until then.
    """

    def __init__(self, front_end: FrontEnd, samples: Int16) -> None:
        self._front_end = front_end
        self._stream = front_end._new_state()
        front_end._run(self._stream, samples, values=False)
        self._buffers = [front_end._ffi.buffer(part) for part in self._stream]
        self._kept = [bytes(buffer) for buffer in self._buffers]

    def features(self, samples: Int16) -> Int8:
        """The columns that become complete with further samples, [k, bands]."""
        for buffer, kept in zip(self._buffers, self._kept, strict=True):
            buffer[:] = kept
        return self._front_end._run(self._stream, samples, values=False)[0]


def octave_table() -> Int32:
    """The core's table of logarithms, int32 [65]: dB in Q16 of 1 to 2 in 64 steps."""
    return np.array(list(library()[1].fe_octave_db_q16), np.int32)


@cache
def library(path: Path | None = None) -> tuple[Any, Any]:
    """Return cffi's interface and the C core, or another library, with the functions declared above.

    Raises:
        HilError: the core cannot be built.
    """
    ffi = parsed(_DECLARATIONS)
    return ffi, ffi.dlopen(str(path or core_library()))
