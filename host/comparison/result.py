"""A run and its verdict: what it claims, and whether that holds."""

from collections.abc import Sized
from dataclasses import dataclass, replace

from ..errors import ExitCode
from ..trace.words import trace_sentence
from .cause import left_to_line
from .claims.finding import Claim, Status
from .claims.table import judge
from .diagnosis.evidence import DiagnosisRecord
from .diagnosis.finding import PART, Finding
from .file import FileComparison
from .record import RunRecord

PASS = "pass"
FAIL = "fail"
INCOMPLETE = "incomplete"  # nothing is broken, but not all that was asked for was judged
NOT_FINISHED = "not finished"
ANSWERED = ("answers", "takeover", "slot")  # claims about what was answered
CORE_FOLDER = "firmware/core"


@dataclass
class RunComparison(RunRecord):
    """A run, judged. All of it may be asked for at any time, while files are still to come too."""

    def __post_init__(self) -> None:
        self.recorded = DiagnosisRecord(self.bundle, inference=self.inference)
        # of how many files, traces and conversations, and what was found
        self._diagnosis: tuple[tuple[int, ...], list[Finding]] = ((), [])

    def add(self, file: FileComparison) -> None:
        """Add a finished file, and keep what its diagnosis needs."""
        super().add(file)
        self.recorded.add(file.recorder, file.host_changes, file.device_changes)
        del file.recorder  # of thousands of files even the empty ones take memory

    @property
    def explainable(self) -> bool:
        """Whether there is something to be explained."""
        recorded = self.recorded
        other = recorded.in_pieces or recorded.deployed or recorded.seen_window or recorded.seen_stage
        return bool(recorded.files or recorded.traced or recorded.spoken or recorded.heard or other)

    @property
    def diagnosis(self) -> list[Finding]:
        """The causes of all differences so far, found by replay; computed once."""
        if not self.explainable:
            return []
        recorded = self.recorded
        kept: tuple[Sized, ...] = (self.files, recorded.files, recorded.traced, recorded.heard)
        known = tuple(len(each) for each in kept)
        if self._diagnosis[0] != known:
            from .diagnosis.diagnose import diagnose

            self._diagnosis = (known, diagnose(self.recorded))
        return self._diagnosis[1]

    def diagnosis_of(self, file: FileComparison) -> list[str]:
        """What the diagnosis says of one file, in sentences."""
        return [finding.sentence for finding in self.diagnosis if file.name in finding.files]

    @property
    def claims(self) -> list[Claim]:
        """Everything that the run claims, in the table's order.

        Where one line of code gives all that was answered, no other place is told beside it.
        """
        lines = [each for each in self._diagnosis[1] if each.stage == "answers" and each.functions]
        return [_left_to(lines, claim) if claim.name in ANSWERED else claim for claim in judge(self)]

    @property
    def reasons(self) -> list[str]:
        """Why the verdict is not pass; empty when it is."""
        return self._reasons(self.claims)

    @property
    def _departed(self) -> list[str]:
        """Where traces found an op that departs, though no output need show it."""
        return [
            f"{traced.name}, window {traced.window.tensors.window}: {trace_sentence(traced.window.tensors)}"
            for traced in self.recorded.traced
            if traced.window is not None and not traced.window.tensors.agreed
        ]

    def _of_ops(self) -> list[str]:
        """Ops that depart, behind what gives all outputs where that is known: they need not be what is wrong."""
        departed = self._departed
        causes = (
            [each for each in self.diagnosis if each.stage == "outputs" and each.share == 1.0]
            if departed
            else []
        )
        if not causes:
            return [f"an op departs: {text}" for text in departed]
        cause, *_ = causes[0].explanation.split(PART)
        return [f"{cause}; the op that departs first by that: {text}" for text in departed]

    def _reasons(self, claims: list[Claim]) -> list[str]:
        reasons = list(self.failures)
        if not self.complete and not reasons:
            reasons.append("the run has not come to its end")
        required = [claim for claim in claims if claim.required]
        for claim in required:
            reasons += claim.reasons if claim.status == Status.BROKEN else ()
        if not self.failures:  # of a run that broke off it goes without saying
            reasons += _not_examined(required)
        reasons += self._of_ops()
        reasons += [f"board {name} was lost: {why}" for name, why in self.lost]
        return reasons + [f"{name}: left out, because {why}" for name, why in self.left_out]

    @property
    def verdict(self) -> str:
        """ "pass" only when the run came to its end and every claim that is required holds."""
        if self.failures or self.interrupted or not self.complete:
            return NOT_FINISHED
        statuses = {claim.status for claim in self.claims if claim.required}
        if Status.BROKEN in statuses or self._departed:
            return FAIL
        return INCOMPLETE if Status.NOT_EXAMINED in statuses or self.left_out or self.lost else PASS

    @property
    def exit_code(self) -> ExitCode:
        """What the command returns."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return {
            PASS: ExitCode.DONE,
            FAIL: ExitCode.BROKEN,
            INCOMPLETE: ExitCode.PARTLY,
            NOT_FINISHED: ExitCode.BROKE_OFF,
        }[self.verdict]


def _not_examined(claims: list[Claim]) -> list[str]:
    """One sentence for all claims that were not examined for the same reason."""
    names: dict[str, list[str]] = {}
    for claim in claims:
        if claim.status == Status.NOT_EXAMINED:
            names.setdefault(claim.reason, []).append(claim.name)
    return [f"not examined ({', '.join(which)}): {reason}" for reason, which in names.items()]


def _left_to(lines: list[Finding], claim: Claim) -> Claim:
    """A claim whose advice is that of the lines of code that give all that was answered."""
    reasons = claim.reasons
    for line in lines:
        place = f"{CORE_FOLDER}/{line.cause}"
        reasons = tuple(left_to_line(reason, line.functions, place) for reason in reasons)
    return replace(claim, reasons=reasons)
