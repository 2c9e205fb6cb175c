"""Threshold and hysteresis: the rule of `firmware/core/detect/threshold.c`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .rule import DEFAULT, Found, Int8Rule, State, Variant
from .settings import DetectorSettings, Label, Scores, Window, check_release, detected, on_and_off
from .variants import hysteresis_variants, ignored_variants


@dataclass(frozen=True)
class Threshold(DetectorSettings):
    """A class is active from a score on until its score falls below another.

    Attributes:
        threshold: a class becomes active at this real score ...
        release: ... and inactive below this one; at most `threshold`.
        ignore: labels that are never reported.
    """

    kind: ClassVar[str] = DEFAULT

    threshold: float
    release: float
    ignore: tuple[Label, ...] = ()

    def check(self) -> None:
        """See `DetectorSettings.check`."""
        check_release(self)

    def rule(self, labels: tuple[str, ...], scores: Scores, window: Window) -> "Int8Thresholds":
        """See `DetectorSettings.rule`."""
        del window
        return Int8Thresholds(*on_and_off(self, labels, scores), detected(self, labels))

    def described(self, rule: Int8Rule) -> str:
        """See `DetectorSettings.described`."""
        return (
            f"on at {self.threshold:g} (int8 {rule.on[0]}), off below {self.release:g} (int8 {rule.off[0]})"
        )


@dataclass(frozen=True)
class Int8Thresholds(Int8Rule):
    """Active from score >= on until score < off, for each class that is detected."""

    kind: ClassVar[str] = DEFAULT
    by_window: ClassVar[bool] = True

    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        """See `Int8Rule.step`."""
        found = []
        for label, score in enumerate(scores):
            now = score >= (self.off[label] if state.active[label] else self.on[label])
            if self.detect[label] and now != state.active[label]:
                state.active[label] = now
                found.append((label, now, score))
        return found

    def variants(self) -> Iterator[Variant]:
        """One threshold in place of two; labels that the bundle ignores."""
        yield from hysteresis_variants(self)
        yield from ignored_variants(self)
