"""Which stage departs: the reference run on the device's own columns, held against what the device answered."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import HilError
from .evidence import DiagnosisRecord, FileRecord, Piece
from .inputs import Model, windows_of
from .search import Int8

LEAST_SOUND = 0.5  # of the recorded windows the reference must give again what it gave in the run

FRONT_END = "the outputs are what the reference computes from the device's own columns, so the model is right"
SENDING = "the outputs equal the host's and do not follow from the columns sent, so only the sending of columns is off"
NO_EFFECT = "the reference computes the same outputs from the device's columns, so the outputs tell no more"
MIXED = "some outputs follow from the device's columns and some equal the host's"
NEITHER = (
    "the outputs equal neither the host's nor what follows from the device's columns: both stages are off, or one "
    "thing spoils both"
)


@dataclass(frozen=True)
class Replayed:
    """One file's windows with the reference run on both sides' columns.

    Attributes:
        own: outputs from the device's columns, int8 [n, values].
        sound: windows that count, bool [n]: all columns came, and from the host's columns the reference gives what it
            gave in the run (a model with state may not, when its stream was not recorded from its beginning).
    """

    file: FileRecord
    own: Int8
    sound: NDArray[np.bool_]


@dataclass(frozen=True)
class Stages:
    """What the stages of a run have to do with each other.

    Attributes:
        host, device: the reference on the host's and on the device's columns; None when it cannot be run.
        replayed: by file, in the record's order; empty without a model.
        verdict: one of the sentences above, empty when columns are equal or nothing can be said.
        own_columns: whether outputs are to be held against those that follow from the device's own columns.
        sure: whether that is known, because all outputs that tell are of the one kind.
    """

    host: Model | None
    device: Model | None
    replayed: list[Replayed]
    verdict: str
    own_columns: bool
    sure: bool = True

    @property
    def model(self) -> Model | None:
        """The reference on the columns that the device's model is taken to have seen."""
        return self.device if self.own_columns else self.host


def device_columns(piece: Piece) -> Int8:
    """The device's columns, the host's where the device sent none."""
    return np.where(piece.present[:, None], piece.device, piece.expected)


def compare_stages(record: DiagnosisRecord) -> Stages:
    """Run the reference on the device's columns and say which stage departs."""
    host = Model(record.bundle, record.new_interpreter, lambda piece: piece.expected)
    device = Model(record.bundle, record.new_interpreter, device_columns)
    nothing = Stages(None, None, [], "", False)
    if not record.inference:
        return nothing
    try:
        replayed = [_replay(host, device, file) for file in record.files]
    except HilError:
        return nothing
    windows = sum(len(entry.sound) for entry in replayed)
    if not windows or sum(int(entry.sound.sum()) for entry in replayed) < LEAST_SOUND * windows:
        return nothing
    verdict, own = _verdict(replayed)
    return Stages(host, device, replayed, verdict, own, verdict not in (NEITHER, MIXED))


def _replay(host: Model, device: Model, file: FileRecord) -> Replayed:
    piece = file.piece
    if not len(piece.outputs_expected):
        return Replayed(file, piece.outputs_expected, np.zeros(0, np.bool_))
    again = host.run(windows_of(host, piece))
    same = np.array_equal(device_columns(piece), piece.expected)
    own = again if same else device.run(windows_of(device, piece))
    starts = (piece.first_window + np.arange(len(own))) * host.bundle.stride - piece.first_column
    whole = piece.present[starts[:, None] + np.arange(host.bundle.frames)].all(axis=1)
    return Replayed(file, own, whole & piece.outputs_present & (again == piece.outputs_expected).all(axis=1))


def _count(replayed: list[Replayed], test: Callable[[Replayed], NDArray[np.bool_]]) -> int:
    return sum(int(np.count_nonzero(test(entry) & entry.sound)) for entry in replayed)


def _rows(a: Int8, b: Int8) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = (a == b).all(axis=1)
    return equal


def _verdict(replayed: list[Replayed]) -> tuple[str, bool]:
    """The sentence, and whether the device's own columns explain its outputs better than the host's."""

    def telling(entry: Replayed) -> NDArray[np.bool_]:
        return ~_rows(entry.own, entry.file.piece.outputs_expected)

    if all(np.array_equal(device_columns(entry.file.piece), entry.file.piece.expected) for entry in replayed):
        return "", False
    windows = _count(replayed, telling)
    if not windows:
        return NO_EFFECT, False
    follow = _count(replayed, lambda e: telling(e) & _rows(e.own, e.file.piece.outputs_device))
    as_host = _count(
        replayed, lambda e: telling(e) & _rows(e.file.piece.outputs_expected, e.file.piece.outputs_device)
    )
    if follow == windows:
        return FRONT_END, True
    if as_host == windows:
        return SENDING, False
    return NEITHER if not follow and not as_host else MIXED, follow >= as_host and _nearer(replayed)


def _nearer(replayed: list[Replayed]) -> bool:
    """Whether more output values are those of the device's columns than of the host's."""
    own = sum(int((e.own == e.file.piece.outputs_device)[e.sound].sum()) for e in replayed)
    host = sum(
        int((e.file.piece.outputs_expected == e.file.piece.outputs_device)[e.sound].sum()) for e in replayed
    )
    return own >= host
