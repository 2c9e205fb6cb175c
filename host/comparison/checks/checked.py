"""What one check found."""

from dataclasses import dataclass, field

from ...trace.stages import ColumnTrace
from ..cause import with_cause
from ..diagnosis.dialogue import Dialogue
from ..diagnosis.seen_window import SeenWindow

# Names of the checks, as a run keeps them.
ANSWERS, WINDOWS, LINE, SLOT, RESTART = "answers", "windows", "link-counts", "slot", "restart"
STREAMS, TRACES, TAKEOVER = "streams", "traces", "takeover"
ON_SOUND = "the deployed bundle on sound"  # begins what is told of values
GONE = "once other hosts were gone"
MOST_TOLD = 20  # of one check: more say no more


@dataclass
class Checked:
    """A check that was made, or begun.

    Attributes:
        what: what was looked at, in words: the claim's evidence.
        wrong: what was not as it must be.
        heard: what was asked and answered; None: not kept.
        causes: what is counted instead of what a counter is of, in words behind a colon, by its name.
        window: whose input of the model is not as it must be; None: none is.
        column: of which a stage is not, though its cells are; None: none is.
        ended: why it was not brought to its end; empty: it was, or nothing is known of it.
    """

    what: str = ""
    wrong: list[str] = field(default_factory=list)
    heard: Dialogue | None = None
    window: SeenWindow | None = None
    column: ColumnTrace | None = None
    ended: str = ""
    causes: dict[str, str] = field(default_factory=dict)

    def note(self, text: str, cause: str = "") -> None:
        """Something is wrong, and why, where that is known."""
        if len(self.wrong) < MOST_TOLD:
            self.wrong.append(with_cause(text, cause))

    def hold(self, what: str, theirs: object, right: object) -> bool:
        """Note that a value is not the right one; returns whether it is."""
        if theirs != right:
            self.note(f"{what} is {shown(theirs)}, {shown(right)} is right")
        return theirs == right


def shown(value: object) -> str:
    """A value of a message in a sentence."""
    if isinstance(value, bytes):
        return f"{value[:6].hex()}… ({len(value)} bytes)" if len(value) > 6 else f"0x{value.hex()}"
    return f"{value:,}" if isinstance(value, int) else str(value)
