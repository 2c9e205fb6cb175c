"""Whether a change of the front end's code gives a traced column's stages: those that are right, and the wrong one."""

from collections.abc import Sequence

import numpy as np

from ...core.altered_front_end import AlteredFrontEnd, Heard
from ...core.c_frontend import FrontEnd
from ...core.changed_process import Change
from ...trace.stages import ColumnTrace, Stage
from .evidence import Int16

MOST_COLUMNS = 64  # that are computed for each change


def samples_of(trace: ColumnTrace, stage: Stage, right: FrontEnd) -> Int16 | None:
    """Samples whose last column has a stage's right bytes: its own, or some before; None: too many are needed."""
    if trace.samples is None:
        return None
    settings = right.settings
    for columns in (1, MOST_COLUMNS):
        first = settings.columns(len(trace.samples)) - columns
        samples = trace.samples[max(0, first) * settings.hop :]
        number = settings.columns(len(samples)) - 1
        if number >= 0 and right.capture(samples, number).get(stage.name) == stage.host:
            return samples
    return None


def giving(
    front_end: AlteredFrontEnd, changes: Sequence[Change], samples: Int16, name: str, data: bytes
) -> list[Change]:
    """Those of some changes with which the last column's stage has these bytes."""
    row = np.frombuffer(data, np.int8)[np.newaxis, :]
    alike = front_end.alike(list(changes), samples, row, Heard(stage=name), row.size)
    return [change for change, equal in zip(changes, alike, strict=True) if equal == row.size]


def as_traced(
    front_end: AlteredFrontEnd, right: FrontEnd, changes: list[Change], traces: Sequence[ColumnTrace]
) -> list[Change]:
    """Changes that leave the stages right that a trace saw right; where some give the wrong one as it is, these alone.

    Of a stage that depends on too many columns nothing is asked.
    """
    for trace in traces:
        for stage in trace.stages:
            samples = samples_of(trace, stage, right) if changes else None
            if samples is None:
                continue
            kept = giving(front_end, changes, samples, stage.name, stage.device)
            changes = kept if kept or stage.equal else changes
    return changes
