"""n of the last m windows, with a minimum duration: the rule of `firmware/core/detect/n_of_m.c`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import Meta

from .rule import Found, Int8Rule, State, Variant
from .settings import (
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

MOST_WINDOWS = 32
MOST_DURATION = 255


@dataclass(frozen=True)
class NOfM(DetectorSettings):
    """A class is active when it is heard in n of the last m windows, for a while.

    Attributes:
        threshold: a window counts when its real score is at least this ...
        release: ... or this, while the class is active; at most `threshold`.
        n: so many of the last windows must have counted; at most `m`.
        m: how many of the last windows are looked at. Those before the stream do not count.
        duration: windows in a row for which that must hold before a class becomes active; 1: at once.
        hold: windows that it then stays active at least. It ends when fewer than `n` of the last `m` count.
        ignore: labels that are never reported.
    """

    kind: ClassVar[str] = "n-of-m"

    threshold: float
    release: float
    n: Annotated[int, Meta(ge=1, le=MOST_WINDOWS)]
    m: Annotated[int, Meta(ge=1, le=MOST_WINDOWS)]
    duration: Annotated[int, Meta(ge=1, le=MOST_DURATION)] = 1
    hold: Annotated[int, Meta(ge=1, le=MOST_DURATION)] = 1
    ignore: tuple[Label, ...] = ()

    def check(self) -> None:
        """See `DetectorSettings.check`."""
        check_release(self)
        if self.n > self.m:
            raise DetectorError("n", f"is {self.n}, above m, {self.m}", f"set it to {self.m} or lower")

    def rule(self, labels: tuple[str, ...], scores: Scores, window: Window) -> "Int8Votes":
        """See `DetectorSettings.rule`."""
        del window
        on, off = on_and_off(self, labels, scores)
        return Int8Votes(on, off, detected(self, labels), self.n, self.m, self.duration, self.hold)

    def described(self, rule: Int8Rule) -> str:
        """See `DetectorSettings.described`."""
        last = f"{self.n} of the last {self.m} windows" if self.m > 1 else "a window"
        for_a_while = f" for {self.duration} windows in a row" if self.duration > 1 else ""
        held = f", {self.hold} windows at least" if self.hold > 1 else ""
        return (
            f"on when {last} reach {self.threshold:g} (int8 {rule.on[0]}){for_a_while}{held}, off when fewer reach "
            f"{self.release:g} (int8 {rule.off[0]})"
        )


class VotesState(State):
    """Whether the last windows of each class counted, oldest first, and how long that has been enough."""

    PARTS = State.PARTS | {
        "counted": "which of the last windows counted",
        "run": "for how many windows that has been enough, or still holds",
    }

    def __init__(self, classes: int, windows: int) -> None:
        super().__init__(classes)
        self.counted = [[False] * windows for _ in range(classes)]
        self.run = [
            0
        ] * classes  # windows in a row that were enough; while active, those that it still has to stay


@dataclass(frozen=True)
class Int8Votes(Int8Rule):
    """The rule on int8 scores; the attributes are those of `NOfM`."""

    kind: ClassVar[str] = "n-of-m"

    n: int
    m: int
    duration: int
    hold: int

    @property
    def deciding_windows(self) -> int:
        """See `Int8Rule.deciding_windows`."""
        return self.m + self.duration - 1

    def parameters(self) -> bytes:
        """See `Int8Rule.parameters`."""
        return bytes([self.n, self.m, self.duration, self.hold])

    def start(self) -> VotesState:
        """See `Int8Rule.start`."""
        return VotesState(len(self.on), self.m)

    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        """See `Int8Rule.step`."""
        assert isinstance(state, VotesState)
        return [
            found
            for label, score in enumerate(scores)
            if self.detect[label]
            for found in self._next(state, label, score)
        ]

    def _next(self, state: VotesState, label: int, score: int) -> list[Found]:
        active = state.active[label]
        last = state.counted[label]
        last.append(score >= (self.off[label] if self._lower(state, label) else self.on[label]))
        last.pop(0)
        enough = sum(self._votes(state, label)) >= self.n
        if not active:
            state.run[label] = state.run[label] + 1 if enough else self._broken(state.run[label])
            if (
                state.run[label] != self.duration
            ):  # as the firmware has it: what is kept wrongly may be beyond
                return []
            state.run[label] = self.hold - 1
            self._begin(last)
            return state.turned(label, True, score)
        if state.run[label]:
            state.run[label] -= 1
            return []
        return [] if enough else state.turned(label, False, score)

    # ---- what is often got wrong

    def _lower(self, state: VotesState, label: int) -> bool:
        """Whether a window counts from the lower threshold on: while its class is active."""
        return state.active[label]

    def _begin(self, last: list[bool]) -> None:
        """What happens to the windows that have counted when a class becomes active: nothing."""

    def _broken(self, run: int) -> int:
        """What is left of windows in a row behind one that does not go on with them: nothing."""
        del run
        return 0

    def _votes(self, state: VotesState, label: int) -> list[bool]:
        """The windows that a class's decision counts: its own."""
        return state.counted[label]

    def variants(self) -> Iterator[Variant]:
        """Another n, m, duration or hold; n in a row; counts cleared or kept; thresholds off, or at the wrong time."""
        for name, words in (
            ("n", "windows must count"),
            ("m", "windows are looked at"),
            ("duration", "windows in a row are waited for"),
            ("hold", "windows a class stays active at least"),
        ):
            right = int(getattr(self, name))
            for value in dict.fromkeys((1, right + 1, right - 1)):
                if value >= 1 and value != right:
                    told = f"{value} {words} instead of {right}"
                    yield Variant(f"{name} {value}", told, replace(self, **{name: value}))  # type: ignore[arg-type]
        if self.m != self.n:
            yield Variant("n in a row", f"{self.n} windows in a row must count", replace(self, m=self.n))
        told = "the windows that have counted are forgotten when a class becomes active"
        yield Variant(
            "counts cleared",
            told,
            _Cleared(self.on, self.off, self.detect, self.n, self.m, self.duration, self.hold),
        )
        if self.duration > 1:
            told = f"{self.duration} windows are waited for, whether they come in a row or not"
            parameters = (self.on, self.off, self.detect, self.n, self.m, self.duration, self.hold)
            yield Variant("windows not in a row", told, _AnyWindows(*parameters))
        for rule, which in ((_OfTheNext, "next"), (_OfThePrevious, "previous")):
            told = f"a class is decided by the windows that counted for the {which} one"
            parameters = (self.on, self.off, self.detect, self.n, self.m, self.duration, self.hold)
            yield Variant(f"votes of the {which} class", told, rule(*parameters))
        for of, cause, when in (
            (_AfterOneThatCounted, "one that counted", "behind a window that counted"),
            (_AfterAnyThatCounted, "any that counted", f"while any of the last {self.m} windows counted"),
            (_AfterEnough, "enough", f"while {self.n} of the {self.m} windows before counted"),
            (_WhileRunning, "a run", "while the windows in a row, or those that it still holds, are not 0"),
        ):
            told = f"a window counts from the lower threshold on {when}, not while its class is active"
            parameters = (self.on, self.off, self.detect, self.n, self.m, self.duration, self.hold)
            yield Variant(f"lower threshold behind {cause}", told, of(*parameters))
        yield from hysteresis_variants(self)
        yield from moved_variants(self)
        yield from ignored_variants(self)


class _Cleared(Int8Votes):
    def _begin(self, last: list[bool]) -> None:
        last[:] = [False] * self.m


class _AfterOneThatCounted(Int8Votes):
    def _lower(self, state: VotesState, label: int) -> bool:
        return state.counted[label][-1]


class _AfterAnyThatCounted(Int8Votes):
    def _lower(self, state: VotesState, label: int) -> bool:
        return any(state.counted[label])


class _AfterEnough(Int8Votes):
    def _lower(self, state: VotesState, label: int) -> bool:
        return sum(state.counted[label]) >= self.n


class _WhileRunning(Int8Votes):
    def _lower(self, state: VotesState, label: int) -> bool:
        return state.run[label] > 0


class _AnyWindows(Int8Votes):
    def _broken(self, run: int) -> int:
        return run


class _OfTheNext(Int8Votes):
    def _votes(self, state: VotesState, label: int) -> list[bool]:
        return state.counted[min(label + 1, len(state.counted) - 1)]


class _OfThePrevious(Int8Votes):
    def _votes(self, state: VotesState, label: int) -> list[bool]:
        return state.counted[max(label - 1, 0)]
