"""Which changes are told of detections, by a session that says what a test wants it to; nothing is compiled."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...build.alteration import Alteration
from ...bundle.load import Bundle
from ...detector.detector import Change
from . import changed_rules as module
from .changed_rules import changed_rules
from .evidence import Before, FileRecord
from .fakes_views import file_of, piece_of

EXPECTED, OURS, THEIRS = (
    [Change(1, 0, True, 5), Change(3, 0, False, 1)],
    [Change(1, 0, True, 5), Change(4, 0, False, 0)],
    [Change(2, 0, True, 6)],
)


@dataclass
class FakeSession:
    """Tells, for each change, detections that were set for it; those of EXPECTED where none were.

    Attributes:
        changes: by number of a change, then of the file: that is how many windows it has.
        lines: of the changes.
        dead: numbers of changes of which nothing comes.
        late: by how many windows they come behind another window than they tell.
        windows: that are told.
        streams: that were given, one conversation after the other.
    """

    changes: list[dict[int, list[Change]]]
    lines: list[int]
    file: str = "detect/a.c"
    dead: tuple[int, ...] = ()
    late: int = 0
    windows: tuple[tuple[int, int, Any], ...] = ()
    streams: list[Any] = field(default_factory=list)

    @property
    def alterations(self) -> list[Alteration]:
        """One a change."""
        return [Alteration(self.file, line, "x", f"y{number}") for number, line in enumerate(self.lines)]

    def alteration(self, change: tuple[int, int]) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, change: tuple[int, int], streams: Any) -> bytes | None:
        """What is told."""
        told = self._tells(change, streams)
        return None if told is None else pickle.dumps(told)

    def _tells(self, change: tuple[int, int], streams: Any) -> Any:
        self.streams.append(streams)
        if change[0] in self.dead:
            return None
        return EXPECTED if change[0] < 0 else self.changes[change[0]].get(len(streams[-1].raw), EXPECTED)

    def differing(self, changes: Sequence[tuple[int, int]], streams: Any) -> dict[tuple[int, int], Any]:
        """Of those that tell something else."""
        every = {change: self._tells(change, streams) for change in changes if change[0] not in self.dead}
        return {change: pickle.dumps(told) for change, told in every.items() if told is not EXPECTED}

    def told(self, records: bytes) -> SimpleNamespace:
        """They are what was told."""
        return SimpleNamespace(changes=pickle.loads(records), late=self.late, windows=self.windows)


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> list[FakeSession]:
    """The one that is asked: the last that a test puts here."""
    sessions: list[FakeSession] = []
    monkeypatch.setattr(module, "session_of", lambda _: sessions[-1])
    return sessions


def file(bundle: Bundle, windows: int, told: list[Change], expected: list[Change] = EXPECTED) -> FileRecord:
    scores = np.arange(windows, dtype=np.int8).reshape(-1, 1)
    columns = np.zeros((1, bundle.settings.bands), np.int8)
    outputs = np.concatenate([scores, scores + 50], axis=1)[: windows // 2]
    return file_of(
        piece_of(columns, columns, outputs=(outputs, outputs)),
        scores=scores,
        expected_changes=expected,
        device_changes=told,
    )


@pytest.mark.parametrize(
    ("lines", "found"),
    [([3], 1), ([3, 4, 5], 3), ([3, 3, 4, 5], 3), (list(range(1, 9)), 8), (list(range(1, 10)), 0)],
)
def test_eight_lines_are_told_and_not_nine(
    bundle: Bundle, session: list[FakeSession], lines: list[int], found: int
) -> None:
    session.append(FakeSession([{8: OURS}] * len(lines), lines))
    rules = changed_rules(bundle, [file(bundle, 8, OURS)])
    assert len(rules) == found
    for number, rule in zip(sorted({lines.index(line) for line in lines}), rules, strict=False):
        assert f"`y{number}` instead of `x` (detect/a.c, line {lines[number]})" in rule.explanation


def test_all_files_must_be_given_also_by_what_changes_nothing_in_them(
    bundle: Bundle, session: list[FakeSession]
) -> None:
    session.append(FakeSession([{8: OURS}, {8: OURS, 10: THEIRS}, {10: OURS}], [1, 2, 3]))
    right, wrong = file(bundle, 10, EXPECTED), file(bundle, 8, OURS)
    assert [rule.cause for rule in changed_rules(bundle, [right, wrong])] == ["detect/a.c line 1"]
    (rule,) = changed_rules(bundle, [file(bundle, 10, THEIRS), wrong])
    assert rule.cause == "detect/a.c line 2" and wrong.scores is not None
    assert rule.decide(wrong, wrong.scores) == OURS
    assert changed_rules(bundle, [replace(wrong, device_changes=THEIRS)]) == []


@pytest.mark.parametrize(("late", "numbers", "found"), [(0, (0, 1), 1), (-1, (0, 1), 0), (0, (1, 2), 0)])
def test_windows_come_under_their_numbers_and_detections_behind_them(
    bundle: Bundle, session: list[FakeSession], late: int, numbers: tuple[int, ...], found: int
) -> None:
    windows = tuple((number, 0, np.array([number, 9], np.int8)) for number in numbers)
    session.append(FakeSession([{8: OURS}], [1], late=late, windows=windows))
    assert len(changed_rules(bundle, [file(bundle, 8, OURS)])) == found


def test_few_detections_are_given_by_chance(bundle: Bundle, session: list[FakeSession]) -> None:
    session.append(FakeSession([{8: THEIRS}], [1]))
    assert changed_rules(bundle, [file(bundle, 8, THEIRS, EXPECTED)]) == []  # one told, two expected
    assert changed_rules(bundle, [file(bundle, 8, THEIRS, [*EXPECTED, *OURS[:1]])])
    assert changed_rules(bundle, []) == []
    assert changed_rules(bundle, [replace(file(bundle, 8, OURS), scores=None)]) == []


@pytest.mark.parametrize(
    ("name", "found"), [("session/a.c", 1), ("bundle/a.c", 1), ("frontend/frontend.c", 0)]
)
def test_what_takes_samples_decides_nothing(
    bundle: Bundle, session: list[FakeSession], name: str, found: int
) -> None:
    session.append(FakeSession([{8: OURS}], [1], name))
    assert len(changed_rules(bundle, [file(bundle, 8, OURS)])) == found


def test_a_change_of_which_nothing_comes_decides_nothing(bundle: Bundle, session: list[FakeSession]) -> None:
    session.append(FakeSession([{8: OURS}], [1]))
    (rule,) = changed_rules(bundle, [file(bundle, 8, OURS)])
    session[-1].dead = (0,)
    wrong = file(bundle, 8, OURS)
    assert wrong.scores is not None and rule.decide(wrong, wrong.scores) == []


def test_the_session_decides_by_the_devices_own_outputs(bundle: Bundle, session: list[FakeSession]) -> None:
    session.append(FakeSession([{8: OURS}], [1]))
    wrong = file(bundle, 8, OURS)
    before = replace(wrong.piece, outputs_device=np.full((3, 2), 9, np.int8))
    changed_rules(bundle, [replace(wrong, before=Before("b.wav", 1, before, None))])
    earlier, last = session[-1].streams[0]
    assert earlier.raw.tolist() == [[9, 9]] * 3
    assert last.raw.tolist() == [*([n, n + 50] for n in range(4)), *([n, 0] for n in range(4, 8))]
    assert all(stream.deaf and not stream.heard and not len(stream.samples) for stream in (earlier, last))
    late = replace(wrong, piece=replace(wrong.piece, first_window=2))
    changed_rules(bundle, [late])
    assert session[-1].streams[-1][0].raw.tolist() == [[n, 0] for n in range(8)], "whose logits are not known"
