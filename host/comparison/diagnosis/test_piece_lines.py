"""Lines that give what came of sound in pieces, by a session that is made up."""

from types import SimpleNamespace
from typing import Any

import pytest

from ...build.alteration import Alteration
from ...core.changed_process import NONE, Change
from ...errors import HilError
from ...link import messages as m
from ...link.codec import Payload
from . import piece_findings as module
from .dialogue import Dialogue
from .piece_findings import piece_findings

BANDS = 2
RIGHT, WRONG = b"right", b"wrong"
STEPS: dict[bytes, list[Payload]] = {
    RIGHT: [m.Features(0, b"\1\2\3\4"), m.StreamDone(1, 40, 2)],
    WRONG: [m.Features(0, b"\1\2"), m.StreamDone(1, 40, 1)],
}
LINES = (
    Alteration("detect/stream.c", 7, "x", "y"),
    Alteration("detect/stream.c", 7, "x", "z"),
    Alteration("detect/stream.c", 9, "x", "y"),
    Alteration("detect/stream.c", 11, "x", "y"),
    Alteration("detect/stream.c", 13, "x", "y"),
    Alteration("detect/stream.c", 15, "x", "y", below="x"),
)


class Session:
    """Changed sessions: which changes give what came."""

    alterations = LINES

    def __init__(self, giving: set[int]) -> None:
        self._giving = giving

    def alteration(self, change: Change) -> Alteration:
        return LINES[change[0]]

    def records(self, change: Change, _: Any) -> bytes:
        assert change == NONE
        return RIGHT

    def steps(self, records: bytes) -> list[list[Payload]]:
        return [STEPS[records]]

    def differing(self, changes: list[Change], _: Any) -> dict[Change, bytes]:
        return {change: WRONG for change in changes if change[0] in self._giving}


def found(monkeypatch: pytest.MonkeyPatch, giving: set[int], came: list[Payload]) -> list[Any]:
    monkeypatch.setattr(module, "session_of", lambda _: Session(giving))
    heard = Dialogue("sound in pieces")
    heard.brought([(m.Audio.TYPE, b"")], came)
    bundle = SimpleNamespace(settings=SimpleNamespace(bands=BANDS))
    record: Any = SimpleNamespace(in_pieces=heard, bundle=bundle)
    return piece_findings(record)


@pytest.mark.parametrize(
    ("giving", "lines"),
    [
        (set(), None),
        ({0, 1}, [7]),
        ({0, 1, 2, 3}, [7, 9, 11]),
        ({0, 2, 3, 4}, None),
        ({5}, None),
    ],
)
def test_three_lines_are_told_and_more_are_not(
    monkeypatch: pytest.MonkeyPatch, giving: set[int], lines: list[int] | None
) -> None:
    told = found(monkeypatch, giving, STEPS[WRONG])
    assert len(told) == (lines is not None)
    if lines is None:
        return
    (finding,) = told
    assert all(f"(detect/stream.c, line {line})" in finding.explanation for line in lines)
    assert finding.explanation.count(", line ") == len(lines)
    assert "with `y` instead of `x`" in finding.explanation, "the first change of a line"
    one = len(lines) == 1
    assert finding.cause == ("detect/stream.c line 7" if one else "several lines") and finding.share == 1.0
    assert finding.explanation.startswith("the firmware does what" if one else "several changes of the code")


@pytest.mark.parametrize(
    "came",
    [
        STEPS[RIGHT],
        [m.Features(0, b"\1\2"), m.Features(1, b"\3\4"), m.StreamDone(1, 40, 2)],
        [*STEPS[RIGHT], m.Log(0, b"said")],
    ],
)
def test_what_is_right_is_so_in_any_messages(monkeypatch: pytest.MonkeyPatch, came: list[Payload]) -> None:
    monkeypatch.setattr(Session, "differing", lambda *_: pytest.fail("asked"))
    assert found(monkeypatch, {0}, came) == []


@pytest.mark.parametrize(
    "came",
    [
        [*STEPS[WRONG], m.Status()],
        [m.Features(1, b"\1\2"), m.StreamDone(1, 40, 1)],
        [m.Features(0, b"\1\2"), m.StreamDone(1, 40, 2)],
        [m.Features(0, b"\1\2"), m.StreamDone(1, 39, 1)],
        [m.Features(0, b"\1\2")],
    ],
)
def test_a_change_gives_all_that_came_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, came: list[Payload]
) -> None:
    assert found(monkeypatch, {0}, came) == []


def test_without_a_compiler_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> Any:
        raise HilError("no compiler", "")

    monkeypatch.setattr(Session, "differing", none)
    assert found(monkeypatch, {0}, STEPS[WRONG]) == []
    record: Any = SimpleNamespace(in_pieces=None)
    assert piece_findings(record) == []
