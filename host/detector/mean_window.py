"""The mean of the last probabilities, as ESPHome's micro_wake_word decides: `firmware/core/detect/mean_window.c`.

From esphome/components/micro_wake_word/streaming_model.cpp and __init__.py as they are in 2025: uint8 probabilities, a
cutoff of int(cutoff * 255), sum > cutoff * n, 100 slices after a detection and after a start that pass only while the
newest probability is below the cutoff, and probabilities cleared with each detection.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import Meta

from .rule import Found, Int8Rule, State, Variant
from .settings import INT8, DetectorError, DetectorSettings, Label, Scores, Window, detected
from .variants import ignored_variants, moved_variants

ESPHOME_SLICES = 100
EARLIER_SLICES = 74  # of its earlier versions
MOST_WINDOWS, MOST_SLICES = 1000, 10_000
PARAMETERS = struct.Struct("<HH")


@dataclass(frozen=True)
class MeanWindow(DetectorSettings):
    """A class is heard when the mean of its last scores is above a cutoff; then it rests.

    Attributes:
        cutoff: of probabilities, as ESPHome reads it: int(cutoff * 255) is compared with uint8 scores.
        windows: how many of the last windows the mean is of; those before the stream count as 0.
        slices: columns that have to pass after a detection, and after a start, before the next one; at least the
            stride. They pass while the newest probability is below the cutoff, and as long the class counts as active.
        ignore: labels that are never reported.
    """

    kind: ClassVar[str] = "mean-window"

    cutoff: Annotated[float, Meta(gt=0, lt=1)]
    windows: Annotated[int, Meta(ge=1, le=MOST_WINDOWS)]
    slices: Annotated[int, Meta(ge=1, le=MOST_SLICES)] = ESPHOME_SLICES
    ignore: tuple[Label, ...] = ()

    @property
    def threshold(self) -> float:
        """The cutoff: a mean above it begins a detection."""
        return self.cutoff

    @property
    def release(self) -> float:
        """The cutoff, too: a detection ends by itself."""
        return self.cutoff

    @property
    def cutoff_uint8(self) -> int:
        """The cutoff as it is compared: 0 to 254."""
        return int(self.cutoff * 255)

    def check(self) -> None:
        """See `DetectorSettings.check`."""
        if self.cutoff_uint8 == 0:
            raise DetectorError(
                "cutoff",
                f"is {self.cutoff:g}: no probability is below it",
                f"set it to {1 / 255:.6f} or higher",
            )

    def rule(self, labels: tuple[str, ...], scores: Scores, window: Window) -> "Int8Means":
        """See `DetectorSettings.rule`."""
        if [scores.real(q) for q in INT8] != [0.0, 255 / 256]:
            raise DetectorError(
                "kind",
                f"is {self.kind!r}, which is about probabilities, but the model's scores go from "
                f"{scores.real(INT8[0]):g} to {scores.real(INT8[1]):g}",
                "use the kind 'threshold' or 'n-of-m', or a model that ends with sigmoid or softmax",
            )
        if self.slices < window.stride:
            raise DetectorError(
                "slices",
                f"is {self.slices}, less than the stride of {window.stride} columns",
                f"set it to {window.stride} or more",
            )
        cutoff = (self.cutoff_uint8 + INT8[0],) * len(labels)
        return Int8Means(cutoff, cutoff, detected(self, labels), self.windows, self.slices, window)

    def described(self, rule: Int8Rule) -> str:
        """See `DetectorSettings.described`."""
        return (
            f"mean of the last {self.windows} above {self.cutoff:g} (uint8 {rule.on[0] - INT8[0]}), "
            f"then {self.slices} columns at rest, and after a start"
        )

    def levels(self) -> tuple[tuple[str, float], ...]:
        """See `DetectorSettings.levels`."""
        return (("mean above", self.cutoff),)


class MeanState(State):
    """Probabilities of each class, oldest first, and the slices that have to pass before its next detection."""

    PARTS = State.PARTS | {
        "probabilities": "the scores that its mean is of",
        "slices": "the columns that still have to pass",
    }

    def __init__(self, classes: int, windows: int, slices: int) -> None:
        super().__init__(classes)
        self.probabilities = [[0] * windows for _ in range(classes)]
        self.slices = [slices] * classes


@dataclass(frozen=True)
class Int8Means(Int8Rule):
    """The rule on uint8 probabilities, score + 128. Both thresholds are the cutoff - 128.

    Attributes:
        windows: how many the mean is of.
        slices: columns from a detection to the next one, at least.
        window: frames and stride.
    """

    kind: ClassVar[str] = "mean-window"

    windows: int
    slices: int
    window: Window

    def parameters(self) -> bytes:
        """See `Int8Rule.parameters`."""
        return PARAMETERS.pack(self.windows, self.slices)

    def start(self) -> MeanState:
        """See `Int8Rule.start`."""
        # the slices before the first inference, whose probabilities are 0, have passed by then
        return MeanState(len(self.on), self.windows, max(0, self.slices - (self.window.frames - 1)))

    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        """See `Int8Rule.step`."""
        assert isinstance(state, MeanState)
        found = []
        for label, score in enumerate(scores):
            if self.detect[label]:
                found += self._next(state, label, score - INT8[0])
        return found

    def _next(self, state: MeanState, label: int, probability: int) -> list[Found]:
        """The slice of an inference, and those up to the next one."""
        last = state.probabilities[label]
        last.append(probability)
        last.pop(0)
        stride, cutoff, waiting = self.window.stride, self.on[label] - INT8[0], state.slices[label]
        if waiting:
            if not self._passes(probability, cutoff):
                return []
            if waiting > stride:
                state.slices[label] = waiting - stride
                return []
            state.slices[label] = 0
        mean = self._told(last)
        found = state.turned(label, False, mean)
        if self._above(sum(last), cutoff):
            found += state.turned(label, True, mean)
            self._clear(last)
            state.slices[label] = max(0, self.slices - (stride - max(1, waiting)))
        return found

    # ---- what is often got wrong

    def _passes(self, probability: int, cutoff: int) -> bool:
        return probability < cutoff

    def _above(self, total: int, cutoff: int) -> bool:
        return total > cutoff * self.windows

    def _told(self, last: list[int]) -> int:
        return sum(last) // self.windows + INT8[0]

    def _clear(self, last: list[int]) -> None:
        last[:] = [0] * self.windows

    def variants(self) -> Iterator[Variant]:
        """Mean at the cutoff, not cleared, of another number of windows, other slices ignored, a cutoff that is off."""
        for rule, cause, told in (
            (_At, "mean at the cutoff", "a mean that equals the cutoff counts as above it"),
            (_Kept, "means not cleared", "the probabilities are not cleared with a detection"),
            (
                _AllPass,
                "all slices pass",
                "slices pass whatever the newest probability, not only below the cutoff",
            ),
            (_AtOnce, "start not ignored", "the slices after a start are not ignored"),
            (_Signed, "probabilities signed", "probabilities are read as signed numbers, not as uint8"),
            (
                _ToldNearest,
                "mean rounded",
                "detections carry the mean rounded to the nearest instead of down",
            ),
            (
                _ToldOfMore,
                "sum over one more",
                "the sum is divided by one more than there are, where a mean is told",
            ),
            (
                _ToldOfFewer,
                "sum over one less",
                "the sum is divided by one less than there are, where a mean is told",
            ),
            (_ToldUp, "mean rounded up", "detections carry the mean rounded up instead of down"),
            (_Newest, "newest told as score", "detections carry the newest score instead of the mean"),
        ):
            yield Variant(
                cause, told, rule(self.on, self.off, self.detect, self.windows, self.slices, self.window)
            )
        for windows in (self.windows - 1, self.windows + 1, 1, self.windows + 2, self.windows - 2):
            if windows > 0 and windows != self.windows:
                told = f"the mean is of {windows} windows instead of {self.windows}"
                yield Variant(f"mean of {windows}", told, replace(self, windows=windows))
        slices, stride = self.slices, self.window.stride
        for other in dict.fromkeys(
            (
                0,
                slices - 1,
                slices + 1,
                slices * stride,
                slices // stride,
                EARLIER_SLICES,
                slices - stride,
                slices + stride,
            )
        ):
            if other >= 0 and other != slices:
                told = f"{other} slices are ignored instead of {slices}"
                told += f": windows are counted, of {stride} slices each" * (other == slices * stride)
                yield Variant(f"{other} slices ignored", told, replace(self, slices=other))
        yield from moved_variants(self)
        yield from ignored_variants(self)


class _At(Int8Means):
    def _above(self, total: int, cutoff: int) -> bool:
        return total >= cutoff * self.windows


class _Kept(Int8Means):
    def _clear(self, last: list[int]) -> None:
        pass


class _AllPass(Int8Means):
    def _passes(self, *_: object) -> bool:
        return True


class _AtOnce(Int8Means):
    def start(self) -> MeanState:
        return MeanState(len(self.on), self.windows, 0)


class _Signed(Int8Means):
    def _above(self, total: int, cutoff: int) -> bool:
        return total + INT8[0] * self.windows > cutoff * self.windows


class _ToldNearest(Int8Means):
    def _told(self, last: list[int]) -> int:
        return (2 * sum(last) + self.windows) // (2 * self.windows) + INT8[0]


class _ToldOfMore(Int8Means):
    def _told(self, last: list[int]) -> int:
        return sum(last) // (self.windows + 1) + INT8[0]


class _ToldOfFewer(Int8Means):
    def _told(self, last: list[int]) -> int:
        return min(INT8[1], sum(last) // max(1, self.windows - 1) + INT8[0])


class _ToldUp(Int8Means):
    def _told(self, last: list[int]) -> int:
        return -(-sum(last) // self.windows) + INT8[0]


class _Newest(Int8Means):
    def _told(self, last: list[int]) -> int:
        return last[-1] + INT8[0]
