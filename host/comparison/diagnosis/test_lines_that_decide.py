"""Which lines of the code are told of detections, by a session that says what a test wants; nothing is compiled."""

import pickle
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...build.alteration import Alteration, moved
from ...bundle.load import Bundle
from ...detector.detector import Change as Detected
from ...errors import HilError
from . import changed_rules as module
from .changed_rules import _windows, changed_rules, changes_named, places_of
from .evidence import Before, FileRecord
from .fakes_views import cells, file_of, piece_of

ON, OFF, OTHER = Detected(3, 0, True, 50), Detected(5, 0, False, 1), Detected(4, 0, True, 50)
RIGHT, TOLD = [ON, OFF], [OTHER, OFF]


class Session:
    """Tells detections of each change; by default those that are right.

    Args:
        lines: file and line of each change.
        told: by the number of a change, what it gives: of all files, or of the file with so many windows.
    """

    def __init__(self, lines: list[tuple[str, int]], told: dict[int, Any]) -> None:
        self.alterations = [
            Alteration(file, line, "x", f"y{number}") for number, (file, line) in enumerate(lines)
        ]
        self._told = told
        self.files: list[int] = []
        self.windows: list[Any] = []

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, change: tuple[int, int], streams: Any) -> bytes:
        """What comes."""
        return pickle.dumps(self._tells(change, streams))

    def _tells(self, change: tuple[int, int], streams: Any) -> Any:
        found = self._told.get(change[0], RIGHT)
        return found.get(len(streams[-1].raw), RIGHT) if isinstance(found, dict) else found

    def differing(self, changes: Any, streams: Any) -> dict[Any, Any]:
        """Of those with which something else comes."""
        self.files.append(len(streams[-1].raw))
        every = {change: self._tells(change, streams) for change in changes}
        return {change: pickle.dumps(found) for change, found in every.items() if found != RIGHT}

    def told(self, records: bytes) -> SimpleNamespace:
        """They are what comes."""
        return SimpleNamespace(changes=pickle.loads(records) or [], windows=self.windows, late=0)


BUNDLE = cast(Bundle, SimpleNamespace(model=SimpleNamespace(values=2, scores=SimpleNamespace(type="int8"))))


def file_with(device: list[Detected], expected: list[Detected] = RIGHT, windows: int = 9) -> FileRecord:
    file = file_of(
        piece_of(cells(windows, 2), cells(windows, 2), outputs=(cells(windows, 2), cells(windows, 2))),
        scores=cells(windows, 1),
        expected_changes=expected,
        device_changes=device,
    )
    assert file.outputs.rows == windows
    return file


def lines_of(monkeypatch: pytest.MonkeyPatch, session: Session, *files: FileRecord) -> list[str]:
    monkeypatch.setattr(module, "session_of", lambda _: session)
    return [rule.cause for rule in changed_rules(BUNDLE, list(files))]


def decides(*lines: int) -> list[tuple[str, int]]:
    return [("detect/detector.c", line) for line in lines]


def test_the_lines_that_give_all_detections_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(
        [*decides(9, 4), ("frontend/frontend.c", 1), ("session/results.c", 2), ("bundle/model_ends.c", 3)],
        {0: TOLD, 1: [OFF, OTHER], 2: TOLD, 3: [OTHER], 4: TOLD},
    )
    monkeypatch.setattr(module, "session_of", lambda _: session)
    file = file_with(TOLD)
    rules = changed_rules(BUNDLE, [file])
    assert [rule.cause for rule in rules] == [
        "detect/detector.c line 9",
        "detect/detector.c line 4",
        "bundle/model_ends.c line 3",
    ]
    assert rules[0].explanation.startswith("the firmware does what it would with `y0` instead of `x`")
    assert file.scores is not None and rules[1].decide(file, file.scores) == [OFF, OTHER]
    session._told[1] = None
    assert rules[1].decide(file, file.scores) == [], "nothing comes of it"


@pytest.mark.parametrize(("window", "by", "found"), [(0, 0, 1), (8, 0, 1), (0, 1, 0), (8, 1, 0), (9, 1, 1)])
def test_a_line_that_tells_other_scores_is_not_the_one(
    monkeypatch: pytest.MonkeyPatch, window: int, by: int, found: int
) -> None:
    """The detections are those of the device's scores; what is told behind its last window is not known."""
    session = Session(decides(9), {0: TOLD})
    every = np.concatenate([cells(9, 1), cells(1, 1)])
    every[window] += by
    outputs = [(number, 0, np.append(row, 77)) for number, row in enumerate(every)]
    tells = session.told
    monkeypatch.setattr(
        session, "told", lambda records: SimpleNamespace(**{**vars(tells(records)), "windows": outputs})
    )
    assert len(lines_of(monkeypatch, session, file_with(TOLD))) == found


def test_a_line_is_told_once_with_its_first_change(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(decides(9, 9, 9), dict.fromkeys(range(3), TOLD))
    monkeypatch.setattr(module, "session_of", lambda _: session)
    (rule,) = changed_rules(BUNDLE, [file_with(TOLD)])
    assert "`y0`" in rule.explanation


@pytest.mark.parametrize(("count", "told"), [(8, 8), (9, 0)])
def test_of_more_than_eight_lines_none_is_told(
    monkeypatch: pytest.MonkeyPatch, count: int, told: int
) -> None:
    session = Session(decides(*range(1, count + 1)), dict.fromkeys(range(count), TOLD))
    assert len(lines_of(monkeypatch, session, file_with(TOLD))) == told


def test_bundles_that_were_deployed_leave_fewer_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none of these gives what they decided, all are told."""
    session = Session(decides(1, 2, 3), {0: {9: TOLD, 20: TOLD}, 1: TOLD, 2: {9: TOLD}})
    monkeypatch.setattr(module, "session_of", lambda _: session)
    here, there = file_with(TOLD), file_with(TOLD, windows=20)

    def lines(*elsewhere: FileRecord) -> list[str]:
        found = changed_rules(BUNDLE, [here], [(BUNDLE, each) for each in elsewhere])
        return [rule.cause[-1] for rule in found]

    assert lines(there) == ["1", "2"]
    assert lines(there, file_with(TOLD, windows=30)) == ["2"]
    assert lines(there, file_with([OTHER], windows=30)) == ["1", "2", "3"]


def test_statements_that_stand_elsewhere_are_told_first_and_beside_their_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(decides(1, 2, 2, 2), dict.fromkeys(range(4), TOLD))
    for number in (2, 3):
        session.alterations[number] = replace(
            session.alterations[number], told=moved("x", f"y{number}"), before="x", after=f"y{number}"
        )
    monkeypatch.setattr(module, "session_of", lambda _: session)
    rules = changed_rules(BUNDLE, [file_with(TOLD)])
    assert [rule.cause[-1] for rule in rules] == ["2", "1", "2"]
    assert "with `x` y2" in rules[0].explanation
    assert places_of(rules) == "Look at firmware/core/detect/detector.c, lines 1, 2"
    assert places_of(rules[:1]) == "Look at firmware/core/detect/detector.c, line 2"
    other = replace(rules[1], cause="bundle/a.c line 30")
    assert places_of([rules[0], other]).endswith(
        "/detect/detector.c, line 2; at firmware/core/bundle/a.c, line 30"
    )
    assert changes_named(rules[:2], ", or ") == f"{rules[0].explanation}, or {rules[1].explanation}"
    assert changes_named(rules * 2, "; or: ").endswith(f"; or: {rules[2].explanation}; or others")


@pytest.mark.parametrize(
    ("device", "expected", "told"),
    [([OTHER, OFF], [ON, OFF], True), ([OTHER], [ON, OFF], False), ([OTHER, OFF], [ON], False)],
)
def test_fewer_than_four_detections_would_be_given_by_many(
    monkeypatch: pytest.MonkeyPatch, device: list[Detected], expected: list[Detected], told: bool
) -> None:
    session = Session(decides(9), {0: device})
    assert bool(lines_of(monkeypatch, session, file_with(device, expected))) == told


def test_all_files_are_held_against_a_line_the_shortest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(decides(1, 2, 3), {0: {9: TOLD, 20: TOLD}, 1: {9: TOLD}, 2: None})
    long, short, right = file_with(TOLD, windows=20), file_with(TOLD, windows=9), file_with(RIGHT, windows=30)
    assert lines_of(monkeypatch, session, long, short, right) == ["detect/detector.c line 1"]
    assert session.files == [9, 20, 30]
    session.files.clear()
    assert lines_of(monkeypatch, session, file_with([OFF], windows=9), long) == []
    assert session.files == [9], "no line is left for the other"
    unknown = replace(short, scores=None)
    assert lines_of(monkeypatch, session, unknown) == []
    assert lines_of(monkeypatch, session, unknown, long) == ["detect/detector.c line 1"]


def test_a_right_file_is_given_by_what_changes_nothing_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(decides(1, 2), {0: {9: TOLD}, 1: TOLD})
    assert lines_of(monkeypatch, session, file_with(TOLD), file_with(RIGHT, windows=20)) == [
        "detect/detector.c line 1"
    ]


def test_where_the_stream_before_shows_what_is_set_back_with_a_stream_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lines(carried: bool) -> list[str]:
        session = Session(decides(32, 46), {0: TOLD, 1: TOLD})
        session.alterations[1] = replace(session.alterations[1], function="detector_reset")
        if carried:  # nothing of it shows without a stream before
            tells = session._tells
            monkeypatch.setattr(
                session,
                "_tells",
                lambda change, streams: tells(change, streams) if len(streams) > 1 else RIGHT,
            )
        file = file_with(TOLD)
        file = replace(file, before=Before("b.wav", 9, file.piece, None))
        monkeypatch.setattr(module, "session_of", lambda _: session)
        rules = changed_rules(BUNDLE, [file])
        assert [rule.over_streams for rule in rules] == [carried] * 2
        return [rule.cause for rule in rules]

    assert lines(carried=True) == ["detect/detector.c line 46", "detect/detector.c line 32"]
    assert lines(carried=False) == ["detect/detector.c line 32", "detect/detector.c line 46"]


def test_where_no_change_can_be_tried_no_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: Bundle) -> Any:
        raise HilError("no compiler", "install one")

    monkeypatch.setattr(module, "session_of", none)
    assert changed_rules(BUNDLE, [file_with(TOLD)]) == []


@pytest.mark.parametrize(("first", "kept"), [(0, 4), (0, 9), (0, 12), (3, 4)])
def test_windows_have_logits_as_far_as_they_were_kept_from_the_beginning(first: int, kept: int) -> None:
    outputs = cells(kept, 2, seed=4)
    file = file_with(TOLD)
    file = replace(file, piece=replace(file.piece, first_window=first, outputs_device=outputs))
    (stream,) = _windows(BUNDLE, file)
    assert stream.deaf and not stream.heard and not len(stream.samples) and stream.raw is not None
    expected = np.zeros((9, 2), np.int8)
    expected[:, :1] = file.scores
    if not first:
        expected[: min(kept, 9)] = outputs[:9]
    assert np.array_equal(stream.raw, expected)
    earlier, _ = _windows(BUNDLE, replace(file, before=Before("b.wav", 0, file.piece, None)))
    assert np.array_equal(cast(Any, earlier.raw), outputs) and earlier.deaf and not earlier.heard
