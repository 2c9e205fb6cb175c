"""For boards that answer by a script: what an honest firmware refuses, as docs/protocol.md has it."""

from ..link import messages as m
from ..link.codec import MessageError, Payload

REQUESTS: dict[int, type[Payload]] = {
    kind.TYPE: kind
    for kind in (
        *(m.InfoRequest, m.StatusRequest, m.EchoRequest, m.StreamStart, m.Audio, m.StreamEnd, m.TensorBegin),
        *(m.TensorData, m.Reset, m.Baud, m.DeployBegin, m.DeployData, m.DeployCommit, m.DeployTry),
        *(m.DeployAbandon, m.ProfileRequest, m.LiveStart, m.LiveStop, m.ProofRequest, m.BuildRequest),
    )
}
DEPLOYING = (m.DeployBegin, m.DeployData, m.DeployCommit, m.DeployTry, m.DeployAbandon)
IDLE, STREAM, TENSOR, LIVE = "idle", "stream", "tensor", "live"


class Manners:
    """Keeps what is under way, and knows what does not fit.

    Args:
        info: what the board says of itself.
    """

    def __init__(self, info: m.Info) -> None:
        self._info = info
        self.begin()

    def begin(self) -> None:
        """A new connection: nothing is under way."""
        self._mode = IDLE
        self._audio_refused = self._tensor_refused = self._deploys = self._deploy_refused = False
        self._received = self._length = 0

    def refusal(self, kind: int, payload: bytes) -> list[Payload] | None:
        """What a request that does not fit brings; None: it fits, and the firmware answers it."""
        if kind not in REQUESTS:
            return _error(kind, m.ErrorCode.UNKNOWN_TYPE, kind)
        if kind == m.TensorBegin.TYPE:
            self._tensor_refused = True
            self._mode = IDLE if self._mode == TENSOR else self._mode
        try:
            request = m.decode(kind, payload)
        except MessageError:
            return _error(kind, m.ErrorCode.BAD_REQUEST, len(payload))
        if isinstance(request, m.Baud) and not request.rate:
            return _error(kind, m.ErrorCode.BAD_REQUEST, len(payload))
        if self._lacks(request):
            return _refused(request, m.ErrorCode.NOT_SUPPORTED)
        if isinstance(request, DEPLOYING):
            return self._deploy(request)
        if isinstance(request, m.TensorBegin | m.TensorData):
            return self._tensor(request)
        return self._stream(request)

    def _lacks(self, request: Payload) -> bool:
        needed = {
            m.LiveStart: m.Capability.MICROPHONE,
            m.Baud: m.Capability.BAUD,
            m.ProfileRequest: m.Capability.PROFILE,
        }.get(type(request), m.Capability(0))
        return bool(needed & ~self._info.capabilities)

    def _stream(self, request: Payload) -> list[Payload] | None:
        if isinstance(request, m.StreamStart):
            self._mode, self._audio_refused = STREAM, False
        elif isinstance(request, m.Audio):
            return self._audio(request)
        elif isinstance(request, m.StreamEnd):
            refused, self._audio_refused = self._audio_refused, False
            if self._mode != STREAM:
                return [] if refused else _refused(request, m.ErrorCode.NO_STREAM)
            self._mode = IDLE
        elif isinstance(request, m.LiveStart):
            self._mode = LIVE
        elif isinstance(request, m.LiveStop):
            if self._mode != LIVE:
                return _refused(request, m.ErrorCode.NO_STREAM)
            self._mode = IDLE
        return None

    def _audio(self, request: m.Audio) -> list[Payload] | None:
        size = len(request.samples)
        if self._mode == STREAM:
            return _refused(request, m.ErrorCode.BAD_REQUEST, size) if size % 2 else None
        refused, self._audio_refused = self._audio_refused, True
        return [] if refused else _refused(request, m.ErrorCode.NO_STREAM, size)

    def _tensor(self, request: m.TensorBegin | m.TensorData) -> list[Payload] | None:
        if isinstance(request, m.TensorBegin):
            cells = self._info.frames * self._info.bands
            if self._mode != IDLE:
                return _refused(request, m.ErrorCode.BUSY)
            if request.length != cells:
                wrong = m.ErrorCode.WRONG_LENGTH
                return _error(request.TYPE, wrong, request.length, cells)
            self._mode, self._received, self._length, self._tensor_refused = TENSOR, 0, cells, False
            return None
        fits = request.offset == self._received and len(request.data) <= self._length - self._received
        if self._mode != TENSOR or not fits:
            refused = self._tensor_refused and self._mode != TENSOR
            self._mode, self._tensor_refused = (IDLE if self._mode == TENSOR else self._mode), True
            return [] if refused else _refused(request, m.ErrorCode.BAD_REQUEST)
        self._received += len(request.data)
        self._mode = IDLE if self._received == self._length else TENSOR
        return None

    def _deploy(self, request: Payload) -> list[Payload] | None:
        if self._mode != IDLE:
            return _refused(request, m.ErrorCode.BUSY)
        if isinstance(request, m.DeployBegin):
            self._deploys, self._deploy_refused = request.length > 0, False
            return None
        if isinstance(request, m.DeployAbandon):
            self._deploys = False
            return [m.DeployStatus(state=m.DeployState.ABANDONED, text=self._info.bundle_name)]
        if self._deploys:
            self._deploys = not isinstance(request, m.DeployCommit)
            return None
        refused = self._deploy_refused and isinstance(request, m.DeployData)
        self._deploy_refused = True
        return [] if refused else [m.DeployStatus(state=m.DeployState.REFUSED, text=b"nothing has begun")]


def _refused(request: Payload, code: m.ErrorCode, value: int = 0) -> list[Payload]:
    return _error(request.TYPE, code, value)


def _error(kind: int, code: m.ErrorCode, value: int = 0, limit: int = 0) -> list[Payload]:
    return [m.Error(request=kind, code=code, value=value, limit=limit, text=b"it does not fit")]
