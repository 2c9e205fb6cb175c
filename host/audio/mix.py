"""From several channels to one, measured: channels that cancel each other are not averaged."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

MOST_LOSS_DB = 6.0
WORTH_SAYING = 0.05  # of the energy, in blocks where the channels cancel though they do not on the whole
LOUDEST = 1e30  # beyond it squares are no numbers; far beyond anything that is sound


@dataclass(frozen=True)
class Mix:
    """How to make one channel.

    Attributes:
        channel: the one to take, from 0; None averages all.
        note: says so.
        warning: says what is lost; empty when nothing is.
    """

    channel: int | None
    note: str
    warning: str = ""


def tame(block: Float64) -> Float64:
    """The samples within what can be computed with."""
    return np.clip(block, -LOUDEST, LOUDEST) if peak(block) > LOUDEST else block


def peak(block: Float64) -> float:
    """The largest magnitude."""
    return max(float(block.max()), -float(block.min())) if block.size else 0.0


def chosen(channel: int, channels: int) -> Mix:
    """The mix that a user chose; `channel` counts from 1."""
    note = f"channel {channel} of {channels} taken" if channels > 1 else ""
    return Mix(channel - 1, note)


def measured(blocks: Iterable[Float64], channels: int) -> Mix:
    """Look at all blocks [n, channels], and decide.

    The average is taken unless it is more than 6 dB below the channel with the most energy. Constant offsets do not
    count.
    """
    each = np.zeros(channels)
    mixed = 0.0
    cancelled = 0.0
    for block in blocks:
        energies, mix = _energies(tame(block))
        each += energies
        mixed += mix
        if _loss_db(float(energies.max()), mix) > MOST_LOSS_DB:
            cancelled += float(energies.max())
    best = int(np.argmax(each))
    loss = _loss_db(float(each[best]), mixed)
    if loss > MOST_LOSS_DB:
        lost = "all of the sound" if math.isinf(loss) else f"{loss:.1f} dB"
        note = f"channel {best + 1} of {channels} taken"
        return Mix(
            best,
            note,
            f"the average of its {channels} channels loses {lost}: channel {best + 1} alone was taken",
        )
    warning = ""
    if cancelled > WORTH_SAYING * each[best]:
        warning = (
            f"its {channels} channels cancel each other in parts: their average is more than 6 dB down there"
        )
    return Mix(None, f"{channels} channels averaged to one", warning)


def _energies(block: Float64) -> tuple[Float64, float]:
    """Energy of each channel of a block, and of their average, without constant offsets."""
    count, channels = block.shape
    sums = block.sum(axis=0)
    products = block.T @ block - np.outer(sums, sums) / count  # one pass, however many channels
    energies: Float64 = np.maximum(np.diag(products), 0.0)
    return energies, max(0.0, float(products.sum())) / channels**2


def _loss_db(best: float, mixed: float) -> float:
    if best <= 0.0:
        return 0.0
    return math.inf if mixed <= best * 1e-12 else 10.0 * math.log10(best / mixed)
