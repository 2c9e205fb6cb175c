"""How fast a virtual board takes audio: the figures of the README."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .busy import MOST, Others
from .toolkit import FAST_BAUD, Board, Bundle, Device, VirtualBoard, stream
from .toolkit import messages as m

pytestmark = pytest.mark.serial

BAUD = FAST_BAUD
LINE_SHARE = 0.95
FEATURES_TIMES_REAL_TIME = 200
INFERENCE_TIMES_REAL_TIME = 20
ATTEMPTS = 3  # a computer that is busy elsewhere proves nothing by being slow once


def _best(measure: Callable[[], float], wanted: float) -> float:
    """The best of some attempts; what falls short of `wanted` while others work on this computer says nothing."""
    others = Others()
    best = 0.0
    for _ in range(ATTEMPTS):
        best = max(best, measure())
        if best >= wanted:
            return best
    if others.share() > MOST:
        pytest.skip(f"other work took {others.share():.0%} of this computer meanwhile")
    return best


@pytest.fixture(scope="module")
def minutes(bundle: Bundle) -> NDArray[np.int16]:
    """Two minutes of synthetic sound."""
    return np.concatenate(list(stream(9, 120.0, bundle.settings.sample_rate)))


def _seconds(device: Device, samples: NDArray[np.int16], inference: bool) -> float:
    start = time.perf_counter()
    for result in device.stream([samples], inference=inference):
        last = result
    assert isinstance(last, m.StreamDone) and last.samples == len(samples)
    return time.perf_counter() - start


def test_a_throttled_line_is_used_to_its_capacity(
    virtual: Callable[..., VirtualBoard], open_device: Callable[[Board], Device], minutes: NDArray[np.int16]
) -> None:
    device = open_device(virtual(baud=BAUD))
    samples = minutes[: 3 * BAUD // 20]

    def share() -> float:
        sent = device.connection.counters["tx_bytes"]
        seconds = _seconds(device, samples, inference=False)
        return (device.connection.counters["tx_bytes"] - sent) * 10 / (BAUD * seconds)

    best = _best(share, LINE_SHARE)
    assert best >= LINE_SHARE, f"{best:.1%} of the line"


def test_features_many_times_faster_than_real_time(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    minutes: NDArray[np.int16],
    bundle: Bundle,
) -> None:
    device = open_device(virtual(inference=False))
    audio_s = len(minutes) / bundle.settings.sample_rate
    best = _best(lambda: audio_s / _seconds(device, minutes, inference=False), FEATURES_TIMES_REAL_TIME)
    assert best >= FEATURES_TIMES_REAL_TIME, f"{best:.0f} times real time"


def test_inference_many_times_faster_than_real_time(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    minutes: NDArray[np.int16],
    bundle: Bundle,
) -> None:
    device = open_device(virtual())
    audio_s = len(minutes) / bundle.settings.sample_rate
    best = _best(lambda: audio_s / _seconds(device, minutes, inference=True), INFERENCE_TIMES_REAL_TIME)
    assert best >= INFERENCE_TIMES_REAL_TIME, f"{best:.0f} times real time"


def test_damage_slows_down_by_less_than_two(
    virtual: Callable[..., VirtualBoard], open_device: Callable[[Board], Device], minutes: NDArray[np.int16]
) -> None:
    samples = minutes[: 2 * BAUD // 20]
    clean = open_device(virtual(baud=BAUD))
    damaged = open_device(virtual(baud=BAUD, damage=0.01, seed=4))

    def speed() -> float:
        return _seconds(clean, samples, inference=False) / _seconds(damaged, samples, inference=False)

    best = _best(speed, 0.5)
    assert best > 0.5, f"a damaged line is {1 / best:.1f} times slower"
