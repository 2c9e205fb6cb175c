"""What the session owes for each request of a trace: a part of `SessionModel`."""

from collections.abc import Callable
from typing import Any

from ..link import messages as m
from ..link.codec import Payload
from .session_trace_model import STAGES, refusal


class TraceRequests:
    """Answers them.

    Args:
        session: the `SessionModel` whose requests they are.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def kinds(self) -> dict[int, Callable[[Any], None]]:
        """By type."""
        return {
            m.TraceArm.TYPE: self._arm,
            m.TraceRequest.TYPE: self._ops,
            m.TraceBytesRequest.TYPE: self._bytes,
            m.StageArm.TYPE: self._stage,
            m.CaseOpen.TYPE: self._open,
            m.CaseInput.TYPE: self._input,
        }

    def _arm(self, request: m.TraceArm) -> None:
        session, trace = self._session, self._session.trace
        if session.is_busy(request.TYPE):
            return
        if not session.loaded:
            session.refuse(request.TYPE, m.ErrorCode.NO_MODEL)
            return
        if request.shift != trace.shift:
            before, trace.shift = trace.shift, request.shift
            if not session.load():
                trace.shift = 0
                session.load()
                session.refuse(request.TYPE, m.ErrorCode.INFERENCE_FAILED)
                return
            assert before != trace.shift
        trace.armed = request.window
        session.owe(m.TraceArmed, window=request.window, shift=trace.shift)

    def _runs(self, kind: type[Payload]) -> bool:
        """Whether there is something to be run again; what is owed for nothing is."""
        session, trace = self._session, self._session.trace
        if session.is_busy(kind.TYPE):
            return False
        if trace.inputs is None and not session.loaded:
            session.refuse(kind.TYPE, m.ErrorCode.NO_MODEL)
            return False
        refused = refusal(kind, trace, bool(session.controls.stateful))
        if refused is not None:
            session.owe(m.Error, **refused)
        return refused is None

    def _infers(self, kind: type[Payload]) -> bool:
        session, trace = self._session, self._session.trace
        if trace.kept is not None:
            session.remembered = trace.kept
        if session.invokes_to_fail:
            session.invokes_to_fail -= 1
            session.refuse(kind.TYPE, m.ErrorCode.INFERENCE_FAILED)
            return False
        session.remembered += 1
        return True

    def _ops(self, request: m.TraceRequest) -> None:
        session = self._session
        if self._runs(m.TraceRequest) and self._infers(m.TraceRequest):
            session.owe(m.TraceOps, **session.trace.ops(request.first, session.remembered))

    def _bytes(self, request: m.TraceBytesRequest) -> None:
        session = self._session
        if not self._runs(m.TraceBytesRequest):
            return
        if request.source > m.TraceSource.MODEL_OUTPUT:
            session.refuse(request.TYPE, m.ErrorCode.BAD_REQUEST, value=request.source)
            return
        if request.source != m.TraceSource.MODEL_INPUT and not self._infers(m.TraceBytesRequest):
            return
        piece = session.trace.piece(request, session.remembered)
        if isinstance(piece, m.Error):
            session.refuse(request.TYPE, m.ErrorCode.BAD_REQUEST, value=piece.value, limit=piece.limit)
        else:
            session.owe(m.TraceBytes, **piece)

    def _stage(self, request: m.StageArm) -> None:
        session = self._session
        if session.is_busy(request.TYPE):
            return
        if request.stage >= len(STAGES):
            session.refuse(request.TYPE, m.ErrorCode.BAD_REQUEST, value=request.stage, limit=len(STAGES) - 1)
            return
        session.trace.stage = request
        name = STAGES[request.stage].encode()
        session.owe(m.StageArmed, column=request.column, stage=request.stage, stages=len(STAGES), name=name)

    def _open(self, _: m.CaseOpen) -> None:
        session, trace = self._session, self._session.trace
        if session.is_busy(m.CaseOpen.TYPE):
            return
        if session.deployment is not None and session.deployment.trial:
            session.refuse_deploy(b"what was sent is in use")
            return
        if not session.sent_is_whole():
            return
        assert session.deployment is not None
        session.deployment.trial = True
        session.loaded, session.remembered = False, 0
        trace.load()
        if session.loads_to_fail:
            session.loads_to_fail -= 1
            session.refuse_deploy(b"load fails")
            return
        image = session.deployment.data
        trace.inputs = [bytearray(10 * (number + 1)) for number in range(image[-1] & 3)]
        session.owe(m.CaseOpened, inputs=len(trace.inputs), outputs=1, arena_used=len(image))

    def _input(self, request: m.CaseInput) -> None:
        session, inputs = self._session, self._session.trace.inputs
        if session.is_busy(request.TYPE):
            return
        if inputs is None or request.input >= len(inputs):
            session.refuse(request.TYPE, m.ErrorCode.BAD_REQUEST)
            return
        there = inputs[request.input]
        end = request.offset + len(request.data)
        if end > len(there):
            session.refuse(request.TYPE, m.ErrorCode.WRONG_LENGTH, value=request.offset, limit=len(there))
        else:
            there[request.offset : end] = request.data
