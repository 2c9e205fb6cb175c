"""Ways to decide wrongly by time: rests, least and most durations; and scores told of all that a detection lasted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from .detections import DECIDING, SCORED, Int8, Rule, reproduces
from .evidence import FileRecord

MOST_WINDOWS = 12


@dataclass(frozen=True)
class Timing:
    """What a class waits for besides its thresholds, in windows.

    Attributes:
        rest: after its end, in which it does not become active.
        apart: from one beginning to the next one, at least.
        least, most: that it stays active; `most` 0: no limit.
    """

    rest: int = 0
    apart: int = 0
    least: int = 0
    most: int = 0


def timed(t: Int8Rule, files: Sequence[FileRecord] = ()) -> Iterator[Rule]:
    """Rests after an end or a beginning, a least or a most duration."""
    every = list(_each(t))
    if not files:
        yield from (rule for *_, rule in every)
        return
    for words in dict.fromkeys(words for words, *_ in every):
        alike = [
            (windows, rule)
            for told, windows, rule in every
            if told == words and reproduces(rule.decide, list(files), rule.causal)
        ]
        if alike:
            (low, first), (high, _) = alike[0], alike[-1]
            which = f"{low} to {high}" if high > low else f"{low}"
            told = words.format(f"{which} window{'s' * (high > 1)}") + (
                ", which give the same here" * (high > low)
            )
            yield replace(first, explanation=told)


def _each(t: Int8Rule) -> Iterator[tuple[str, int, Rule]]:
    """Words with a place for the windows, their number, and the rule."""
    for windows in range(1, MOST_WINDOWS + 1):
        which = f"{windows} window{'s' * (windows > 1)}"
        for cause, told, timing in (
            (
                f"rests {windows}",
                "a class that has ended does not begin again for {}",
                Timing(rest=windows),
            ),
            (f"begins {windows} apart", "a class begins at most once in {}", Timing(apart=windows)),
            (
                f"lasts {windows} at least",
                "a class stays active for at least {}",
                Timing(least=windows),
            ),
            (f"lasts {windows} at most", "a class ends after {} at the latest", Timing(most=windows)),
        ):
            if timing in (Timing(least=1), Timing(apart=1)):
                continue  # as it must be
            yield (
                told,
                windows,
                Rule(
                    cause,
                    told.format(which),
                    DECIDING,
                    lambda _, scores, timing=timing: decided(t, scores, timing),  # type: ignore[misc]
                    causal=True,
                ),
            )


def decided(t: Int8Rule, scores: Int8, timing: Timing) -> list[Change]:
    """Changes of a rule by window, with more patience."""
    changes = []
    for label in np.flatnonzero(t.detect).tolist():
        active, since, begun = False, timing.rest, -timing.apart
        for window, score in enumerate(scores[:, label].tolist()):
            now = score >= (t.off[label] if active else t.on[label])
            if active:
                now = now or since + 1 < timing.least
                now = now and not (timing.most and since + 1 >= timing.most)
            else:
                now = now and since >= timing.rest and window - begun >= timing.apart
            since += 1
            if now != active:
                active, since = now, 0
                begun = window if now else begun
                changes.append(Change(window, label, now, score))
    return changes


def lasting_scores(t: Int8Rule) -> Iterator[Rule]:
    """The score told at an end is one of all that the detection lasted, or of its beginning."""
    kinds: tuple[tuple[str, str, Callable[[Sequence[int]], int]], ...] = (
        ("highest", "the highest score it had", max),
        ("lowest", "the lowest score it had", min),
        ("beginning's", "the score that it began with", lambda scores: scores[0]),
        ("mean", "the mean of its scores", lambda scores: sum(scores) // len(scores)),
        (
            "last",
            "the last score above its threshold",
            lambda scores: scores[-2:][0],  # its only one, where it ends in the window in which it begins
        ),
    )
    for cause, told, pick in kinds:
        yield Rule(
            f"{cause} score at ends",
            f"a detection's end carries {told}",
            SCORED,
            lambda _, scores, pick=pick: _with_scores(Detector(t).update(scores), scores, pick),  # type: ignore[misc]
        )


def _with_scores(changes: list[Change], scores: Int8, pick: Callable[[Sequence[int]], int]) -> list[Change]:
    begun: dict[int, int] = {}
    told = []
    for change in changes:
        if change.active:
            begun[change.label] = change.window
            told.append(change)
            continue
        lasted = scores[begun[change.label] : change.window + 1, change.label].tolist()
        told.append(Change(change.window, change.label, False, pick(lasted)))
    return told


def rules(t: Int8Rule, files: Sequence[FileRecord] = ()) -> Iterator[Rule]:
    """All of them, the plainest first."""
    yield from lasting_scores(t)
    if t.by_window:
        yield from timed(t, files)
