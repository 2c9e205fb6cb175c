"""The speed of a board's line: finding it, changing it, measuring what it carries."""

import contextlib
import itertools
import time
from collections.abc import Sequence

from ..errors import HilError
from ..line.connection import LinkError
from ..link import messages as m
from ..link.protocol import BOOT_BAUD
from ..link.rates import KNOWN_RATES
from .client import Client, DeviceError, RequestRefusedError

BURST = 8  # echoes that a new rate has to carry
MEASURED = 2  # echoes that are timed
SWITCH_S = 0.02  # the board changes once our acknowledgement arrived
FALL_BACK_S = 1.2  # the board goes back by itself when nothing readable arrives


class LineRate:
    """The speed of one board's line.

    Args:
        client: of the board.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rate = BOOT_BAUD
        self._wanted: list[int] = []
        self._fast_boot_id: int | None = None  # the boot in which the rate was last negotiated
        self._bytes_per_s: float | None = None

    def connect(self, timeout_s: float) -> None:
        """Connect at whatever rate the board is at: a run that was broken off may have left it at another.

        Raises:
            LinkError: it answers at none.
        """
        self._bytes_per_s = None
        connection = self._client.connection
        if not connection.port.has_rate:
            connection.connect(timeout_s)
            return
        deadline = time.monotonic() + timeout_s
        for rate in itertools.cycle([self._rate, *(rate for rate in KNOWN_RATES if rate != self._rate)]):
            self._set(rate)
            try:
                connection.connect(min(self._client.limits.rate_try_s, timeout_s))
                return
            except LinkError:
                if time.monotonic() > deadline:
                    raise

    def renew(self, boot_id: int) -> None:
        """Make the line fast again after a restart, which went back to the boot rate."""
        if self._wanted and boot_id != self._fast_boot_id:
            self.negotiate(self._wanted)

    def negotiate(self, rates: Sequence[int]) -> int | None:
        """Change to the first of `rates` that carries an echo burst; the boot rate stays when none does.

        Returns:
            The rate in use, or None when the line has none to change.

        Raises:
            HilError: the board is lost.
        """
        client, connection = self._client, self._client.connection
        self._wanted = list(rates)
        self._bytes_per_s = None
        for rate in self._wanted:
            try:
                ready = client.ask(m.Baud(rate=rate), m.BaudReady)
            except RequestRefusedError:
                self._wanted = []
                return None
            if ready.rate != rate:
                raise DeviceError(
                    f"{client.name} was asked for {rate} baud and changes to {ready.rate}",
                    "flash the current firmware, or stay at the boot rate with --baud 0",
                )
            connection.flush()
            time.sleep(SWITCH_S)
            self._set(rate)
            # unexplained: a new connection at that rate would keep the board there
            with client.unexplained(), contextlib.suppress(HilError):
                if self._echo_burst():
                    self._fast_boot_id = connection.boot_id
                    return rate
            self._set(BOOT_BAUD)
            time.sleep(FALL_BACK_S)
            connection.connect(client.limits.answer_s)
        self._fast_boot_id = connection.boot_id
        return BOOT_BAUD

    def bytes_per_s(self) -> float:
        """Payload bytes a second that the line carries, measured once a connection.

        Raises:
            HilError: the board does not echo.
        """
        if self._bytes_per_s is None:
            payload = bytes(self._client.connection.max_payload)
            start = time.monotonic()
            for _ in range(MEASURED):
                self._echo(payload)
            # There and back, one after the other: half of the time is spent in each direction.
            self._bytes_per_s = 2 * MEASURED * len(payload) / max(time.monotonic() - start, 1e-6)
        return self._bytes_per_s

    def _set(self, rate: int) -> None:
        if rate != self._rate:
            self._client.connection.port.set_baud(rate)
            self._rate = rate

    def _echo(self, data: bytes) -> bytes:
        return self._client.ask(m.EchoRequest(data=data), m.Echo).data

    def _echo_burst(self) -> bool:
        size = self._client.connection.max_payload
        pattern = bytes(range(256)) * (-(-size // 256) + 1)
        pieces = [pattern[i : i + size] for i in range(BURST)]
        return all(self._echo(piece) == piece for piece in pieces)
