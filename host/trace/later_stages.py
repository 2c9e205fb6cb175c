"""Stages behind the first that departs: each held against what its own input on the device must give."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..core.c_stages import Segments, Stages
from ..frontend.log_mel.settings import LogMelSettings
from .stages import ColumnTrace, Stage, asked_stage, segments_bytes, segments_of, stage_of
from .traced_device import TracedDevice
from .window import front_end

Compute = Callable[[bytes], bytes]


def later_departures(device: TracedDevice, bundle: Bundle, trace: ColumnTrace) -> tuple[ColumnTrace, ...]:
    """Ask for all stages behind the one that departs, and compute each anew from what the device has before it.

    Of log-mel without options, whose stages can be computed one by one. What is not the same when it
    is asked for once more is not told.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        trace: of a column, in which a stage departs.

    Returns:
        For each later stage that departs by itself the column up to it, what comes before it as the device has it.

    Raises:
        HilError: the board failed.
    """
    departs, samples, computes = trace.departs, trace.samples, _computations(bundle)
    if departs is None or samples is None or not computes:
        return ()
    number = bundle.settings.columns(len(samples)) - 1
    right = front_end(bundle).capture(samples, number) if number >= 0 else {}
    names = (departs.name, *trace.later)
    if not set(names) <= set(right) or device.stage_names() != list(right):
        return ()

    def asked(name: str) -> bytes:
        return asked_stage(device, samples, number, list(right).index(name), len(right[name]))

    came = {departs.name: departs.device, **{name: asked(name) for name in trace.later}}
    found = []
    for before, name in zip(names, trace.later, strict=False):
        compute = computes.get(name)
        if compute is None or compute(right[before]) != right[name]:
            break  # not the one that the front end uses
        given = compute(came[before])
        if given != came[name]:
            found.append(_up_to(name, given, came, trace, bundle))
    if any(asked(name) != data for name, data in (came.items() if found else ())):
        return ()
    return tuple(found)


def _up_to(
    name: str, given: bytes, came: Mapping[str, bytes], trace: ColumnTrace, bundle: Bundle
) -> ColumnTrace:
    equal = [stage for stage in trace.stages if stage.equal]
    for before in (trace.stages[-1].name, *trace.later):
        if before == name:
            break
        equal.append(stage_of(before, came[before], came[before], bundle))
    departing: Stage = stage_of(name, given, came[name], bundle)
    later = trace.later[trace.later.index(name) + 1 :]
    return ColumnTrace(trace.column, (*equal, departing), later, trace.samples)


def _computations(bundle: Bundle) -> dict[str, Compute]:
    """What makes a stage's bytes of those of the stage before it, by name; empty where there is no such code."""
    settings, quantisation = bundle.settings, bundle.model.input
    if not isinstance(settings, LogMelSettings) or settings.has_options:
        return {}
    stages = Stages(settings, quantisation.scale, quantisation.zero_point)
    return {
        "spectrum": lambda data: _bytes(stages.rfft(_words(data))),
        "mel": lambda data: segments_bytes(*stages.mel(_words(data))),
        "log": lambda data: _bytes(stages.log(_read(data))),
        "cells": lambda data: stages.quantise(_words(data)).tobytes(),
    }


def _words(data: bytes) -> NDArray[np.int32]:
    return np.frombuffer(data, "<i4").astype(np.int32)


def _bytes(values: NDArray[Any]) -> bytes:
    return values.astype("<i4").tobytes()


def _read(data: bytes) -> Segments:
    up, down, shift = segments_of(data)
    return Segments(up.astype(np.uint32), down.astype(np.uint32), shift.astype(np.int32))
