"""How much of this computer other work took: a test of speed proves nothing while it has not the processors."""

from __future__ import annotations

import contextlib
import os
import time

import psutil

MOST = 0.1
"""Share of all processors that others may take before a slow result says nothing."""


class Others:
    """Counts, from its making on, the processor time of everything but this process and what it started."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self._all_s, self._own_s = _all_s(), _own_s()

    def share(self) -> float:
        """The share of all processors since then, 0 to 1; what a virtual machine was not given counts, too."""
        passed_s = (time.perf_counter() - self._started_s) * (os.cpu_count() or 1)
        others_s = (_all_s() - self._all_s) - (_own_s() - self._own_s)
        return max(0.0, others_s / passed_s)


def _all_s() -> float:
    """Processor seconds of the whole computer, those stolen by its host among them."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _own_s() -> float:
    """Processor seconds of this process and its living children."""
    total = 0.0
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            used = process.cpu_times()
            total += used.user + used.system
    return total
