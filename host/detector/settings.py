"""What all kinds' settings have in common, and how real scores become int8 ones. Standard library and msgspec only."""

import unicodedata
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Protocol, TypeVar

from ..declared import text
from ..errors import HilError
from .rule import DEFAULT, Int8Rule

MAX_LABEL_BYTES = 63  # UTF-8
INT8 = (-128, 127)
Label = Annotated[str, text(MAX_LABEL_BYTES, "give every class a name")]
S = TypeVar("S", bound="DetectorSettings")


class DetectorError(HilError):
    """Settings that contradict each other, or the model.

    Args:
        setting: the one that is wrong.
        what: is wrong with it.
        cure: what to do about it.
    """

    def __init__(self, setting: str, what: str, cure: str) -> None:
        super().__init__(f"the detector's {setting} {what}", cure)
        self.setting = setting
        self.what = what


class Scores(Protocol):
    """How int8 scores are quantised."""

    def real(self, q: int) -> float:
        """Return the real value of `q`."""

    def smallest_at_least(self, value: float) -> int | None:
        """Return the smallest int8 whose real value is at least `value`; None: there is none."""


class Window(NamedTuple):
    """What a rule has to know of a bundle's windows.

    Attributes:
        frames: columns of one.
        stride: columns from one to the next.
    """

    frames: int
    stride: int


class DetectorSettings:
    """When a class counts as heard, as bundle.json's `detector` says. A kind's settings are a frozen dataclass below.

    Attributes:
        kind: the kind's name, bundle.json's `detector.kind`.
        ignore: labels that are never reported.
    """

    kind: ClassVar[str]

    if TYPE_CHECKING:  # fields or properties of the kinds

        @property
        def ignore(self) -> tuple[str, ...]:
            """Labels that are never reported."""

        @property
        def threshold(self) -> float:
            """The real score that begins a detection."""

        @property
        def release(self) -> float:
            """The real score below which one ends."""

    def rule(self, labels: tuple[str, ...], scores: Scores, window: Window) -> Int8Rule:
        """Return the rule on int8 scores.

        Raises:
            DetectorError: the settings do not fit the model, or could never change anything.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Check what can be checked without labels and model.

        Raises:
            DetectorError: two settings contradict each other.
        """

    def described(self, rule: Int8Rule) -> str:
        """Return the settings in a few words, for people."""
        raise NotImplementedError

    def levels(self) -> tuple[tuple[str, float], ...]:
        """Return the real scores that matter, each with a word for it."""
        return ("on", self.threshold), ("off", self.release)

    def to_dict(self) -> dict[str, Any]:
        """Return what bundle.json holds; the default kind does without its name, as it always did."""
        values = asdict(self)  # type: ignore[call-overload]
        values["ignore"] = list(values["ignore"])
        return values if self.kind == DEFAULT else {"kind": self.kind, **values}


def spelt_as_labels(detector: S, labels: tuple[str, ...]) -> S:
    """Return `detector` with the labels that it ignores spelt as in `labels`, where only Unicode's form differs."""
    spelling = {unicodedata.normalize("NFC", label): label for label in labels}
    ignore = tuple(spelling.get(unicodedata.normalize("NFC", name), name) for name in detector.ignore)
    return replace(detector, ignore=ignore)  # type: ignore[type-var]


def check_detector(detector: DetectorSettings, labels: tuple[str, ...]) -> None:
    """Check what can be checked without the model; `DetectorSettings.rule` does the rest.

    Raises:
        DetectorError: settings that contradict each other, or labels to ignore that do not exist or leave none.
    """
    detector.check()
    unknown = [name for name in detector.ignore if name not in labels]
    if unknown:
        raise DetectorError("ignore", f"names {unknown[0]!r}, no label", f"use labels: {', '.join(labels)}")
    if set(detector.ignore) == set(labels):
        raise DetectorError("ignore", "leaves no label to detect", "leave at least one out of it")


def check_release(detector: DetectorSettings) -> None:
    """Check that `release` is at most `threshold`."""
    if detector.release > detector.threshold:
        raise DetectorError(
            "release",
            f"is {detector.release:g}, above the threshold {detector.threshold:g}",
            "set it to the threshold or lower",
        )


def detected(detector: DetectorSettings, labels: tuple[str, ...]) -> tuple[bool, ...]:
    """Return for each label whether it is reported."""
    return tuple(label not in detector.ignore for label in labels)


def on_and_off(
    detector: DetectorSettings, labels: tuple[str, ...], scores: Scores
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return for each label the smallest int8 scores whose real values reach threshold and release.

    Raises:
        DetectorError: no int8 score reaches the threshold, or every one does, so that it could never change anything.
    """
    on = _smallest(detector.threshold, scores, "threshold", "class could ever become active")
    off = _smallest(detector.release, scores, "release", "active class could ever become inactive again")
    return (on,) * len(labels), (off,) * len(labels)


def _smallest(value: float, scores: Scores, name: str, hopeless: str) -> int:
    lowest, highest = (scores.real(q) for q in INT8)
    q = scores.smallest_at_least(value)
    if q is None:
        raise DetectorError(
            name,
            f"is {value:g}, above {highest:g}, the model's highest score: no {hopeless}",
            f"set it to {highest:g} or lower",
        )
    if q == INT8[0]:
        trouble = "every class would always be active" if name == "threshold" else f"no {hopeless}"
        raise DetectorError(
            name,
            f"is {value:g}, not above {lowest:g}, the model's lowest score: {trouble}",
            f"set it above {lowest:g}",
        )
    return q
