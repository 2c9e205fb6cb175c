"""Sounds that bring a class exactly to its thresholds: on while it is inactive, off while it is active.

A sent tensor has no detection: only a stream shows where the board's threshold lies.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...detector.detector import Detector
from ...detector.rule import Int8Rule
from ...detector.settings import INT8
from ...model.interpreter import Interpreter
from .clock import Clock
from .seeds import front_end

Int16 = NDArray[np.int16]

PAIRS = 12  # of sounds that are tried for one goal
STEPS = 14  # of a bisection


@dataclass(frozen=True, order=True)
class Goal:
    """A score at which a class decides.

    Attributes:
        label: index of the class.
        edge: "on", looked at while the class is inactive, or "off", while it is active.
        off_by: what is added to the threshold: -1, 0 or 1.
    """

    label: int
    edge: str
    off_by: int


def goals(bundle: Bundle) -> list[Goal]:
    """All that can be reached within int8; none where no window's score is compared with a threshold."""
    limits = bundle.thresholds
    if not limits.deciding_windows:
        return []
    return [
        Goal(label, edge, off_by)
        for off_by in (0, -1, 1)  # the most telling ones first, should time run out
        for label, detect in enumerate(limits.detect)
        if detect
        for edge, values in (("on", limits.on), ("off", limits.off))
        if -128 <= values[label] + off_by <= 127
    ]


def goals_met(bundle: Bundle, scores: NDArray[np.int8]) -> set[Goal]:
    """The goals that a stream's scores, int8 [windows, classes], meet on their way.

    Where several windows decide together, a score counts only where the stream has other detections with one that is
    just on the other side of the threshold.
    """
    limits, met = bundle.thresholds, set[Goal]()
    if not limits.deciding_windows:
        return met
    state = limits.start()
    for window, row in enumerate(scores.tolist()):
        before = list(state.active)
        limits.step(state, row)
        for label, detect in enumerate(limits.detect):
            edge, limit = ("off", limits.off[label]) if before[label] else ("on", limits.on[label])
            if detect and abs(row[label] - limit) <= 1 and _decides(limits, scores, window, label, limit):
                met.add(Goal(label, edge, row[label] - limit))
    return met


def _decides(limits: Int8Rule, scores: NDArray[np.int8], window: int, label: int, limit: int) -> bool:
    """Whether a score on the other side of a threshold would give other detections."""
    if limits.deciding_windows == 1:
        return True
    other = limit - 1 if scores[window, label] >= limit else limit
    if other < INT8[0]:
        return False
    altered = scores.copy()
    altered[window, label] = other
    return Detector(limits).update(altered) != Detector(limits).update(scores)


class DecisionSearch:
    """Bisects between a sound with a low score and one with a high score.

    Args:
        bundle: what the sounds are for.
        interpreter: the reference.
        rng: decides what is tried.
    """

    def __init__(self, bundle: Bundle, interpreter: Interpreter, rng: np.random.Generator) -> None:
        self._bundle = bundle
        self._interpreter = interpreter
        self._rng = rng
        self._front_end = front_end(bundle)
        self._found: dict[Goal, Int16] = {}

    def run(self, sounds: list[Int16], clock: Clock) -> dict[Goal, Int16]:
        """Search from `sounds` of one window each; return a stream for each goal that was met."""
        if not sounds:
            return {}
        first = np.stack([self._look(sound)[0] for sound in sounds])
        for goal in goals(self._bundle):
            if clock.out:
                break
            if goal not in self._found:
                self._pursue(goal, sounds, first[:, goal.label].astype(int), clock)
        return dict(self._found)

    def _look(self, stream: Int16) -> NDArray[np.int8]:
        """The scores of a stream, int8 [windows, classes]; goals that it meets are noted."""
        bundle = self._bundle
        columns = self._front_end.features(stream)
        every = np.lib.stride_tricks.sliding_window_view(columns, bundle.frames, axis=0)
        self._interpreter.reset()
        windows = np.ascontiguousarray(every[:: bundle.stride].transpose(0, 2, 1))
        scores = self._interpreter.run(windows).scores
        for goal in goals_met(bundle, scores):
            known = self._found.get(goal)
            if known is None or len(known) > len(stream):
                self._found[goal] = stream
        return scores

    def _pursue(self, goal: Goal, sounds: list[Int16], scores: NDArray[np.int64], clock: Clock) -> None:
        limits = self._bundle.thresholds
        target = (limits.on if goal.edge == "on" else limits.off)[goal.label] + goal.off_by
        lows, highs = np.flatnonzero(scores <= target), np.flatnonzero(scores >= target)
        loud = np.flatnonzero(scores >= limits.on[goal.label])
        if not len(lows) or not len(highs) or (goal.edge == "off" and not len(loud)):
            return
        for _ in range(PAIRS):
            low, high = sounds[self._rng.choice(lows)], sounds[self._rng.choice(highs)]
            before = sounds[self._rng.choice(loud)] if goal.edge == "off" else None
            below, above = 0.0, 1.0
            for _ in range(STEPS):
                share = (below + above) / 2
                score = int(self._look(self._stream(before, low, high, share))[-1, goal.label])
                if goal in self._found or clock.out:
                    return
                below, above = (share, above) if score < target else (below, share)

    def _stream(self, before: Int16 | None, low: Int16, high: Int16, share: float) -> Int16:
        """A blend, after a sound that makes the class active; it fills the last windows exactly that decide."""
        blend = np.rint(low + (high.astype(np.float64) - low) * share).astype(np.int16)
        step = self._bundle.stride * self._bundle.settings.hop
        more = (self._bundle.thresholds.deciding_windows - 1) * step
        blend = np.resize(blend, len(blend) + more)
        if before is None:
            return blend
        gap = more + -len(before) % step
        return np.concatenate([before, np.resize(before, gap), blend])
