"""Single inferences and echoes: how many, and what is kept of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..link import messages as m
from . import questions
from .questions import first_inferences, probe_inference


@dataclass
class Clocked:
    """A device that takes its time on a clock of its own."""

    loading_s: float = 0.0
    infer_s: float = 0.010
    reported_ns: int = 9_000_000
    echo_s: float = 0.002
    now_s: float = 100.0
    cells: list[int] = field(default_factory=list)
    echoes: list[int] = field(default_factory=list)

    def infer(self, cells: NDArray[Any], begun: Callable[[], None]) -> m.TensorResult:
        assert cells.dtype == np.int8 and not cells.any()
        self.cells.append(cells.size)
        self.now_s += self.loading_s
        begun()
        self.now_s += self.infer_s
        return m.TensorResult(inference_ns=self.reported_ns)

    def echo(self, data: bytes) -> bytes:
        self.echoes.append(len(data))
        self.now_s += self.echo_s
        return data


def probes_of(device: Clocked, monkeypatch: pytest.MonkeyPatch, cells: int = 2440) -> list[Any]:
    clock = SimpleNamespace(monotonic=lambda: device.now_s, perf_counter=lambda: device.now_s)
    monkeypatch.setattr(questions, "time", clock)
    return probe_inference(device, cells)  # type: ignore[arg-type]


def test_each_inference_has_an_echo_of_as_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Clocked()
    probes = probes_of(device, monkeypatch)
    assert len(probes) == 12
    assert device.cells == [2440] * 12
    assert device.echoes == [1016] * 12, "at least as many as the last piece of a tensor has"
    for probe in probes:
        assert probe.round_trip_s == pytest.approx(0.010)
        assert probe.echo_s == pytest.approx(0.002)
        assert probe.reported_ns == 9_000_000


def test_a_small_tensor_has_a_small_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Clocked()
    probes_of(device, monkeypatch, cells=300)
    assert device.echoes == [300] * 12


class Late:
    """A device that tells each window's time one window late."""

    def __init__(self) -> None:
        self.streams: list[tuple[int, bool, bool]] = []
        self._told = 5

    def stream(self, blocks: Any, features: bool, inference: bool) -> Iterator[Any]:
        sent = np.concatenate(list(blocks))
        assert sent.dtype == np.int16 and not sent.any()
        self.streams.append((len(sent), features, inference))
        yield m.WindowResult(inference_ns=self._told)
        self._told = 800_000 if inference else 70
        yield m.StreamDone()


def test_the_first_inference_is_asked_behind_a_window_without_one() -> None:
    device = Late()
    found = first_inferences(device, 4000, 500)  # type: ignore[arg-type]
    assert found == (m.WindowResult(inference_ns=5), 70, None)
    assert device.streams == [(4000, False, False), (4500, False, True)]


def test_the_two_inferences_behind_a_window_without_one_are_told_apart() -> None:
    class Device:
        def stream(self, *_: Any, inference: bool, **__: Any) -> list[m.WindowResult]:
            return [m.WindowResult(inference_ns=number) for number in ((7, 8, 9) if inference else ())]

    assert first_inferences(Device(), 4000, 500) == (None, 7, 8)  # type: ignore[arg-type]


def test_the_time_in_which_a_model_that_remembers_is_loaded_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for probe in probes_of(Clocked(loading_s=0.5), monkeypatch):
        assert probe.round_trip_s == pytest.approx(0.010)


@pytest.mark.parametrize(
    ("reported_s", "passed_s", "count"),
    [
        (0.4, 0.4, 8),  # 3 s of work
        (1.0, 1.0, 3),  # exactly that
        (0.001, 10.0, 3),  # exactly 30 s passed
        (2.0, 2.0, 3),  # three in any case
        (0.001, 1.0, 12),  # a quick model on a busy computer: all of them
        (0.001, 4.0, 8),  # 30 s passed
        (0.0, 40.0, 3),
    ],
)
def test_a_slow_model_is_asked_less_often_and_a_busy_computer_is_not(
    monkeypatch: pytest.MonkeyPatch, reported_s: float, passed_s: float, count: int
) -> None:
    device = Clocked(infer_s=passed_s, reported_ns=round(reported_s * 1e9), echo_s=0.0)
    assert len(probes_of(device, monkeypatch)) == count
