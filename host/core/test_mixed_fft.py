"""FFTs whose length is no power of two: the C core against NumPy in float64, every length there is."""

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from cffi import FFI
from numpy.typing import NDArray

from ..build.core_library import core_library
from ..frontend.log_mel import mixed
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.log_mel.tables import build_tables, headroom, placed_window
from ..frontend.signals import Int16

pytestmark = pytest.mark.native

LENGTHS = [fft for fft in range(mixed.LEAST, mixed.MOST + 1) if mixed.steps(fft)]
MIXED = [fft for fft in LENGTHS if fft not in mixed.POWERS_OF_TWO]
WINDOWS: list[dict[str, Any]] = [
    {},
    {"window_function": "hamming"},
    {"window_function": "rectangular"},
    {"window_symmetric": True},
]
# Of the spectrum's unit. Each step floors its products and divisions, which adds up where all rounding goes one way: in
# the bins near 0.
LARGEST, RMS = 32, 5.0
_DECLARATIONS = """
typedef struct { uint8_t radix, shift; } fe_mixed_step;
typedef struct { size_t steps; fe_mixed_step step[8]; } fe_mixed_plan;
bool fe_mixed_plan_of(fe_mixed_plan *plan, size_t n);
size_t fe_mixed_twiddles(size_t n);
void fe_mixed_window(const fe_mixed_plan *plan, size_t n, const int32_t *weights, const int32_t *emphasis,
                     const int16_t *samples, int32_t *out);
void fe_mixed_rfft(const fe_mixed_plan *plan, int32_t *x, size_t n, const int32_t *twiddles);
"""


@cache
def core() -> tuple[FFI, Any]:
    ffi = FFI()
    ffi.cdef(_DECLARATIONS)
    return ffi, ffi.dlopen(str(core_library()))


def plan_of(fft: int) -> Any:
    ffi, library = core()
    plan = ffi.new("fe_mixed_plan *")
    return plan if library.fe_mixed_plan_of(plan, fft) else None


def settings_of(fft: int, window: int | None = None, **options: Any) -> LogMelSettings:
    return LogMelSettings(16000, window or fft, fft, fft, 4, 20.0, 8000.0, -80.0, **options)


def spectrum(settings: LogMelSettings, samples: Int16) -> NDArray[np.complex128]:
    """The core's bins 0 to fft / 2 of one column."""
    ffi, library = core()
    fft, tables, plan = settings.fft, build_tables(settings, 0.5, 0), plan_of(settings.fft)
    values = np.zeros(fft, np.int32)
    place = ffi.from_buffer("int32_t[]", values, require_writable=True)
    early = len(samples) - fft
    library.fe_mixed_window(
        plan,
        fft,
        ffi.new("int32_t[]", list(tables.weights)),
        ffi.new("int32_t[]", list(tables.emphasis)) if tables.emphasis else ffi.NULL,
        ffi.from_buffer("int16_t[]", samples) + early,
        place,
    )
    library.fe_mixed_rfft(plan, place, fft, ffi.new("int32_t[]", list(tables.twiddles)))
    bins = np.zeros(fft // 2 + 1, np.complex128)
    bins += values[: fft // 2 + 1]
    bins[1:-1] += 1j * values[: fft // 2 : -1]
    return bins


def exact(settings: LogMelSettings, samples: Int16) -> NDArray[np.complex128]:
    """The same by NumPy: full scale is `headroom` of 2**32 / fft, as for every other length."""
    early = len(samples) - settings.fft
    sound = samples[early:] - settings.pre_emphasis * (samples[:-1] if early else 0.0)
    found: NDArray[np.complex128] = np.fft.rfft(sound / 32768 * placed_window(settings))
    return found * headroom(settings) * 2.0**32 / settings.fft


def loudest(fft: int) -> Iterator[Int16]:
    """What strains the sums most: full scale in step with a bin, real and imaginary, noise and a constant."""
    time = np.arange(fft)
    for k in {0, 1, fft // 8, fft // 5, fft // 3, fft // 2}:
        for phase in (0.0, math.pi / 4, math.pi / 2):
            wave = np.cos(2 * math.pi * k * time / fft + phase)
            yield np.where(wave >= 0, 32767, -32768).astype(np.int16)
    yield np.random.default_rng(fft).choice([-32768, 32767], fft).astype(np.int16)


def check(settings: LogMelSettings, samples: Int16) -> None:
    difference = spectrum(settings, samples) - exact(settings, samples)
    assert max(np.abs(difference.real).max(), np.abs(difference.imag).max()) <= LARGEST, settings
    assert np.sqrt((np.abs(difference) ** 2).mean() / 2) <= RMS, settings


def test_every_length_is_numpys_fft_at_full_scale() -> None:
    assert len(MIXED) > 70 and {200, 240, 320, 400, 480, 640, 800, 960, 1200, 2000} <= set(MIXED)
    for fft in MIXED:
        for samples in loudest(fft):
            check(settings_of(fft), samples)


@pytest.mark.parametrize("options", WINDOWS[1:], ids=str)
def test_other_windows_leave_every_sum_its_room(options: dict[str, Any]) -> None:
    for fft in (18, 250, 400, 1458):
        for samples in loudest(fft):
            check(settings_of(fft, **options), samples)
            check(settings_of(fft, window=fft - 1, **options), samples)


def test_emphasis_takes_the_sample_before() -> None:
    for fft in (90, 400):
        for samples in loudest(fft):
            check(settings_of(fft, pre_emphasis=0.97), np.concatenate([samples[-1:], samples]))


def test_both_sides_take_the_same_steps() -> None:
    _, library = core()
    for fft in range(mixed.MOST + 40):
        plan, steps = plan_of(fft), mixed.steps(fft)
        assert (plan is None) == (not steps)
        if plan is not None:
            found = [(plan.step[i].radix, plan.step[i].shift) for i in range(plan.steps)]
            assert found == [(step.radix, step.shift) for step in steps]
            assert library.fe_mixed_twiddles(fft) == len(mixed.twiddles(fft))
            assert sorted(mixed.order(fft)) == list(range(fft))
        else:
            assert library.fe_mixed_twiddles(fft) == 0


def test_which_lengths_there_are() -> None:
    def smooth(n: int) -> bool:
        for prime in (2, 3, 5):
            while n % prime == 0:
                n //= prime
        return n == 1

    wanted = [n for n in range(16, 2049, 2) if smooth(n)]
    assert list(mixed.LENGTHS) == wanted
    for fft in set(range(17, 2048)) - set(wanted):
        near = mixed.nearest(fft)
        assert near == [max(n for n in wanted if n < fft), min(n for n in wanted if n > fft)]


def test_silence_stays_silence() -> None:
    for fft in (48, 400, 1250):
        assert not spectrum(settings_of(fft), np.zeros(fft, np.int16)).any()
