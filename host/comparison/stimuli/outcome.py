"""What stimuli were sent, and how far they reached."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from ..mismatch import Count


@dataclass
class StimuliRecord:
    """Of one run with `--thorough`.

    Attributes:
        tensors: outputs of sent windows, compared and differing.
        first_difference: the first of those that differ, in words.
        sent: windows sent, and how many there are.
        sent_of: see `sent`.
        inferences: how many the device counted for them.
        scores: distinct scores among the windows sent.
        logits: distinct logits among them.
        decisions: scores at a class's threshold, one below or one above it, that a stream met, and how many there are.
        decisions_of: see `decisions`.
        shares: steps of the mel shares that the sound tells from wrong ones, and how many there are.
        shares_of: see `shares`.
        entries: the same of the table of logarithms.
        entries_of: see `entries`.
        shortened: what was left out for time, in words.
        complete: whether all of it had its turn.
    """

    tensors: Count = field(default_factory=Count)
    first_difference: str = ""
    sent: int = 0
    sent_of: int = 0
    inferences: int = 0
    scores: int = 0
    logits: int = 0
    decisions: int = 0
    decisions_of: int = 0
    shares: int = 0
    shares_of: int = 0
    entries: int = 0
    entries_of: int = 0
    shortened: list[str] = field(default_factory=list)
    complete: bool = False

    @property
    def reached(self) -> str:
        """The figures in one line."""
        parts = []
        if self.sent_of:
            parts.append(
                f"{self.sent} of {self.sent_of} windows sent with {self.scores} distinct scores"
                + (f" and {self.logits} distinct logits" if self.logits else "")
            )
        if self.decisions_of:
            parts.append(f"{self.decisions} of {self.decisions_of} scores at thresholds")
        if self.shares_of:
            parts.append(f"{self.shares} of {self.shares_of} steps of mel shares")
        if self.entries_of:
            parts.append(f"{self.entries} of {self.entries_of} steps of the logarithm's table")
        return ", ".join([*(parts or ["noise alone"]), *self.shortened])


LEAST = ("sent", "scores", "logits", "decisions", "shares", "entries")  # which every board reached


def of_all(records: Iterable[StimuliRecord | None]) -> StimuliRecord | None:
    """What the stimuli reached on every one of several boards: of each figure the least; None where none was sent."""
    sent = [record for record in records if record is not None]
    if not sent:
        return None
    found = StimuliRecord(
        shortened=list(dict.fromkeys(text for record in sent for text in record.shortened)),
        complete=all(record.complete for record in sent),
    )
    for each in fields(StimuliRecord):
        values = [getattr(record, each.name) for record in sent]
        if each.name in LEAST:
            setattr(found, each.name, min(values))
        elif each.type is int:  # how many there are, which a board that was lost may not have learned
            setattr(found, each.name, max(values))
    return found
