"""Detections in streams of sound: what a bundle's rule over time makes of them, as a device would.

A window alone says little about a recorder that runs for a night: what people see there are detections. So the rule of
the bundle (`host/detector`, which is that of the firmware) goes over the int8 scores of every window of each recording.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from host.bundle.load import Bundle
from host.core.c_frontend import FrontEnd
from host.detector.detector import Detector
from host.detector.rule import Int8Rule
from host.model.reference import ReferenceInterpreter

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
NEAR_S = 0.5
"""A second of sound is found by a detection that is on in a window which covers at least half of it."""


@dataclass(frozen=True)
class Stream:
    """The scores of one recording, window after window.

    Attributes:
        scores: int8 [windows, classes].
        seconds: how long the sound is.
        step_s: from the start of one window to the next.
        birds: where the seconds begin in which a bird is heard.
    """

    scores: Int8
    seconds: float
    step_s: float
    birds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Detections:
    """What a rule made of some streams.

    Attributes:
        starts: detections that began in streams without a bird.
        hours: of sound without a bird.
        found, seconds: seconds with a bird, those found and all.
        heard, recordings: streams with a bird, those with a detection and all.
    """

    starts: int
    hours: float
    found: int
    seconds: int
    heard: int
    recordings: int

    def __add__(self, other: "Detections") -> "Detections":
        """Both together."""
        return Detections(
            self.starts + other.starts,
            self.hours + other.hours,
            self.found + other.found,
            self.seconds + other.seconds,
            self.heard + other.heard,
            self.recordings + other.recordings,
        )

    def text(self) -> str:
        """For people: starts an hour with their upper bound, and what was found."""
        parts = []
        if self.hours:
            parts.append(
                f"{self.starts} starts in {self.hours:.2f} h without birds, {self.starts / self.hours:.1f} an hour "
                f"(95 %: at most {most_starts(self.starts) / self.hours:.1f})"
            )
        if self.recordings:
            parts.append(
                f"found {100.0 * self.found / self.seconds:.1f} % of {self.seconds} seconds with a bird, "
                f"{100.0 * self.heard / self.recordings:.1f} % of {self.recordings} recordings with one"
            )
        return "; ".join(parts)


def most_starts(starts: int) -> float:
    """One-sided exact 95 % upper bound of a Poisson count (Garwood 1936)."""
    return float(chi2.ppf(0.95, 2 * (starts + 1)) / 2.0)


class Listener:
    """A bundle's front end and int8 model."""

    def __init__(self, bundle: Bundle) -> None:
        quantisation = bundle.model.input
        self._bundle = bundle
        self._front_end = FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)
        self._interpreter = ReferenceInterpreter(bundle.model_bytes, bundle.model)
        self.rate = bundle.settings.sample_rate
        self.span = bundle.settings.samples_for(bundle.frames)

    def cells(self, samples: Int16) -> Int8:
        """The window that begins with the first sample, int8 [frames, bands]; zeros follow a sound that is shorter."""
        return self._columns(samples[: self.span])[: self._bundle.frames]

    def scores(self, cells: Int8) -> NDArray[np.float64]:
        """Real scores of the first class, float64 [n], of windows int8 [n, frames, bands]."""
        output = self._bundle.model.scores
        raw = self._interpreter.run(cells).scores[:, 0].astype(np.float64)
        result: NDArray[np.float64] = output.scale * (raw - output.zero_point)
        return result

    def stream(self, samples: Int16, birds: Sequence[float] = ()) -> Stream:
        """The scores of all windows of a sound; zeros follow one that is shorter than a window."""
        bundle, columns = self._bundle, self._columns(samples)
        starts = range(0, len(columns) - bundle.frames + 1, bundle.stride)
        cells = np.array([columns[start : start + bundle.frames] for start in starts])
        return Stream(
            self._interpreter.run(cells).scores,
            len(samples) / self.rate,
            bundle.stride * bundle.settings.hop / self.rate,
            tuple(birds),
        )

    def _columns(self, samples: Int16) -> Int8:
        padded = np.zeros(max(len(samples), self.span), np.int16)
        padded[: len(samples)] = samples
        columns: Int8 = self._front_end.features(padded)
        return columns


def active(rule: Int8Rule, scores: Int8) -> NDArray[np.bool_]:
    """Whether the first class is on after each window, bool [windows]."""
    on = np.zeros(len(scores), bool)
    for change in Detector(rule).update(scores):
        if change.label == 0:
            on[change.window :] = change.active
    return on


def detections(rule: Int8Rule, streams: Iterable[Stream]) -> Detections:
    """What the rule makes of streams, each begun anew: those with a bird tell what is found, the others the starts."""
    total = Detections(0, 0.0, 0, 0, 0, 0)
    for stream in streams:
        on = active(rule, stream.scores)
        if not stream.birds:
            starts = int(on[0]) + int(np.sum(on[1:] & ~on[:-1]))
            total += Detections(starts, stream.seconds / 3600.0, 0, 0, 0, 0)
            continue
        begins = np.arange(len(on)) * stream.step_s
        found = sum(bool(on[np.abs(begins - bird) <= NEAR_S].any()) for bird in stream.birds)
        total += Detections(0, 0.0, found, len(stream.birds), int(on.any()), 1)
    return total
