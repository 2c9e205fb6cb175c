"""A column stage by stage: what the front end's code gives on this computer beside what it gives on the device."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..board.audio_stream import as_it_came
from ..bundle.load import Bundle
from ..errors import HilError
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.mfcc.settings import MfccSettings
from ..link import messages as m
from .traced_device import Int16, Progress, TracedDevice, no_progress
from .window import BLOCK, front_end

PIECE = 1000  # bytes of a stage that one stream brings
_SEGMENT = np.dtype([("up", "<u4"), ("down", "<u4"), ("shift", "<i4")])
_WORDS = {"window": "windowed value", "spectrum": "bin", "power": "bin", "mel": "mel band", "cells": "band"}


@dataclass(frozen=True)
class Stage:
    """A stage of one column, on both sides.

    Attributes:
        name: its own.
        host, device: its bytes.
        place: of the first value that differs, in words; empty where all are equal.
        different, values: how many of how many values differ.
        largest: difference; 0 where the values are no plain numbers.
        segments: whether they are log-mel's sums between two bands' centres.
        narrow: whether its values have 16 bits, whatever their bytes could be as well.
    """

    name: str
    host: bytes
    device: bytes
    place: str = ""
    different: int = 0
    values: int = 0
    largest: int = 0
    segments: bool = False
    narrow: bool = False

    @property
    def equal(self) -> bool:
        """Whether all bytes are."""
        return self.host == self.device

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Host and device as int64 [values]; of segments [2, segments], the rising sums and the falling ones."""
        if self.segments:
            parts = (np.frombuffer(side, _SEGMENT) for side in (self.host, self.device))
            host, device = (np.stack([part["up"], part["down"]]).astype(np.int64) for part in parts)
        else:
            kind = _kind(self.name, self.host, self.narrow)
            host, device = (np.frombuffer(side, kind).astype(np.int64) for side in (self.host, self.device))
        return host, device


@dataclass(frozen=True)
class ColumnTrace:
    """A column, stage by stage.

    Attributes:
        column: its number in the sound.
        stages: in the order of computing, up to the first that departs.
        later: names of those behind it, which were not asked for.
        samples: int16, those that were streamed, up to the last that the column needs; None where they are not known.
    """

    column: int
    stages: tuple[Stage, ...]
    later: tuple[str, ...] = ()
    samples: Int16 | None = field(default=None, compare=False)

    @property
    def departs(self) -> Stage | None:
        """The first stage that differs."""
        return next((stage for stage in self.stages if not stage.equal), None)

    @property
    def agreed(self) -> bool:
        """Whether all stages are equal."""
        return self.departs is None

    @property
    def sentence(self) -> str:
        """E.g. "column 40 departs in mel band 12; window and spectrum are equal"."""
        departs = self.departs
        if departs is None:
            return f"column {self.column}: all {len(self.stages)} stages are equal"
        before = [stage.name for stage in self.stages[: self.stages.index(departs)]]
        equal = ""
        if before:
            names = before[0] if len(before) == 1 else f"{', '.join(before[:-1])} and {before[-1]}"
            equal = f"; {names} {'is' if len(before) == 1 else 'are'} equal"
        more = f" and {departs.different - 1:,} more" if departs.different > 1 else ""
        by = f", at most {departs.largest:,}" if departs.largest else ""
        return (
            f"column {self.column} departs in {departs.place}{more} (stage {departs.name}: {departs.different:,} of "
            f"{departs.values:,} values differ{by}){equal}"
        )


def segments_of(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Log-mel's sums in a mel stage's bytes: rising, falling and scale, int64 [bands + 1] each."""
    parts = np.frombuffer(data, _SEGMENT)
    up, down, shift = (parts[name].astype(np.int64) for name in ("up", "down", "shift"))
    return up, down, shift


def segments_bytes(up: NDArray[Any], down: NDArray[Any], shift: NDArray[Any]) -> bytes:
    """A mel stage's bytes of log-mel's sums, [bands + 1] each."""
    parts = np.empty(len(up), _SEGMENT)
    parts["up"], parts["down"], parts["shift"] = up, down, shift
    return parts.tobytes()


def trace_column(
    device: TracedDevice,
    bundle: Bundle,
    samples: Int16,
    column: int,
    progress: Progress = no_progress,
    whole: bool = False,
) -> ColumnTrace:
    """Hold a column on the device against the host, stage by stage, up to the first that departs.

    Each kilobyte of a stage needs the sound once more. A front end that remembers nothing gets that column's samples
    alone.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        samples: the sound, int16.
        column: its number in the sound.
        progress: told of what is done.
        whole: stream all that comes before the column, too, though the front end remembers none of it.

    Raises:
        HilError: there is no such column, the kind or the board cannot tell stages, or it failed.
    """
    settings, host = bundle.settings, front_end(bundle)
    if column >= settings.columns(len(samples)):
        raise HilError(
            f"the sound has no column {column}, but {settings.columns(len(samples))} columns",
            "give a smaller number, or a longer sound",
        )
    if not host.stages():
        raise HilError(
            f"front ends of the kind {settings.kind} tell of no stages",
            "name the kind's stages in its fe_kind (firmware/core/frontend/frontend.h)",
        )
    samples = samples[: settings.samples_for(column + 1)]
    expected = host.capture(samples, column)
    number = column
    alone = samples[column * settings.hop :] if not settings.lead else samples
    if not whole and column and settings.columns(len(alone)) == 1 and host.capture(alone, 0) == expected:
        samples, number = alone, 0
    names = device.stage_names()
    if names != list(expected):
        raise HilError(
            f"the board's front end has the stages {', '.join(names)}, this program's {', '.join(expected)}",
            "flash the firmware of this checkout: `python -m host flash`",
        )
    found = []
    for place, (name, right) in enumerate(expected.items()):
        progress(f"stage {name}", place, len(names))
        came = asked_stage(device, samples, number, place, len(right))
        found.append(stage_of(name, right, came, bundle))
        if not found[-1].equal:
            break
    return ColumnTrace(column, tuple(found), tuple(names[len(found) :]), samples)


def asked_stage(device: TracedDevice, samples: Int16, column: int, stage: int, size: int) -> bytes:
    """Stream a sound once for each piece of a stage, and return the stage's bytes.

    Args:
        device: connected.
        samples: int16, up to the column's last sample at least.
        column: its number.
        stage: its number.
        size: of the stage in bytes.

    Raises:
        HilError: the board told another size, or nothing.
    """
    data = b""
    while len(data) < size:
        device.stage_arm(column, stage, len(data), min(PIECE, size - len(data)))
        piece = b""
        blocks = (samples[start : start + BLOCK] for start in range(0, len(samples), BLOCK))
        for result in as_it_came(device.stream(blocks, inference=False)):
            if isinstance(result, m.StageBytes) and (result.column, result.stage) == (column, stage):
                piece = result.data
                if result.size != size:
                    raise HilError(
                        f"the board's stage has {result.size} bytes for a column, this program's {size}",
                        "flash the firmware of this checkout: `python -m host flash`",
                    )
        if not piece:
            raise HilError("the board sent nothing of the stage that was asked for", "reset it and try again")
        data += piece
    return data


def _kind(name: str, data: bytes, narrow: bool) -> str:
    """The type of a stage's values."""
    if name == "cells":
        return "<i1"
    if narrow:
        return "<i2"
    return "<i4" if len(data) % 4 == 0 else "<i2" if len(data) % 2 == 0 else "<i1"


def stage_of(name: str, host: bytes, device: bytes, bundle: Bundle) -> Stage:
    """Hold a stage's bytes of both sides against each other."""
    if name == "mel" and isinstance(bundle.settings, LogMelSettings | MfccSettings):
        return _segments(name, host, device)
    narrow = name == "window" and len(host) == 2 * bundle.settings.window  # as the samples are
    kind = _kind(name, host, narrow)
    ours, theirs = (np.frombuffer(side, kind).astype(np.int64) for side in (host, device))
    if host == device:
        return Stage(name, host, device, values=len(ours), narrow=narrow)
    wrong = np.flatnonzero(ours != theirs)
    first = int(wrong[0])
    word = _WORDS.get(name, f"{name} band")
    return Stage(
        name,
        host,
        device,
        f"{word} {_bin(name, first, len(ours))}",
        len(wrong),
        len(ours),
        int(np.abs(ours - theirs).max()),
        narrow=narrow,
    )


def _bin(name: str, place: int, count: int) -> int:
    """A spectrum holds Re X[k] at k and Im X[k] at its length less k."""
    return count - place if name == "spectrum" and place > count // 2 else place


def _segments(name: str, host: bytes, device: bytes) -> Stage:
    """Log-mel's sums lie between two bands' centres: band b is segment b's `up` and segment b + 1's `down`."""
    ours, theirs = (np.frombuffer(side, _SEGMENT) for side in (host, device))
    scale = ours["shift"] != theirs["shift"]
    up, down = ((ours[part] != theirs[part]) | scale for part in ("up", "down"))
    wrong: NDArray[np.int64] = np.flatnonzero(up[:-1] | down[1:])
    place = f"mel band {int(wrong[0])}" if len(wrong) else "" if host == device else "what belongs to no band"
    return Stage(name, host, device, place, len(wrong), len(ours) - 1, segments=True)
