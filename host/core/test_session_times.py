"""What the board says of its times, on a clock that goes on by a step whenever it is read, 1 tick a microsecond."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..build.core_library import core_library
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..link import messages as m
from .fake_target import FakeTarget, build_target
from .parsed import parsed

pytestmark = [pytest.mark.native, pytest.mark.slow]
MOST = 2**32 - 1
PIECES = 2  # of a hop: the session takes up to 64 samples at a time
INFERENCE = m.StreamStart(stream=3, flags=m.StreamFlag.INFERENCE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    return FakeTarget(build_target(tmp_path_factory.mktemp("target"), load_bundle(DEFAULT_BUNDLE)))


@pytest.fixture
def target(made: FakeTarget) -> FakeTarget:
    """The board, new."""
    made.power_on(0)
    return made


def stream(target: FakeTarget, steps: list[int], pieces: int = PIECES) -> list[m.WindowResult]:
    """One hop of samples for each step, in so many pieces, each as long as the step; the windows that came."""
    hop, found = target.bundle.settings.hop, []
    for step in steps:
        target.controls.tick_step = step
        for piece in np.array_split(np.zeros(hop, "<i2"), pieces):
            found += [
                each for each in target.ask(m.Audio(piece.tobytes())) if isinstance(each, m.WindowResult)
            ]
    return found


def before_the_first(target: FakeTarget) -> int:
    """Hops before the one that completes the first column."""
    settings = target.bundle.settings
    assert settings.span % settings.hop == 0, "a piece then never ends within a column that it completes"
    return settings.span // settings.hop - 1


def test_a_windows_time_is_that_of_its_columns_and_of_its_inference(target: FakeTarget) -> None:
    bundle = target.bundle
    early = before_the_first(target)
    target.ask(INFERENCE)
    steps = [3] * early + [5] * (bundle.frames - 3) + [11, 5, 7] + [2] * (bundle.stride - 1) + [9]
    first, second = stream(target, steps)
    spent = 2 * (3 * early + 5 * (bundle.frames - 2) + 11 + 7)
    assert (first.columns, first.index, first.first_column) == (bundle.frames, 0, 0)
    assert (first.frontend_ns, first.frontend_max_ns) == (1000 * spent, 2000 * max(11, 3 * early + 5))
    assert (first.inference_ns, first.total_ns) == (7000, 1000 * (spent + 7))
    spent = 2 * (2 * (bundle.stride - 1) + 9)
    assert (second.columns, second.index, second.first_column) == (bundle.stride, 1, bundle.stride)
    assert (second.frontend_ns, second.frontend_max_ns) == (1000 * spent, 18_000)
    assert (second.inference_ns, second.total_ns) == (9000, 1000 * (spent + 9))


def test_on_a_clock_that_stands_still_nothing_takes_any_time(target: FakeTarget) -> None:
    bundle = target.bundle
    target.ask(INFERENCE)
    steps = [0] * (before_the_first(target) + bundle.frames + bundle.stride)
    for window in stream(target, steps):
        assert (window.frontend_ns, window.frontend_max_ns, window.inference_ns, window.total_ns) == (
            0,
            0,
            0,
            0,
        )


@pytest.mark.parametrize("pieces", [2, 3, 5])
def test_a_column_takes_as_long_as_all_its_pieces(target: FakeTarget, pieces: int) -> None:
    target.ask(INFERENCE)
    hops = before_the_first(target) + target.bundle.frames
    (window,) = stream(target, [4] * hops, pieces)
    assert window.frontend_ns == 4000 * pieces * hops
    assert window.frontend_max_ns == 4000 * pieces * (1 + before_the_first(target))
    assert window.inference_ns == 4000


def test_another_stream_begins_with_no_time_spent(target: FakeTarget) -> None:
    target.ask(INFERENCE)
    hops = before_the_first(target) + target.bundle.frames
    stream(target, [1000] * (hops - 1))
    target.ask(m.StreamEnd(3), INFERENCE)
    (window,) = stream(target, [4] * hops)
    assert (window.frontend_ns, window.columns) == (8000 * hops, target.bundle.frames)
    assert window.frontend_max_ns == 8000 * (1 + before_the_first(target))


def test_a_clock_that_wraps_makes_no_difference(target: FakeTarget) -> None:
    target.now_us = 2**32 - 20_000
    target.connect()
    target.ask(INFERENCE)
    hops = before_the_first(target) + target.bundle.frames
    (window,) = stream(target, [4] * hops)
    assert target.now_us > 2**32 and window.frontend_ns == 8000 * hops


def test_a_time_from_4_seconds_on_is_the_longest_that_there_is(target: FakeTarget) -> None:
    """In ns it has 32 bits, and in ticks no end: 71 minutes of them fit 32 bits."""
    early = before_the_first(target)
    for step, longest in ((1_999_999, 3_999_998_000), (2_000_000, MOST), (2**31 + 100, MOST)):
        target.ask(INFERENCE)
        (window,) = stream(target, [0] * (early + target.bundle.frames - 1) + [step])
        assert window.frontend_max_ns == window.frontend_ns == longest
        assert window.inference_ns == (1000 * step if step < 4_000_000 else MOST)
        assert window.total_ns == MOST
        target.ask(m.StreamEnd(3))


def test_without_inference_a_window_takes_its_columns_time_alone(target: FakeTarget) -> None:
    target.ask(m.StreamStart(stream=3, flags=m.StreamFlag.FEATURES))
    hops = before_the_first(target) + target.bundle.frames
    (window,) = stream(target, [4] * hops)
    assert (window.classes, window.outputs) == (0, b"")
    assert window.total_ns == window.frontend_ns + window.inference_ns == 8000 * hops + 4000


def test_a_tensors_time_is_its_inferences(target: FakeTarget) -> None:
    cells = bytes(target.bundle.model.cells)
    target.controls.tick_step = 6
    pieces = [m.TensorData(at, cells[at : at + 500]) for at in range(0, len(cells), 500)]
    (result,) = target.ask(m.TensorBegin(id=2, length=len(cells)), *pieces)
    assert isinstance(result, m.TensorResult)
    assert (result.inference_ns, result.total_ns) == (6000, 6000)


@cache
def core() -> Any:
    return parsed("uint32_t stream_ns(uint64_t ticks, uint32_t clock_hz);").dlopen(str(core_library()))


ticks = st.integers(0, 64).flatmap(lambda bits: st.integers(0, 2**bits - 1))


@given(ticks, st.sampled_from([1, 999, 1_000_000, 80_000_000, 240_000_000, 2**32 - 1]))
def test_nanoseconds_of_ticks_are_exact_below_4_seconds(count: int, clock_hz: int) -> None:
    for each in (count, count % (4 * clock_hz), 4 * clock_hz - 1, 4 * clock_hz):
        expected = each * 10**9 // clock_hz if each < 4 * clock_hz else MOST
        assert core().stream_ns(each, clock_hz) == expected
