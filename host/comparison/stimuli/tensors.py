"""Windows whose scores and logits spread over the int8 range, thresholds and their neighbours among them."""

import bisect

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.interpreter import Interpreter, each_alone
from .clock import Clock

Int8 = NDArray[np.int8]

MOST = 512  # windows that are kept
BATCH = 64
GAPS = 8  # that a batch is spread over
IDLE_BATCHES = 60  # without anything new, until the search ends


class TensorSearch:
    """Fills the gaps between the outputs that are known, by blends of the windows on either side of a gap.

    Args:
        bundle: what the windows are for.
        interpreter: the reference.
        rng: decides what is tried.
    """

    def __init__(self, bundle: Bundle, interpreter: Interpreter, rng: np.random.Generator) -> None:
        self._bundle = bundle
        self._interpreter = interpreter
        self._rng = rng
        self._windows: list[Int8] = []
        self._known: list[dict[int, int]] = []  # of each output: which window gives a value
        self._wanted = wanted_scores(bundle)

    def run(self, seeds: Int8, clock: Clock) -> Int8:
        """Search from `seeds`, int8 [n, frames, bands]; return the windows found, in no order."""
        shape = seeds.shape[1:]
        extremes = [np.full(shape, value, np.int8) for value in (-128, 0, 127)]
        for at in range(0, len(seeds), BATCH):
            self._try(seeds[at : at + BATCH])
        self._try(np.stack(extremes))
        idle = 0
        while idle < IDLE_BATCHES and len(self._windows) < MOST and not clock.out:
            gaps = [gap for gap in (self._gap() for _ in range(GAPS)) if gap is not None]
            if not gaps:
                break
            tried = [self._blend(*gap) for gap in gaps for _ in range(BATCH // GAPS)]
            idle = 0 if self._try(np.stack(tried)) else idle + 1
        return np.stack(self._windows)

    def _try(self, windows: Int8) -> bool:
        """Run `windows` and keep those that give a value not known yet; return whether there is one."""
        outputs = each_alone(self._interpreter, windows, self._bundle.model.stateful)
        if not self._known:
            self._known = [{} for _ in range(outputs.shape[1])]
        before = len(self._windows)
        for window, row in zip(windows, outputs.tolist(), strict=True):
            if any(value not in known for known, value in zip(self._known, row, strict=True)):
                for known, value in zip(self._known, row, strict=True):
                    known.setdefault(value, len(self._windows))
                self._windows.append(window)
        return len(self._windows) > before

    def _gap(self) -> tuple[Int8, Int8] | None:
        """Windows on both sides of a value that no window gives; thresholds come first."""
        missing = [
            (column, value)
            for column, values in self._wanted.items()
            for value in values
            if value in _between(self._known[column])
        ]
        if not missing or self._rng.random() < 0.5:
            column = int(self._rng.integers(len(self._known)))
            missing = [(column, value) for value in sorted(_between(self._known[column]))] or missing
        if not missing:
            return None
        column, value = missing[int(self._rng.integers(len(missing)))]
        known = self._known[column]
        values = sorted(known)
        above = bisect.bisect(values, value)
        return self._windows[known[values[above - 1]]], self._windows[known[values[above]]]

    def _blend(self, one: Int8, other: Int8) -> Int8:
        """Something between two windows, or a little beyond them."""
        rng = self._rng
        if rng.random() < 0.5:
            share: float | NDArray[np.float64] = rng.uniform(-0.2, 1.2)
        else:
            share = (rng.random(one.shape) < rng.random()).astype(np.float64)
        mixed = one + (other.astype(np.float64) - one) * share
        if rng.random() < 0.5:
            mixed = mixed + rng.integers(-1, 2, one.shape)
        return np.clip(np.rint(mixed), -128, 127).astype(np.int8)


def _between(known: dict[int, int]) -> set[int]:
    """Values that no window gives, though some give less and some more."""
    return set(range(min(known), max(known))) - known.keys()


def wanted_scores(bundle: Bundle) -> dict[int, list[int]]:
    """For each class that is detected: both thresholds, one below and one above."""
    limits = bundle.thresholds
    return {
        label: sorted(
            {
                value
                for edge in (limits.on[label], limits.off[label])
                for value in range(edge - 1, edge + 2)
                if -128 <= value <= 127
            }
        )
        for label, detect in enumerate(limits.detect)
        if detect
    }
