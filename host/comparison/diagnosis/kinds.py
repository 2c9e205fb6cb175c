"""The table: every hypothesis about columns and outputs, in order; of causes that explain as much the first is told."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...core.poked_front_end import PokedFrontEnd
from ...frontend.log_mel.tables import LogMelTables
from . import (
    altered,
    arithmetic,
    coarse,
    converted,
    decibels,
    entries,
    gates,
    input_memory,
    inputs,
    kept_figures,
    kept_samples,
    kept_slots,
    maps,
    pieces,
    placed_outputs,
    quantiser,
    ring_sent,
    rings,
    row_sources,
    rows,
    samples,
    single_samples,
    singles,
    smoothed,
    spoilt,
    stepping,
    tapers,
    values,
    variants,
    wide,
    wide_columns,
    wide_inputs,
)
from .inputs import Model
from .search import Hypothesis
from .words import column_words, output_words


class Sources:
    """What hypotheses about columns are made from.

    Args:
        bundle: the bundle in use. What varies log-mel's tables is for log-mel alone.
    """

    def __init__(self, bundle: Bundle) -> None:
        quantisation = bundle.model.input
        self.bundle = bundle
        self.scale, self.zero_point = quantisation.scale, quantisation.zero_point
        self.front_end = FrontEnd(bundle.settings, self.scale, self.zero_point)
        self.altered = altered.Altered(bundle.settings, self.scale, self.zero_point)
        self.tables: LogMelTables = bundle.tables

    @cached_property
    def silence(self) -> NDArray[np.int8]:
        """The column of digital silence, int8 [bands]."""
        return self.front_end.features(np.zeros(self.bundle.settings.samples_for(1), np.int16))[0]

    @cached_property
    def logarithm(self) -> decibels.Logarithm:
        """The last steps of a log-mel front end."""
        return decibels.Logarithm(self.front_end, self.tables, self.scale, self.zero_point)

    @property
    def has_window(self) -> bool:
        """Whether its first stage is the tapered window, in which all shows that is done to samples."""
        return self.bundle.settings.kind != "waveform"

    @property
    def is_log_mel(self) -> bool:
        """Whether there are log-mel's tables to be varied."""
        return isinstance(self.tables, LogMelTables)


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    Attributes:
        of: the hypothesis, or what makes it; the first line of its docstring says what may be wrong.
        make: the hypothesis, of what it needs.
        log_mel: it is about log-mel's own steps.
        stages: of log-mel, in which it can show first; empty: in any, or in none.
        sent: what sends columns can do it; the others are wrong before the model has seen the columns.
        only_sent: nothing else can.
    """

    of: Callable[..., Any]
    make: Callable[[Any], Hypothesis]
    log_mel: bool = False
    stages: tuple[str, ...] = ()
    sent: bool = False
    only_sent: bool = False

    @property
    def text(self) -> str:
        """What may be wrong."""
        return (self.of.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def _plain_columns(of: Callable[..., Any]) -> Kind:
    return Kind(of, lambda sources: lambda views: of(views, column_words(sources.bundle)), sent=True)


SAMPLES, LEVELS, LAST = ("window",), ("mel", "log", "cells"), ("log", "cells")
MORE_STAGES = ("power", "noise", "pcan")  # of other kinds
STAGES = ("window", "spectrum", "mel", "log", "cells")

COLUMNS: tuple[Kind, ...] = (
    Kind(wide_columns.wide_columns, lambda s: wide_columns.wide_columns(s.bundle), sent=True),
    Kind(
        ring_sent.sent_from_elsewhere,
        lambda s: ring_sent.sent_from_elsewhere(s.bundle),
        sent=True,
        only_sent=True,
    ),
    *map(
        _plain_columns,
        (
            values.shifted,
            values.of_the_file_before,
            values.not_refreshed,
            values.reordered,
            values.offset,
        ),
    ),
    Kind(kept_slots.nth_kept, lambda s: kept_slots.nth_kept(s.bundle)),
    Kind(
        values.stuck,
        lambda s: lambda views: values.stuck(views, column_words(s.bundle), s.silence),
        sent=True,
    ),
    Kind(kept_slots.kept_slots, lambda s: kept_slots.kept_slots(s.bundle)),
    Kind(
        row_sources.other_places,
        lambda s: lambda views: row_sources.other_places(views, column_words(s.bundle), s.bundle.frames),
        sent=True,
    ),
    Kind(quantiser.quantised, lambda s: quantiser.quantised(s.front_end, s.tables), True, LAST),
    Kind(samples.not_reset, lambda s: samples.not_reset(s.front_end), stages=SAMPLES),
    Kind(kept_samples.kept_samples, lambda s: kept_samples.kept_samples(s.front_end), stages=SAMPLES),
    Kind(samples.reread, lambda s: samples.reread(s.front_end, s.scale), stages=SAMPLES),
    Kind(samples.lost_or_repeated, lambda s: samples.lost_or_repeated(s.front_end), stages=SAMPLES),
    Kind(samples.clipped, lambda s: samples.clipped(s.front_end), stages=SAMPLES),
    Kind(gates.gated, lambda s: gates.gated(s.front_end), stages=SAMPLES),
    Kind(gates.faded, lambda s: gates.faded(s.front_end), stages=SAMPLES),
    _plain_columns(values.bits),
    Kind(pieces.replaced, lambda s: pieces.replaced(s.front_end), stages=SAMPLES),
    Kind(single_samples.damaged, lambda s: single_samples.damaged(s.front_end), stages=SAMPLES),
    Kind(variants.filtered, lambda s: variants.filtered(s.front_end), stages=SAMPLES),
    Kind(stepping.stepping, lambda s: stepping.stepping(s.front_end), stages=SAMPLES),
    Kind(
        variants.other_tables,
        lambda s: variants.other_tables(s.front_end, s.tables, s.scale, s.zero_point),
        log_mel=True,
    ),
    Kind(
        tapers.other_tapers,
        lambda s: tapers.other_tapers(s.front_end, s.tables, s.scale, s.zero_point),
        log_mel=True,
        stages=SAMPLES,
    ),
    Kind(
        decibels.decibels,
        lambda s: decibels.decibels(s.logarithm, s.altered.departs == LEVELS[0]),
        True,
        LEVELS,
    ),
    Kind(coarse.coarse, lambda s: coarse.coarse(s.logarithm), True, LAST),
    Kind(coarse.within, lambda s: coarse.within(s.logarithm), True, LAST),
    Kind(smoothed.smoothed, lambda s: smoothed.smoothed(s.logarithm), True, LAST),
    Kind(
        maps.mapped,
        lambda s: lambda views: maps.mapped(views, column_words(s.bundle)),
        stages=LAST,
        sent=True,
    ),
    *map(
        _plain_columns,
        (rows.single_rows, rows.first_row, values.late_values, values.averaged, values.held_within),
    ),
    _plain_columns(singles.single_values),
    Kind(
        entries.entries,
        lambda s: entries.entries(lambda: PokedFrontEnd(s.bundle.settings, s.scale, s.zero_point), s.tables),
        log_mel=True,
    ),
    Kind(altered.altered, lambda s: altered.altered(s.altered)),
    Kind(quantiser.fitted, lambda s: quantiser.fitted(s.front_end, s.tables), True, ("cells",)),
)


def column_hypotheses(
    sources: Sources, departs: str = "", sending: bool = False, computed: bool = False
) -> list[Hypothesis]:
    """What can be wrong with columns.

    Args:
        sources: see there.
        departs: the stage in which they show first, where a trace tells it.
        sending: the model saw the right columns, so that what sends them is wrong.
        computed: the model saw the wrong ones.
    """
    told = departs if sources.has_window and departs in (*STAGES, *MORE_STAGES) else ""
    sources.altered.departs = departs
    tried = [
        kind
        for kind in COLUMNS
        if (sources.is_log_mel or not kind.log_mel)
        and (not told or not kind.stages or told in kind.stages)
        and (kind.sent or not sending)
        and not (kind.only_sent and (computed or told))
    ]
    if (
        told == STAGES[-1]
    ):  # levels are right: what says something of cells comes before what says the same of levels
        tried.sort(key=lambda kind: kind.stages == LEVELS)
    return [kind.make(sources) for kind in tried]


def _plain_outputs(of: Callable[..., Any]) -> Kind:
    return Kind(of, lambda bundle: lambda views: of(views, output_words(bundle)))


def _of_input(of: Callable[..., Any]) -> Kind:
    return Kind(of, of)


NEVER_WRITTEN = _of_input(inputs.constant)
OUTPUTS: tuple[Kind, ...] = (
    Kind(wide.wide_outputs, wide.wide_outputs),
    Kind(placed_outputs.placed_outputs, placed_outputs.placed_outputs),
    *map(
        _plain_outputs,
        (
            values.shifted,
            values.of_the_file_before,
            values.not_refreshed,
            values.reordered,
            values.offset,
            values.stuck,
            values.bits,
            maps.mapped,
            arithmetic.limited,
            arithmetic.computed,
            arithmetic.paired,
            rows.first_row,
            values.late_values,
        ),
    ),
)
# behind all others: a function of the right value is often a consequence of something plainer
CONVERTED = _plain_outputs(converted.converted)
INPUTS: tuple[Kind, ...] = tuple(
    map(
        _of_input,
        (
            inputs.state_kept,
            kept_figures.kept_figures,
            inputs.rearranged,
            inputs.late,
            inputs.partly_written,
            rings.ring_memory,
            input_memory.input_memory,
            wide_inputs.wide_inputs,
            spoilt.spoilt,
        ),
    )
)


def output_hypotheses(bundle: Bundle, model: Model | None) -> list[Hypothesis]:
    """What can be wrong with outputs; without a `model` nothing is said of its input."""
    plain = [kind.make(bundle) for kind in OUTPUTS]
    if model is None:
        return [*plain, CONVERTED.make(bundle)]
    # outputs that never change are also a value that is stuck: the input that explains them comes first
    return [NEVER_WRITTEN.make(model), *plain, *(kind.make(model) for kind in INPUTS), CONVERTED.make(bundle)]
