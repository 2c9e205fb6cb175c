"""Which lines are told of a window whose input the board told, by a session that says what a test wants it to."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...build.alteration import Alteration
from ...bundle.load import Bundle
from ...core.altered_session import AlteredTensors
from ...core.conversation import Asked, Stream
from . import window_findings as module
from .seen_window import SeenWindow
from .window_findings import traced_window, window_findings

SOUND = np.zeros(9, np.int16)
RIGHT, GIVEN = bytes(20), bytes(range(20))
SEEN = SeenWindow("a stream's second window", np.zeros(9, np.int16), 1, RIGHT, GIVEN)


class FakeSession:
    """Gives the model's inputs that are set for each change."""

    def __init__(self, given: Sequence[list[bytes]], lines: Sequence[int]) -> None:
        self.given = given
        self.alterations = [Alteration("a.c", line, "x", f"y{n}") for n, line in enumerate(lines)]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def differing(self, changes: Sequence[tuple[int, int]], _: Any) -> dict[tuple[int, int], bytes]:
        """Its number as a record."""
        return {change: bytes([change[0]]) for change in changes}

    def told(self, records: bytes) -> Any:
        """Inputs alone."""
        return SimpleNamespace(inputs=self.given[records[0]])


@pytest.mark.parametrize(
    ("given", "lines", "told"),
    [
        ([[RIGHT, GIVEN], [RIGHT, RIGHT], [GIVEN]], (1, 2, 3), [1]),
        ([[RIGHT, GIVEN], [RIGHT, GIVEN]], (1, 1), [1]),
        ([[RIGHT, GIVEN]] * 3, (1, 2, 3), [1, 2, 3]),
        ([[RIGHT, GIVEN]] * 4, (1, 2, 3, 4), []),
        ([[GIVEN, RIGHT]], (1,), []),
    ],
)
def test_lines_that_give_the_window_are_told(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, given: Any, lines: tuple[int, ...], told: list[int]
) -> None:
    monkeypatch.setattr(module, "session_of", lambda *_: FakeSession(given, lines))
    findings = window_findings(bundle, SEEN)
    assert [each.cause for each in findings] == [f"a.c line {line}" for line in told[:1]]
    for line in told:
        assert f"(a.c, line {line})" in findings[0].explanation
        assert f"firmware/core/a.c, line {line};" in findings[0].cure
    assert not told or findings[0].pattern == "19 of 20 bytes of it differ"


def test_few_cells_tell_no_line(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "session_of", lambda *_: FakeSession([[RIGHT, GIVEN]], (1,)))
    assert window_findings(bundle, None) == []
    assert window_findings(bundle, replace(SEEN, given=b"\1" * 5 + bytes(15))) == []
    assert window_findings(bundle, replace(SEEN, given=b"\1" * 5)) == []


def test_of_columns_that_are_right_what_makes_windows_of_them_is_tried_alone(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = FakeSession([[RIGHT, GIVEN]] * 2, (1, 2))
    session.alterations[1] = replace(session.alterations[1], file="detect/stream.c")
    monkeypatch.setattr(module, "session_of", lambda *_: session)
    (of_all,) = window_findings(bundle, SEEN)
    (of_some,) = window_findings(bundle, replace(SEEN, columns_right=True))
    assert "(a.c, line 1)" in of_all.explanation and "(detect/stream.c, line 2)" in of_all.explanation
    assert of_some.cause == "detect/stream.c line 2" and "a.c" not in of_some.explanation


def test_the_window_that_a_trace_fetched_is_one_of_which_the_input_is_wrong() -> None:
    inputs = np.arange(6, dtype=np.int16), np.arange(6, dtype=np.int16)[::-1]
    window = SimpleNamespace(inputs=inputs, passage=SimpleNamespace(samples=SOUND, window=7, streamed=1))
    none = SimpleNamespace(name="a.wav", step="input", window=SimpleNamespace(inputs=None))
    outputs = SimpleNamespace(name="a.wav", step="outputs", window=window)
    traced: Any = [SimpleNamespace(name="c.wav", step="input", window=None), none, outputs]
    assert traced_window(traced) is None
    traced.append(SimpleNamespace(name="b.wav", step="input", window=window))
    seen = traced_window(traced)
    assert seen is not None and (seen.name, seen.number) == ("b.wav, window 7", 1) and seen.samples is SOUND
    assert (seen.right, seen.given) == (inputs[0].tobytes(), inputs[1].tobytes()) and seen.columns_right


class FakeTensors(FakeSession):
    """Gives the inputs of a window sent by itself: of a fresh board, and of one on which a stream was before."""

    def __init__(self, fresh: Sequence[bytes], behind: Sequence[bytes]) -> None:
        super().__init__([], range(1, len(fresh) + 1))
        self.fresh, self.behind = fresh, behind

    def differing(self, changes: Any, steps: Any) -> dict[tuple[int, int], bytes]:
        """A record is the input."""
        assert isinstance(steps[-1], Asked) and steps[-1].requests == SENT.requests
        assert len(steps) == 1 or isinstance(steps[0], Stream)
        return {change: (self.fresh if len(steps) == 1 else self.behind)[change[0]] for change in changes}

    def told(self, records: bytes) -> Any:
        """That, and what ends a step."""
        return SimpleNamespace(inputs=[b"before", records, b""])


SENT = SeenWindow("a window", np.empty(0, np.int16), 0, RIGHT, GIVEN, requests=((1, b"x"),))
HALF = GIVEN[:10] + RIGHT[:10]  # what a change writes, and what lies behind it on a fresh board
STALE = GIVEN[:10] + b"\x09" * 10  # and behind a stream


@pytest.mark.parametrize(
    ("fresh", "behind", "told"),
    [
        ([GIVEN, RIGHT], [GIVEN, RIGHT], [1]),
        ([HALF, GIVEN[:-1] + b"z"], [STALE, GIVEN[:-1] + b"z"], [1]),
        ([HALF], [HALF], []),  # then what lies behind is known, and wrong
        ([GIVEN[:8] + RIGHT[8:]], [GIVEN[:8] + b"\x63" * 12], []),  # 7 cells that are known and were wrong
        ([GIVEN[:9] + RIGHT[9:]], [GIVEN[:9] + b"\x63" * 11], [1]),
        ([GIVEN[:5]], [GIVEN[:5]], []),
        ([GIVEN] * 3, [GIVEN] * 3, [1, 2, 3]),
    ],
)
def test_lines_that_give_a_window_sent_by_itself(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, fresh: Any, behind: Any, told: list[int]
) -> None:
    def session(_: Bundle, kind: Any) -> Any:
        assert kind is AlteredTensors
        return FakeTensors(fresh, behind)

    monkeypatch.setattr(module, "session_of", session)
    findings = window_findings(bundle, SENT)
    assert [each.cause for each in findings] == [f"a.c line {line}" for line in told[:1]]
    for line in told:
        assert f"(a.c, line {line})" in findings[0].explanation
