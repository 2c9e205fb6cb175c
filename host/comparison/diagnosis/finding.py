"""What the diagnosis says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

NEUTRAL = "not known"  # the cause of differences that no hypothesis reproduces
IN_PLACE = "where that is as it must be, at what else has the same effect, then at how it was compiled and its memory"
PART = "; "  # between what an explanation, or a pattern, consists of


@dataclass(frozen=True)
class Finding:
    """A cause of differences, or what could be established where none was found.

    Attributes:
        stage: "features", "outputs", "detections", "messages": numbers and counts, or "answers": what else is asked.
        cause: short name of the hypothesis; `NEUTRAL` when none reproduces the device's values.
        place: the first difference it explains, in words.
        explanation: what the device did, as far as it was verified.
        cure: what to look at.
        pattern: which values of all files it concerns.
        share: of the recorded differing values of the stage, how many it reproduces exactly; 0 for `NEUTRAL`.
        files: names of the files it concerns.
        read: whether the numbers of a trace say what is wrong, where no replay reproduces it.
        seen: of the explanation what was seen alone, where the rest is what is usually wrong; empty: all of it.
        functions: of the firmware, whose one line gives all of it.
    """

    stage: str
    cause: str
    place: str
    explanation: str
    cure: str
    pattern: str
    share: float
    files: tuple[str, ...]
    read: bool = False
    seen: str = ""
    functions: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What a report has before the sentence."""
        if self.verified:
            return self.cause
        return "As traced" if self.read else "Cause not known"

    @property
    def verified(self) -> bool:
        """Whether a replay of the cause reproduces the device's values."""
        return self.cause != NEUTRAL

    @property
    def sentence(self) -> str:
        """For people: first place, explanation, pattern and cure."""
        return f"{self.place}: {self.explanation} ({self.pattern}). {self.cure}"

    def sentence_beside(self, told: set[str]) -> str:
        """The same without what earlier ones have said word for word: what holds for several is told once.

        Args:
            told: what was said so far; what this one says comes to it.
        """
        first, *about = self.explanation.split(PART)
        pattern = self.pattern.split(PART)
        explanation = PART.join([first, *(part for part in about if part not in told)])
        left = PART.join(part for part in pattern if part not in told)
        cure = "" if self.cure in told else f". {self.cure}"
        told.update((*about, *pattern, self.cure))
        return f"{self.place}: {explanation}{f' ({left})' if left else ''}{cure}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stage": self.stage,
            "cause": self.cause,
            "verified": self.verified,
            "place": self.place,
            "explanation": self.explanation,
            "pattern": self.pattern,
            "cure": self.cure,
            "share": round(self.share, 4),
            "files": list(self.files),
        }


def told_once(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Findings with their sentences, for people who read one after the other."""
    told: set[str] = set()
    return [(finding, finding.sentence_beside(told)) for finding in findings]
