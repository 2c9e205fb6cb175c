"""How fast bytes go to a real board and back."""

import os
import time
from dataclasses import dataclass

from ..errors import HilError
from ..link.messages import Echo, EchoRequest
from .connection import Connection

AHEAD_BYTES = 64 * 1024  # queued before echoes are waited for: enough for any line, and little memory
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Throughput:
    """An echo of full payloads.

    Attributes:
        payload_bytes: that went there, and as many back.
        seconds: from the first byte sent to the last received.
        retransmitted: frames that the host sent more than once.
    """

    payload_bytes: int
    seconds: float
    retransmitted: int

    @property
    def bytes_per_s(self) -> float:
        """Payload bytes a second, in each direction at once."""
        return self.payload_bytes / self.seconds


def echo_throughput(connection: Connection, seconds: float = 2.0) -> Throughput:
    """Send full payloads for about `seconds` and check what comes back.

    Args:
        connection: a connected one, on which nothing else goes on.

    Raises:
        HilError: an echo is missing or differs.
        LinkError, DeviceResetError, PortError: see `Connection.receive`.
    """
    payload = os.urandom(connection.max_payload)
    before = connection.counters["retransmitted"]
    start = time.perf_counter()
    sent = received = 0
    while received < sent or time.perf_counter() - start < seconds:
        while connection.pending_bytes < AHEAD_BYTES and time.perf_counter() - start < seconds:
            connection.send(EchoRequest.TYPE, payload)
            sent += 1
        if received == sent:
            break
        message = connection.receive(PATIENCE_S)
        if message is None or (message.type == Echo.TYPE and message.payload != payload):
            what = "was lost" if message is None else "came back changed"
            raise HilError(
                f"an echo {what} ({received} of {sent} came back)",
                "reset the board and flash the current firmware",
            )
        received += message.type == Echo.TYPE  # anything else is a log line
    elapsed = time.perf_counter() - start
    return Throughput(received * len(payload), elapsed, connection.counters["retransmitted"] - before)
