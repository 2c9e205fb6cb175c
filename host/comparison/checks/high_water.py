"""The most that the link's buffers held, since the board's counters began anew."""

from ...board.disturbing import Disturbed
from ...link import messages as m
from ...link.protocol import record_cost
from .checked import Checked

WHERE = "link_get_counters in firmware/core/link/link.c"
TOLD = f"session_send_status in firmware/core/session/info.c, {WHERE}"
LEAST_ALIKE = 2  # unlike numbers, each told of both buffers, for that to be no chance


def hold_water(found: Checked, done: Disturbed) -> None:
    """Of an answer to a request without a field the send buffer alone held as much, its record's head among it."""
    told = done.answered
    answer = done.answer_bytes
    least = record_cost(answer)
    if told is None or told.tx_high_water >= least:  # where it stays too low, this is why it begins so
        _hold_begun(found, done.cleared)
    if told is None:
        return
    low, high = told.tx_high_water < least, told.rx_high_water >= least
    anew = told.rx_high_water != done.after.rx_high_water
    if low and high and anew:
        found.note(
            f"STATUS tells that the send buffer held {told.tx_high_water:,} bytes and the receive buffer "
            f"{told.rx_high_water:,}, and requests without a field brought an answer of {answer:,}",
            f": both marks are exchanged ({WHERE})",
        )
        return
    if low:
        found.note(
            f"STATUS tells that the send buffer held {told.tx_high_water:,} bytes, and an answer of {answer:,} takes "
            f"{least:,} of it",
            _of_other(done, "tx", "rx") or _instead(told.tx_high_water, answer),
        )
    if high:
        found.note(
            f"STATUS tells that the receive buffer held {told.rx_high_water:,} bytes of requests without a field",
            _of_other(done, "rx", "tx") or ("" if anew else ": it does not begin anew"),
        )


def _hold_begun(found: Checked, first: m.Status) -> None:
    """As counters begin anew the send buffer holds the answer that tells them, and the receive buffer a request."""
    least = record_cost(len(m.Status().encode()))
    if first.tx_high_water >= least or first.tx_high_water == first.rx_high_water == 0:
        return  # of none that is set the claim about memory tells
    about = ""
    if first.rx_high_water >= least:
        about = ": each mark begins with what the other buffer holds"
    elif not first.tx_high_water:
        about = ": it begins with 0, and not with what the buffer holds"
    found.note(
        f"STATUS tells that the send buffer held {first.tx_high_water:,} bytes and the receive buffer "
        f"{first.rx_high_water:,} since the counters began anew, and the answer that was in it takes {least:,}",
        about and f"{about} (link_clear_counters in firmware/core/link/link.c)",
    )


def _of_other(done: Disturbed, way: str, other: str) -> str:
    """That one mark is the other one in every answer, in words behind a colon; empty: it is not."""
    answers = [each for each in (done.before, done.after, done.asked, done.clearing, done.answered) if each]
    pairs = [(each.rx_high_water, each.tx_high_water) for each in answers]
    if any(rx != tx for rx, tx in pairs) or len(set(pairs)) < LEAST_ALIKE:
        return ""
    numbers = " and ".join(f"{number:,}" for number in dict.fromkeys(rx for rx, _ in pairs))
    return f": {way}_high_water is {other}_high_water in each of {len(pairs)} answers ({numbers}; {TOLD})"


def _instead(told: int, answer: int) -> str:
    """What a mark is that is too low for an answer, in words behind a colon; empty: nothing plain."""
    if told == record_cost(len(m.Status().encode())):
        return (
            ": that is what an answer to STATUS takes, as the one before it: the mark is taken before what comes last "
            "is added (record_ring_append in firmware/core/link/record_ring.c)"
        )
    if told != answer:
        return ""
    return (
        ": that is how long the answer is, not what it takes in the buffer, with its head and filled up to whole words "
        "(record_ring_append in firmware/core/link/record_ring.c)"
    )
