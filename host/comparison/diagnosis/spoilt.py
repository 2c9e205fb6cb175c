"""Hypotheses about cells of the model's input: some never written, all through an operation, a part moved."""

from collections.abc import Callable, Iterator

import numpy as np

from .inputs import INPUT_CURE, RING_CURE, Model, Rearrange, Way, candidate, explaining
from .search import Candidate, Int8, View

CLIPS = (126, 120, 112, 100, 96, 80, 64, 50, 32)
MOST_PLACES = 96  # bands or columns that are tried one by one


def spoilt(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The window's cells are not all what they should be, in all windows or in single ones."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        for name, told, cure, change in explaining(model, views, _ways(model)):
            yield candidate(model, name, told, cure, change)
            yield candidate(model, name, f"in single windows {told}", cure, change, rows_alone=True)

    return hypothesis


def _ways(model: Model) -> Iterator[Way]:
    yield from _operations()
    yield from _moved(model)
    yield from _unwritten(model)


def _wide(change: Callable[[np.ndarray], np.ndarray]) -> Rearrange:  # type: ignore[type-arg]
    return lambda windows, _: change(windows.astype(np.int16)).clip(-128, 127).astype(np.int8)


def _at_most(level: int) -> Rearrange:
    return _wide(lambda w: np.minimum(w, level))


def _at_least(level: int) -> Rearrange:
    return _wide(lambda w: np.maximum(w, level))


def _operations() -> Iterator[Way]:
    told = "the cells of the model's input"
    yield "input halved", f"{told} are halved, rounded to 0", INPUT_CURE, _wide(lambda w: np.trunc(w / 2))
    yield "input halved down", f"{told} are halved, rounded down", INPUT_CURE, _wide(lambda w: w >> 1)
    yield "input doubled", f"{told} are doubled, saturated", INPUT_CURE, _wide(lambda w: 2 * w)
    yield "input sign flipped", f"{told} have their sign flipped", INPUT_CURE, _wide(lambda w: -w)
    yield (
        "input negatives lost",
        f"{told} are 0 where they should be negative",
        INPUT_CURE,
        _wide(lambda w: np.maximum(w, 0)),
    )
    yield (
        "input positives lost",
        f"{told} are 0 where they should be positive",
        INPUT_CURE,
        _wide(lambda w: np.minimum(w, 0)),
    )
    for mask, which in (
        (0xFF, "all bits"),
        (0x7F, "all bits but the top one"),
        *((1 << bit, f"bit {bit}") for bit in range(7)),
    ):
        flipped = np.uint8(mask).astype(np.int8)
        yield (
            f"input {which} inverted",
            f"{told} have {which} inverted",
            INPUT_CURE,
            lambda w, _, flipped=flipped: w ^ flipped,  # type: ignore[misc]
        )
    yield "input sign lost", f"{told} have lost their sign", INPUT_CURE, _wide(np.abs)
    for bits in range(1, 5):
        yield (
            f"input {bits} low bits lost",
            f"{told} have lost their {bits} low bit{'s' * (bits > 1)}",
            INPUT_CURE,
            lambda w, _, bits=bits: w & np.int8(-(1 << bits)),  # type: ignore[misc]
        )
    for level in CLIPS:
        yield (
            f"input at most {level}",
            f"{told} are at most {level}",
            INPUT_CURE,
            _at_most(level),
        )
        yield (
            f"input at least {-level}",
            f"{told} are at least {-level}",
            INPUT_CURE,
            _at_least(-level),
        )


def _moved(model: Model) -> Iterator[Way]:
    frames, stride = model.bundle.frames, model.bundle.stride
    for k, by in (
        (1, "1 column late"),
        (-1, "1 column early"),
        (2, "2 columns late"),
        (-2, "2 columns early"),
    ):
        yield (
            f"input moved by {k}",
            f"the model's input is {by}, the one at its edge standing twice",
            RING_CURE,
            lambda w, _, k=k: w[:, np.clip(np.arange(frames) - k, 0, frames - 1)],  # type: ignore[misc]
        )
        for value in dict.fromkeys((0, model.bundle.model.input.zero_point, -128)):
            yield (
                f"input moved by {k}, {value}",
                f"the model's input is {by}, and {value} at its edge",
                RING_CURE,
                lambda w, _, k=k, value=value: _columns_moved(w, k, value),  # type: ignore[misc]
            )
        yield (
            f"wrapped part off by {k}",
            f"the model's input is right up to the ring's wrap, {by} after it",
            RING_CURE,
            lambda w, n, k=k: _part_moved(w, (n * stride) % frames, k),  # type: ignore[misc]
        )
    yield (
        "wrapped part unsigned",
        "the model's input is right up to the ring's wrap, and unsigned taken for signed after it (a zero point off "
        "by 128)",
        INPUT_CURE,
        lambda w, n: np.where(_wrapped(w, (n * stride) % frames), w ^ np.int8(-128), w),
    )
    for k, by in ((1, "late"), (-1, "early")):
        yield (
            f"input moved by {k} cell",
            f"the model's input is a cell {by}, the one at its edge standing twice",
            INPUT_CURE,
            lambda w, _, k=k: _cells_moved(w, k),  # type: ignore[misc]
        )


def _columns_moved(windows: Int8, by: int, value: int) -> Int8:
    """Each window's columns `by` later; `value` where none comes from."""
    moved = np.roll(windows, by, axis=1)
    moved[:, slice(by) if by > 0 else slice(by, None)] = value
    return moved


def _cells_moved(windows: Int8, by: int) -> Int8:
    flat = windows.reshape(len(windows), -1)
    return flat[:, np.clip(np.arange(flat.shape[1]) - by, 0, flat.shape[1] - 1)].reshape(windows.shape)


def _wrapped(windows: Int8, oldest: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Which columns of each window lie at the ring's beginning: its last `oldest` ones, bool [n, frames, 1]."""
    frames = windows.shape[1]
    places: np.ndarray = np.arange(frames) >= frames - oldest[:, None]  # type: ignore[type-arg]
    return places[:, :, None]


def _part_moved(windows: Int8, oldest: np.ndarray, by: int) -> Int8:  # type: ignore[type-arg]
    """The last `oldest` columns of each window lie at the ring's beginning, and are read from `by` columns before."""
    frames = windows.shape[1]
    places = np.broadcast_to(np.arange(frames), (len(windows), frames)).copy()
    for row, count in enumerate(oldest.tolist()):
        if count:
            ring = np.roll(np.arange(frames), count)  # ring[i]: which column of the window lies at index i
            read = np.clip(np.arange(count) - by, 0, frames - 1)
            places[row, frames - count :] = ring[read]
    return np.take_along_axis(windows, places[:, :, None], axis=1)


def _unwritten(model: Model) -> Iterator[Way]:
    """Some cells hold one value throughout."""
    bands, frames = model.bundle.settings.model_bands, model.bundle.frames
    values = tuple(dict.fromkeys((0, model.bundle.model.input.zero_point, -128)))
    parts: list[tuple[str, slice, slice]] = [
        ("the first half", slice(None, frames // 2), slice(None)),
        ("the last half", slice(frames // 2, None), slice(None)),
        ("the first column", slice(0, 1), slice(None)),
        ("the last column", slice(frames - 1, None), slice(None)),
        ("the first cell", slice(0, 1), slice(0, 1)),
        ("the last cell", slice(frames - 1, None), slice(bands - 1, None)),
        *((f"band {band}", slice(None), slice(band, band + 1)) for band in range(min(bands, MOST_PLACES))),
        *(
            (f"column {column}", slice(column, column + 1), slice(None))
            for column in range(1, min(frames - 1, MOST_PLACES))
        ),
    ]
    for what, columns, cells in parts:
        for value in values:
            yield (
                f"{what} of the input {value}",
                f"{what} of the model's input is {value} in each window: never written, or written over",
                INPUT_CURE,
                lambda w, _, columns=columns, cells=cells, value=value: _with(w, columns, cells, value),  # type: ignore[misc]
            )


def _with(windows: Int8, columns: slice, cells: slice, value: int) -> Int8:
    windows = windows.copy()
    windows[:, columns, cells] = value
    return windows
