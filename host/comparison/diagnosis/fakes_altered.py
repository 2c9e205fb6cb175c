"""A process of changed front ends that says what a test wants; nothing is compiled. For tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ...build.alteration import Alteration
from ...core.altered_front_end import ALONE, Heard
from .fakes_views import cells, view_of
from .search import Int8, View

BANDS, HOP = 16, 8
Change = tuple[int, int]


@dataclass(frozen=True)
class Settings:
    """A front end of two hops a column."""

    name: str = ""
    hop: int = HOP
    kind: str = "made up"  # of which no bytes are known

    def samples_for(self, columns: int) -> int:
        """Samples that give so many columns."""
        return (columns + 1) * self.hop

    def columns(self, samples: int) -> int:
        """Columns that so many samples give."""
        return max(0, samples // self.hop - 1)


@dataclass
class FakeProcess:
    """Says of each change what a test wants it to, and remembers what it was asked."""

    settings: Any = None
    scale: float = 0.0
    zero_point: int = 0
    runs: bool = True
    asked: list[tuple[list[Change], Any, Any]] = field(default_factory=list)
    computed: list[tuple[Change, Any]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)  # of each time that it was asked, or computed
    alterations: ClassVar[tuple[Alteration, ...]] = ()
    alike_of: ClassVar[dict[Change, int]] = {}
    alike_behind: ClassVar[dict[Change, int]] = {}  # another stream
    alike_there: ClassVar[dict[Change, int]] = {}  # from some column on
    columns_of: ClassVar[dict[Change, Int8 | None]] = {}
    right: ClassVar[Int8 | None] = None  # columns without a change
    whole: ClassVar[int] = 0  # cells: on fewer, every change gives all of them
    made: ClassVar[list["FakeProcess"]] = []

    def __post_init__(self) -> None:
        FakeProcess.made.append(self)

    def alteration(self, change: Change) -> Alteration:
        """As the real one does."""
        return self.alterations[change[0]]

    def alike(
        self, changes: Sequence[Change], samples: Any, device: Any, heard: Heard = ALONE, least: int = 0
    ) -> list[int]:
        """Cells that are the device's."""
        del least
        self.asked.append((list(changes), samples, device))
        self.heard.append(heard)
        if device.size < self.whole:
            return [device.size] * len(changes)
        behind = self.alike_behind if heard.streams else self.alike_of
        alike = behind if heard.right is None else self.alike_there
        return [alike.get(change, 0) for change in changes]

    def columns(self, change: Change, samples: Any, heard: Heard = ALONE) -> Int8 | None:
        """Columns by a change; of none: `right`."""
        if change[0] < 0:
            return self.right
        self.computed.append((change, samples))
        self.heard.append(heard)
        return self.columns_of[change]


PLAIN = Alteration("log.c", 7, "x + 1", "x - 1")
BELOW = Alteration("fft.c", 9, "y << 1", "y << 2", below="count")


def with_wrong(rows: int, wrong: Sequence[int], in_each: int = 3) -> View:
    """A file of which some columns differ, in so many of their first cells."""
    expected = cells(rows, BANDS)
    device = expected.copy()
    device[np.asarray(wrong, np.intp), :in_each] ^= 1
    samples = np.arange(Settings().samples_for(rows), dtype=np.int16)
    return view_of(expected, device, samples=samples)
