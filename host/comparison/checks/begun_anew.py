"""Counters that begin anew when that is asked for: all of them, or which do not."""

from ...board.disturbing import Disturbed
from .checked import Checked
from .kept_counts import COUNTERS
from .noise_counted import NOISE

COUNTED = ("rx_frames", "rx_bytes", "tx_frames", "tx_bytes")
ZEROED = ("crc_errors", "framing_errors", "noise_bytes", "duplicates", "gaps", "retransmitted")
# Those of them that a disturbed line raises, in the order in which they lie in memory (link_counters).
IN_MEMORY = tuple(name for name in COUNTERS if name not in ("overruns", "timeouts"))
CLEARED = "cleared"  # a cause by this name is one of all counts of the line
FEWER = 2  # counters that begin anew fall below this part of what they were
LEAST_KEPT = 2
WHERE = "link_clear_counters in firmware/core/link/link.c"


def hold_anew(found: Checked, done: Disturbed, whole: bool) -> None:
    """After they began anew counters are little, and those of errors 0 on a line that makes none."""
    kept = [name for name in IN_MEMORY if _is_kept(done, name)]
    if whole and len(kept) >= LEAST_KEPT and (told := _which(kept)):
        found.note(told)
        return
    for name in COUNTED:
        if _is_kept(done, name):
            found.note(
                f"STATUS counts {getattr(done.cleared, name):,} {name} after its counters began anew, "
                f"and {getattr(done.after, name):,} before"
            )
    for name in ZEROED if whole else ():
        if name == "noise_bytes" and NOISE in found.causes:
            continue  # the request that asks for them is a frame
        found.hold(f"after its counters began anew {name}", getattr(done.cleared, name), 0)


def begin_each_time(done: Disturbed) -> str:
    """That counters begin anew with each answer, though nobody asked for it, in a sentence; empty: they do not."""
    first, second = done.earlier, done.before
    if first is None or any(getattr(second, name) >= getattr(first, name) for name in COUNTED):
        return ""
    told = ", ".join(f"{getattr(second, name):,} {name}" for name in COUNTED)
    return (
        f"STATUS tells {told}, and more the time before, which did not ask for counters to begin anew: they do so with "
        "each answer, as where what decides that is inverted or left out (request.clear, session_send_status in "
        "firmware/core/session/info.c)"
    )


def _is_kept(done: Disturbed, name: str) -> bool:
    return bool(getattr(done.cleared, name) * FEWER > getattr(done.after, name))


def _which(kept: list[str]) -> str:
    """That none begins anew, or the first ones alone; empty: others."""
    if len(kept) == len(IN_MEMORY):
        return f"after its counters began anew they are what they were: none of them is set back ({WHERE})"
    fell = IN_MEMORY[: -len(kept)]
    if kept != list(IN_MEMORY[len(fell) :]):
        return ""
    return (
        f"of the line's counters, which begin anew, {', '.join(fell)} are set back and those that lie behind them "
        f"({', '.join(kept)}) are not: as if fewer bytes were cleared than they take, a pointer's size, say ({WHERE})"
    )
