"""What is wrong in the stage in which a traced column departs, read from the numbers of both sides."""

from collections.abc import Iterable

import numpy as np

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import ColumnTrace, Stage
from .evidence import TracedFile
from .figures import Cause, places_told, related
from .log_stage import log_cause
from .mel_stage import mel_cause
from .operations import operation
from .quantiser import cells_cause
from .sample_ways import Change
from .samples import changed
from .search import Candidate, Hypothesis, Int8, View
from .spectrum_stage import spectrum_cause
from .stage_bounds import parted_by
from .window_stage import window_cause


def stage_cause(trace: ColumnTrace, bundle: Bundle) -> Cause | None:
    """What the departing stage does otherwise, and where to look; None where its numbers tell nothing plain."""
    departs = trace.departs
    if departs is None:
        return None
    tables = bundle.tables
    if isinstance(tables, LogMelTables):
        found = _log_mel(trace, departs, bundle, tables)
        if found is not None:
            return found
    return None if departs.segments else _plain(trace, departs)


def _log_mel(trace: ColumnTrace, departs: Stage, bundle: Bundle, tables: LogMelTables) -> Cause | None:
    if departs.name == "window":
        return window_cause(departs, tables, trace.samples)
    if departs.name == "spectrum":
        return spectrum_cause(departs, tables)
    if departs.name == "mel":
        before = next((stage for stage in trace.stages if stage.name == "spectrum" and stage.equal), None)
        return mel_cause(departs, before, tables)
    if departs.name == "cells":
        levels = next((stage for stage in trace.stages if stage.name == "log" and stage.equal), None)
        return None if levels is None else cells_cause(levels.numbers()[0], departs.numbers()[1], tables)
    found = log_cause(trace, bundle) if departs.name == "log" else None
    return Cause(*found, computed=True) if found is not None else None


def _plain(trace: ColumnTrace, stage: Stage) -> Cause | None:
    """A factor or a figure that gives all values that differ, or a bound that parts them from the others."""
    host, device = stage.numbers()
    if len(host) != len(device):
        return None
    cure = f"Look at what computes the stage {stage.name} of the front end: a factor, a constant, a limit, a rounding"
    if done := operation(host, device):
        return Cause(f"all values of the stage are {done}", cure, True)
    found, bound = related(host, device), parted_by(trace, stage)
    where = places_told(np.flatnonzero(host != device), len(host), "value", "values")
    if not found:
        return Cause(f"{where} of the stage are wrong, {bound}", cure) if bound else None
    if stage.name == "log" and found.startswith("off by ") and "multiples" not in found:
        found = f"{(device - host)[host != device][0] / 65536:+.3g} dB off"
    if stage.name == "log" and found.startswith("all "):
        found = f"all {device[host != device][0] / 65536:.2f} dB"
    return Cause(f"{where} of the stage: {found}{f', {bound}' if bound else ''}", cure)


OF_ESTIMATES = ("noise", "pcan")
KEPT_READ = (
    ", and at the noise estimates that it reads: they are kept from column to column, and no stage shows them"
)


def where_computed(stage: str) -> str:
    """Where to look for what computes a stage, of which nothing more is known."""
    read = KEPT_READ if stage in OF_ESTIMATES else ""
    return f"Look at what computes the stage {stage} of the front end, and at its tables{read}"


def traced_samples(traced: Iterable[TracedFile], front_end: FrontEnd, bundle: Bundle) -> list[Hypothesis]:
    """What traced columns show to be done to samples, where it can be done to any."""
    causes = (stage_cause(file.column, bundle) for file in traced if file.column is not None)
    return [_of_samples(front_end, cause) for cause in causes if cause is not None and _tells_change(cause)]


def _tells_change(cause: Cause) -> bool:
    return cause.change is not None or bool(cause.of_column)


def _of_samples(front_end: FrontEnd, cause: Cause) -> Hypothesis:
    changes = [change for change in (cause.change, cause.or_else) if change is not None]
    candidates = [
        changed(front_end, cause.told, cause.told, cause.cure, change, cause.period) for change in changes
    ]
    told = cause.told.partition("; or, which gives the same here")[0]
    by_column = [
        Candidate(
            told,
            told,
            cause.cure,
            lambda view, change=change: _by_column(front_end, view, change),  # type: ignore[misc]
        )
        for change in cause.of_column
    ]
    return lambda _: [*by_column, *candidates]


def _by_column(front_end: FrontEnd, view: View, change: Change) -> Int8:
    """Columns whose samples are changed by themselves."""
    settings, samples = front_end.settings, view.file.piece.samples
    pieces = (
        samples[row * settings.hop : row * settings.hop + settings.span] for row in range(len(view.expected))
    )
    return np.concatenate([front_end.features(change(piece))[:1] for piece in pieces])
