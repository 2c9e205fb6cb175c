"""The echo measurement on a connection that is none."""

from collections import deque
from typing import Any, cast

import pytest

from ..errors import HilError
from ..link.events import Message
from ..link.messages import MAX_PAYLOAD, Echo, EchoRequest, Log
from .connection import Connection
from .throughput import AHEAD_BYTES, echo_throughput


class Mirror:
    """Echoes, after a log line; `spoil` changes or drops an echo."""

    def __init__(self, spoil: str = "") -> None:
        self.counters = {"retransmitted": 7}
        self.max_payload = MAX_PAYLOAD
        self.most_pending = 0
        self._spoil = spoil
        self._waiting: deque[bytes] = deque()
        self._count = 0

    @property
    def pending_bytes(self) -> int:
        return sum(map(len, self._waiting))

    def send(self, message_type: int, payload: bytes) -> None:
        assert message_type == EchoRequest.TYPE
        self._waiting.append(payload)
        self.most_pending = max(self.most_pending, self.pending_bytes)

    def receive(self, timeout_s: float) -> Message | None:
        assert timeout_s > 0
        self._count += 1
        if self._count == 2:
            self.counters["retransmitted"] += 3
            return Message(Log.TYPE, b"\3hello")
        payload = self._waiting.popleft()
        if self._count == 5 and self._spoil == "drop":
            return None
        return Message(Echo.TYPE, payload[:-1] if self._count == 5 and self._spoil == "change" else payload)


def _measure(mirror: Mirror) -> Any:
    return echo_throughput(cast(Connection, mirror), seconds=0.02)


def test_all_that_was_sent_came_back_and_memory_stayed_bounded() -> None:
    mirror = Mirror()
    result = _measure(mirror)
    assert result.payload_bytes > AHEAD_BYTES and result.payload_bytes % 1024 == 0
    assert result.seconds >= 0.02 and mirror.pending_bytes == 0
    assert result.retransmitted == 3 and result.bytes_per_s == result.payload_bytes / result.seconds
    assert mirror.most_pending <= AHEAD_BYTES + 1024


@pytest.mark.parametrize(("spoil", "words"), [("drop", "was lost"), ("change", "came back changed")])
def test_a_spoilt_echo_is_an_error(spoil: str, words: str) -> None:
    with pytest.raises(HilError, match=words):
        _measure(Mirror(spoil))
