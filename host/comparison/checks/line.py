"""What the board counts of a line that was made to suffer."""

from collections.abc import Sequence
from itertools import combinations
from typing import Protocol, runtime_checkable

from ...board.disturbing import ECHOES, Disturbed
from ...board.exchanging import Request
from ..wrong_number import LEAST_ALIKE, how, whose
from .checked import Checked

ZEROED = ("crc_errors", "framing_errors", "noise_bytes", "duplicates", "gaps", "retransmitted")
EXACT = ("crc_errors", "framing_errors", "noise_bytes", "duplicates")
COUNTED = ("rx_frames", "rx_bytes", "tx_frames", "tx_bytes")
OF_WORK = ("columns", "windows", "inferences", "rx_size", "tx_size")  # what no frame of the line changes
NEVER_LESS = ("uptime_ms", "log_dropped")
MOST_BESIDES = 10  # frames between two answers that nobody counted; three were seen
FEW = ("gaps", "duplicates", "overruns")  # what few are done of
LEAST_WHOSE = 3  # of these: another one's count by no chance
FEWER = 2  # counters that begin anew fall below this part of what they were


@runtime_checkable
class Disturbing(Protocol):
    """A device whose line can be made to suffer."""

    def disturb(self, requests: Sequence[Request] = ()) -> Disturbed:
        """Do so, and send requests; the board's counters begin anew.

        Raises:
            HilError: the board failed.
        """
        ...


def ask_line(device: Disturbing, whole: bool, requests: Sequence[Request] = ()) -> Checked:
    """Disturb the line and hold the board's counts against what was done.

    Args:
        device: idle.
        whole: whether the line loses and damages nothing itself, so that counts are exact.
        requests: no answer to them may set a counter back; they end what they begin.

    Raises:
        HilError: the board failed.
    """
    found = Checked()
    done = device.disturb(requests)
    if whole:
        _hold_exact(found, done)
    elif not _more(done, "crc_errors") + _more(done, "framing_errors") or not _more(done, "noise_bytes"):
        # what damages frames may damage these as well, make two of them one, or lose what would show a gap
        found.note("STATUS counts no damaged frame more, or no noise: the line was made to suffer")
    _hold(found, done, "retransmitted", 1, False)
    before, cleared = done.after, done.cleared
    for name in COUNTED:
        if getattr(cleared, name) * FEWER > getattr(before, name):
            found.note(
                f"STATUS counts {getattr(cleared, name):,} {name} after its counters began anew, "
                f"and {getattr(before, name):,} before"
            )
    for name in (*COUNTED, *ZEROED):
        if done.clearing is not None and getattr(done.clearing, name) < getattr(before, name):
            found.note(
                f"STATUS that begins its counters anew tells {getattr(done.clearing, name):,} {name}, and "
                f"{getattr(before, name):,} were told before: they are set back before they are told"
            )
            break
    _hold_asked(found, done, whole)
    _hold_work(found, done)
    found.what = (
        f"{done.crc_errors} frames damaged, {done.framing_errors} cut off, {done.duplicates} repeated, "
        "2 withheld; counters begun anew"
    )
    return found


def _hold_exact(found: Checked, done: Disturbed) -> None:
    """What must be counted on a line that damages nothing itself."""
    # first: the host sends again what it hears no acknowledgement of, which the counts show, too
    if done.behind:
        which = "frame" if done.behind == 1 else f"{done.behind:,} frames"
        found.note(
            f"no frame of the board's acknowledges the last {which} that came: an acknowledgement "
            "names the next one that is expected; look at what fills a frame's head (firmware/core/link/send.c)"
        )
    for name in EXACT:
        _hold(found, done, name, getattr(done, name), True)
    _hold(found, done, "gaps", done.gaps or 1, done.gaps is not None)
    _hold(found, done, "overruns", 0, True)
    if _more(done, "retransmitted") > ECHOES:
        why = (
            "what is sent again is sent more than once for one that is missing"
            if done.repeated > ECHOES
            else f"{done.repeated} came once more: more is counted than was sent again"
        )
        found.note(
            f"STATUS counts {_more(done, 'retransmitted'):,} retransmitted more, and {ECHOES} frames were under "
            f"way: {why}{_whose(done, 'retransmitted')}"
        )
    _hold_frames(found, done)
    for name in ZEROED:
        found.hold(f"after its counters began anew {name}", getattr(done.cleared, name), 0)
    _hold_water(found, done)


def _hold_frames(found: Checked, done: Disturbed) -> None:
    """Of a line that loses nothing all right frames are counted, those of either end."""
    numbered = done.valid - done.unnumbered
    for name, least, which in (
        ("rx_frames", done.valid, {"without a number": numbered, "with one": done.unnumbered}),
        ("tx_frames", done.came, {}),
    ):
        told = _more(done, name)
        if told > least + MOST_BESIDES:
            damaged = done.crc_errors <= told - least <= done.crc_errors + done.framing_errors + MOST_BESIDES
            about = (
                f": the damaged ones ({done.crc_errors}) are counted, too"
                if damaged and which
                else _whose(done, name)
            )
            found.note(f"STATUS counts {told:,} {name} more, and there were {least:,} right ones{about}")
        if told >= least:
            continue
        left_out = [words for words, count in which.items() if count <= told <= count + MOST_BESIDES]
        about = f": those {left_out[0]} are left out" if len(left_out) == 1 else _whose(done, name)
        found.note(f"STATUS counts {told:,} {name} more, and there were {least:,} at least{about}")


def _hold_asked(found: Checked, done: Disturbed, whole: bool) -> None:
    """No request sets a counter back; nor does one damage frames."""
    if done.asked is None:
        return
    for name in (*COUNTED, *ZEROED, "inferences", *NEVER_LESS):
        was, now = getattr(done.after, name), getattr(done.asked, name)
        if _less(now, was) or (whole and now != was and name in EXACT):
            found.note(
                f"STATUS tells {now:,} {name} after other requests, and {was:,} before: none of them sets it"
            )


def _hold_work(found: Checked, done: Disturbed) -> None:
    """An idle board's work goes neither on nor back, whatever begins anew."""
    times = (
        ("once the line suffered", done.before, done.after),
        ("after its counters began anew", done.asked or done.before, done.cleared),
    )
    for when, earlier, told in times:
        for name in (*OF_WORK, *NEVER_LESS):
            was, now = getattr(earlier, name), getattr(told, name)
            if _less(now, was) or (name in OF_WORK and now != was):
                found.note(
                    f"{when} STATUS tells {now:,} {name}, and {was:,} before: only the line's counters begin anew"
                )


def _hold_water(found: Checked, done: Disturbed) -> None:
    """The most that a buffer held since: of an answer to a request without a field the send buffer's alone."""
    told, least = done.answered, done.answer_bytes
    if told is None:
        return
    if told.tx_high_water < least:
        found.note(
            f"STATUS tells that the send buffer held {told.tx_high_water:,} bytes, and {least:,} were answered"
        )
    if told.rx_high_water >= least:
        found.note(
            f"STATUS tells that the receive buffer held {told.rx_high_water:,} bytes of requests without a field"
        )


def _whose(done: Disturbed, name: str) -> str:
    """Which one other counter has a wrong count, and rightly, in words behind a colon; empty: none, or several."""
    right = {other: getattr(done, other) for other in EXACT if _more(done, other) == getattr(done, other)}
    for other, least in (("rx_frames", done.valid), ("tx_frames", done.came)):
        if least <= _more(done, other) <= least + MOST_BESIDES:
            right[other] = _more(done, other)
    if done.gaps is not None and done.gaps == _more(done, "gaps"):
        right["gaps"] = done.gaps
    return whose(
        _more(done, name),
        {f"its {other}": count for other, count in right.items() if other != name},
        LEAST_WHOSE if name in FEW else LEAST_ALIKE,
    )


def _exchanged(done: Disturbed, name: str) -> str:
    """Which counter has this one's count, while this one has that one's, in words behind a colon."""
    own, right = _more(done, name), getattr(done, name) if name in EXACT else None
    both = [
        other
        for other in EXACT
        if other != name and _more(done, other) == right != own == getattr(done, other)
    ]
    return f": {name} and {both[0]} are exchanged" if len(both) == 1 else ""


def _has_it(done: Disturbed, name: str, right: int) -> str:
    """Which other counter has a number that no other thing has, in words behind a colon."""
    has = [other for other in ZEROED if other != name and _more(done, other) == right]
    return f": {has[0]} has that number" if len(has) == 1 and right > 1 else ""


def _alone(done: Disturbed, counted: int) -> str:
    """Which kinds of noise alone give a count of bytes, in words behind a colon; empty where none, or several, do."""
    found = [
        [words for words, _ in kinds]
        for size in range(1, len(done.noise))
        for kinds in combinations(done.noise, size)
        if sum(count for _, count in kinds) == counted
    ]
    if len(found) != 1:
        return ""
    others = [words for words, _ in done.noise if words not in found[0]]
    return f": it is that {' and '.join(found[0])} alone; bytes {' and '.join(others)} are left out"


def _less(now: int, was: int) -> bool:
    """Whether a number of 32 bits that goes on went back."""
    return (now - was) % (1 << 32) >= 1 << 31


def _more(done: Disturbed, name: str) -> int:
    """How many more a counter of STATUS counts."""
    return (getattr(done.after, name) - getattr(done.before, name)) % (1 << 32)


def _hold(found: Checked, done: Disturbed, name: str, right: int, exact: bool) -> None:
    counted = _more(done, name)
    if counted < right or (exact and counted != right):
        least = "" if exact else "at least "
        others = {f"the {other.replace('_', ' ')}": getattr(done, other) for other in EXACT if other != name}
        about = (how(counted, right, addends=others) or _has_it(done, name, right)) if exact else ""
        alone = _alone(done, counted) if name == "noise_bytes" else ""
        about = _exchanged(done, name) or alone or _whose(done, name) or about
        found.note(
            f"STATUS counts {counted:,} {name} more, {least}{right:,} is right: the line was made to suffer{about}"
        )
