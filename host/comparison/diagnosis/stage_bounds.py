"""Which values of a traced stage are wrong: those beyond a bound, of their own or of what they are made of."""

import math

import numpy as np
from numpy.typing import NDArray

from ...trace.stages import ColumnTrace, Stage

LEAST_WAYS = 528  # in which as many of the values could be wrong, so that these are not by chance: 2 of 33


def parted_by(trace: ColumnTrace, departs: Stage) -> str:
    """A bound that parts all wrong values of a stage from all right ones, in words; empty where there is none.

    Args:
        trace: with the stages before the one that departs.
        departs: it; no segments.
    """
    host, device = departs.numbers()
    if len(host) != len(device):
        return ""
    wrong = host != device
    if found := _bound(host, wrong, departs.name):
        return f"just where {found} is right"
    for stage in reversed(trace.stages[:-1]):
        before, _ = stage.numbers()
        if len(before) == len(host) and (found := _bound(before, wrong, stage.name)):
            return f"just where {found} comes of the stage {stage.name}"
    return ""


def _bound(values: NDArray[np.int64], wrong: NDArray[np.bool_], stage: str) -> str:
    those, others = values[wrong], values[~wrong]
    if math.comb(len(values), len(those)) < LEAST_WAYS:
        return ""
    if those.min() > others.max():
        return f"{_told(int(those.min()), stage)} or more"
    if those.max() < others.min():
        return f"{_told(int(those.max()), stage)} or less"
    return ""


def _told(value: int, stage: str) -> str:
    return f"{value / 65536:.1f} dB" if stage == "log" else f"{value:,}"
