"""What the board's frames say and ask for no reason, where that can be known whatever the line loses."""

from ...link import messages as m
from ...link.patience import FAR, TOO_EARLY_US
from ...link.protocol import TIMEOUT_LEAST_US
from ..record import RunRecord

LEAST = 3  # frames of one kind, each of which is wrong by itself
MANY_TIMES = 4  # as many questions as timeouts: STATUS was asked for before the last of them
MOST = 0.9  # of the frames that can be judged: nearly all
EARLY = "timeout_us and link_question_due in firmware/core/link/timer.c"


def early_questions(run: RunRecord) -> list[str]:
    """No question comes before the least time for one; counted are those that cannot have waited so long.

    Nor does a frame ask that is a message or an answer.
    """
    early, far = (run.host_link.get(name, 0) for name in ("early_questions", "far_too_early"))
    odd = run.host_link.get("odd_questions", 0)
    if odd >= LEAST:
        return [
            f"{odd:,} messages and answers of the board's say that they are a question (LINK_ASK), which nothing but "
            "an ACK is: the flag stands where nothing is asked (flags, begin_connected_frame in "
            "firmware/core/link/send.c)"
        ]
    if early < LEAST or run.info.capabilities & m.Capability.EMULATED:
        return []
    least_ms = TIMEOUT_LEAST_US / 1e3
    seen = (
        f"{early:,} of the {run.host_link['questions']:,} times that the board asked how far the host is, less "
        f"than {TOO_EARLY_US / 1e3:g} ms can have passed since its time for a question began, and {least_ms:g} ms are "
        "the least"
    )
    if run.status is not None and early > MANY_TIMES * (run.status.timeouts + LEAST):
        return [
            f"{seen}; it counts {run.status.timeouts:,} timeouts: not all that it asks is due to one, so frames "
            "ask that only tell (LINK_ASK, begin_next and begin_question in firmware/core/link/send.c)"
        ]
    if far >= LEAST:
        seen += f"; {far:,} of them came more than {FAR} times too early, as with a time in another unit"
    return [f"{seen} ({EARLY})"]


def needless_gaps(run: RunRecord) -> list[str]:
    """No frame says that one is missing where it acknowledges all that was ever sent."""
    wrong, judged = (run.host_link.get(name, 0) for name in ("needless_gaps", "in_step"))
    if wrong < LEAST:
        return []
    nearly_all = wrong >= MOST * judged
    return [
        f"{wrong:,} of {judged:,} frames of the board's that acknowledge all that was sent say that a frame is missing "
        "(LINK_GAP): "
        + (
            "the flag stands where nothing is missing; look at the condition under which it is set (gap_due, "
            "begin_connected_frame in firmware/core/link/send.c)"
            if nearly_all
            else "what was missing once is told on, or was never missing (gap_due: see_gap and take_sequenced in "
            "firmware/core/link/receive.c, begin_connected_frame in firmware/core/link/send.c)"
        )
    ]
