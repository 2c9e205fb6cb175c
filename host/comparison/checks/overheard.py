"""A device whose answers are kept for the diagnosis."""

import contextlib
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from ...link import messages as m
from ...link.codec import Payload
from ..device import DeviceUnderTest
from ..diagnosis.dialogue import Dialogue
from ..proof import Proving
from .answers import Exchanging, Request, send


@runtime_checkable
class SlotDevice(DeviceUnderTest, Exchanging, Proving, Protocol):
    """A device that can be given a bundle and restarted."""

    def reset(self, timeout_s: float | None = None) -> m.Info:
        """Restart it and wait until it is up again.

        Raises:
            HilError: it does not restart, or does not come back.
        """
        ...


class Overheard:
    """Passes on what a check asks, and keeps it.

    Args:
        device: that answers; whoever asks it itself is not overheard.
        name: of the conversation.
    """

    def __init__(self, device: SlotDevice, name: str) -> None:
        self.device = device
        self.heard = Dialogue(name)

    @contextlib.contextmanager
    def unheard(self) -> Iterator[None]:
        """Keep nothing within the block."""
        kept, self.heard = self.heard, Dialogue("")
        try:
            yield
        finally:
            self.heard = kept

    @property
    def max_payload(self) -> int:
        """See `Exchanging`."""
        return self.device.max_payload

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """See `Exchanging`."""
        answers = self.device.exchange(requests)
        self.heard.asked(requests, answers)
        return answers

    def info(self) -> m.Info:
        """See `DeviceUnderTest`."""
        return self._told(self.device.info())

    def prove(self, nonce: int) -> m.Proof | None:
        """See `Proving`."""
        proof = self.device.prove(nonce)
        if proof is not None:
            self.heard.asked([send(m.ProofRequest(nonce))], [proof])
        return proof

    def connect(self, timeout_s: float) -> m.Info:
        """See `DeviceUnderTest`."""
        info = self.device.connect(timeout_s)
        self.heard.connected()
        return self._told(info)

    def reset(self, timeout_s: float) -> m.Info:
        """See `SlotDevice`."""
        info = self.device.reset(timeout_s)
        self.heard.asked([send(m.Reset())], None)
        return self._told(info)

    def _told(self, info: m.Info) -> m.Info:
        self.heard.asked([send(m.InfoRequest())], [info])
        return info
