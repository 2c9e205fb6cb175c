"""How much of a long test a slow board is given, and that it is said."""

from collections.abc import Iterator
from itertools import repeat
from types import SimpleNamespace
from typing import Any

import pytest

from . import lengths
from .lengths import ShortenedWarning, affordable_s
from .toolkit import Bundle
from .toolkit import messages as m


def _afforded(bundle: Bundle, monkeypatch: pytest.MonkeyPatch, speed: float, emulated: bool) -> float:
    """Of 1000 s, in 100 s, on a board that does `speed` times real time by a clock of ours."""
    told = m.Info(capabilities=m.Capability.EMULATED if emulated else m.Capability.INFERENCE)
    streamed: list[Any] = []

    def stream(blocks: list[Any], inference: bool) -> Iterator[object]:
        assert inference
        streamed.extend(blocks)
        return iter(())

    def clock() -> Iterator[float]:
        yield 50.0
        yield from repeat(50.0 + len(streamed[0]) / bundle.settings.sample_rate / speed)

    times = clock()
    monkeypatch.setattr(lengths.time, "monotonic", lambda: next(times))
    device: Any = SimpleNamespace(stream=stream, info=lambda: told)
    return affordable_s(device, bundle, 1000.0, 100.0, inference=True)


def test_a_quick_board_does_all(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _afforded(bundle, monkeypatch, 10.0, emulated=False) == 1000.0
    assert _afforded(bundle, monkeypatch, 51.0, emulated=True) == 1000.0


@pytest.mark.parametrize(
    ("speed", "emulated", "seconds"), [(2.0, False, 200.0), (2.0, True, 40.0), (0.5, True, 10.0)]
)
def test_a_slow_one_does_what_its_time_allows_and_that_is_said(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, speed: float, emulated: bool, seconds: float
) -> None:
    with pytest.warns(ShortenedWarning, match=f"^{seconds:.0f} of 1000 s of audio.* does {speed:.2f} times"):
        assert _afforded(bundle, monkeypatch, speed, emulated) == pytest.approx(seconds)
