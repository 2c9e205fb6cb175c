"""The hypothesis that one expression of the code that fills the model's input, or tells its outputs, is another one."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...bundle.model_info import TensorInfo
from ...core.altered_session import AlteredSession, Told, raw_outputs
from ...core.changed_process import NONE, Change
from ...core.conversation import Stream
from ...errors import HilError
from .data_path import (
    LEAST_ROWS,
    LEAST_VALUES,
    NEAR_BEGINNING,
    all_changes,
    code_candidate,
    end_of_file_before,
    made_in,
    session_of,
)
from .inputs import Model
from .search import Candidate, Hypothesis, Int8, View, largest

MOST_S = 30.0  # of running the model on inputs that changes make
# Changes that are held against all windows; where hundreds fit, the windows probed tell nothing
MOST_FITTING = 32
PROBED = 6  # windows from the first wrong one on, on which every change is tried


def changed_outputs(model: Model, right: Collection[str] = ()) -> Hypothesis:
    """One expression of the code that fills the model's input, or tells its outputs, is not the right one.

    Args:
        model: the reference.
        right: functions that are known to be right.
    """

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        with contextlib.suppress(HilError):
            session = session_of(model.bundle)
            for view in _telling(model, views):
                if fitting := _fitting(model, session, view, right):
                    for change in fitting[:MOST_FITTING]:
                        yield code_candidate(session, change, _outputs_replay(model, session, change))
                    return

    return hypothesis


def _telling(model: Model, views: list[View]) -> list[View]:
    """The file of which most is wrong; and the first one where that begins rightly: what is kept may go back to it."""
    first = min(views, key=lambda view: view.file.columns_before)
    begins_right = len(first.wrong_rows) and first.first + int(first.wrong_rows[0]) > 0
    found = [largest(views), *([first] if begins_right and first is not largest(views) else [])]
    return [
        view
        for view in found
        if len(view.wrong_rows) >= LEAST_ROWS
        and view.wrong.sum() >= LEAST_VALUES
        and _may_be_replayed(model, view)
    ]


def _fitting(model: Model, session: AlteredSession, view: View, right: Collection[str]) -> list[Change]:
    """Changes that give the outputs of a view's windows around the first wrong one."""
    rows = view.wrong_rows
    begin = 0 if rows[0] < NEAR_BEGINNING or model.stateful else int(rows[0]) - 2
    end = min(len(view.expected), max(int(rows[0]) + PROBED, int(rows[LEAST_ROWS - 1]) + 1))
    present, device = view.present[begin:end], view.device[begin:end]
    outputs = _Outputs(model, session, view, begin, end)
    # behind the window before the first wrong one
    last = (view.first + int(rows[0]) - 1) * model.bundle.stride + model.bundle.frames
    for column in (0, last):
        if column and rows[0] < NEAR_BEGINNING:
            continue
        given = outputs.by_change(
            change
            for change in all_changes(session, column)
            if session.alteration(change).function not in right
        )
        fitting = [
            change for change, found in given.items() if np.array_equal(found[present], device[present])
        ]
        if fitting:
            return fitting
    return []


def _may_be_replayed(model: Model, view: View) -> bool:
    """Whether the model saw columns that follow from the samples, and what it remembers is known."""
    piece = view.file.piece
    return np.array_equal(model.columns(piece), piece.expected) and not (model.stateful and view.first)


def _outputs_replay(model: Model, session: AlteredSession, change: Change) -> Callable[[View], Int8 | None]:
    def replay(view: View) -> Int8 | None:
        return outputs_told(session, model, change, view) if _may_be_replayed(model, view) else None

    return replay


def outputs_told(session: AlteredSession, model: Model, change: Change, view: View) -> Int8:
    """A view's outputs with a change; the right ones where nothing comes of it, or not as many."""
    outputs = _Outputs(model, session, view, 0, len(view.expected))
    change = made_in(change, view, NEAR_BEGINNING)
    return outputs.by_change([change]).get(change, view.expected)


class _Outputs:
    """Outputs of windows `begin` to `end` of a view, with changes of the code."""

    def __init__(self, model: Model, session: AlteredSession, view: View, begin: int, end: int) -> None:
        self._model, self._session, self._view = model, session, view
        bundle, piece = model.bundle, view.file.piece
        self._first, self._count = view.first + begin, end - begin
        column = self._first * bundle.stride
        at = column - piece.first_column
        settings = bundle.settings
        columns = (self._count - 1) * bundle.stride + bundle.frames
        self._samples = piece.samples[at * settings.hop :][: settings.samples_for(columns)]
        self._column = column
        self._raw = raw_outputs(bundle.model.scores.type, view.expected[begin:end])
        self._before = end_of_file_before(bundle, view.file, self._raw[:1]) if not column else []
        right = session.records(NONE, self._streams(self._raw))
        self._right = session.told(right or b"").inputs

    def _streams(self, raw: Int8) -> list[Stream]:
        return [*self._before, Stream(self._samples, self._column, raw)]

    def by_change(self, changes: Iterable[Change]) -> dict[Change, Int8]:
        """int8 [count, values] of those with which other outputs come, and as many.

        Empty where the model is so slow that not all can be tried: what is left might give the same.
        """
        other: dict[tuple[bytes, ...], list[Change]] = defaultdict(list)
        found: dict[Change, Int8] = {}
        for change, records in self._session.differing(list(changes), self._streams(self._raw)).items():
            told = self._session.told(records)
            if told.inputs != self._right:
                other[tuple(told.inputs)].append(change)
            elif (outputs := self._outputs(told)) is not None:
                found[change] = outputs
        began = time.monotonic()
        for inputs, alike in other.items():
            if time.monotonic() - began > MOST_S:
                return {}
            if len(inputs) != self._count:
                continue
            cells = cells_of_inputs(self._model.bundle, inputs)
            if cells is None:
                continue
            raw = raw_outputs(self._model.bundle.model.scores.type, self._model.run(cells))
            for change in alike:
                again = self._session.records(change, self._streams(raw))
                if again is not None and (outputs := self._outputs(self._session.told(again))) is not None:
                    found[change] = outputs
        return found

    def _outputs(self, told: Told) -> Int8 | None:
        """What WINDOW told, where it told of each window once, in order."""
        numbers = [number for number, _, _ in told.windows]
        if numbers != list(range(self._first, self._first + self._count)):
            return None
        values = self._model.bundle.model.values
        if any(len(outputs) != values for *_, outputs in told.windows):
            return None
        return np.stack([outputs for *_, outputs in told.windows])


def cells_of_inputs(bundle: Bundle, inputs: Iterable[bytes]) -> Int8 | None:
    """Input tensors as bytes to windows as a model takes them; None where they are not as long as its input.

    Returns:
        int8 cells [n, frames, bands]; int16 values [n, values] of which some are those of no cells.
    """
    info: TensorInfo = bundle.model.input
    shape = (-1, bundle.frames, bundle.settings.model_bands)
    inputs = list(inputs)
    if {len(each) for each in inputs} != {bundle.model.cells * (2 if info.type == "int16" else 1)}:
        return None
    data = b"".join(inputs)
    if info.type == "int16":
        wide: NDArray[np.int32] = np.frombuffer(data, "<i2").astype(np.int32)
        cells, rest = np.divmod(wide, info.step)
        cells = cells + info.zero_point
        found = cells.astype(np.int8)
        if rest.any() or not np.array_equal(found, cells):
            # what `Interpreter.run` takes as they are
            return cast("Int8", wide.astype(np.int16).reshape(len(inputs), -1))
    else:
        found = np.frombuffer(data, np.int8) ^ np.int8(-128 if info.type == "uint8" else 0)
    if info.bands_first:
        return np.ascontiguousarray(found.reshape(shape[0], shape[2], shape[1]).transpose(0, 2, 1))
    return found.reshape(shape)
