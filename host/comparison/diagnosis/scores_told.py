"""Scores that a detection can carry instead of its own; `resting` has those of all windows that it lasted."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from .evidence import FileRecord
from .search import Int8

Source = Callable[[FileRecord, Int8, Sequence[Change]], list[int | None]]
"""Of a file, the device's scores and the right changes: the score of each change; None: its own."""
_OfOne = Callable[[Change], int | None]


def scores_told(t: Int8Rule) -> Iterator[tuple[str, str, Source]]:
    """A cause, what a device does, and the scores of its changes."""
    yield from _of_windows()
    yield from _of_the_same_window(t)
    yield (
        "score of the change before",
        "detections carry the score of the one before",
        lambda _, __, right: [None, *(change.score for change in right)][: len(right)],
    )


def scores_over_streams(t: Int8Rule) -> Iterator[tuple[str, str, Source]]:
    """The same, of scores that depend on the stream before."""
    yield (
        "score of the change before",
        "detections carry the score of the one before, of which a stream's first has that of the stream before",
        lambda file, _, right: [_last_score(t, file), *(change.score for change in right)][: len(right)],
    )


def _last_score(t: Int8Rule, file: FileRecord) -> int | None:
    """What the last detection of the stream before must have carried, as far as its end is known."""
    if file.before is None:
        return None
    changes = Detector(t).update(file.before.piece.outputs_device[:, : len(t.on)])
    return changes[-1].score if changes else None


def _each(of: Callable[[FileRecord, Int8], _OfOne]) -> Source:
    return lambda file, scores, right: [of(file, scores)(change) for change in right]


def _of_windows() -> Iterator[tuple[str, str, Source]]:
    """The class's own score of another window, or of this one."""
    for back in (1, 2, 3):
        which = "the window before" if back == 1 else f"{back} windows before"
        yield f"score of {which}", f"detections carry the score of {which}", _each(_before(back))
    told = "the window's own score instead of what the rule decides by"
    own = _each(lambda _, scores: lambda c: int(scores[c.window, c.label]))
    yield "score of the window", f"detections carry {told}", own
    yield (
        "score of the window at beginnings",
        f"detections that begin carry {told}",
        _each(lambda _, scores: lambda c: int(scores[c.window, c.label]) if c.active else None),
    )


def _before(back: int) -> Callable[[FileRecord, Int8], _OfOne]:
    return lambda _, scores: lambda c: int(scores[max(0, c.window - back), c.label])


def _of_the_same_window(t: Int8Rule) -> Iterator[tuple[str, str, Source]]:
    """Another value of the window, or the score in another form."""
    classes = len(t.on)
    sources: tuple[tuple[str, str, Callable[[FileRecord, Int8], _OfOne]], ...] = (
        (
            "logit told as score",
            "the logit instead of the score",
            lambda f, _: lambda c: _output(f, c.window, classes + c.label),
        ),
        (
            "threshold told as score",
            "the threshold instead of the score",
            lambda _, __: lambda c: (t.on if c.active else t.off)[c.label],
        ),
        (
            "other threshold told as score",
            "the other threshold instead of the score (the release where a class begins)",
            lambda _, __: lambda c: (t.off if c.active else t.on)[c.label],
        ),
        (
            "distance told as score",
            "how far the score is above the threshold",
            lambda _, __: lambda c: _int8(c.score - (t.on if c.active else t.off)[c.label]),
        ),
        ("negative score", "the score with the other sign", lambda _, __: lambda c: _int8(-c.score)),
        (
            "score as a byte",
            "the score from 0 on, as an unsigned byte has it",
            lambda _, __: lambda c: c.score ^ -128,
        ),
        ("half the score", "half of the score", lambda _, __: lambda c: c.score >> 1),
        ("0 told as score", "the score 0", lambda _, __: lambda _: 0),
        (
            "score of the next class",
            "the score of the next class",
            lambda _, scores: lambda c: int(scores[c.window, (c.label + 1) % classes]),
        ),
        (
            "score of the class before",
            "the score of the class before",
            lambda _, scores: lambda c: int(scores[c.window, c.label - 1]),
        ),
        (
            "score of the first class",
            "the score of the first class",
            lambda _, scores: lambda c: int(scores[c.window, 0]),
        ),
        (
            "largest score of the window",
            "the largest score of all classes",
            lambda _, scores: lambda c: int(scores[c.window].max()),
        ),
    )
    for cause, told, of in sources:
        yield cause, f"detections carry {told}", _each(of)
    yield (
        "0 told as score of ends",
        "detections that end carry the score 0",
        _each(lambda _, __: lambda c: None if c.active else 0),
    )


def _int8(value: int) -> int:
    """What eight bits hold of it."""
    return int(np.array(value).astype(np.int8))


def _output(file: FileRecord, window: int, value: int) -> int | None:
    """One of the device's outputs, None where it was not kept."""
    row = window - file.piece.first_window
    outputs = file.piece.outputs_device
    return int(outputs[row, value]) if 0 <= row < len(outputs) and value < outputs.shape[1] else None
