"""What the session owes a host that traces, on the made-up model of fake_trace.h."""

import struct
import zlib
from typing import Any

from ..link import messages as m
from ..link.codec import Payload
from ..link.trace_records import NO_TIME, RECORD

MOST_SHIFT = 200
PAGE = 40  # records
MORE_RECORDS = 60
STAGES = ("window", "spectrum", "mel", "log", "cells")  # of log-mel
CELLS = STAGES.index("cells")
NS_A_TICK = 1000


class TraceModel:
    """What can be traced, and what that gives.

    Attributes:
        window: cells of the last window, where the ring still holds them.
        kept: the number of inferences that was kept before that window; None: none was.
        lacks_room: whether it should have been.
        inputs: of the case that is open; None: none is.
    """

    def __init__(self) -> None:
        self.shift = 0
        self.connect()

    def connect(self) -> None:
        """A new host."""
        self.armed: int | None = None
        self.stage: m.StageArm | None = None
        self.looked: m.StageArm | None = None
        self.load()

    def load(self) -> None:
        """A model is loaded, or dropped: nothing of a window is left."""
        self.inputs: list[bytearray] | None = None
        self.begin(None)

    def begin(self, window: int | None) -> None:
        """A stream or a tensor begins."""
        self.window: bytes | None = None
        self.kept: int | None = None
        self.lacks_room = False
        self.wanted = window

    def begin_armed(self) -> None:
        """The same, with what was armed for it."""
        window, self.armed = self.armed, None
        self.begin(window)

    def before(self, window: int, stateful: bool, fails: bool, inferences: int) -> None:
        """The window is about to be inferred."""
        self.kept, self.lacks_room = None, False
        if window == self.wanted and stateful:
            self.lacks_room = fails
            if not fails:
                self.kept = inferences

    # ---- what an inference gives

    @property
    def sources(self) -> list[bytes]:
        """The model's inputs."""
        if self.inputs is not None:
            return [bytes(each) for each in self.inputs]
        assert self.window is not None
        return [self.window]

    def tensors(self, inferences: int) -> list[tuple[tuple[int, ...], bytes]]:
        """Fields of each record but size and checksum, and the bytes; after the inference, which counts."""
        turned = [bytes(~byte & 0xFF for byte in each) for each in self.sources]
        found: list[tuple[tuple[int, ...], bytes]] = [((0, 0, 3, 0, 1, 5, 7), each) for each in turned]
        found.append(((0, 1, 27, 0x81, 2, 0, -1), struct.pack("<I", inferences)))
        found.append(((1, 0, 9, 0, 0, 0xFF, -1), b""))
        found += [((0, 2 + i, 300, 0, 10 + i, 0, -1), bytes([i])) for i in range(MORE_RECORDS)]
        return found

    def ops(self, first: int, inferences: int) -> dict[str, Any]:
        """Fields of TRACE_OPS."""
        tensors = self.tensors(inferences)
        fit = min(PAGE, (m.MAX_PAYLOAD - m.TraceOps.fixed_size()) // RECORD.size)
        records = b""
        for (subgraph, op, code, role, tensor, modulo, ticks), data in tensors[first : first + fit]:
            ns = NO_TIME if ticks < 0 else ticks * NS_A_TICK
            records += RECORD.pack(
                *(subgraph, op, code, role, tensor, len(data), zlib.crc32(data), modulo, ns)
            )
        return {"first": first, "total": len(tensors), "records": records}

    def piece(self, request: m.TraceBytesRequest, inferences: int) -> dict[str, Any] | m.Error:
        """Fields of TRACE_BYTES, or how it is refused."""
        outputs = [data for _, data in self.tensors(inferences)]
        there = {
            m.TraceSource.OUTPUT: outputs,
            m.TraceSource.MODEL_INPUT: self.sources,
            m.TraceSource.MODEL_OUTPUT: [bytes([0xAB, inferences & 0xFF])],
        }[m.TraceSource(request.source)]
        seen = len(outputs) if request.source != m.TraceSource.MODEL_INPUT else 0
        bad = m.ErrorCode.BAD_REQUEST
        if request.index >= len(there):
            return m.Error(code=bad, value=request.index, limit=seen)
        data = there[request.index]
        if request.offset > len(data):
            return m.Error(code=bad, value=request.offset, limit=len(data))
        length = min(request.length, m.MAX_PAYLOAD - m.TraceBytes.fixed_size())
        return {
            "source": request.source,
            "index": request.index,
            "offset": request.offset,
            "size": len(data),
            "data": data[request.offset :][:length],
        }

    # ---- stages

    def look(self, column: int, cells: bytes, fft: int) -> dict[str, Any] | None:
        """What a column brings, when it is the one to be looked at: known fields of STAGE_BYTES."""
        wanted = self.looked
        if wanted is None or wanted.column != column:
            return None
        self.looked = None
        sizes = (4 * fft, 4 * fft, 12 * (len(cells) + 1), 4 * len(cells), len(cells))
        size = sizes[wanted.stage]
        fields: dict[str, Any] = {
            "column": column,
            "stage": wanted.stage,
            "offset": wanted.offset,
            "size": size,
        }
        if wanted.stage == CELLS:
            length = min(wanted.length, m.MAX_PAYLOAD - m.StageBytes.fixed_size())
            fields["data"] = cells[wanted.offset :][:length]
        return fields


def refusal(kind: type[Payload], model: TraceModel, stateful: bool) -> dict[str, Any] | None:
    """How a request to run a window again is refused; None: it is not."""
    if model.inputs is not None:
        return None
    request = {"request": kind.TYPE}
    if model.window is None:
        return {**request, "code": m.ErrorCode.NO_STREAM}
    if not stateful or model.kept is not None:
        return None
    if model.lacks_room:
        return {**request, "code": m.ErrorCode.NOT_SUPPORTED, "value": 10, "limit": 5}
    return {**request, "code": m.ErrorCode.BAD_REQUEST}
