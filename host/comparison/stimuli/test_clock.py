"""How long a search may go on."""

from types import SimpleNamespace

import pytest

from . import clock
from .clock import Clock


def test_a_clock_runs_out_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: now.s))
    running = Clock(5.0)
    seen = []
    for now.s in (100.0, 104.9, 105.0, 200.0):
        seen.append(running.out)
    assert seen == [False, False, True, True]
    assert Clock(0.0).out
