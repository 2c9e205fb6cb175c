"""Which changes are told of answers, by a session that says what a test wants it to; nothing is compiled."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ...build.alteration import Alteration
from ...build.other_values import LAST
from ...bundle.load import Bundle
from ...core.changed_process import NONE
from ...core.conversation import Asked, Connected
from ...link import messages as m
from ...link.codec import Payload
from ..proof import expected_proof
from . import answer_findings as module
from . import data_path
from .answer_findings import answer_findings
from .dialogue import Dialogue

RIGHT, WRONG, OTHER = m.Echo(b"abc"), m.Echo(b"ab"), m.Echo(b"a")
Change = tuple[int, int]


@dataclass
class FakeSession:
    """Answers each request by its own number: RIGHT, or what is set for a change.

    Attributes:
        answers: of each change, those to the requests of a number.
        places: file and line of each change.
        dead: changes of which nothing comes.
        asked: how many changes were tried, on how many steps.
    """

    answers: list[dict[int, Payload]]
    places: list[tuple[str, int]]
    dead: tuple[int, ...] = ()
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def alterations(self) -> list[Alteration]:
        """One a change."""
        return [
            Alteration(file, line, "x", f"y{number}", function="two" if line == 2 else "one")
            for number, (file, line) in enumerate(self.places)
        ]

    def alteration(self, change: Change) -> Alteration:
        """As the real one."""
        return self.alterations[change[0]]

    def records(self, change: Change, steps: Sequence[Any]) -> Any:
        """What is told, and not as bytes."""
        if change[0] in self.dead:
            return None
        known = {} if change == NONE else self.answers[change[0]]
        return [[known.get(kind, RIGHT) for kind, _ in step.requests] for step in steps]

    def differing(self, changes: Sequence[Change], steps: Sequence[Any]) -> dict[Change, Any]:
        """Of those that tell something else."""
        self.asked.append((len(changes), len(steps)))
        every = {change: self.records(change, steps) for change in changes}
        return {change: told for change, told in every.items() if told != self.records(NONE, steps)}

    def steps(self, records: Any) -> Any:
        """They are the steps."""
        return records


def heard(name: str, *answers: Payload | None, **more: Any) -> Dialogue:
    """One request a step, whose number is its place, from 1."""
    kept = Dialogue(name)
    for number, answer in enumerate(answers, 1):
        kept.asked([(number, b"")], None if answer is None else [answer])
    return replace(kept, **more)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, bundle: Bundle) -> Any:
    """What is found of conversations with a session."""

    def find(session: FakeSession, *conversations: Dialogue) -> list[Any]:
        monkeypatch.setattr(module, "_session_of", lambda _: session)
        return answer_findings(bundle, list(conversations))

    return find


def test_a_change_must_give_all_conversations(found: Any) -> None:
    session = FakeSession(
        [{2: WRONG}, {2: WRONG, 1: OTHER}, {2: OTHER}, {1: WRONG}],
        [("a.c", 1), ("a.c", 2), ("b.c", 3), ("b.c", 4)],
    )
    (finding,) = found(session, heard("one", RIGHT, WRONG), heard("two", RIGHT))
    assert (finding.stage, finding.cause, finding.place, finding.share) == (
        "answers",
        "a.c line 1",
        "one",
        1.0,
    )
    assert finding.explanation.startswith(
        "the firmware does what it would with `y0` instead of `x` (a.c, line 1); this"
    )
    assert "firmware/core/a.c, line 1; " in finding.cure and finding.pattern == "not as they must be: one"
    assert not found(session, heard("one", RIGHT, WRONG), heard("two", WRONG))
    assert not found(session, heard("one", RIGHT, RIGHT))
    assert found(session, heard("one", None, WRONG), heard("two", RIGHT))
    session.dead = (0,)
    assert not found(session, heard("one", RIGHT, WRONG), heard("two", RIGHT))


def test_a_line_of_what_was_seen_to_go_wrong_is_told_first(
    found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [("a.c", 1), ("a.c", 1), ("a.c", 2), ("a.c", 3)]
    for suspects, order in (((), (1, 2, 3)), (("two",), (2, 1, 3))):
        (finding,) = found(FakeSession([{1: WRONG}] * 4, lines), heard("one", WRONG, suspects=suspects))
        told = [finding.explanation.index(f"line {number})") for number in order]
        assert told == sorted(told), suspects
    whole = FakeSession.alteration
    monkeypatch.setattr(
        FakeSession,
        "alteration",
        lambda self, change: replace(whole(self, change), keeps=LAST * (change[0] < 2)),
    )
    (finding,) = found(FakeSession([{1: WRONG}] * 4, lines), heard("one", WRONG))
    assert finding.explanation.index("line 1)") > finding.explanation.index("line 3)"), (
        "what was computed last"
    )
    for name, named in (("two", False), ("one", True)):
        (finding,) = found(FakeSession([{1: WRONG}] * 4, lines), heard("one", WRONG, suspects=(name,)))
        assert ("line 1)" in finding.explanation) is named, (
            "where it was seen what goes wrong, no chance is told"
        )


@pytest.mark.parametrize(
    ("lines", "other_file", "told", "more"),
    [
        ((1, 2, 2, 3, 4, 5), False, True, ""),
        ((1, 2, 2, 3, 4, 5, 6), False, True, "; or one more line"),
        ((1, 2, 2, 3, 4, 5, 6, 7), False, True, "; or one of 2 more lines"),
        ((1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10), False, True, "; or one of 5 more lines"),
        ((1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), False, False, ""),
        ((1, 2, 2, 3, 4, 5), True, True, ""),
        ((1, 2, 2, 3, 4, 5, 6), True, False, ""),
    ],
)
def test_several_lines_are_told_the_one_first_that_gives_it_most_often(
    found: Any, lines: tuple[int, ...], other_file: bool, told: bool, more: str
) -> None:
    files = ["a.c"] * (len(lines) - 1) + ["b.c" if other_file else "a.c"]
    session = FakeSession([{1: WRONG}] * len(lines), list(zip(files, lines, strict=True)))
    findings = found(session, heard("one", WRONG))
    assert [each.cause for each in findings] == ["several lines"] * told
    if findings:
        places = "two (firmware/core/a.c) and one (firmware/core/a.c)"
        assert findings[0].cure.startswith(f"Look at {places}"), "each function once, most changes first"
        assert findings[0].explanation.startswith(
            "several changes of the code give all answers that came, and others may, too: the firmware does what it "
            "would with `y1` instead of `x` (a.c, line 2), or another change of this line; or: "
        )
        assert findings[0].explanation.count("; or: ") == 4
        assert findings[0].explanation.partition("y1")[2].rpartition(")")[2] == more


def test_what_depends_on_the_board_is_not_compared(found: Any) -> None:
    class Infos(FakeSession):
        def records(self, change: Change, steps: Sequence[Any]) -> Any:
            del steps
            return [[m.Info(hop=128 + change[0] + 1, chip="none", boot_id=7)]]

    session = Infos([{}] * 3, [("a.c", line) for line in range(3)])
    (finding,) = found(session, heard("one", m.Info(hop=130, chip="LX6", boot_id=99, core_ram=5)))
    assert finding.cause == "a.c line 1"
    assert not found(session, heard("one", m.Info(hop=128, chip="LX6")))

    class Counts(FakeSession):
        def records(self, change: Change, steps: Sequence[Any]) -> Any:
            del steps
            return [[m.Status(columns=9 + change[0], uptime_ms=3)]]

    counts = Counts([{}] * 3, [("a.c", line) for line in range(3)])
    (finding,) = found(counts, heard("one", m.Status(columns=10, uptime_ms=88, rx_frames=4)))
    assert finding.cause == "a.c line 1"


@pytest.mark.parametrize(
    ("of_another", "told"),
    [((True, 9), True), ((True, 8), False), ((False, 9), False)],
)
def test_what_lies_behind_the_bundle_compiled_in_need_not_be_known(
    found: Any, bundle: Bundle, of_another: tuple[bool, int], told: bool
) -> None:
    """A checksum of it that is wrong as well counts, where another one is given exactly."""
    asked, given = of_another
    own, other = expected_proof(bundle, 3), m.Proof(4, 1, 2, 3)

    class Proofs(FakeSession):
        def records(self, change: Change, steps: Sequence[Any]) -> Any:
            wrong = [replace(own, settings=5), replace(other, settings=9)]
            made = [own, other] if change == NONE else wrong
            return [[each] for each in made[: len(steps)]]

    conversation = Dialogue("one")
    for number, answer in enumerate((replace(own, settings=6), replace(other, settings=given))[: 1 + asked]):
        conversation.asked([(number, b"")], [answer])
    findings = found(Proofs([{}], [("a.c", 1)]), conversation)
    assert [each.cause for each in findings] == ["a.c line 1"] * told
    assert not told or findings[0].explanation.endswith(module.BEYOND)


def test_few_changes_are_tried_on_all_of_a_long_conversation(found: Any) -> None:
    session = FakeSession(
        [{2: WRONG}, {2: WRONG, 4: OTHER}, {9: OTHER}, {2: WRONG}],
        [("a.c", 1), ("a.c", 2), ("a.c", 3), ("b.c", 4)],
    )
    long = heard("one", RIGHT, WRONG, RIGHT, RIGHT, without=("b.c",))
    (finding,) = found(session, long)
    assert finding.cause == "a.c line 1"
    assert session.asked == [(3, 2), (2, 4)]
    session.asked.clear()
    assert found(session, replace(long, probe=[Asked(((2, b""),))]))
    assert session.asked == [(3, 1), (2, 2), (2, 4)]


def test_streams_results_are_no_answers() -> None:
    kept = Dialogue("one")
    kept.asked([(1, b"")], [m.Features(0, b""), RIGHT, m.Log(1, b"x"), m.Detection()])
    kept.connected()
    assert kept.answers == [[RIGHT], None] and kept.steps == [Asked(((1, b""),)), Connected()]


def test_processes_are_kept_while_they_run(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """One for answers; for the data path also those of the bundles that are deployed beside the one in use."""

    class Process:
        """Runs."""

        def __init__(self, *_: Any) -> None:
            self.runs = True

    for of, made, kept in ((module, "AlteredAnswers", 1), (data_path, "AlteredSession", 3)):
        request.addfinalizer(of._running.cache_clear)  # others must not get what only seems to run
        session_of = getattr(of, "_session_of" if of is module else "session_of")
        monkeypatch.setattr(of, made, Process)
        of._running.cache_clear()
        first = session_of(bundle)
        assert session_of(replace(bundle)) is first
        first.runs = False
        second = session_of(bundle)
        assert second is not first and session_of(bundle) is second
        others = [session_of(replace(bundle, name=f"another {number}")) for number in range(kept)]
        assert second not in others and len(set(others)) == kept
        assert session_of(replace(bundle, name=f"another {kept - 1}")) is others[-1]
        assert session_of(bundle) not in (second, *others)
        of._running.cache_clear()
