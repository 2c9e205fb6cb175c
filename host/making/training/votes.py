"""A rule over time for a bundle: n of m windows, from the lowest threshold at which few enough detections begin."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ...detector.detector import Detector
from ...detector.n_of_m import MOST_WINDOWS, NOfM
from ...detector.rule import Int8Rule
from ...detector.settings import Scores
from ...detector.settings import Window as Step
from ..dataset.windows import Windows
from .evaluate import release_of

BOTTOM, TOP = -127, 127
"""int8 scores that can be a threshold."""
STRIDE = 8

Int8 = NDArray[np.int8]


@dataclass(frozen=True)
class Votes:
    """The rule over time that a bundle gets.

    Attributes:
        n, m: a detection begins when n of the last m windows reach the threshold.
        starts_an_hour: the threshold is the lowest at which at most this many detections begin in an hour of
            background: of the validation set's recordings without a class, and of the background scenes.
    """

    n: Annotated[int, Meta(ge=1, le=MOST_WINDOWS)] = 2
    m: Annotated[int, Meta(ge=1, le=MOST_WINDOWS)] = 3
    starts_an_hour: Annotated[float, Meta(ge=0, le=3600)] = 2.0


def n_of_m(scores: Scores, n: int, m: int, on: int) -> NOfM:
    """n of m windows from the int8 score `on` on."""
    # Rounded down, or the next int8 score would be the first that reaches it.
    threshold = math.floor(1e4 * scores.real(on)) / 1e4
    return NOfM(threshold, release_of(threshold), n, m)


def lowest_votes(make: Callable[[int], NOfM], few_enough: Callable[[NOfM], bool]) -> NOfM | None:
    """The rule of the lowest int8 threshold with few enough starts; None: the highest one has too many.

    The search comes down from the highest score, in strides and then in single steps, and stops where too many begin:
    far below, where everything is one long detection, few begin again.

    Args:
        make: gives the rule of an int8 score.
    """

    def at(on: int) -> NOfM | None:
        settings = make(on)
        return settings if few_enough(settings) else None

    best, high = at(TOP), TOP
    for stride in (STRIDE, 1):
        while best and high - stride >= BOTTOM and (lower := at(high - stride)):
            best, high = lower, high - stride
    return best


@dataclass(frozen=True)
class Background:
    """What a device would hear of recordings in which no class sounds.

    Attributes:
        streams: int8 scores [windows, classes] of each, a device's windows.
        hours: of sound in all of them.
    """

    streams: tuple[Int8, ...]
    hours: float

    def __add__(self, other: Background) -> Background:
        """Both together."""
        return Background(self.streams + other.streams, self.hours + other.hours)

    def starts(self, rule: Int8Rule) -> int:
        """How many detections begin; each recording is a stream of its own."""
        return sum(change.active for stream in self.streams for change in Detector(rule).update(stream))


def background(scores: Int8, windows: Windows, step: Step, column_s: float) -> Background:
    """The recordings of a set in which no class sounds, as a device hears them.

    Args:
        scores: int8 [n, classes], of every window of the set.
        windows: in order of time within each recording.
        step: a device's windows.
        column_s: seconds from one column to the next.
    """
    with_class = np.unique(windows.recordings[(windows.labels > 0.5).any(axis=1)])
    streams = []
    for each in np.setdiff1d(windows.recordings, with_class):
        mine = np.flatnonzero(windows.recordings == each)
        # Data sets have windows between a device's, which its first one decides.
        heard = (windows.starts[mine] - windows.starts[mine].min()) % step.stride == 0
        streams.append(scores[mine[heard]])
    columns = sum((len(stream) - 1) * step.stride + step.frames for stream in streams)
    return Background(tuple(streams), columns * column_s / 3600.0)


def choose_votes(
    votes: Votes,
    quiet: Background,
    labels: tuple[str, ...],
    scores: Scores,
    step: Step,
    least: float,
) -> tuple[NOfM, dict[str, float]]:
    """The rule with at most `votes.starts_an_hour` in the background, and what begins there.

    The highest score is the threshold where even that begins too often.

    Args:
        least: the threshold is not below it, as few enough windows reach this one.

    Returns:
        The rule, and the `starts` and `hours` of the background.
    """
    most = votes.starts_an_hour * quiet.hours

    def starts(settings: NOfM) -> int:
        return quiet.starts(settings.rule(labels, scores, step))

    def made(on: int) -> NOfM:
        return n_of_m(scores, votes.n, votes.m, on)

    chosen = lowest_votes(made, lambda settings: starts(settings) <= most) or made(TOP)
    if chosen.threshold < least:
        chosen = NOfM(least, release_of(least), votes.n, votes.m)
    return chosen, {"starts": starts(chosen), "hours": round(quiet.hours, 3)}
