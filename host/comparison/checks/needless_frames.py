"""What is told of frames that a board sends though nothing calls for them."""

from collections.abc import Sequence

from ...board.needless_questions import BURST, TRIED, NeedlessQuestions, least_time_s
from ...link.protocol import TIMEOUT_LEAST_US
from .checked import Checked
from .pieces_counted import SENT

TOLD_ON = ": more are under way all the time, as the board goes on sending acknowledgements"
LEAST_PART = 0.2  # of the time for a question, which is computed too short
GROWN = 1.4  # times as long as the first wait for a question is the last one, where each is longer


def hold_needless(found: Checked, asked: NeedlessQuestions) -> None:
    """A board that everything was told asks and tells nothing, and one that waits asks when its time has come.

    Args:
        found: takes what is wrong.
        asked: what came.
    """
    if asked.bare:
        found.note(
            f"each of {TRIED} times that the board was left alone it went on sending acknowledgements, {asked.bare:,} "
            "the last time, though nothing was under way: one that is due is not taken back when a frame has told it "
            "(ack_due, begin_connected_frame in firmware/core/link/send.c), or is due all the time"
        )
        found.causes.update(dict.fromkeys((SENT, "tx_bytes"), TOLD_ON))
    elif soon_s := asked.soon_s:
        needed_s = least_time_s(len(soon_s))
        found.note(
            f"while {BURST} answers waited {soon_s[-1] * 1e3:,.0f} ms for their acknowledgement the board asked "
            f"{_times(len(soon_s))} how far the host is, as it may in {needed_s * 1e3:,.0f} ms",
            f": {_how_often(soon_s)} (timeout_us, link_question_due and link_note_question in "
            "firmware/core/link/timer.c)",
        )
    elif asked.at_rest == TRIED:
        found.note(
            f"each of {TRIED} times that the board was left alone it asked how far the host is, and all that it "
            "had sent was acknowledged: it does not take that its newest frame is (link_take_acknowledgement in "
            "firmware/core/link/acknowledge.c, sent_before, which begin_data in firmware/core/link/send.c sets), or "
            "the time for a question goes on with nothing under way (link_keep_timer in firmware/core/link/timer.c)"
        )
    elif asked.behind_many == TRIED:
        found.note(
            f"each of {TRIED} times that several answers had come at once the board asked how far the host is, "
            "and all were acknowledged; behind a single one it does not: of several frames that one acknowledgement "
            "tells not all are taken for acknowledged (acknowledge in firmware/core/link/acknowledge.c)"
        )
    elif asked.too_early == TRIED:
        found.note(
            f"each of {TRIED} times that a request came behind a pause the board asked how far the host is "
            f"before {TIMEOUT_LEAST_US // 1000} ms, the least time for a question, had passed: that time is not "
            "counted from when it begins to wait (link_keep_timer in firmware/core/link/timer.c), or comes out too "
            "short (link_question_due and timeout_us there)"
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _how_often(soon_s: Sequence[float]) -> str:
    """What makes so many questions, by when they came."""
    least_s, last_s, count = TIMEOUT_LEAST_US / 1e6, soon_s[-1], len(soon_s)
    grows = count == 1 or last_s - soon_s[-2] > GROWN * soon_s[0]
    if grows and last_s > LEAST_PART * least_time_s(count):
        return (
            f"each comes when about {last_s / least_time_s(count):.0%} of its time have passed: that time is computed "
            "too short"
        )
    if not grows and last_s > least_s and count <= last_s / least_s + 1:
        return (
            f"each comes about {last_s / count * 1e3:,.0f} ms behind the one before it, and the time for one does not "
            "grow with each that is not answered (backoff)"
        )
    return (
        f"the time for a question, {least_s * 1e3:g} ms at least and twice as long behind each that is not answered, "
        "is not waited for, is in another unit, or does not begin anew with each"
    )
