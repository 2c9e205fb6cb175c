"""Hypotheses about the model's input and state: outputs that follow from another input than the right one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...bundle.model_info import MeasuredInput
from ...model.ends import to_cells
from ...model.interpreter import Interpreter, joined
from .evidence import Piece
from .layouts import Strides, layouts, wrong_strides
from .search import OF_INPUT, Candidate, Int8, View, largest

PROBES = 3  # windows that must be explained before all are computed
STATEFUL_OPS = frozenset(
    {"SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"}
)

RING_CURE = (
    "Look at how the ring of columns is copied into the model's input tensor (first column, wrap-around)"
)
INPUT_CURE = "Look at what writes the model's input tensor (layout, type, zero point)"
RELATED_CURE = (
    "Look at what is taken for the window's least level, its largest, its mean or its deviation, and at the factor "
    "made of it (normalised_begin, normalised_measure and know in firmware/core/frontend/normalised/window.c)"
)
ENDS = (-128, 127)  # at which cells are held
_STATE = "Reset the model's variables at the stream's start, by loading the interpreter anew"

Rearrange = Callable[[Int8, NDArray[np.int64]], Int8]
Way = tuple[str, str, str, Rearrange]
"""Name, what is told, cure, and the change itself."""


@dataclass(frozen=True)
class Model:
    """The reference, ready to be run on recorded windows.

    Attributes:
        bundle: the bundle in use.
        fresh: makes the reference without any state.
        columns: the columns that the device's model is taken to have seen, of a file's piece.
    """

    bundle: Bundle
    fresh: Callable[[], Interpreter]
    columns: Callable[[Piece], Int8]

    @property
    def stateful(self) -> bool:
        """Whether a window's outputs depend on the windows before."""
        return bool(STATEFUL_OPS & set(self.bundle.model.ops))

    def windows(self, view: View, late: int = 0) -> Int8:
        """The view's windows, int8 [n, frames, bands], `late` columns before their place; outside is the nearest.

        They are cells of the model's input, also where these depend on all of a window.
        """
        piece, frames = view.file.piece, self.bundle.frames
        columns = self.columns(piece)
        starts = (view.first + np.arange(len(view.expected))) * self.bundle.stride - piece.first_column - late
        places = np.clip(starts[:, None] + np.arange(frames), 0, len(columns) - 1)
        return self.cells(columns[places])

    def cells(self, windows: Int8) -> Int8:
        """Windows of columns as windows of the model's cells, int8 [n, frames, bands]."""
        shape = (len(windows), self.bundle.frames, self.bundle.settings.model_bands)
        return to_cells(self.bundle.model.input, windows).reshape(shape)

    def run(self, windows: Int8) -> Int8:
        """Outputs of windows one after the other, int8 [n, values], from a fresh state."""
        self._loaded.reset()
        return joined(self._loaded.run(np.ascontiguousarray(windows)))

    @cached_property
    def _loaded(self) -> Interpreter:
        return self.fresh()


def probes(view: View) -> NDArray[np.int64]:
    """Places of differing windows whose outputs tell most apart, at most PROBES, in order."""
    rows = view.wrong_rows
    _, unique = np.unique(view.device[rows], axis=0, return_index=True)
    chosen = rows[np.sort(unique)]
    spread = (
        np.linspace(0, len(chosen) - 1, min(PROBES, len(chosen))).astype(np.int64) if len(chosen) else chosen
    )
    return chosen[spread]


def rearranged(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The window's cells in another order, or with another zero point."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        for name, told, cure, change in explaining(model, views, _arrangements(model.bundle)):
            yield candidate(model, name, told, cure, change)

    return hypothesis


def explaining(model: Model, views: list[View], ways: Iterable[Way]) -> Iterator[Way]:
    """Those of some changes of the windows that give the device's outputs on most of the probed ones."""
    view = largest(views)
    rows = probes(view)
    if not len(rows):
        return
    windows = model.windows(view)
    numbers = view.first + np.arange(len(windows))
    for way in ways:
        if explains(model, view, rows, way[-1](windows, numbers)):
            yield way


def explains(model: Model, view: View, rows: NDArray[np.int64], windows: Int8) -> bool:
    """Whether most of some windows give the device's outputs; a model with state needs those before, too."""
    outputs = model.run(windows[: rows[-1] + 1])[rows] if model.stateful else model.run(windows[rows])
    return int((outputs == view.device[rows]).all(axis=1).sum()) * 2 > len(rows)


def candidate(
    model: Model, name: str, told: str, cure: str, change: Rearrange, rows_alone: bool = False
) -> Candidate:
    """The reference run on changed windows."""

    def replay(view: View) -> Int8 | None:
        numbers = view.first + np.arange(len(view.expected))
        return model.run(change(model.windows(view), numbers)) if len(numbers) else None

    return Candidate(name, told, cure, replay, rows_alone, family="" if rows_alone else OF_INPUT)


def _arrangements(bundle: Bundle) -> Iterator[Way]:
    frames, zero = bundle.frames, bundle.model.input.zero_point
    yield (
        "ring as it lies",
        "the model sees the ring in the order of its memory instead of oldest column first",
        RING_CURE,
        lambda w, n: _rotated(w, n * bundle.stride),
    )
    for k in (1, -1, 2, -2, *range(3, frames - 2)):
        which = f"{abs(k)} column{'s' * (abs(k) > 1)} {'early' if k > 0 else 'late'}"
        yield (
            f"ring rotated by {k}",
            f"the model's input ring is off by {abs(k)}: the copy begins {which}, and wraps around",
            RING_CURE,
            lambda w, n, k=k: _rotated(w, np.full(len(n), k)),  # type: ignore[misc]
        )
    for layout in layouts(frames, bundle.settings.model_bands, bool(bundle.model.input.bands_first)):
        yield (
            layout.name,
            f"the model's input is {layout.told}",
            INPUT_CURE,
            lambda w, _, order=layout.seen: w.reshape(len(w), -1)[:, order].reshape(w.shape),  # type: ignore[misc]
        )
    for strides in wrong_strides(frames, bundle.settings.model_bands, bool(bundle.model.input.bands_first)):
        for value in (0, -128):
            yield (
                strides.name,
                f"the model's input has a wrong stride: {strides.told}",
                INPUT_CURE,
                lambda w, _, strides=strides, value=value: _written(w, strides, value),  # type: ignore[misc]
            )
    yield "reversed in time", "the model sees the newest column first", RING_CURE, lambda w, _: w[:, ::-1]
    yield "bands reversed", "the model sees the highest band first", INPUT_CURE, lambda w, _: w[:, :, ::-1]
    for k in (1, -1):
        yield (
            f"bands rotated by {k}",
            f"the model's input is {abs(k)} cell {'late' if k > 0 else 'early'}",
            INPUT_CURE,
            lambda w, _, k=k: np.roll(w.reshape(len(w), -1), k, axis=1).reshape(w.shape),  # type: ignore[misc]
        )
    yield (
        "unsigned",
        "the model's input is unsigned taken for signed",
        INPUT_CURE,
        lambda w, _: w ^ np.int8(-128),
    )
    for k in dict.fromkeys((zero, -zero, 1, -1, 128 + zero, -128 - zero)):
        if k:
            yield (
                f"input offset {k:+d}",
                f"the model's input is off by {k:+d} (its zero point is {zero})",
                INPUT_CURE,
                lambda w, _, k=k: np.clip(w.astype(np.int16) + k, -128, 127).astype(np.int8),  # type: ignore[misc]
            )


def _written(windows: Int8, strides: Strides, never: int) -> Int8:
    """Windows as the model sees them; `never`: what lies where nothing is written."""
    flat = windows.reshape(len(windows), -1)
    seen = np.where(strides.written < 0, np.int8(never), flat[:, strides.written])
    return seen.reshape(windows.shape)


def constant(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The input is never written: 0, or what stands for real 0 or for silence; or all cells are held at one end."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        rows = probes(view)
        info = model.bundle.model.input
        related = isinstance(info, MeasuredInput)
        for value in dict.fromkeys((0, info.zero_point, *ENDS[: 1 + related])):
            if len(rows) and explains(model, view, rows, np.full_like(model.windows(view), value)):
                told, cure = f"the model's input is {value} throughout: it is never written", INPUT_CURE
                if related and value in ENDS:
                    told += ", or what its cells are related to is so far off that all are held there"
                    cure = f"{RELATED_CURE}; then at what writes the model's input tensor"
                yield candidate(model, f"input all {value}", told, cure, _filled(value))

    return hypothesis


def _filled(value: int) -> Rearrange:
    return lambda windows, _: np.full_like(windows, value)


def _rotated(windows: Int8, by: NDArray[np.int64]) -> Int8:
    """Each window's columns rotated towards later ones."""
    frames = windows.shape[1]
    places = (np.arange(frames) - by[:, None]) % frames
    return np.take_along_axis(windows, places[:, :, None], axis=1)


def late(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The window begins some columns before or after its place."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        rows = probes(view)
        if not len(rows):
            return
        stride = model.bundle.stride
        for k in dict.fromkeys((1, -1, 2, -2, *range(3, stride), *range(-3, -stride, -1))):
            if explains(model, view, rows, model.windows(view, k)):
                which = f"{abs(k)} column{'s' * (abs(k) > 1)} {'before' if k > 0 else 'after'} their place"
                yield Candidate(
                    f"window {'late' if k > 0 else 'early'} by {abs(k)}",
                    f"the model sees windows that begin {which}",
                    "Look at when a window counts as complete, and at the first column copied",
                    lambda view, k=k: model.run(model.windows(view, k)),  # type: ignore[misc]
                    family=OF_INPUT,
                )

    return hypothesis


def partly_written(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The end or the beginning of the input is that of the window before: the copy is too short."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        rows = probes(view)
        rows = rows[rows > 0]
        if not len(rows):
            return
        bands, cells = model.bundle.settings.model_bands, model.bundle.model.cells
        for count in (1, 4, bands, 2 * bands, cells // 2):
            for at_end in (True, False):
                if explains(model, view, rows, _short_copy(model.windows(view), count, at_end)):
                    place = "last" if at_end else "first"
                    yield candidate(
                        model,
                        f"{place} {count} cells stale",
                        f"the {place} {count} cells of the model's input are those of the window before",
                        RING_CURE,
                        lambda w, _, count=count, at_end=at_end: _short_copy(w, count, at_end),  # type: ignore[misc]
                    )

    return hypothesis


def _short_copy(windows: Int8, count: int, at_end: bool) -> Int8:
    flat = windows.reshape(len(windows), -1)
    short = flat.copy()
    kept = slice(flat.shape[1] - count, None) if at_end else slice(0, count)
    short[1:, kept] = flat[:-1, kept]
    return short.reshape(windows.shape)


def state_kept(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The model's state goes on from the file before, or is lost between windows."""

    def continued(view: View) -> Int8 | None:
        before = view.file.before
        if before is None or view.first or not len(before.piece.outputs_device):
            return None
        earlier = windows_of(model, before.piece)
        return model.run(np.concatenate([earlier, model.windows(view)]))[len(earlier) :]

    def forgotten(view: View) -> Int8 | None:
        return np.concatenate([model.run(window[None]) for window in model.windows(view)])

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        del views
        if not model.stateful:
            return
        yield Candidate(
            "model state not reset",
            "the model's state goes on from the file before: so run, the reference gives the same",
            _STATE,
            continued,
        )
        yield Candidate(
            "model state lost",
            "the model's state is reset before every window instead of at the stream's start",
            "Keep the interpreter and its variables between the windows of a stream",
            forgotten,
        )

    return hypothesis


def windows_of(model: Model, piece: Piece) -> Int8:
    """The recorded windows of a file, int8 [n, frames, bands]."""
    columns, frames = model.columns(piece), model.bundle.frames
    starts = (
        piece.first_window + np.arange(len(piece.outputs_device))
    ) * model.bundle.stride - piece.first_column
    return model.cells(columns[starts[:, None] + np.arange(frames)])
