"""The hypothesis that the model's input keeps something of what lay there: simulated over all files of a run."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .inputs import Model, explains, probes, windows_of
from .search import OF_INPUT, Candidate, Int8, View, largest

WORDS = (4, 8, 2, 16)  # cells that are copied together
CURE = (
    "Look at what copies columns from the ring into the model's input: how much it copies, what it moves, and what it "
    "leaves there"
)
_KEPT = "of the window before, from file to file as well"

Write = Callable[[Int8, Int8, int], Int8]
"""What an input holds when a window of that number is written: of what it held, and of the window; all flat."""


def input_memory(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The input is written in part, moved on, or mixed with what lay there, which is kept from file to file."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        rows = probes(view)
        if view.first or not len(rows):
            return
        for told, write in _ways(model):
            inputs = held_inputs(model, views, write)
            if explains(model, view, rows, inputs[id(view.file)]):
                yield Candidate(
                    "input remembers",
                    told,
                    CURE,
                    lambda view, inputs=inputs: _outputs(model, view, inputs),  # type: ignore[misc]
                    family=OF_INPUT,
                )

    return hypothesis


def _outputs(model: Model, view: View, inputs: dict[int, Int8]) -> Int8 | None:
    return model.run(inputs[id(view.file)]) if id(view.file) in inputs else None


def held_inputs(model: Model, views: list[View], write: Write) -> dict[int, Int8]:
    """Inputs int8 [n, frames, bands] of each file that was kept from its beginning on, by the file's identity."""
    held, last, found = np.zeros(model.bundle.model.cells, np.int8), "", {}
    for view in sorted(views, key=lambda view: view.file.columns_before):
        before = view.file.before
        if before is not None and before.name != last:
            held = _written(held, windows_of(model, before.piece), before.piece.first_window, write)[-1]
        windows = _written(held, model.windows(view), view.first, write)
        held, last = windows[-1], view.file.name
        if not view.first:
            found[id(view.file)] = windows[1:].reshape(model.windows(view).shape)
    return found


def _written(held: Int8, windows: Int8, first: int, write: Write) -> Int8:
    """What an input held before some windows, and with each of them."""
    every = [held]
    for number, window in enumerate(windows.reshape(len(windows), held.size), start=first):
        every.append(write(every[-1], window, number))
    return np.stack(every)


def _ways(model: Model) -> Iterator[tuple[str, Write]]:
    for told, mixed in _MIXED:
        yield (
            f"the model's input is {told} of each new cell and of what lay there before ({_KEPT})",
            lambda held, window, _, mixed=mixed: mixed(held.astype(np.int64), window).astype(np.int8),  # type: ignore[misc]
        )
    for size in WORDS:
        yield (
            f"what is copied into the model's input ends at a multiple of {size} cells: behind it lies what lay there "
            f"before ({_KEPT})",
            lambda held, window, number, size=size: _whole_words(model, held, window, number, size),  # type: ignore[misc]
        )
    stride, bands = model.bundle.stride, model.bundle.settings.model_bands
    yield (
        f"the model's input is moved on by {stride} columns and only the newest {stride} are copied, at a stream's "
        "beginning, too: before them lies what is left of the file before",
        lambda held, window, _: _moved_on(held, window, stride * bands),
    )


_Mix = Callable[[NDArray[np.int64], Int8], NDArray[np.int64]]
_MIXED: tuple[tuple[str, _Mix], ...] = (
    ("the mean, rounded towards 0,", lambda held, window: np.trunc((held + window) / 2).astype(np.int64)),
    ("the mean, rounded down,", lambda held, window: (held + window) >> 1),
    ("the mean, rounded up,", lambda held, window: (held + window + 1) >> 1),
    ("the larger one", lambda held, window: np.maximum(held, window)),
    ("the smaller one", lambda held, window: np.minimum(held, window)),
)


def _whole_words(model: Model, held: Int8, window: Int8, number: int, size: int) -> Int8:
    """Both copies, from the oldest column to the ring's end and from there to the newest one, in whole words."""
    cells, frames = len(window), model.bundle.frames
    split = cells - number * model.bundle.stride % frames * (cells // frames)
    now = held.copy()
    for begin, end in ((0, split), (split, cells)):
        end -= (end - begin) % size
        now[begin:end] = window[begin:end]
    return now


def _moved_on(held: Int8, window: Int8, fresh: int) -> Int8:
    return np.concatenate([held[fresh:], window[-fresh:]]) if held.any() else window
