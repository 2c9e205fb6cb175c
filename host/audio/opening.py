"""What to read of a file: looked up in its bytes before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .errors import AudioError
from .extent import extent, mended
from .formats import MAGICS
from .mapped import Mapped, mapped
from .mpeg import SAME, Run, piece, told, walk
from .sizes import MPEG_IN_WAV, announced
from .streams import Stream, flac_streams, ogg_streams
from .view import Piece, slice_piece

SPLIT = "split it into files of one kind, or convert it to a plain WAV"


@dataclass
class Plan:
    """How to read a file.

    Attributes:
        pieces: read one after the other; None is the file as it is.
        samples: of a channel in all pieces, as announced or counted; None where libsndfile is asked.
        counted: whether `samples` was counted and not only announced.
        notes: what is done, one sentence each.
        warnings: what of the sound is missing, surplus or uncertain.
    """

    pieces: list[Piece | None] = field(default_factory=lambda: [None])
    samples: int | None = None
    counted: bool = False
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def look_at(path: Path, longest_s: float) -> Plan:
    """Find out what there is to read.

    Raises:
        AudioError: joined parts differ in kind.
        OSError: the file cannot be read.
    """
    with mapped(path) as data:
        if header := announced(data):
            if header.codec in MPEG_IN_WAV:
                found = extent(data, header)
                return _mpeg(path, data, header.start, found.end, longest_s)
            if header.start <= len(data):
                return _container(path, data)
            return Plan()
        start = data[:4]
        if start == b"fLaC":
            return _joined(path, flac_streams(data))
        if start == b"OggS":
            return _joined(path, ogg_streams(data))
        if start[:3] == b"ID3" and (streams := flac_streams(data)):
            return _joined(path, streams)
        if start[:3] == b"ID3" or (len(start) == 4 and start[0] == 0xFF and start[1] >= 0xE0):
            return _mpeg(path, data, 0, len(data), longest_s)
        if not start.startswith(MAGICS) and path.suffix.lower() in (".mp3", ".mp2", ".mpga"):
            return _mpeg(path, data, 0, len(data), longest_s)  # its beginning is lost
    return Plan()


def _container(path: Path, data: Mapped) -> Plan:
    header = announced(data)
    assert header is not None
    found = extent(data, header)
    # soundfile takes a file of the name .raw for headerless, and knows neither BW64 nor chunks without padding
    as_it_is = found.exact and not header.pads and header.name != "BW64"
    if as_it_is and path.suffix.lower() != ".raw":
        return Plan(warnings=list(found.warnings))
    whole = mended(data, header, found.end)
    return Plan([whole], warnings=list(found.warnings))


def _joined(path: Path, streams: list[Stream]) -> Plan:
    if not streams:
        return Plan()
    for each in streams:
        if each.damage is not None:
            raise AudioError(
                f"{path} is damaged at byte {each.damage:,}: sound is missing in its middle",
                "get it again, convert what is there to a plain WAV, or leave it out",
            )
    plan = Plan([each.piece for each in streams])
    if all(each.samples is not None for each in streams):
        plan.samples = sum(each.samples or 0 for each in streams)
    if len(streams) > 1:
        plan.notes.append(f"{len(streams)} joined files read one after the other")
    if behind := sum(each.behind for each in streams):
        plan.warnings.append(f"{behind:,} bytes behind the sound are none, left out")
    if any(each.cut for each in streams):
        plan.warnings.append("cut off: its end is missing; what is there was used")
    return plan


def _mpeg(path: Path, data: Mapped, start: int, end: int, longest_s: float) -> Plan:
    found = walk(data, start, end, longest_s)
    runs = found.runs
    if not runs:
        return Plan() if start == 0 else Plan([slice_piece(start, end)])
    _refuse_mixture(path, runs)
    plan = Plan([piece(run) for run in runs], sum(run.samples for run in runs), counted=True)
    notes: dict[str, None] = {}
    for run in runs:
        note, warnings = told(run)
        if run.kind.layer == 3:
            notes[note] = None
        plan.warnings += [each for each in warnings if each not in plan.warnings]
    if len(runs) > 1:
        plan.notes.append(f"{len(runs)} joined files read one after the other")
    plan.notes += notes
    if found.skipped:
        plan.warnings.append(f"{found.skipped:,} bytes that are no MPEG frames were left out")
    return plan


def _refuse_mixture(path: Path, runs: list[Run]) -> None:
    first = runs[0]
    seconds = 0.0
    for run in runs:
        if (run.first ^ first.first) & SAME or run.kind.channels != first.kind.channels:
            raise AudioError(f"{path} changes from {first.kind} to {run.kind} after {seconds:,.1f} s", SPLIT)
        seconds += run.samples / run.kind.rate
