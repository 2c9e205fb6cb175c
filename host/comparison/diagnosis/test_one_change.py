"""One change of the data path that gives columns and outputs: when it is looked for, and what is told of it."""

import weakref
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...build.alteration import Alteration
from ...bundle.load import Bundle
from ...errors import HilError
from . import data_path, one_change
from .data_path import all_changes, code_candidate, end_of_file_before, made_in, session_of
from .evidence import Before, DiagnosisRecord
from .fakes_views import cells, file_of, piece_of, view_of
from .finding import NEUTRAL, Finding
from .inputs import Model
from .one_change import in_one
from .search import Int8, View

RIGHT, OUTPUTS = cells(20, 4), cells(6, 2)
LINES = (10, 20, 20, 30, 40, 50)  # of the changes, by number


@dataclass
class Session:
    """Knows its alterations alone."""

    alterations: list[Alteration]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]


def finding(stage: str, cause: str = NEUTRAL, read: bool = False) -> Finding:
    return Finding(stage, cause, f"place of {stage}", "it is so", "Look", "pattern", 0.5, ("b.wav",), read)


NEITHER = [finding("features", read=True), finding("outputs")]


class Case:
    """A run in which columns and outputs differ; what each change gives is replaced.

    Args:
        monkeypatch: replaces it.
        columns, outputs: of the device by change, int8; None: nothing comes.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, columns: list[Int8 | None], outputs: list[Int8], lost: int = -1
    ) -> None:
        self.record = cast(
            DiagnosisRecord,
            SimpleNamespace(
                bundle="bundle", inference=True, differing=["a.wav", "b.wav", "c.wav"], files=["kept", "kept"]
            ),
        )
        there = np.ones(len(RIGHT), np.bool_)
        if lost >= 0:
            there[lost] = False
        self.columns = [view_of(RIGHT, RIGHT ^ 1, present=there)]
        self.outputs = [view_of(OUTPUTS, OUTPUTS ^ 1)]
        session = Session([Alteration("detect/stream.c", line, "x", f"y{line}") for line in LINES])
        changes = [(number, 0) for number in range(len(columns))]
        monkeypatch.setattr(one_change, "session_of", lambda _: session)
        monkeypatch.setattr(one_change, "narrow_slots", lambda *_: "", raising=False)
        monkeypatch.setattr(one_change, "fitting_changes", lambda *_: iter(changes))
        monkeypatch.setattr(one_change, "columns_told", lambda *it: columns[it[3][0]])
        monkeypatch.setattr(one_change, "outputs_told", lambda *it: outputs[it[2][0]])

    def told(self, findings: list[Finding] = NEITHER, model: object = "model") -> list[Finding]:
        """What is found in their place."""
        return in_one(self.record, cast(Model, model), findings, self.columns, self.outputs)


def test_a_change_that_gives_both_takes_the_place_of_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = Case(monkeypatch, [RIGHT ^ 1], [OUTPUTS ^ 1]).told()
    assert found == Finding(
        "features",
        "detect/stream.c line 10",
        "place of features",
        "the firmware does what it would with `y10` instead of `x` (detect/stream.c, line 10); this gives all columns "
        "and all outputs that were kept",
        "Look at firmware/core/detect/stream.c, line 10; where that is as it must be, at what else has the same "
        "effect, then at how it was compiled and its memory",
        "pattern",
        1.0,
        ("a.wav", "b.wav"),
    )


def test_two_other_lines_that_give_the_same_are_named_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = Case(monkeypatch, [RIGHT ^ 1] * 6, [OUTPUTS ^ 1] * 6).told()
    parts = found.explanation.split("; ")
    told = [part[part.rindex("line ") :] for part in parts if "instead of" in part]
    assert told == ["line 10)", "line 20)", "line 30)"]
    assert parts[1].startswith("or, which gives the same: the firmware") and parts[2].startswith(
        "or: the firmware"
    )


def one_cell(values: Int8, row: int) -> Int8:
    other = values ^ 1
    other[row, 0] ^= 2
    return other


@pytest.mark.parametrize(
    ("columns", "outputs", "lost", "line"),
    [
        ([one_cell(RIGHT, 7), RIGHT ^ 1], [OUTPUTS ^ 1] * 2, -1, 20),
        ([None, RIGHT ^ 1], [OUTPUTS ^ 1] * 2, -1, 20),
        ([RIGHT ^ 1] * 2, [one_cell(OUTPUTS, 5), OUTPUTS ^ 1], -1, 20),
        ([one_cell(RIGHT, 7)], [OUTPUTS ^ 1], -1, None),
        ([one_cell(RIGHT, 7)], [OUTPUTS ^ 1], 7, 10),  # that column did not come
        ([RIGHT ^ 1], [one_cell(OUTPUTS, 5)], -1, None),
    ],
)
def test_it_must_give_all_columns_and_all_outputs(
    monkeypatch: pytest.MonkeyPatch, columns: list[Any], outputs: list[Any], lost: int, line: int | None
) -> None:
    found = Case(monkeypatch, columns, outputs, lost).told()
    assert found == NEITHER if line is None else found[0].cause == f"detect/stream.c line {line}"


def test_outputs_that_did_not_come_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, [RIGHT ^ 1], [one_cell(OUTPUTS, 5)])
    there = np.ones(len(OUTPUTS), np.bool_)
    there[5] = False
    case.outputs = [replace(case.outputs[0], present=there)]
    assert len(case.told()) == 1


@pytest.mark.parametrize(
    ("findings", "asked"),
    [
        ([finding("features"), finding("outputs", "detect/stream.c line 7")], True),
        ([finding("features", "session/audio.c line 7"), finding("outputs", "reversed")], True),
        ([finding("features", "1 column late"), finding("outputs", "reversed")], False),
        ([finding("features", "log.c line 7"), finding("outputs", "reversed")], False),
        ([finding("features")], False),
        ([finding("outputs")], False),
        ([], False),
    ],
)
def test_it_is_looked_for_where_both_differ_and_either_is_not_explained(
    monkeypatch: pytest.MonkeyPatch, findings: list[Finding], asked: bool
) -> None:
    case = Case(monkeypatch, [RIGHT ^ 1], [OUTPUTS ^ 1])
    assert (case.told(findings) != findings) == asked
    assert case.told(findings, model=None) == findings


def test_where_no_change_can_be_tried_what_was_found_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, [RIGHT ^ 1], [OUTPUTS ^ 1])

    def none(_: Bundle) -> Any:
        raise HilError("no compiler", "install one")

    monkeypatch.setattr(one_change, "session_of", none)
    assert case.told() == NEITHER


# ---- what all changes of the data path share


def test_changes_with_a_bound_are_none_of_the_data_path() -> None:
    made = [Alteration("a.c", 1, "x", "y", below) for below in ("", "bits", "")]
    session = cast(Any, Session(made))
    assert all_changes(session) == [(0, 0), (2, 0)] and all_changes(session, 9) == [(0, 9), (2, 9)]


@pytest.mark.parametrize(
    ("first", "wrong", "near", "column"),
    [(0, 4, 5, 0), (0, 5, 5, 9), (3, 1, 5, 0), (3, 2, 5, 9), (9, None, 5, 0), (0, 0, 0, 9)],
)
def test_a_change_that_shows_near_a_beginning_is_made_from_there(
    first: int, wrong: int | None, near: int, column: int
) -> None:
    device = RIGHT.copy()
    if wrong is not None:
        device[wrong:] ^= 1
    assert made_in((7, 9), view_of(RIGHT, device, first=first), near) == (7, column)


FRAMES, HOP = 5, 3


@pytest.mark.parametrize(
    ("first_column", "columns", "begin"),
    [
        (0, 20, 10),  # two rings
        (0, 24, 10),
        (0, 25, 15),
        (0, 14, 0),
        (0, 3, 0),
        (7, 17, 3),  # column 10
        (7, 18, 8),
        (7, 22, 8),
        (7, 23, 13),
        (10, 19, 5),
    ],
)
def test_of_the_file_before_two_rings_and_what_is_behind_them_are_heard(
    first_column: int, columns: int, begin: int
) -> None:
    bundle = cast(Bundle, SimpleNamespace(frames=FRAMES, settings=SimpleNamespace(hop=HOP)))
    samples = np.arange(columns * HOP, dtype=np.int16)
    right = cells(columns, 2)
    piece = piece_of(right, right, samples=samples, first=first_column)
    file = file_of(piece, before=Before("before.wav", len(samples), piece, None))
    raw = np.ones((1, 2), np.int8)
    (stream,) = end_of_file_before(bundle, file, raw)
    assert (stream.column, stream.raw) == (0, raw) and stream.samples[0] == begin * HOP
    assert stream.samples[-1] == columns * HOP - 1 and (first_column + begin) % FRAMES == 0
    assert end_of_file_before(bundle, file_of(piece), raw) == []


def test_a_change_as_a_cause() -> None:
    session = cast(Any, Session([Alteration("session/audio.c", 12, "x", "y")]))

    def replay(_: View) -> Int8:
        return RIGHT

    found = code_candidate(session, (0, 3), replay)
    assert (found.cause, found.family, found.replay) == ("session/audio.c line 12", "code", replay)
    assert found.explanation == (
        "the firmware does what it would with `y` instead of `x` from column 3 on (session/audio.c, line 12)"
    )
    assert found.cure.startswith("Look at firmware/core/session/audio.c, line 12;")


def test_one_process_runs_for_a_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        runs = True

        def __init__(self, bundle: Bundle, _: int) -> None:
            self.bundle = bundle

    def bundle(*parts: str) -> Bundle:
        names = ("name", "model_hash", "frontend_hash", "settings_hash")
        return cast(Bundle, SimpleNamespace(**dict(zip(names, parts, strict=True))))

    monkeypatch.setattr(data_path, "AlteredSession", Process)
    data_path._running.cache_clear()
    try:
        first = session_of(bundle(*"abcd"))
        assert session_of(bundle(*"abcd")) is first
        for other in ("xbcd", "axcd", "abxd", "abcx"):
            assert session_of(bundle(*other)) is not first
        left = weakref.ref(first)
        del first
        assert left() is None, "one runs at a time"
        last = cast(Any, session_of(bundle(*"abcd")))
        last.runs = False
        anew = session_of(bundle(*"abcd"))
        assert anew is not last and session_of(bundle(*"abcd")) is anew
    finally:
        data_path._running.cache_clear()
