"""What the board counts of a line that was made to suffer."""

from collections.abc import Sequence
from itertools import combinations
from typing import Protocol, runtime_checkable

from ...board.disturbing import UNDER_WAY, Disturbed
from ...board.exchanging import Request
from ...board.frames_in_pieces import InPieces
from ...board.needless_questions import NeedlessQuestions
from ...board.unasked_news import UnaskedNews
from ...link import messages as m
from ...link.protocol import record_cost
from ..wrong_number import LEAST_ALIKE, how, whose
from .begun_anew import CLEARED, COUNTED, ZEROED, begin_each_time, hold_anew
from .checked import Checked
from .high_water import hold_water
from .needless_frames import hold_needless
from .noise_counted import NOISE, how_noise, of_valid_frames
from .pieces_counted import CUT, RECEIVED, SENT, pieces_counted
from .small_ones import hold_small_ones
from .taken_off import hold_taken_off

EXACT = ("crc_errors", "framing_errors", "noise_bytes", "duplicates")
OF_WORK = ("columns", "windows", "inferences", "rx_size", "tx_size")  # what no frame of the line changes
NEVER_LESS = ("uptime_ms", "log_dropped")
MOST_BESIDES = 10  # frames between two answers that nobody counted; three were seen
FEW_BESIDES = 3
FEW = ("gaps", "duplicates", "overruns")  # what few are done of
LEAST_WHOSE = 3  # of these: another one's count by no chance
NARROW_BITS = 8
LEAST_WAITED = 2  # messages acknowledged late, so that it is no busy computer's doing
MOST_NAMED = 2  # things that give the same count
OF_ERRORS = (*EXACT, "gaps", "retransmitted", "timeouts", "overruns")
# What is counted where a counter says 1 of several; by its name.
STAYS = {
    "": ": it never goes beyond 1",
    "gaps": ": frames that came too early behind one that is missing are counted once together, until that is told "
    "(take_sequenced in firmware/core/link/receive.c), or it never goes beyond 1",
}
SAME_PASS = (
    "; each has the pass that it had before, so old news of a gap is taken for new: look at where pass is counted up "
    "when frames are sent again (go_back in firmware/core/link/acknowledge.c)"
)
FEWER = 2  # of one thing, of which a count is another one's by chance


@runtime_checkable
class Disturbing(Protocol):
    """A device whose line can be made to suffer."""

    def disturb(self, requests: Sequence[Request] = ()) -> Disturbed:
        """Do so, and send requests; the board's counters begin anew.

        Raises:
            HilError: the board failed.
        """
        ...


@runtime_checkable
class Piecewise(Protocol):
    """A device that can be sent frames together and cut up."""

    def frames_in_pieces(self) -> InPieces:
        """Do so; what it counts of it.

        Raises:
            HilError: the board failed.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A device that can be watched for what it tells before it is asked."""

    def unasked_news(self) -> UnaskedNews:
        """Send what is not answered; what came of itself.

        Raises:
            HilError: the board failed.
        """
        ...


@runtime_checkable
class Asking(Protocol):
    """A device that can be watched for what it asks."""

    def needless_questions(self) -> NeedlessQuestions:
        """Let it alone; what it asks.

        Raises:
            HilError: the board failed.
        """
        ...


def ask_line(
    device: Disturbing,
    whole: bool,
    requests: Sequence[Request] = (),
    frames_agree: bool = True,
    bytes_agree: bool = True,
    prompt: bool = True,
) -> Checked:
    """Disturb the line and hold the board's counts against what was done.

    Args:
        device: idle.
        whole: whether the line loses and damages nothing itself, so that counts are exact.
        requests: no answer to them may set a counter back; they end what they begin.
        frames_agree: whether the board counted frames rightly while the line was left alone.
        bytes_agree: the same of bytes that came.
        prompt: whether the board's time goes as this computer's does, so that what it does too early or too late over
            such a line can be told: not an emulator's.

    Raises:
        HilError: the board failed.
    """
    found = Checked()
    news = device.unasked_news() if isinstance(device, Telling) else None
    if news is not None:
        _hold_unasked(found, news, whole and prompt)
    if whole and prompt and isinstance(device, Asking):
        hold_needless(found, device.needless_questions())
    if whole:
        hold_taken_off(found, device)
        if prompt and not (news and news.stopped):  # which is why, then
            hold_small_ones(found, device)
    done = device.disturb(requests)
    found.what = (
        f"{done.crc_errors} frames damaged, {done.framing_errors} cut off, {done.duplicates} repeated, "
        "5 withheld; counters begun anew"
        + ("" if whole else "; how many of these are counted is not held exactly over this line")
    )
    if told := begin_each_time(done):  # all else follows from that
        found.note("", told)
        found.causes[CLEARED] = told
        return found
    if news is not None:
        _hold_room(found, news, done.before)
    if whole:
        if _hold_pieces(found, device, done, frames_agree and bytes_agree):
            return found  # all else follows from it
        _hold_exact(found, done, frames_agree)
    elif not _more(done, "crc_errors") + _more(done, "framing_errors") or not _more(done, "noise_bytes"):
        # what damages frames may damage these as well, make two of them one, or lose what would show a gap
        found.note("STATUS counts no damaged frame more, or no noise: the line was made to suffer")
    _hold(found, done, "retransmitted", max(1, min(done.repeated, UNDER_WAY)), False)
    hold_anew(found, done, whole)
    _hold_clearing(found, done)
    _hold_asked(found, done, whole)
    _hold_work(found, done)
    return found


def _hold_pieces(found: Checked, device: object, done: Disturbed, agree: bool) -> bool:
    """Where counts are off, whether the board takes no frame that comes in pieces, and what it counts for frames."""
    if not isinstance(device, Piecewise) or (agree and not _frames_off(done)):
        return False
    pieces = device.frames_in_pieces()
    found.causes |= pieces_counted(pieces)
    if CUT in found.causes:
        found.note(
            f"of {pieces.halved} frames that came in two pieces each the board took {pieces.halves} at most, and "
            f"all of {pieces.sent} that came in one piece",
            found.causes[CUT],
        )
    return CUT in found.causes


def _hold_clearing(found: Checked, done: Disturbed) -> None:
    """The answer to what begins counters anew tells them as they were."""
    before = done.after
    for name in (*COUNTED, *ZEROED):
        if done.clearing is not None and getattr(done.clearing, name) < getattr(before, name):
            found.note(
                f"STATUS that begins its counters anew tells {getattr(done.clearing, name):,} {name}, and "
                f"{getattr(before, name):,} were told before: they are set back before they are told"
                f"{_narrow(getattr(before, name))}"
            )
            return


def _hold_unasked(found: Checked, news: UnaskedNews, whole: bool) -> None:
    """What is taken in is acknowledged, and room is told, by itself; a line that loses frames may lose some of that."""
    if news.waited >= (LEAST_WAITED if whole else news.tried):
        found.note(
            f"of {news.tried} messages that no answer follows the board acknowledged {news.waited} only when it was "
            f"asked, and not within {news.silent_s:g} s before: an acknowledgement is not sent by itself, but with "
            "answers; look at what makes one due (ack_due: take_sequenced in firmware/core/link/receive.c, begin_next "
            "in firmware/core/link/send.c)"
        )
    elif news.stopped and whole:
        found.note(
            f"the board lets more come only when it is asked, and not within {news.silent_s:g} s before: the room of "
            "what it has worked off is not told by itself (link_release in firmware/core/link/receive.c)"
        )


def _hold_room(found: Checked, news: UnaskedNews, status: m.Status) -> None:
    """An idle board lets as much come as its receive buffer holds, but for what it still works on."""
    if not news.room or news.granted + record_cost(m.MAX_PAYLOAD) > news.room:
        return
    if news.granted == status.rx_size:  # the room is told wrongly, which another claim is about
        return
    of_other = news.granted == status.tx_size != status.rx_size
    found.note(
        f"no frame of the board's lets more than {news.granted:,} bytes come, and its receive buffer has {news.room:,}"
        + (": that is what its send buffer has" if of_other else ": not all that is free is told"),
        "; look at what a frame is given for its credit (begin_connected_frame in firmware/core/link/send.c, "
        "record_ring_free in firmware/core/link/record_ring.c)",
    )


def _hold_exact(found: Checked, done: Disturbed, frames_agree: bool) -> None:
    """What must be counted on a line that damages nothing itself."""
    # first: the host sends again what it hears no acknowledgement of, which the counts show, too
    if done.behind:
        which = "frame" if done.behind == 1 else f"{done.behind:,} frames"
        found.note(
            f"no frame of the board's acknowledges the last {which} that came: an acknowledgement "
            "names the next one that is expected; look at what fills a frame's head (firmware/core/link/send.c)"
        )
    if told := of_valid_frames(done):
        found.causes[NOISE] = told
    for name in EXACT:
        _hold(found, done, name, getattr(done, name), True)
    _hold(found, done, "gaps", done.gaps or 1, done.gaps is not None)
    _hold(found, done, "overruns", 0, True)
    if _more(done, "retransmitted") > UNDER_WAY:
        found.note(
            f"STATUS counts {_more(done, 'retransmitted'):,} retransmitted more, and {UNDER_WAY} frames were under "
            f"way: {_why_more(done)}"
        )
    _hold_frames(found, done, frames_agree)
    hold_water(found, done)


def _why_more(done: Disturbed) -> str:
    """Why more is counted as sent again than was under way."""
    if done.repeated > UNDER_WAY:
        told = "what is sent again is sent more than once for one that is missing"
        return told + SAME_PASS * ((done.passes_on or {}) == {0: done.repeated})
    told = f"{done.repeated} came once more: more is counted than was sent again"
    if done.repeated_bytes and _more(done, "retransmitted") == done.repeated_bytes:
        return f"{told}: their bytes are counted"
    return told + _whose(done, "retransmitted")


def _frames_off(done: Disturbed) -> bool:
    """Whether right frames are not counted as many as there were, by either end."""
    return any(
        not least <= _more(done, name) <= least + MOST_BESIDES
        for name, least in ((RECEIVED, done.valid), (SENT, done.came))
    )


def _hold_frames(found: Checked, done: Disturbed, frames_agree: bool) -> None:
    """Of a line that loses nothing all right frames are counted, those of either end."""
    numbered = done.valid - done.unnumbered
    for name, least, which in (
        ("rx_frames", done.valid, {"without a number": numbered, "with one": done.unnumbered}),
        ("tx_frames", done.came, _by_number(done)),
    ):
        told = _more(done, name)
        if told > least + MOST_BESIDES:
            damaged = _damaged(done, told - least) if name == "rx_frames" and frames_agree else ""
            about = found.causes.get(name) or damaged or _whose(done, name)
            found.note(f"STATUS counts {told:,} {name} more, and there were {least:,} right ones", about)
        if told >= least:
            continue
        besides = MOST_BESIDES if name == "rx_frames" else FEW_BESIDES
        left_out = [words for words, count in which.items() if count <= told <= count + besides]
        about = f": those {left_out[0]} are left out" if len(left_out) == 1 else _whose(done, name)
        about = found.causes.get(name) or about
        found.note(f"STATUS counts {told:,} {name} more, and there were {least:,} at least", about)


def _by_number(done: Disturbed) -> dict[str, int]:
    """How many frames came that one kind of them makes, by what is left out then."""
    if done.came_unnumbered is None:
        return {}
    return {"without a number": done.came - done.came_unnumbered, "with one": done.came_unnumbered}


def _damaged(done: Disturbed, beyond: int) -> str:
    """Which frames that are none are counted as right ones, in words behind a colon."""
    damaged, cut_off = done.crc_errors, done.framing_errors
    for words, number in (
        (f"the damaged ones ({damaged})", damaged),
        (f"those that are cut off ({cut_off})", cut_off),
        (f"the damaged ones ({damaged}) and those that are cut off ({cut_off})", damaged + cut_off),
    ):
        if number <= beyond <= number + FEW_BESIDES:
            return f": {words} are counted, too"
    return ""


def _hold_asked(found: Checked, done: Disturbed, whole: bool) -> None:
    """No request sets a counter back; nor does one damage frames."""
    if done.asked is None:
        return
    for name in (*COUNTED, *ZEROED, "inferences", *NEVER_LESS):
        was, now = getattr(done.after, name), getattr(done.asked, name)
        if name == "noise_bytes" and NOISE in found.causes:
            continue  # each request is a frame
        if _less(now, was) or (whole and now != was and name in EXACT):
            found.note(
                f"STATUS tells {now:,} {name} after other requests, and {was:,} before: none of them sets it"
                f"{_narrow(was)}"
            )


def _narrow(was: int) -> str:
    """That a count that fell may have gone round, where it was small enough."""
    return f", or told in {NARROW_BITS} bits" if was >> NARROW_BITS - 1 == 1 else ""


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
        about = _about(done, name, counted, right) if exact else _not_counted(done, name, counted, right)
        found.note(
            f"STATUS counts {counted:,} {name} more, {least}{right:,} is right: the line was made to suffer",
            about,
        )


def _about(done: Disturbed, name: str, counted: int, right: int) -> str:
    """What gives a wrong count of errors, in words behind a colon; empty: nothing plain, or too much."""
    noise = how_noise(done, counted) if name == "noise_bytes" else ""
    if first := _exchanged(done, name) or _not_counted(done, name, counted, right) or noise:
        return first
    others = _with_others(done, name, counted, right) if right else []
    given = [text for text in (_whose(done, name), *others) if text]
    if given:
        told = " or".join([given[0], *(text.removeprefix(":") for text in given[1:])])
        return told if len(given) <= MOST_NAMED else ""
    stays = counted == 1 == getattr(done.after, name) and right > FEWER and name != "noise_bytes"
    return how(counted, right) or _has_it(done, name, right) or (STAYS.get(name, STAYS[""]) if stays else "")


def _not_counted(done: Disturbed, name: str, counted: int, right: int) -> str:
    """That a counter stands still, and which other one counts what it should."""
    if name == "retransmitted" and counted == 1 < right <= done.repeated:
        return (
            f": it went back once, and {done.repeated} frames came once more: as if how often it goes back were "
            "counted (begin_data in firmware/core/link/send.c), or no more than 1"
        )
    if counted or right < FEWER:
        return ""
    known = _known(done)
    others = [
        other
        for other in OF_ERRORS
        if other != name and _more(done, other) == known.get(other, 0) + (known.get(name) or right)
    ]
    return f": they are counted as {others[0]}" if len(others) == 1 else ": it is not counted"


def _known(done: Disturbed) -> dict[str, int]:
    """How many more each counter of errors must count, as far as that is known exactly."""
    known = {name: getattr(done, name) for name in EXACT} | {"overruns": 0}
    if done.gaps is not None:
        known["gaps"] = done.gaps
    return known if not done.repeated else known | {"retransmitted": done.repeated}


def _with_others(done: Disturbed, name: str, counted: int, right: int) -> list[str]:
    """What makes the right number of it, and of others besides, the count that is told."""
    found = [": each is counted twice"] if right >= FEWER and counted == 2 * right else []
    known = {other: number for other, number in _known(done).items() if other != name and number >= FEWER}
    for size in (1, 2):
        for others in combinations(known, size):
            number = sum(known[other] for other in others)
            if abs(counted - right) != number:
                continue
            words = " and ".join(f"the {other.replace('_', ' ')} ({known[other]:,})" for other in others)
            found.append(f": {words} are {'counted in' if counted > right else 'left out'}")
        if found:
            break
    return found
