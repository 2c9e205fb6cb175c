"""Two places in which a board tells its receive buffer's size, and what its frames let come: which one is wrong."""

from ...link import messages as m
from ..cause import with_cause
from ..wrong_number import numbers_beside, whose

IN_STATUS = "session_send_status in firmware/core/session/info.c"
IN_SYNC_ACK = "rx_bytes, begin_sync_ack in firmware/core/link/send.c"


def buffer_told(status: m.Status, longest: int, buffer: int, let_come: int) -> list[str]:
    """Which of two sizes is wrong, in sentences; empty: they are the same.

    Args:
        status: STATUS.
        longest: bytes of the longest payload, as the answer to SYNC says.
        buffer: of the receive buffer, likewise.
        let_come: the most that any frame let come, which an idle board's whole buffer is; 0: not known.
    """
    if status.rx_size == buffer:
        return []
    told = (
        f"STATUS says that the receive buffer has {status.rx_size:,} bytes and the send buffer {status.tx_size:,}, "
        f"and the answer to SYNC says {buffer:,} of the receive buffer"
    )
    if let_come == status.rx_size:
        about = (
            f"; its frames let {let_come:,} come, so STATUS is right: {_in_sync_ack(status, longest, buffer)}"
        )
    elif let_come == buffer:
        about = f"; its frames let {let_come:,} come, so the answer is right: {_in_status(status, buffer)}"
    else:
        about = f": look at both ({IN_STATUS}; {IN_SYNC_ACK})"
    return [with_cause(told, about)]


def _in_sync_ack(status: m.Status, longest: int, buffer: int) -> str:
    """What the answer to SYNC tells in the place of the receive buffer."""
    if buffer == status.tx_size:
        return f"the answer tells the send buffer's size ({IN_SYNC_ACK})"
    if buffer == longest:
        return f"the answer tells the longest payload ({IN_SYNC_ACK})"
    return f"the answer tells another number ({IN_SYNC_ACK})"


def _in_status(status: m.Status, buffer: int) -> str:
    """What STATUS tells in the place of the receive buffer."""
    if status.tx_size == buffer:
        return f"rx_size and tx_size are exchanged ({IN_STATUS})"
    if status.tx_size == status.rx_size:
        return f"rx_size is tx_size ({IN_STATUS})"
    of_other = whose(status.rx_size, numbers_beside(status, "rx_size", "its"))
    return f"rx_size is {of_other.removeprefix(': that is ') or 'another number'} ({IN_STATUS})"
