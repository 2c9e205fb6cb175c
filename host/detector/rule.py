"""What every kind's rule on int8 scores has in common. Standard library only: header generation runs in any Python."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

KIND_BYTES = 16  # FE_KIND_BYTES in firmware/core/frontend/frontend.h
DEFAULT = "threshold"  # the kind that a settings block does not name

Found = tuple[int, bool, int]  # label, active, score


class State:
    """What a rule remembers from window to window.

    Args:
        classes: how many there are.

    Attributes:
        active: by class.
        PARTS: names of its attributes, and what each of them is, in words.
    """

    PARTS: ClassVar[dict[str, str]] = {"active": "what was active"}

    def __init__(self, classes: int) -> None:
        self.active = [False] * classes

    def turned(self, label: int, active: bool, score: int) -> list[Found]:
        """Set what a class is; return the change, if it is one."""
        if self.active[label] == active:
            return []
        self.active[label] = active
        return [(label, active, score)]


class Variant(NamedTuple):
    """A way to get a rule wrong.

    Attributes:
        cause: in a few words.
        explanation: a sentence's end: what the device does.
        rule: that does it.
        cure: where to look, where that is not the comparison with thresholds.
    """

    cause: str
    explanation: str
    rule: "Int8Rule"
    cure: str = ""


@dataclass(frozen=True)
class Int8Rule:
    """A detector's rule on int8 scores, as the device has it; a kind's rule is a frozen dataclass below this class.

    Attributes:
        on: by class: what a score has to reach to count for it.
        off: likewise while it is active; at most `on`.
        detect: False for classes that are never reported.
    """

    kind: ClassVar[str]
    remembers: ClassVar[tuple[str, ...]] = ()
    """Names of what its state has besides that of the right rule, where it is a wrong one."""
    by_window: ClassVar[bool] = False
    """Whether each window alone decides a class, by comparing its own score with `on` and `off`."""

    on: tuple[int, ...]
    off: tuple[int, ...]
    detect: tuple[bool, ...]

    @property
    def deciding_windows(self) -> int:
        """How many windows decide together, each of which compares its own score with `on` or `off`; 0: none does."""
        return 1 if self.by_window else 0

    def parameters(self) -> bytes:
        """Return what the settings block holds beside thresholds and labels."""
        return b""

    def start(self) -> State:
        """Return what a stream begins with."""
        return State(len(self.on))

    def step(self, state: State, scores: Sequence[int]) -> list[Found]:
        """Take in the next window; return what changed, by label.

        Args:
            state: from `start`, changed by this.
            scores: one for each class.
        """
        raise NotImplementedError

    def variants(self) -> Iterator[Variant]:
        """Yield likely ways to get the rule wrong, for the diagnosis of a device that does."""
        yield from ()


def block(rule: Int8Rule) -> bytes:
    """Return what stands behind the classes in a settings block.

    Nothing for the default kind, so that bundles from before there were kinds keep their bytes.
    """
    if rule.kind == DEFAULT:
        return b""
    return rule.kind.encode("ascii").ljust(KIND_BYTES, b"\0") + rule.parameters()
