"""The stages of the C front end one by one, for tests: window, FFT, power and mel, log, int8."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..build.core_library import core_library
from ..errors import HilError
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.log_mel.tables import build_tables, frontend_image
from .c_frontend import ERRORS

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]

# What is needed of firmware/core/frontend/: a header a stage. The configuration stays opaque.
_DECLARATIONS = """
typedef struct { uint32_t up, down; int32_t shift; } fe_segment;
size_t fe_config_size(void);
int fe_config_from_image(void *config, const uint8_t *image, size_t length);
void fe_hann(const void *config, const int16_t *samples, int32_t *out);
size_t fe_rfft_twiddles(size_t n);
void fe_rfft(int32_t *x, size_t n, const int32_t *twiddles);
void fe_mel(const void *config, const int32_t *spectrum, fe_segment *segments);
void fe_mel_magnitude(const void *config, const int32_t *spectrum, fe_segment *segments);
void fe_log(const void *config, const fe_segment *segments, int32_t *db_q16);
typedef struct { uint32_t mantissa; int32_t exponent; } fe_offset;
typedef struct { uint32_t flags; uint16_t lead; const void *emphasis; const fe_offset *offsets; } fe_options;
void fe_log_options(const void *config, const fe_options *options, const fe_segment *segments, int32_t *db_q16);
void fe_quantise(const void *config, const int32_t *db_q16, int8_t *column);
"""


class Segments(NamedTuple):
    """What the bins between two neighbouring band centres give, [bands + 1] each: (up, down) * 4 ** shift."""

    up: NDArray[np.uint32]
    down: NDArray[np.uint32]
    shift: Int32


class Stages:
    """Calls one stage of the C core at a time.

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input.
        input_zero_point: the model's int8 value for feature 0.
        library: a shared library with the stages; None takes the core.

    Raises:
        SettingsError: the settings cannot be expressed in the core's arithmetic.
        HilError: the core cannot be built, or refuses the tables.
    """

    def __init__(
        self,
        settings: LogMelSettings,
        input_scale: float = 0.5,
        input_zero_point: int = 0,
        library: Path | None = None,
    ) -> None:
        self._ffi, self._core = _load(library or core_library())
        self.settings = settings
        tables = build_tables(settings, input_scale, input_zero_point)
        image = frontend_image(tables)
        # int32_t[] and uint64_t[]: cffi aligns them as the C side needs. The image is used in place and must stay.
        self._image = self._ffi.new("int32_t[]", len(image) // 4)
        self._ffi.buffer(self._image)[:] = image
        self._config = self._ffi.new("uint64_t[]", (self._core.fe_config_size() + 7) // 8)
        code = self._core.fe_config_from_image(
            self._config, self._ffi.cast("const uint8_t *", self._image), len(image)
        )
        if code != 0:
            raise HilError(
                f"the core refuses the front end's tables: {ERRORS.get(code, code)}",
                "use settings within firmware/core/core_limits.h",
            )
        self._twiddles = self._ffi.new("int32_t[]", list(tables.twiddles))
        assert self._core.fe_rfft_twiddles(settings.fft) == len(tables.twiddles)

    def window(self, samples: Int16) -> Int32:
        """Return [fft] windowed samples after the FFT's first step, in groups of four (firmware: hann.h)."""
        out = np.empty(self.settings.fft, np.int32)
        self._core.fe_hann(
            self._config, self._given("int16_t[]", samples, np.int16), self._filled("int32_t[]", out)
        )
        return out

    def rfft(self, groups: Int32) -> Int32:
        """Return the spectrum [fft] of what `window` gives: Re X[k] at k, Im X[k] at fft - k."""
        values = np.array(groups, np.int32)
        self._core.fe_rfft(self._filled("int32_t[]", values), len(values), self._twiddles)
        return values

    def mel(self, spectrum: Int32, magnitude: bool = False) -> Segments:
        """Return what the bins' power, or magnitude, gives to the bands."""
        segments = self._ffi.new("fe_segment[]", self.settings.bands + 1)
        stage = self._core.fe_mel_magnitude if magnitude else self._core.fe_mel
        stage(self._config, self._given("int32_t[]", spectrum, np.int32), segments)
        return Segments(
            np.array([segment.up for segment in segments], np.uint32),
            np.array([segment.down for segment in segments], np.uint32),
            np.array([segment.shift for segment in segments], np.int32),
        )

    def log(self, segments: Segments, flags: int = 0, offsets: Sequence[tuple[int, int]] = ()) -> Int32:
        """Return log-mel [bands], dB in Q16; with flags or offsets by the kind that has such."""
        rows = [
            {"up": int(up), "down": int(down), "shift": int(shift)}
            for up, down, shift in zip(*segments, strict=True)
        ]
        out = np.empty(self.settings.bands, np.int32)
        given, place = self._ffi.new("fe_segment[]", rows), self._filled("int32_t[]", out)
        if flags:
            added = self._ffi.new("fe_offset[]", [*offsets] or 1)
            options = self._ffi.new("fe_options *", {"flags": flags, "offsets": added})
            self._core.fe_log_options(self._config, options, given, place)
        else:
            self._core.fe_log(self._config, given, place)
        return out

    def quantise(self, db_q16: Int32) -> Int8:
        """Return the model's int8 [bands]."""
        out = np.empty(self.settings.bands, np.int8)
        self._core.fe_quantise(
            self._config, self._given("int32_t[]", db_q16, np.int32), self._filled("int8_t[]", out)
        )
        return out

    def _given(self, ctype: str, values: NDArray[Any], dtype: Any) -> Any:
        return self._ffi.from_buffer(ctype, np.ascontiguousarray(values, dtype))

    def _filled(self, ctype: str, values: NDArray[Any]) -> Any:
        return self._ffi.from_buffer(ctype, values, require_writable=True)


@cache
def _load(library: Path) -> tuple[Any, Any]:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(_DECLARATIONS)
    return ffi, ffi.dlopen(str(library))
