"""Two things at once that are wrong with detections: what decides them, and what is told of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from ...detector.detector import Detector
from ...detector.rule import Int8Rule, Variant
from .deciding import window_numbers
from .detections import BOTH, Moved, Rule, by_moved, moved, reporting
from .evidence import FileRecord
from .resting import lasting_scores

LEAST = 12  # detections that the device told: fewer are given by one of so many pairs by chance
SHIFTED = (("the upper threshold", 1, 0), ("the lower threshold", 0, 1), ("both thresholds", 1, 1))


def two_rules(t: Int8Rule, files: Sequence[FileRecord]) -> Iterator[Rule]:
    """Each wrong way to decide with each wrong way to tell what it decides, of those that tell as many as came.

    Args:
        t: the right rule.
        files: to be explained, with the device's scores.
    """
    if sum(len(file.device_changes) for file in files) < LEAST:
        return
    for decided in _deciding(t):
        if all(_as_many(decided.rule, file) for file in files):
            yield from pairs(decided, list(files))


def all_pairs(t: Int8Rule, files: list[FileRecord]) -> Iterator[Rule]:
    """The same pairs, whatever they tell; which label stands for which is read from `files`."""
    for decided in _deciding(t):
        yield from pairs(decided, files)


def pairs(decided: Variant, files: list[FileRecord]) -> Iterator[Rule]:
    """A wrong way to decide with each way to tell it wrongly."""
    rule = decided.rule
    for told in chain(reporting(rule, files), lasting_scores(rule), window_numbers(rule)):
        yield replace(
            told,
            cause=f"{decided.cause}; {told.cause}",
            explanation=f"{decided.explanation}; and besides, {told.explanation}",
            cure=BOTH,
        )


def _deciding(t: Int8Rule) -> Iterator[Variant]:
    yield from (variant for variant in t.variants() if not variant.rule.remembers)
    for by in (1, -1) if t.by_window else ():
        for what, on, off in SHIFTED:
            told = by_moved(t, Moved(what, on, off, by, by))
            yield Variant(told.cause, told.explanation, moved(t, by * on, by * off))


def _as_many(rule: Int8Rule, file: FileRecord) -> bool:
    assert file.scores is not None
    return len(Detector(rule).update(file.scores)) == len(file.device_changes)
