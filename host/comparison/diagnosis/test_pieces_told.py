"""What is told of sound in pieces, by a session that gives what a test says that each change gives."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ...build.alteration import Alteration
from ...core.changed_process import NONE, Change
from ...errors import HilError
from ...link import messages as m
from ...link.codec import Payload
from . import piece_findings as module
from .dialogue import Dialogue
from .evidence import DiagnosisRecord
from .finding import Finding
from .piece_findings import piece_findings

RIGHT: list[Payload] = [m.Features(0, b"abcd"), m.Features(2, b"ef"), m.StreamDone(7, 90, 3)]
WRONG: list[Payload] = [m.Features(0, b"abcd"), m.Features(2, b"xf"), m.StreamDone(7, 90, 3)]
LINES = [("a.c", 4), ("a.c", 4), ("b.c", 2), ("b.c", 9), ("c.c", 1)]


class Given:
    """What comes without a change, and with each one; None: nothing, it crashes.

    Args:
        given: by the change's number.
        behind: numbers of changes with which the second step brings something, too.
    """

    def __init__(self, given: dict[int, list[Payload] | None], behind: tuple[int, ...] = ()) -> None:
        self._given, self._behind, self.lone = given, behind, False
        self.alterations = [
            Alteration(file, line, f"x{number}", f"y{number}") for number, (file, line) in enumerate(LINES)
        ]

    def alteration(self, change: Change) -> Alteration:
        """What it changes."""
        return self.alterations[change[0]]

    def records(self, change: Change, _: Sequence[Any]) -> bytes | None:
        """No change's number, as none was asked for."""
        assert change == NONE
        return b"none"

    def differing(self, changes: Sequence[Change], steps: Sequence[Any]) -> dict[Change, bytes | None]:
        """The numbers of those that were asked for: all with the one wrong step, then those that gave it with both."""
        if list(steps) == ["one"]:
            assert list(changes) == [(number, 0) for number in range(len(LINES))]
            self.lone = True
        else:
            assert list(steps) == ["one", "two"] and self.lone
            assert all(self._given[number] is not None for number, _ in changes)
            self.lone = False
        return {
            (number, 0): None if given is None else bytes([number])
            for number, given in self._given.items()
            if (number, 0) in changes
        }

    def steps(self, records: bytes) -> list[list[Payload]]:
        """One step that is told, one that brings nothing."""
        given = RIGHT if records == b"none" else self._given[records[0]]
        assert given is not None
        behind: list[Payload] = [m.Hello()] if records[0] in self._behind and not self.lone else []
        return [given] if self.lone else [given, behind]


def found(
    monkeypatch: pytest.MonkeyPatch,
    came: list[Payload],
    given: dict[int, list[Payload] | None],
    behind: tuple[int, ...] = (),
) -> list[Finding]:
    monkeypatch.setattr(module, "session_of", lambda _: Given(given, behind))
    heard = Dialogue("sound in pieces", [cast(Any, "one"), cast(Any, "two")], [came, None])
    record = SimpleNamespace(in_pieces=heard, bundle=SimpleNamespace(settings=SimpleNamespace(bands=2)))
    return piece_findings(cast(DiagnosisRecord, record))


def test_one_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = found(monkeypatch, WRONG, {2: WRONG, 3: RIGHT, 4: None})
    assert finding == Finding(
        "messages",
        "b.c line 2",
        "sound in pieces",
        "the firmware does what it would with `y2` instead of `x2` (b.c, line 2); this gives all columns and counts "
        "that came, of messages of any size",
        "Look at firmware/core/b.c, line 2; where that is as it must be, at what else has the same effect, then at how "
        "it was compiled and its memory",
        "the same sound is right in whole messages",
        1.0,
        (),
    )


def test_of_changes_of_one_line_the_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = found(monkeypatch, WRONG, {1: WRONG, 0: WRONG})
    assert finding.cause == "a.c line 4" and "`y0`" in finding.explanation


def test_up_to_three_lines_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = found(monkeypatch, WRONG, {4: WRONG, 1: WRONG, 2: WRONG})
    assert finding.cause == "several lines" and "a.c, line 4" in finding.cure
    assert finding.explanation == (
        "several changes of the code give all columns and counts that came, of messages of any size, and others may, "
        "too: the firmware does what it would with `y1` instead of `x1` (a.c, line 4); or: the firmware does what it "
        "would with `y2` instead of `x2` (b.c, line 2); or: the firmware does what it would with `y4` instead of `x4` "
        "(c.c, line 1)"
    )
    assert found(monkeypatch, WRONG, {1: WRONG, 2: WRONG, 3: WRONG, 4: WRONG}) == []
    assert found(monkeypatch, WRONG, {1: RIGHT, 2: None}) == []


def test_a_change_must_give_the_other_streams_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = found(monkeypatch, WRONG, {1: WRONG, 2: WRONG}, behind=(1,))
    assert finding.cause == "b.c line 2"
    assert found(monkeypatch, WRONG, {1: WRONG}, behind=(1,)) == []


def test_what_is_right_needs_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, RIGHT, {2: RIGHT}) == []


@pytest.mark.parametrize(
    ("came", "same"),
    [
        (
            [m.Features(0, b"ab"), m.Features(1, b"cdxf"), m.StreamDone(8, 90, 3, 1, 2)],
            True,
        ),  # columns alone count
        ([m.Features(0, b"abcdxf"), m.Log(1, b"said"), m.StreamDone(7, 90, 3)], True),
        ([m.Features(1, b"abcd"), m.Features(3, b"xf"), m.StreamDone(7, 90, 3)], False),
        ([m.Features(0, b"abcd"), m.StreamDone(7, 90, 3)], False),
        ([m.Features(0, b"abcdxf"), m.StreamDone(7, 91, 3)], False),
        ([m.Features(0, b"abcdxf"), m.StreamDone(7, 90, 4)], False),
        ([m.Features(0, b"abcdxf")], False),
        ([m.Features(0, b"abcdxf"), m.StreamDone(7, 90, 3), m.Error()], False),
    ],
)
def test_what_counts_of_answers(monkeypatch: pytest.MonkeyPatch, came: list[Payload], same: bool) -> None:
    assert bool(found(monkeypatch, came, {2: WRONG})) is same
    assert bool(found(monkeypatch, WRONG, {2: came})) is same


def test_answers_of_other_kinds_are_told_apart_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, hello = [*WRONG, m.Error(1)], [*WRONG, m.Hello()]
    assert len(found(monkeypatch, refused, {2: hello, 3: [*WRONG, m.Error(2)]})) == 1
    (finding,) = found(monkeypatch, hello, {2: hello, 3: refused})
    assert finding.cause == "b.c line 2"


def test_without_pieces_or_a_compiler_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piece_findings(cast(DiagnosisRecord, SimpleNamespace(in_pieces=None))) == []

    def no_session(_: Any) -> None:
        raise HilError("no compiler", "install one")

    monkeypatch.setattr(module, "session_of", no_session)
    record: Any = SimpleNamespace(
        in_pieces=Dialogue("", [], []), bundle=SimpleNamespace(settings=SimpleNamespace(bands=2))
    )
    assert piece_findings(record) == []


class Asked:
    """Gives nothing with any change, and keeps which streams were asked for."""

    def __init__(self, right: list[list[Payload]]) -> None:
        self.asked: list[list[str]] = []
        self._right = right
        self.alterations = [Alteration("a.c", 1, "x", "y")]

    def records(self, change: Change, _: Sequence[str]) -> bytes:
        """Without a change."""
        assert change == NONE
        return b"none"

    def steps(self, _: bytes) -> list[list[Payload]]:
        """What is right."""
        return self._right

    def differing(self, changes: Sequence[Change], steps: Sequence[str]) -> dict[Change, bytes]:
        """Nothing is given."""
        if changes:
            self.asked.append(list(steps))
        return {}


def test_the_shortest_wrong_stream_is_tried_and_then_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(columns: int, cell: bytes) -> list[Payload]:
        return [m.Features(0, cell * 2 * columns), m.StreamDone(7, 90, columns)]

    lengths = 1, 4, 2, 6, 5
    right = [stream(count, b"r") for count in lengths]
    for wrong, asked in (((1, 2, 3), ["2", "3"]), ((2,), ["2"]), ((), [])):
        session = Asked(right)
        monkeypatch.setattr(module, "session_of", lambda _, session=session: session)
        came = [stream(count, b"w" if at in wrong else b"r") for at, count in enumerate(lengths)]
        steps: Any = [str(at) for at in range(len(lengths))]
        record: Any = SimpleNamespace(
            in_pieces=Dialogue("", steps, cast(Any, came)),
            bundle=SimpleNamespace(settings=SimpleNamespace(bands=2)),
        )
        assert piece_findings(record) == []
        assert session.asked == [[each] for each in asked]
