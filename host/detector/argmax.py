"""The class with the highest score, when it leads by a margin: the rule of `firmware/core/detect/argmax.c`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import Meta

from .rule import Found, Int8Rule, State, Variant
from .settings import (
    INT8,
    DetectorError,
    DetectorSettings,
    Label,
    Scores,
    Window,
    check_release,
    detected,
    on_and_off,
)
from .variants import hysteresis_variants, ignored_variants, moved_variants

MOST_MARGIN = 255  # int8 steps


@dataclass(frozen=True)
class Argmax(DetectorSettings):
    """The class that wins is active; at most one is.

    Attributes:
        threshold: a class wins a window with the highest score of all (the first of equals) when that is at least
            this real score ...
        margin: ... and at least so much above every other class's, those included that are ignored. The winner becomes
            active.
        release: without a winner the active class stays as long as none is above it and its score is at least this;
            at most `threshold`.
        ignore: labels that are never reported; one that wins ends what is active.
    """

    kind: ClassVar[str] = "argmax"

    threshold: float
    release: float
    margin: Annotated[float, Meta(ge=0, lt=1e30)] = 0.0
    ignore: tuple[Label, ...] = ()

    def check(self) -> None:
        """See `DetectorSettings.check`."""
        check_release(self)

    def rule(self, labels: tuple[str, ...], scores: Scores, window: Window) -> "Int8Winner":
        """See `DetectorSettings.rule`."""
        del window
        if len(labels) < 2:
            raise DetectorError(
                "kind", f"is {self.kind!r}, but there is one class", "use the kind 'threshold'"
            )
        on, off = on_and_off(self, labels, scores)
        step = scores.real(1) - scores.real(0)
        if self.margin > MOST_MARGIN * step:
            raise DetectorError(
                "margin",
                f"is {self.margin:g}, but scores are at most {MOST_MARGIN * step:g} apart: no class could ever win",
                f"set it to {MOST_MARGIN * step:g} or lower",
            )
        return Int8Winner(on, off, detected(self, labels), math.ceil(self.margin / step))

    def described(self, rule: Int8Rule) -> str:
        """See `DetectorSettings.described`."""
        assert isinstance(rule, Int8Winner)
        return (
            f"the highest of all at {self.threshold:g} (int8 {rule.on[0]}) with a lead of {self.margin:g} (int8 "
            f"{rule.margin}), off below {self.release:g} (int8 {rule.off[0]}) or another"
        )


@dataclass(frozen=True)
class Int8Winner(Int8Rule):
    """The rule on int8 scores.

    Attributes:
        margin: steps between the winner and every other.
    """

    kind: ClassVar[str] = "argmax"

    margin: int

    def parameters(self) -> bytes:
        """See `Int8Rule.parameters`."""
        return bytes([self.margin])

    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        """See `Int8Rule.step`."""
        active = self._decided(state, scores)
        return [
            found
            for label, score in enumerate(scores)
            for found in state.turned(label, label == active and self.detect[label], score)
        ]

    def _decided(self, state: State, scores: Sequence[int]) -> int | None:
        """The class that is active from this window on."""
        best = self._best(scores)
        if scores[best] >= self.on[best] and scores[best] - self._second(scores, best) >= self.margin:
            return best
        return self._staying(state, scores, best)

    # ---- what is often got wrong

    def _best(self, scores: Sequence[int]) -> int:
        return scores.index(max(scores))

    def _second(self, scores: Sequence[int], best: int) -> int:
        return max((score for label, score in enumerate(scores) if label != best), default=INT8[0] - 1)

    def _staying(self, state: State, scores: Sequence[int], best: int) -> int | None:
        for label, active in enumerate(state.active):
            if active and scores[label] == scores[best] and scores[label] >= self.off[label]:
                return label
        return None

    def variants(self) -> Iterator[Variant]:
        """Another margin or lead, the last of equals, ignored classes left out, no staying, thresholds off."""
        for margin in dict.fromkeys((0, self.margin + 1, self.margin - 1, 2 * self.margin)):
            if margin >= 0 and margin != self.margin:
                told = f"the winner leads by {margin} steps instead of {self.margin}"
                yield Variant(f"margin {margin}", told, replace(self, margin=margin))
        for rule, cause, told in (
            (
                _Reported,
                "ignored classes left out",
                "classes that are ignored do not take part in the comparison",
            ),
            (_Fickle, "active class does not stay", "the active class ends as soon as its lead is lost"),
            (
                _Confirmed,
                "winner confirmed",
                "a class is active only from the second window in a row on that it wins",
            ),
            (_Next, "lead over the next class", "the lead is taken over the next class, not over all"),
        ):
            yield Variant(cause, told, rule(self.on, self.off, self.detect, self.margin))
        for label in range(len(self.on)):
            told = f"class {label} is not looked at when the lead over the others is taken"
            yield Variant(
                f"lead without class {label}",
                told,
                _without(label)(self.on, self.off, self.detect, self.margin),
            )
        if self.margin == 0:  # with a margin equals never win
            told = "of equal highest scores the last class wins, not the first"
            yield Variant("last of equals", told, _Last(self.on, self.off, self.detect, self.margin))
        lowest = (INT8[0],) * len(self.on)
        yield Variant("threshold missing", "the winner needs no threshold", replace(self, on=lowest))
        yield Variant(
            "release missing", "the active class stays below its release", replace(self, off=lowest)
        )
        yield from hysteresis_variants(self)
        yield from moved_variants(self)
        yield from ignored_variants(self)


class _Last(Int8Winner):
    def _best(self, scores: Sequence[int]) -> int:
        return len(scores) - 1 - list(reversed(scores)).index(max(scores))


class _Reported(Int8Winner):
    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        lowest = INT8[0]
        seen = [score if on else lowest for score, on in zip(scores, self.detect, strict=True)]
        return [(label, active, scores[label]) for label, active, _ in super().step(state, seen)]


class _Fickle(Int8Winner):
    def _staying(self, *_: object) -> int | None:
        return None


class _Confirmed(Int8Winner):
    remembers: ClassVar[tuple[str, ...]] = ("decided",)

    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        now = self._decided(state, scores)
        before = getattr(state, "decided", 0)  # as memory that was not set
        state.decided = now  # type: ignore[attr-defined]
        active = now if now == before else None
        return [
            found
            for label, score in enumerate(scores)
            for found in state.turned(label, label == active and self.detect[label], score)
        ]


class _Next(Int8Winner):
    def _second(self, scores: Sequence[int], best: int) -> int:
        return scores[(best + 1) % len(scores)]


def _without(left_out: int) -> "type[Int8Winner]":
    class Without(Int8Winner):
        def _second(self, scores: Sequence[int], best: int) -> int:
            others = (score for label, score in enumerate(scores) if label not in (best, left_out))
            return max(others, default=INT8[0] - 1)

    return Without
