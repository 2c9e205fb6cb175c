"""Lines that give a traced stage, told where too few cells differ to look for them there; nothing is compiled."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...build.alteration import Alteration
from ...core.altered_front_end import Heard
from ...errors import HilError
from ...trace.stages import ColumnTrace, Stage
from . import traced_line as module
from . import traced_stages
from .fakes_views import cells, file_of, piece_of
from .traced_line import line_cause

HOP, COLUMNS = 8, 40
RIGHT, WRONG = np.array([5, 6, 7, 8], "<i4"), np.array([5, 6, 8, 9], "<i4")
STAGE = Stage("mel", RIGHT.tobytes(), WRONG.tobytes(), different=2)
SAMPLES = np.arange((COLUMNS + 1) * HOP, dtype=np.int16)
TRACE = ColumnTrace(COLUMNS - 1, (STAGE,), samples=SAMPLES)
EXPECTED = cells(COLUMNS, 3)
DEVICE = EXPECTED.copy()
DEVICE[-1, 1] += 1
LINES = (
    Alteration("root.c", 7, "x > y", "x >= y"),
    Alteration("root.c", 7, "x > y", "x < y"),
    Alteration("root.c", 9, "x + 1", "x"),
    Alteration("root.c", 11, "z", "z - 1"),
    Alteration("root.c", 13, "z", "2 * z"),
    Alteration("log_mel/log.c", 3, "z", "-z"),
    Alteration("root.c", 5, "z", "the last z", keeps="the last"),
    Alteration("root.c", 5, "z + 1", "z", below="z"),
)


class Process:
    """Changed front ends: which changes give the stage's bytes, and what columns they make."""

    alterations = LINES

    def __init__(self) -> None:
        self.giving: set[int] = {0}
        self.columns_of: dict[int, Any] = {}
        self.asked: list[Any] = []
        self.heard: list[Heard] = []

    def alteration(self, change: Any) -> Alteration:
        return LINES[change[0]]

    def alike(self, changes: Any, samples: Any, device: Any, heard: Heard, least: int) -> list[int]:
        assert heard == Heard(stage="mel") and device.tobytes() == WRONG.tobytes() and least == device.size
        self.asked.append((list(changes), samples))
        return [device.size if number in self.giving else device.size - 1 for number, _ in changes]

    def columns(self, change: Any, samples: Any, heard: Heard) -> Any:
        assert len(samples) == len(SAMPLES)
        self.heard.append(heard)
        return self.columns_of.get(change[0], DEVICE)


class Right:
    """The right front end, which has the stage's bytes of no fewer columns than it remembers."""

    def __init__(self, remembers: int) -> None:
        self.remembers, self.settings = remembers, SETTINGS

    def capture(self, samples: Any, number: int) -> dict[str, bytes]:
        assert number == len(samples) // HOP - 2
        return {"mel": RIGHT.tobytes() if number + 1 >= self.remembers else b""}


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    found = Process()
    monkeypatch.setattr(module, "Altered", lambda *_: SimpleNamespace(front_end=found))
    monkeypatch.setattr(module, "front_end", lambda _: Right(1))
    monkeypatch.setattr(module, "MOST_COLUMNS", 30)
    monkeypatch.setattr(traced_stages, "MOST_COLUMNS", 30)
    return found


SETTINGS = SimpleNamespace(hop=HOP, columns=lambda samples: max(0, samples // HOP - 1))
BUNDLE: Any = SimpleNamespace(
    settings=SETTINGS, model=SimpleNamespace(input=SimpleNamespace(scale=0.5, zero_point=0))
)


def file(device: Any = DEVICE, **more: Any) -> Any:
    return file_of(piece_of(EXPECTED, device, samples=SAMPLES, **more))


def told(*files: Any, trace: ColumnTrace = TRACE, departs: Stage = STAGE) -> str:
    cause = line_cause(trace, departs, BUNDLE, files or (file(),))
    assert cause is None or (cause.computed and "firmware/core/frontend/root.c, line" in cause.cure)
    return "" if cause is None else cause.told


def test_a_line_that_gives_the_stage_and_all_columns_is_told(process: Process) -> None:
    assert told() == "the front end does what it would with `x >= y` instead of `x > y` (root.c, line 7)"
    [(changes, samples)] = process.asked
    assert changes == [
        (number, 0) for number in range(5)
    ]  # none of another stage, none that keeps or has a bound
    assert np.array_equal(samples, SAMPLES[-2 * HOP :])
    process.columns_of[0] = EXPECTED
    assert told() == "" and told(file(), file()) == ""


def test_lines_that_give_the_same_are_told_once_each_and_no_more_than_three(process: Process) -> None:
    process.giving = {0, 1, 2, 3}
    assert told().count("or, which gives the same here") == 2 and told().count("line 7") == 1
    process.giving = {0, 1, 2, 3, 4}
    assert told() == ""
    process.columns_of[4] = EXPECTED
    assert told().count("line") == 3
    process.giving = set()
    assert told() == ""


def test_where_many_cells_differ_these_are_tried_elsewhere(process: Process) -> None:
    many = EXPECTED.copy()
    many[-16:, 0] += 1
    assert told(file(many)) == "" and told(file(), file(many)) == "" and not process.asked
    few = many.copy()
    few[-1] = EXPECTED[-1]
    rows = EXPECTED.copy()
    for each in (few, rows):
        process.columns_of[0] = each
        assert told(file(each))
        rows[-5:] += 1
    rows[-6] += 1
    assert told(file(rows)) == ""
    assert told(file(EXPECTED)) == ""
    assert told(departs=replace(STAGE, different=1)) == ""
    assert told(trace=replace(TRACE, samples=None)) == ""
    assert line_cause(TRACE, STAGE, BUNDLE, ()) is None


@pytest.mark.parametrize(("wrong", "tried"), [(2, False), (3, True)])
def test_a_single_number_of_the_stage_needs_some_cells_of_the_files(
    wrong: int, tried: bool, process: Process
) -> None:
    """Of two files as many each."""
    device = EXPECTED.copy()
    device[-wrong:, 1] += 1
    process.columns_of[0] = device
    one = replace(STAGE, different=1)
    assert bool(told(file(device), file(device), departs=one)) is tried and bool(process.asked) is tried
    assert told(file(device), departs=STAGE)


@pytest.mark.parametrize(("probed", "tried"), [(14, True), (15, False)])
def test_where_wrong_cells_are_far_apart_they_are_few(
    probed: int, tried: bool, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enough of them in all, every other column: eight of them in fifteen columns."""
    monkeypatch.setattr(module, "MOST_PROBED", probed)
    sparse = EXPECTED.copy()
    sparse[1::2, 0] += 1
    process.columns_of[0] = sparse
    assert bool(told(file(sparse))) is tried and bool(process.asked) is tried


def test_changes_are_tried_from_the_first_wrong_column_on(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is wrong alone; those behind the next one are too far from it."""
    monkeypatch.setattr(module, "MOST_PROBED", 15)
    late = EXPECTED.copy()
    late[1, 0] += 1
    late[17:, 0] += 1
    process.columns_of[0] = late
    assert np.count_nonzero(late != EXPECTED) > 16
    assert told(file(late)) and process.asked


def test_as_many_columns_are_computed_as_the_stage_needs(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "front_end", lambda _: Right(20))
    assert told()
    assert len(process.asked[0][1]) == 31 * HOP
    monkeypatch.setattr(module, "front_end", lambda _: Right(31))
    assert told() == ""


def test_what_came_before_is_heard_and_what_is_not_known_of_it_is_left_out(process: Process) -> None:
    assert told(file(first=9)) and process.heard[-1].streams == ()
    begin = DEVICE.copy()
    begin[:30] = 0
    process.columns_of[0] = begin
    assert told(file(first=9)) and told(file()) == ""
    begin[30] = 0
    assert told(file(first=9)) == ""
    process.columns_of[0] = DEVICE.copy()
    process.columns_of[0][0] += 1
    assert told(file()) == ""
    process.columns_of[0] = DEVICE[:-1]
    assert told() == ""
    process.columns_of[0] = None
    assert told() == ""


def test_without_a_compiler_nothing_is_said(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> Any:
        raise HilError("no compiler", "")

    monkeypatch.setattr(process, "alike", none)
    assert told() == ""
