"""Figures of a detector with which most wrong rules decide otherwise than the right one on a sound."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...detector.detector import Detector
from ...detector.n_of_m import MOST_WINDOWS, NOfM
from ...detector.rule import Int8Rule
from ...errors import HilError
from ...model.interpreter import Interpreter
from ..expected import Expected

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

QUANTILES = (0.2, 0.35, 0.5, 0.65, 0.8)  # of a class's scores, tried as thresholds
MOST_LEVELS = 6  # of these
MORE_VOTES = 3  # windows that are looked at besides those that have to count
LEAST_WAITS = {"duration": 2, "hold": 4}  # windows, in the place of one
LONGER_HOLDS = (4, 9, 15)  # windows: of short sounds a class ends within them, of long ones behind
STRIDES_ASLEEP = (2, 5)  # that a detector rests, and a column more
_FAR = re.compile(r"[-+](?!1$)\d+$")  # of thresholds that are off
MOST_STEPS = 400_000  # of rules, each by a window of a class: less than a second


def waiting(bundle: Bundle) -> Bundle:
    """The bundle, or one whose votes are waited for and held, of more windows than have to count.

    Where one window is enough, nothing is counted, and where m is n + 1, other windows may be meant as well.
    """
    rule = bundle.detector
    if not isinstance(rule, NOfM):
        return bundle
    waits = {name: least for name, least in LEAST_WAITS.items() if getattr(rule, name) == 1}
    most: Any = {"m": min(MOST_WINDOWS, max(rule.m, rule.n + MORE_VOTES)), **waits}
    return replace(bundle, detector=replace(rule, **most))


def most_telling(bundle: Bundle, interpreter: Interpreter, samples: Int16) -> Bundle:
    """The bundle with figures for its detector with which most wrong rules decide otherwise on a sound.

    Args:
        bundle: with a detector of any kind.
        interpreter: of its model.
        samples: int16, the sound.
    """
    outputs = Expected(bundle, interpreter).push(samples).outputs
    if outputs is None:
        return bundle
    tried = [bundle, *_others(bundle, outputs.scores)]
    wrong = sum(1 for _ in bundle.thresholds.variants())
    step = 1 + len(tried) * wrong * outputs.scores.size // MOST_STEPS  # of many, some from first to last
    return max(tried[::step], key=lambda each: _telling(each.thresholds, outputs.scores))


def _others(bundle: Bundle, scores: Int8) -> Iterator[Bundle]:
    """The bundle with other figures, those with one score for all thresholds first."""
    levels = np.unique(np.quantile(scores, QUANTILES, axis=0, method="nearest"))
    spread = np.unique(np.linspace(0, len(levels) - 1, MOST_LEVELS).round().astype(int))
    asked = [int(levels[place]) for place in spread]
    for upper, lower in sorted(product(asked, asked), key=lambda each: each[0] - each[1]):
        changed = asking(bundle, upper, lower) if upper >= lower else None
        yield from _waits(changed) if changed is not None else ()


def _waits(bundle: Bundle) -> Iterator[Bundle]:
    """The bundle, and it with other waits."""
    yield bundle
    rest = [bundle.stride * count + 1 for count in STRIDES_ASLEEP]
    detector: Any = bundle.detector  # of whatever kind
    known = {field.name for field in fields(detector)}
    for name, values in (("hold", LONGER_HOLDS), ("slices", rest)):
        for value in values if name in known else ():
            changes: Mapping[str, Any] = {name: value}
            yield replace(bundle, detector=replace(detector, **changes))


def _telling(rule: Int8Rule, scores: Int8) -> tuple[int, int]:
    """How many wrong rules decide otherwise than the right one, and how often that one changes its mind.

    Thresholds that are off by one stand for all that are off.
    """
    right = Detector(rule).update(scores)
    near = (wrong for wrong in rule.variants() if not _FAR.search(wrong.cause))
    return sum(Detector(wrong.rule).update(scores) != right for wrong in near), len(right)


def asking(bundle: Bundle, score: int, lower: int) -> Bundle | None:
    """The bundle with scores for all figures that its detector compares scores with; None: it cannot be.

    Args:
        bundle: with a detector of any kind.
        score: int8, from which on a class begins.
        lower: int8, below which it ends, where these are two.
    """
    real = bundle.model.scores.real
    figures = {"threshold": real(score), "release": real(lower), "cutoff": (score + 128.5) / 255}
    detector: Any = bundle.detector  # of whatever kind
    names = {field.name for field in fields(detector)}
    try:
        known = {name: value for name, value in figures.items() if name in names}
        changed = replace(bundle, detector=replace(detector, **known))
        if known:
            changed.detector.check()
        return changed if known and changed.thresholds.on else None
    except HilError:  # no threshold for this kind of detector, or none that it takes
        return None
