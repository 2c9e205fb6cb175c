"""Findings of the stage answers: one change of the code gives all that a device answered besides streams."""

import contextlib
from collections.abc import Mapping
from functools import lru_cache

from ...build.other_values import LAST
from ...bundle.key import BundleKey
from ...bundle.load import Bundle
from ...core.altered_session import AlteredAnswers
from ...core.changed_process import NONE, Change
from ...errors import HilError
from ...link import messages as m
from ...link.codec import Payload
from ..proof import expected_proof
from .altered import change_told
from .data_path import all_changes
from .dialogue import Dialogue, answers_alone
from .figures import PIECE
from .finding import IN_PLACE, Finding

MOST_LINES = 5  # that give what was answered; of more, nothing is told
MOST_OF_FILE = 10  # the same where all of them are lines of one file, which is then known
# What differs between a board and the replayed session without a fault of either.
OF_THE_BOARD: dict[type[Payload], frozenset[str]] = {
    m.Info: frozenset(
        (
            "capabilities",
            "boot_id",
            "reset_reason",
            "firmware_version",
            "board",
            "chip",
            "max_cells",
            "max_fft",
            "max_bands",
            "arena_size",
            "arena_used",
            "clock_hz",
            "core_ram",
        )
    ),
    m.Status: frozenset(
        field for field in vars(m.Status()) if field not in ("columns", "windows", "inferences")
    ),
}
Answers = list[list[tuple[object, ...]] | None]
Beyond = Mapping[int, m.Proof]
"""Proofs of the bundle compiled in, by their nonces, as they must be: what lies behind its bytes is not known."""
GIVES = "this gives "
ALL = f"{GIVES}all answers that came"
BEYOND = (
    f"{ALL}, but for checksums of the bundle compiled in, which are wrong as well: what lies behind its bytes, where "
    "this reads on, is not known"
)


def answer_findings(bundle: Bundle, heard: list[Dialogue]) -> list[Finding]:
    """One expression of the code that answers requests is not the right one.

    Args:
        bundle: that the board has compiled in.
        heard: all conversations that were kept.
    """
    if not heard:
        return []
    with contextlib.suppress(HilError):
        session = _session_of(bundle)
        rights = [session.records(NONE, each.steps) for each in heard]
        beyond = _proofs_of(bundle, session, rights)
        for known, about in (({}, ALL), (beyond, BEYOND)):
            if known or about == ALL:
                search = _Search(session, heard, rights, known)
                if lines := search.lines():
                    return [_finding(session, lines, search.wrong, about)]
    return []


def _proofs_of(bundle: Bundle, session: AlteredAnswers, rights: list[bytes | None]) -> dict[int, m.Proof]:
    """Proofs of a bundle that right conversations have, by their nonces."""
    found: dict[int, m.Proof] = {}
    for records in rights:
        for answer in (answer for step in session.steps(records or b"") for answer in step):
            if isinstance(answer, m.Proof) and answer == expected_proof(bundle, answer.nonce):
                found[answer.nonce] = answer
    return found


class _Search:
    """Looks for lines that give all that was answered.

    Args:
        session: makes changes.
        heard: all conversations.
        records: of each the right one's.
        beyond: proofs of which it counts alone whether they are right.

    Attributes:
        wrong: names of the conversations that are not as they must be.
    """

    def __init__(
        self, session: AlteredAnswers, heard: list[Dialogue], records: list[bytes | None], beyond: Beyond
    ) -> None:
        self._session, self._heard, self._beyond = session, heard, beyond
        self._rights = [self._of_records(each, right) for each, right in zip(heard, records, strict=True)]
        self._suspects = {name for each in heard for name in each.suspects}
        pairs = list(zip(heard, self._rights, strict=True))
        self.wrong = [each.name for each, right in pairs if right != self._told(each)]

    def lines(self) -> list[list[Change]]:
        """The changes of each line that give everything, the likeliest first; none where these are too many."""
        session = self._session
        fitting = all_changes(session) if self.wrong and self._is_known() else []
        for each, right in zip(self._heard, self._rights, strict=True):
            fitting = self._giving(each, right, fitting)
        lines: dict[tuple[str, int], list[Change]] = {}
        for change in fitting:
            what = session.alteration(change)
            # what a value was before fits by chance: where something else went wrong, that is not it
            if what.keeps != LAST or not self._suspects or what.function in self._suspects:
                lines.setdefault((what.file, what.line), []).append(change)
        if 0 < len(lines) <= (MOST_OF_FILE if len({file for file, _ in lines}) == 1 else MOST_LINES):
            return sorted(lines.values(), key=lambda changes: _unlikely(session, changes, self._suspects))
        return []

    def _is_known(self) -> bool:
        """Whether something is wrong of which all is known: that a checksum is wrong many changes give."""
        if not self._beyond:
            return True
        return any(
            ours != theirs
            and not any(isinstance(answer, m.Proof) and answer.nonce in self._beyond for answer in came or [])
            for each, right in zip(self._heard, self._rights, strict=True)
            for ours, theirs, came in zip(right or [], self._told(each), each.answers, strict=False)
        )

    def _giving(self, heard: Dialogue, right: Answers | None, changes: list[Change]) -> list[Change]:
        """Those of some changes that give all of a conversation."""
        session, told = self._session, self._told(heard)
        if right != told:
            changes = [change for change in changes if session.alteration(change).file not in heard.without]
        if heard.probe and right != told and changes:
            changes = list(session.differing(changes, heard.probe))
        for end in sorted({_first_apart(right, told), len(heard.steps)}):
            part = Dialogue(heard.name, heard.steps[:end], heard.answers[:end])
            given = session.differing(changes, part.steps) if changes else {}
            expected = None if right is None else right[:end]
            changes = [
                change
                for change in changes
                if (self._of_records(part, given[change]) if change in given else expected) == told[:end]
            ]
        return changes

    def _of_records(self, heard: Dialogue, records: bytes | None) -> Answers | None:
        """What a replayed session answers, as `_told` has it of the device."""
        if records is None:
            return None
        steps = self._session.steps(records)
        if len(steps) != len(heard.steps):
            return None
        return [
            None if kept is None else _compared(answers_alone(answers), self._beyond)
            for kept, answers in zip(heard.answers, steps, strict=True)
        ]

    def _told(self, heard: Dialogue) -> Answers:
        return [None if answers is None else _compared(answers, self._beyond) for answers in heard.answers]


def _unlikely(session: AlteredAnswers, changes: list[Change], suspects: set[str]) -> tuple[bool, bool, int]:
    """How unlikely a line is the one that was changed: where most changes give it, it is most likely."""
    what = session.alteration(changes[0])
    return what.function not in suspects, what.keeps == LAST, -len(changes)


def _first_apart(right: Answers | None, told: Answers) -> int:
    """How many steps it takes to something that is not right; all of them where nothing is."""
    pairs = zip(right or [], told, strict=False)
    return next((at for at, (one, other) in enumerate(pairs, 1) if one != other), len(told))


@lru_cache(maxsize=1)
def _running(key: BundleKey) -> AlteredAnswers:
    """One process for all diagnoses of a bundle."""
    return AlteredAnswers(key.bundle, PIECE)


def _session_of(bundle: Bundle) -> AlteredAnswers:
    session = _running(BundleKey.of(bundle))
    if not session.runs:
        _running.cache_clear()
        session = _running(BundleKey.of(bundle))
    return session


def _compared(answers: list[Payload], beyond: Beyond) -> list[tuple[object, ...]]:
    """Answers without what depends on the board; of some proofs, whether each part of them is right."""
    found: list[tuple[object, ...]] = []
    for answer in answers:
        right = beyond.get(answer.nonce) if isinstance(answer, m.Proof) else None
        found.append(
            (
                answer.NAME,
                *(
                    (name, value if right is None else value == getattr(right, name))
                    for name, value in vars(answer).items()
                    if name not in OF_THE_BOARD.get(type(answer), ())
                ),
            )
        )
    return found


def _finding(session: AlteredAnswers, lines: list[list[Change]], wrong: list[str], about: str) -> Finding:
    """What is told of lines, each with the changes of it that give everything."""
    told = [change_told(session.alteration(changes[0]), changes[0], "the firmware") for changes in lines]
    whats = [session.alteration(changes[0]) for changes in lines]
    if len(lines) == 1:
        explanation = f"{told[0][1]}; {about}"
        place = f"firmware/core/{whats[0].file}, line {whats[0].line}"
    else:  # the right one need not be among them
        others = "; or: ".join(
            other + ", or another change of this line" * (len(changes) > 1)
            for (_, other), changes in zip(told[:MOST_LINES], lines, strict=False)
        )
        others += f"; or one of {len(told) - MOST_LINES} more lines" if len(told) > MOST_LINES + 1 else ""
        others += "; or one more line" if len(told) == MOST_LINES + 1 else ""
        explanation = (
            f"several changes of the code give {about.removeprefix(GIVES)}, and others may, too: {others}"
        )
        functions = dict.fromkeys(f"{what.function} (firmware/core/{what.file})" for what in whats)
        place = " and ".join(functions)
    return Finding(
        "answers",
        told[0][0] if len(lines) == 1 else "several lines",
        wrong[0],
        explanation,
        f"Look at {place}; {IN_PLACE}",
        f"not as they must be: {', '.join(wrong)}",
        1.0,
        (),
        functions=(whats[0].function,) if len(lines) == 1 else (),
    )
