"""Which changes of the data path are told of outputs, by a session that says what a test wants; nothing is compiled."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...build.alteration import Alteration
from . import changed_outputs as module
from .changed_outputs import changed_outputs
from .fakes_views import cells, file_of, piece_of
from .search import Candidate, Int8, View

FRAMES, STRIDE, HOP, VALUES, WINDOWS = 5, 3, 8, 4, 20
COLUMNS = (WINDOWS - 1) * STRIDE + FRAMES
RIGHT = cells(WINDOWS, VALUES)
RIGHT_INPUTS = [b"right"]


@dataclass
class FakeSession:
    """Tells outputs of each change, cut out of those that a whole stream would have.

    Attributes:
        always, there: by change: made from the beginning on, or from some column on.
        asked: changes, with the first column and the windows that they were tried on.
        inputs: by change; where they are others than the right ones, what the model gives of them is told.
        before: streams that were given before those.
        lost: nothing comes of what the model gives.
    """

    always: list[Int8]
    there: list[Int8]
    asked: list[tuple[tuple[int, int], int, int]] = field(default_factory=list)
    inputs: dict[int, list[bytes]] = field(default_factory=dict)
    before: list[Any] = field(default_factory=list)
    lost: bool = False

    @property
    def alterations(self) -> list[Alteration]:
        """One a change."""
        return [
            Alteration("a.c", number, "x", "y", function=f"f{number}") for number in range(len(self.always))
        ]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, change: tuple[int, int], streams: Any) -> Any:
        """Number, first column and outputs of windows."""
        last = streams[-1]
        begin = last.column // STRIDE
        self.before = streams[:-1]
        own = self.inputs.get(change[0])
        if change[0] < 0 or own is not None:
            given = [(number, 0, outputs) for number, outputs in enumerate(last.raw, begin)]
            right = np.array_equal(last.raw, RIGHT[begin : begin + len(last.raw)])
            return (
                None
                if self.lost and not right
                else SimpleNamespace(inputs=own or RIGHT_INPUTS, windows=given)
            )
        self.asked.append((change, last.column, len(last.raw)))
        assert len(last.samples) == ((len(last.raw) - 1) * STRIDE + FRAMES) * HOP
        every = (self.there if change[1] else self.always)[change[0]][begin : begin + len(last.raw)]
        return SimpleNamespace(
            inputs=RIGHT_INPUTS, windows=[(number, 0, outputs) for number, outputs in enumerate(every, begin)]
        )

    def differing(self, changes: Sequence[tuple[int, int]], streams: Any) -> dict[tuple[int, int], Any]:
        """Of all."""
        return {change: self.records(change, streams) for change in changes}

    def told(self, records: Any) -> Any:
        """As they are."""
        return records or SimpleNamespace(inputs=[], windows=[])


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


def bundle_of(kind: str = "int8", bands_first: bool = False) -> Any:
    """Windows of so many columns with two bands."""
    settings = SimpleNamespace(hop=HOP, samples_for=lambda columns: columns * HOP, model_bands=2)
    given = SimpleNamespace(type=kind, step=3, zero_point=-5, bands_first=bands_first)
    model = SimpleNamespace(scores=SimpleNamespace(type="int8"), values=VALUES, input=given, cells=2 * FRAMES)
    return SimpleNamespace(stride=STRIDE, frames=FRAMES, settings=settings, model=model)


def told(
    monkeypatch: pytest.MonkeyPatch, session: FakeSession, wrong: View, **options: Any
) -> list[Candidate]:
    monkeypatch.setattr(module, "session_of", lambda _: session)
    model: Any = SimpleNamespace(
        bundle=bundle_of(),
        stateful=False,
        columns=lambda piece: piece.expected,
        run=lambda windows: windows.reshape(len(windows), -1)[:, :VALUES],
    )
    right = options.pop("right", ())
    for name, value in options.items():
        setattr(model, name, value)
    return list(changed_outputs(model, right)([wrong]))


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


# ---- changes of what the model is given


def inputs_of(wrong: View, begin: int, end: int) -> list[bytes]:
    """Inputs of which the model gives a view's outputs."""
    return [bytes(outputs) + bytes(2 * FRAMES - VALUES) for outputs in wrong.device[begin:end]]


def test_a_change_of_what_the_model_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = view(10)
    session = FakeSession([OTHER] * 4, [OTHER] * 4)
    right = inputs_of(wrong, 8, 16)
    session.inputs = {0: right, 1: right[:-1], 2: [each + b"x" for each in right], 3: right[1:] + right[:1]}
    (found,) = told(monkeypatch, session, wrong)
    assert found.cause == "a.c line 0"
    session.lost = True
    assert told(monkeypatch, session, wrong) == [], "of what the model gives nothing comes"


@pytest.mark.parametrize(("passed_s", "tried"), [(30.0, True), (30.1, False)])
def test_a_model_that_is_slow_gives_no_line_where_others_may_give_the_same(
    monkeypatch: pytest.MonkeyPatch, passed_s: float, tried: bool
) -> None:
    wrong = view(2)
    session = FakeSession([OTHER], [OTHER])
    session.inputs = {0: inputs_of(wrong, 0, 8)}
    times = iter([7.0, 7.0 + passed_s] * 4)
    monkeypatch.setattr(module.time, "monotonic", lambda: next(times))
    assert bool(told(monkeypatch, session, wrong)) is tried


@pytest.mark.parametrize(
    ("first", "options", "begin"),
    [
        (0, {}, 8),
        (0, {"stateful": True}, 0),  # what it remembers follows from all before
        (4, {"stateful": True}, None),
        (0, {"columns": lambda piece: piece.expected + 1}, None),
    ],
)
def test_what_the_model_saw_must_be_known(
    monkeypatch: pytest.MonkeyPatch, first: int, options: dict[str, Any], begin: int | None
) -> None:
    session = FakeSession([OTHER], [OTHER])
    assert told(monkeypatch, session, view(10, first), **options) == []
    assert [column for _, column, _ in session.asked[:1]] == ([] if begin is None else [begin * STRIDE])


@pytest.mark.parametrize(
    ("windows", "in_each", "tried"), [(3, 2, True), (2, 4, False), (5, 1, False), (6, 1, True)]
)
def test_little_that_is_wrong_is_given_by_chance(
    monkeypatch: pytest.MonkeyPatch, windows: int, in_each: int, tried: bool
) -> None:
    wrong = view(WINDOWS)
    wrong.device[10 : 10 + windows, :in_each] ^= 1
    session = FakeSession([OTHER], [OTHER])
    told(monkeypatch, session, wrong)
    assert bool(session.asked) is tried


def test_the_third_wrong_window_is_among_those_that_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = view(WINDOWS)
    wrong.device[[1, 5, 12, 15]] ^= 1
    session = FakeSession([OTHER], [OTHER])
    told(monkeypatch, session, wrong)
    assert session.asked[0] == ((0, 0), 0, 13)


def test_the_end_of_the_file_before_is_heard_before_its_first_window_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "end_of_file_before", lambda _, __, raw: [raw.tolist()])
    session = FakeSession([OTHER], [OTHER])
    told(monkeypatch, session, view(2))
    assert session.before == [RIGHT[:1].tolist()]
    told(monkeypatch, session, view(10))
    assert session.before == []


CELLS = cells(3, 2 * FRAMES, low=-128, high=127).reshape(3, FRAMES, 2)


@pytest.mark.parametrize("bands_first", [False, True])
@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("int8", lambda given: given),
        ("uint8", lambda given: (given.astype(np.int16) + 128).astype(np.uint8)),
        ("int16", lambda given: ((given.astype(np.int16) + 5) * 3).astype("<i2")),
    ],
)
def test_cells_are_read_from_inputs_of_every_type(kind: str, given: Any, bands_first: bool) -> None:
    laid = CELLS.transpose(0, 2, 1) if bands_first else CELLS
    inputs = [given(np.ascontiguousarray(each)).tobytes() for each in laid]
    bundle = bundle_of(kind, bands_first)
    found = module.cells_of_inputs(bundle, inputs)
    assert found is not None and found.dtype == np.int8 and np.array_equal(found, CELLS)
    assert module.cells_of_inputs(bundle, [*inputs[:2], inputs[2][:-2]]) is None


@pytest.mark.parametrize(
    ("cell", "more", "found"),
    [(127, 0, True), (-128, 0, True), (128, 0, False), (-129, 0, False), (5, 1, False), (5, 2, False)],
)
def test_wide_inputs_that_no_cells_give_stay_wide(cell: int, more: int, found: bool) -> None:
    wide = np.zeros(2 * FRAMES, "<i2")
    wide[3] = (cell + 5) * 3 + more
    given = module.cells_of_inputs(bundle_of("int16"), [wide.tobytes(), wide.tobytes()])
    assert given is not None and given.dtype == (np.int8 if found else np.int16)
    assert given.reshape(2, -1)[1, 3] == (cell if found else wide[3])
    assert module.cells_of_inputs(bundle_of("int16"), [wide.tobytes()[2:]]) is None


def test_what_is_known_to_be_right_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = view(2)
    session = FakeSession([wrong.device, wrong.device, RIGHT], [])
    assert len(told(monkeypatch, session, wrong)) == 2
    (found,) = told(monkeypatch, session, wrong, right=("f0", "f2"))
    assert found.cause == "a.c line 1"


def test_the_first_file_is_looked_at_besides_where_it_begins_rightly() -> None:
    """What a window leaves for all that follow goes back to the run's first one."""
    model: Any = SimpleNamespace(stateful=False, columns=lambda piece: piece.expected)
    first, later = view(6), view(0)
    later = replace(later, file=replace(later.file, columns_before=99))

    def telling(*views: View) -> list[int]:
        return [id(view) for view in module._telling(model, list(views))]

    assert telling(first, later) == [id(later), id(first)]
    assert len(telling(view(0), later)) == 1, "it begins wrongly, so nothing before it counts"
    assert telling(first) == [id(first)]
    assert telling(view(WINDOWS - 1), later) == [id(later)]
