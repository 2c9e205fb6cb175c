"""Hypotheses in which outputs are computed once more from the right ones: scaled, smoothed, held at their highest."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .search import Candidate, Int8, View
from .values import Words

MOST_PAIRED = 32  # outputs
LOWEST = -128
MOST_SINKING = 33
MOST_WINDOWS = 6  # less one, of which one value is taken
LEAST_LIMITED = 4  # values, of which all others are within the limits

Float = NDArray[np.float64]
Way = Callable[[Float, Float], Float]  # of the right values, and of what the device told before each of them

_CURE = "Look at what is computed with the outputs between the model and the line (scale, smoothing, a type's width)"

_ROUNDINGS: tuple[tuple[str, Callable[[Float], Float]], ...] = (
    ("rounded down", np.floor),
    ("rounded to 0", np.trunc),
    ("rounded", np.rint),
)


def _before(values: Float) -> Float:
    return np.concatenate([values[:1], values[:-1]])


def _part(new: float) -> Way:
    return lambda right, told: new * right + (1 - new) * told


def _smooth(part: float) -> Way:
    """With what a type of more bits keeps between the windows."""

    def way(right: Float, _: Float) -> Float:
        done, state = np.empty_like(right), right[0]
        for place, row in enumerate(right):
            state = state + (row - state) * part
            done[place] = state
        return done

    return way


def _over(count: int, of: Callable[..., Float]) -> Way:
    """Of each value and those of the windows before it, of which the first one has none but itself."""

    def way(right: Float, _: Float) -> Float:
        longer = np.concatenate([np.repeat(right[:1], count - 1, axis=0), right])
        return np.asarray(of(np.lib.stride_tricks.sliding_window_view(longer, count, axis=0), axis=-1))

    return way


def _sinking(by: int) -> Way:
    return lambda right, told: np.maximum(right, told - by)


def _fading(part: float) -> Way:
    """What was told before sinks towards the least value."""
    return lambda right, told: np.maximum(right, LOWEST + (told - LOWEST) * part)


def _slow_to_sink(part: float) -> Way:
    return lambda right, told: np.maximum(right, told + (right - told) * part)


_WAYS: tuple[tuple[str, str, Way], ...] = (
    ("halved", "half of what they must be", lambda right, _: right / 2),
    ("a quarter", "a quarter of what they must be", lambda right, _: right / 4),
    (
        "halved without sign",
        "half of what they are when their bytes are read without a sign (0 to 255)",
        lambda right, _: right % 256 / 2,
    ),
    ("doubled", "twice what they must be", lambda right, _: right * 2),
    ("negated", "the negative of what they must be", lambda right, _: -right),
    ("complemented", "the negative of what they must be, less one (all bits inverted)", lambda right, _: -right - 1),
    ("magnitudes", "without their sign", lambda right, _: np.abs(right)),
    ("mean of two", "the mean of a window's and the one's before it", lambda right, _: (right + _before(right)) / 2),
    (
        "mean of three",
        "the mean of a window's and the two before it",
        lambda right, _: (right + _before(right) + _before(_before(right))) / 3,
    ),
    (
        "higher of two",
        "the higher one of a window's and the one's before it",
        lambda right, _: np.maximum(right, _before(right)),
    ),
    (
        "lower of two",
        "the lower one of a window's and the one's before it",
        lambda right, _: np.minimum(right, _before(right)),
    ),
    *(
        (f"{cause} of {count}", f"the {cause} of a window's and the {count - 1} before it", _over(count, of))
        for count in range(3, MOST_WINDOWS)
        for cause, of in (("highest", np.max), ("lowest", np.min), ("median", np.median))
    ),
    *(
        (f"mean of {count}", f"the mean of a window's and the {count - 1} before it", _over(count, np.mean))
        for count in range(4, 2 * MOST_WINDOWS)
    ),
    ("highest so far", "the highest of the stream so far", lambda right, _: np.maximum.accumulate(right)),
    ("differences", "a window's less the one's before it", lambda right, _: right - _before(right)),
    *(
        (
            f"smoothed by {new:g}",
            f"smoothed: {new:g} of a window's and {1 - new:g} of what was told before it",
            _part(new),
        )
        for new in (0.5, 0.25, 0.75, 0.125)
    ),
    *(
        (
            f"smoothed finely by {part:g}",
            f"smoothed: each goes {part:g} of the way from the one before, with more bits than are told",
            _smooth(part),
        )
        for part in (*(tenths / 10 for tenths in range(1, 10)), 0.05, 0.0625, 0.125, 0.25, 0.75, 0.875)
    ),
    *(
        (f"held, sinking by {by}", f"held at their highest, which sinks by {by} from window to window", _sinking(by))
        for by in range(1, MOST_SINKING)
    ),
    *(
        (f"held, fading by {part:g}", f"held at their highest, of which {part:g} is left a window", _fading(part))
        for part in (0.5, 0.75, 0.875, 0.9)
    ),
    *(
        (
            f"slow to sink by {part:g}",
            f"told as they are where they rise; where they fall, {part:g} of the way from what was told before",
            _slow_to_sink(part),
        )
        for part in (0.5, 0.25, 0.125, 0.1)
    ),
)  # fmt: skip


def limited(views: list[View], words: Words) -> Iterator[Candidate]:
    """Values are limited to a range that is narrower than int8."""
    told = np.concatenate([view.device[view.present] for view in views])
    for place in sorted({int(place) for view in views for place in np.flatnonzero(view.wrong.any(axis=0))}):
        low, high = int(told[:, place].min()), int(told[:, place].max())
        wrong = np.concatenate([view.device[:, place][view.wrong[:, place]] for view in views])
        beyond = [
            word
            for word, limit in ((f"at least {low}", low), (f"at most {high}", high))
            if (wrong == limit).any()
        ]
        if np.isin(wrong, (low, high)).all():
            yield Candidate(
                "values limited",
                f"{words.value(place)} is limited to {' and '.join(beyond)}",
                _CURE,
                lambda view, place=place, low=low, high=high: _limited(view, place, low, high),  # type: ignore[misc]
                sure=LEAST_LIMITED,
            )


def _limited(view: View, place: int, low: int, high: int) -> Int8:
    values = view.expected.copy()
    values[:, place] = values[:, place].clip(low, high)
    return values


def computed(views: list[View], words: Words) -> Iterator[Candidate]:
    """Values are scaled, smoothed over windows, or held at their highest."""
    wrong = sorted({int(place) for view in views for place in np.flatnonzero(view.wrong.any(axis=0))})
    if not wrong:
        return
    names = words.named(wrong)
    for cause, told, way in _WAYS:
        for how, rounding in _ROUNDINGS:
            yield Candidate(
                f"values {cause}",
                f"{names}: {told} ({how})",
                _CURE,
                lambda view, way=way, rounding=rounding: _replay(view, np.array(wrong), way, rounding),  # type: ignore[misc]
            )


def _replay(view: View, places: NDArray[np.int64], way: Way, rounding: Callable[[Float], Float]) -> Int8:
    values = view.expected.copy()
    right, device = (rows[:, places].astype(np.float64) for rows in (view.expected, view.device))
    values[:, places] = rounding(way(right, _before(device))).clip(-128, 127).astype(np.int8)
    return values


_PAIRS: tuple[tuple[str, str, Callable[[Float, Float], Float]], ...] = (
    ("mean", "the mean of", lambda a, b: (a + b) / 2),
    ("sum", "the sum of", lambda a, b: a + b),
    ("difference", "the difference of", lambda a, b: a - b),
    ("higher", "the higher one of", np.maximum),
    ("lower", "the lower one of", np.minimum),
)


def paired(views: list[View], words: Words) -> Iterator[Candidate]:
    """A value is made of itself and another one of its window: their mean, sum, difference, the higher or lower one."""
    count = views[0].expected.shape[1]
    wrong = sorted({int(place) for view in views for place in np.flatnonzero(view.wrong.any(axis=0))})
    if len(wrong) != 1 or count > MOST_PAIRED:
        return
    (place,) = wrong
    for other in (each for each in range(count) if each != place):
        for cause, told, way in _PAIRS:
            for how, rounding in _ROUNDINGS:
                yield Candidate(
                    f"{cause} with {words.value(other)}",
                    f"{words.value(place)} is {told} itself and {words.value(other)} ({how})",
                    _CURE,
                    lambda view, other=other, way=way, rounding=rounding: _paired(  # type: ignore[misc]
                        view, place, other, way, rounding
                    ),
                )


def _paired(
    view: View,
    place: int,
    other: int,
    way: Callable[[Float, Float], Float],
    rounding: Callable[[Float], Float],
) -> Int8:
    values = view.expected.copy()
    a, b = (view.expected[:, each].astype(np.float64) for each in (place, other))
    values[:, place] = rounding(way(a, b)).clip(-128, 127).astype(np.int8)
    return values
