"""What the session says of itself and of the line: a part of `SessionModel`."""

import zlib
from collections.abc import Callable
from typing import Any

from ..link import messages as m


class FactRequests:
    """Answers them.

    Args:
        session: the `SessionModel` whose facts they are.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def kinds(self) -> dict[int, Callable[[Any], None]]:
        """By type."""
        return {
            m.InfoRequest.TYPE: self._info,
            m.StatusRequest.TYPE: self._status,
            m.ProofRequest.TYPE: self._proof,
            m.ProfileRequest.TYPE: self._profile,
            m.Baud.TYPE: self._baud,
        }

    def _info(self, _: m.InfoRequest) -> None:
        self._session.owe(
            m.Info,
            bundle_source=self._session.source,
            model_hash=self._session.bundle.model_hash,
            bundle_name=self._session.bundle.name.encode(),
            arena_size=2 if self._session.loaded else 0,
            capabilities=self._capabilities(),
            frames=self._session.bundle.frames,
        )

    def _capabilities(self) -> int:
        bits = m.Capability.SLOT | m.Capability.TRIAL | m.Capability.MICROPHONE | m.Capability.BAUD
        bits |= m.Capability.TRACE | m.Capability.STAGES | m.Capability.REPLAY | m.Capability.SHIFT
        bits |= m.Capability.PROFILE | m.Capability.PROOF | m.Capability.BUILD | m.Capability.DETECTORS
        bits |= m.Capability.INFERENCE if self._session.loaded else 0
        bits |= m.Capability.LOGITS if self._session.loaded and self._session.bundle.model.logits else 0
        return bits | (m.Capability.SET_ASIDE if self._session.set_aside else 0)

    def _status(self, _: m.StatusRequest) -> None:
        self._session.owe(
            m.Status,
            inferences=self._session.inferences,
            columns=self._session.columns,
            windows=self._session.windows,
        )

    def _proof(self, request: m.ProofRequest) -> None:
        start = zlib.crc32(request.nonce.to_bytes(4, "little"))
        self._session.owe(
            m.Proof,
            nonce=request.nonce,
            model=zlib.crc32(self._session.bundle.model_bytes, start),
            frontend=zlib.crc32(self._session.bundle.frontend_image, start),
            settings=zlib.crc32(self._session.bundle.settings_block, start),
        )

    def _profile(self, _: m.ProfileRequest) -> None:
        if not self._session.remembered:
            self._session.refuse(m.ProfileRequest.TYPE, m.ErrorCode.NO_MODEL)
            return
        for index, name in enumerate((b"FIRST", b"SECOND")):
            self._session.owe(m.Profile, index=index, count=2, name=name, ns=1000 * (index + 1))

    def _baud(self, request: m.Baud) -> None:
        if request.rate == 0:
            self._session.refuse(m.Baud.TYPE, m.ErrorCode.BAD_REQUEST)
        else:
            self._session.owe(m.BaudReady, rate=request.rate)
