"""Which changes of the data path are told of outputs, by a session that says what a test wants; nothing is compiled."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...build.alterations import Alteration
from . import changed_outputs as module
from .changed_outputs import changed_outputs
from .fakes_views import cells, file_of, piece_of
from .search import Candidate, Int8, View

FRAMES, STRIDE, HOP, VALUES, WINDOWS = 5, 3, 8, 4, 20
COLUMNS = (WINDOWS - 1) * STRIDE + FRAMES
RIGHT = cells(WINDOWS, VALUES)


@dataclass
class FakeSession:
    """Tells outputs of each change, cut out of those that a whole stream would have; inputs are always the right ones.

    Attributes:
        always, there: by change: made from the beginning on, or from some column on.
        asked: changes, with the first column and the windows that they were tried on.
    """

    always: list[Int8]
    there: list[Int8]
    asked: list[tuple[tuple[int, int], int, int]] = field(default_factory=list)

    @property
    def alterations(self) -> list[Alteration]:
        """One a change."""
        return [Alteration("a.c", number, "x", "y") for number in range(len(self.always))]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, change: tuple[int, int], streams: Any) -> Any:
        """Number, first column and outputs of windows."""
        last = streams[-1]
        begin = last.column // STRIDE
        if change[0] < 0:
            return [(number, 0, outputs) for number, outputs in enumerate(last.raw, begin)]
        self.asked.append((change, last.column, len(last.raw)))
        assert len(last.samples) == ((len(last.raw) - 1) * STRIDE + FRAMES) * HOP
        every = (self.there if change[1] else self.always)[change[0]]
        return [(begin + at, 0, outputs) for at, outputs in enumerate(every[begin : begin + len(last.raw)])]

    def differing(self, changes: Sequence[tuple[int, int]], streams: Any) -> dict[tuple[int, int], Any]:
        """Of all."""
        return {change: self.records(change, streams) for change in changes}

    def told(self, records: Any) -> SimpleNamespace:
        """As they are."""
        return SimpleNamespace(inputs=[], windows=records)


def view(first_wrong: int, first: int = 0) -> View:
    """Outputs that are wrong from one on, kept from window `first` on."""
    device = RIGHT.copy()
    device[first + first_wrong :] ^= 1
    right, device = RIGHT[first:], device[first:]
    columns = cells(COLUMNS - first * STRIDE, 2)
    samples = np.zeros(len(columns) * HOP, np.int16)
    piece = piece_of(
        columns,
        columns,
        samples=samples,
        first=first * STRIDE,
        outputs=(right, device),
        first_window=first,
    )
    return View(file_of(piece), first, right, device, piece.outputs_present, right[:0], 0)


def told(monkeypatch: pytest.MonkeyPatch, session: FakeSession, wrong: View) -> list[Candidate]:
    monkeypatch.setattr(module, "session_of", lambda _: session)
    settings = SimpleNamespace(hop=HOP, samples_for=lambda columns: columns * HOP)
    model_info = SimpleNamespace(scores=SimpleNamespace(type="int8"), values=VALUES)
    bundle = SimpleNamespace(stride=STRIDE, frames=FRAMES, settings=settings, model=model_info)
    model: Any = SimpleNamespace(bundle=bundle, stateful=False, columns=lambda piece: piece.expected)
    return list(changed_outputs(model)([wrong]))


OTHER = cells(WINDOWS, VALUES, seed=7)


@pytest.mark.parametrize(
    ("first_wrong", "first", "begin", "count", "column"),
    [
        (10, 0, 8, 8, 9 * STRIDE + FRAMES),
        (3, 0, 1, 8, 2 * STRIDE + FRAMES),
        (2, 0, 0, 8, None),
        (4, 5, 7, 8, 8 * STRIDE + FRAMES),
        (17, 0, 15, 5, 16 * STRIDE + FRAMES),
    ],
)
def test_a_change_is_made_behind_the_last_right_window_where_none_is_made_always(
    monkeypatch: pytest.MonkeyPatch,
    first_wrong: int,
    first: int,
    begin: int,
    count: int,
    column: int | None,
) -> None:
    wrong = view(first_wrong, first)
    device = RIGHT.copy()
    device[first:] = wrong.device
    session = FakeSession([OTHER, OTHER], [OTHER, device])
    found = told(monkeypatch, session, wrong)
    assert session.asked[:2] == [((n, 0), begin * STRIDE, count) for n in (0, 1)]
    if column is None:
        assert not found and len(session.asked) == 2
        return
    assert session.asked[2:] == [((n, column), begin * STRIDE, count) for n in (0, 1)]
    [candidate] = found
    assert candidate.cause == "a.c line 1" and f" from column {column} on" in candidate.explanation
    replayed = candidate.replay(wrong)
    assert replayed is not None and np.array_equal(replayed, wrong.device)
    assert session.asked[-1] == ((1, column), first * STRIDE, WINDOWS - first)
    early = view(2)
    session.always = [OTHER, early.device]
    replayed = candidate.replay(early)
    assert replayed is not None and np.array_equal(replayed, early.device)
    assert session.asked[-1] == ((1, 0), 0, WINDOWS), (
        "a file that shows it near its beginning shows it from there"
    )


def test_what_is_made_always_need_not_be_made_from_somewhere_on(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = view(10)
    session = FakeSession([OTHER, wrong.device], [wrong.device] * 2)
    [found] = told(monkeypatch, session, wrong)
    assert found.cause == "a.c line 1" and " from column " not in found.explanation
    assert {column for (_, column), *_ in session.asked} == {0}
