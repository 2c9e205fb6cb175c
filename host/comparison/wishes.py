"""What a user asks of a run."""

from dataclasses import dataclass
from pathlib import Path

from ..audio.decode import LONGEST_S
from .stimuli.kit import CACHE


@dataclass(frozen=True)
class Wishes:
    """What the user asked for.

    Attributes:
        features_only: compare the front end alone; the model does not run.
        damage: share of frames that a virtual board's line damages on purpose.
        channel: the channel of every file to take, from 1; None averages all.
        longest_s: refuse files that are longer.
        thorough: after the files, stimuli that reach what recordings do not (`comparison.stimuli`).
        stimuli: folder that keeps these.
        trace_every: every how manieth window of each file is looked at tensor by tensor; 0: none.
    """

    features_only: bool = False
    damage: float = 0.0
    channel: int | None = None
    longest_s: float = LONGEST_S
    thorough: bool = False
    stimuli: Path = CACHE
    trace_every: int = 0
