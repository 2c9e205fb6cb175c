"""What lies between a window's samples and its scores, asked of the board; docs/protocol.md has the layouts."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import HilError
from ..link import messages as m
from ..link.trace_records import NO_MODULO, NO_TIME, RECORD
from .client import Client, DeviceError
from .deploying import Progress, raise_if_refused, send_image

WRITTEN_INPUT = 0x80  # a role from here on: the op's input, into which it wrote
IN_FLIGHT = 4  # requests for bytes that are under way at a time


class TraceUnsupportedError(HilError):
    """The board's firmware has no traces of that kind."""


@dataclass(frozen=True)
class TracedTensor:
    """One tensor that an op gave, as the board computed it.

    Attributes:
        index: number of the record; what `Device.trace_bytes` takes.
        subgraph, op: which op.
        code: the op's builtin code.
        role: number of the output; or `WRITTEN_INPUT` and the number of the input that it wrote into.
        tensor: number of the tensor in the subgraph.
        bytes: its size.
        crc32: of its bytes when the op ended.
        modulo: its address modulo 16; None where the board cannot tell.
        ns: time of the op, those inside it included; None where the board cannot tell.
    """

    index: int
    subgraph: int
    op: int
    code: int
    role: int
    tensor: int
    bytes: int
    crc32: int
    modulo: int | None
    ns: int | None

    @property
    def output(self) -> int | None:
        """Number of the op's output; None for an input that it wrote into."""
        return self.role if self.role < WRITTEN_INPUT else None


def require(client: Client, info: m.Info, capability: m.Capability, what: str) -> None:
    """Raise `TraceUnsupportedError` unless the board has a capability.

    Args:
        client: of the board.
        info: what it says of itself.
        capability: one of TRACE, STAGES, REPLAY, SHIFT.
        what: to be read after "cannot".
    """
    if capability & info.capabilities:
        return
    if capability != m.Capability.TRACE and m.Capability.TRACE & info.capabilities:
        raise TraceUnsupportedError(f"{client.name} cannot {what}", "use a board that can: an ESP32 does all")
    raise TraceUnsupportedError(
        f"the firmware on {client.name} is older than traces: it cannot {what}",
        "flash it: `python -m host flash`",
    )


def arm(client: Client, window: int, shift: int) -> m.TraceArmed:
    """See `Device.trace_arm`."""
    client.send(m.TraceArm(window=window, shift=shift))
    return client.wait_for(
        m.TraceArmed, client.limits.silence_s, lambda it: (it.window, it.shift) == (window, shift)
    )


def ops(client: Client) -> list[TracedTensor]:
    """See `Device.trace_ops`."""
    found: list[TracedTensor] = []
    total = 1
    while len(found) < total:
        first = len(found)
        client.send(m.TraceRequest(first=first))
        page = client.wait_for(m.TraceOps, client.limits.silence_s, lambda it: it.first == first)  # noqa: B023
        total = page.total
        records = list(_records(client, page))
        if not records and total > first:
            raise DeviceError(
                f"{client.name} says that its model gives {total} tensors and tells none after {first}",
                "flash the current firmware",
            )
        found += records
    return found


def _records(client: Client, page: m.TraceOps) -> Iterator[TracedTensor]:
    if len(page.records) % RECORD.size:
        raise DeviceError(
            f"{client.name} sent {len(page.records)} bytes of records, which have {RECORD.size} each",
            "host and firmware may be of different versions: flash the firmware of this checkout",
        )
    for number, fields in enumerate(RECORD.iter_unpack(page.records)):
        subgraph, op, code, role, tensor, size, crc32, modulo, ns = fields
        yield TracedTensor(
            page.first + number,
            *(subgraph, op, code, role, tensor, size, crc32),
            None if modulo == NO_MODULO else modulo,
            None if ns == NO_TIME else ns,
        )


def tensor_bytes(
    client: Client, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
) -> bytes:
    """See `Device.trace_bytes`."""
    data = b""
    first = _piece(client, source, index, offset, 0xFFFF if length is None else min(length, 0xFFFF))
    end = first.size if length is None else min(first.size, offset + length)
    data = first.data[: end - offset]
    step = len(data)
    if not step:
        return data
    wanted = list(range(offset + step, end, step))
    for at in range(
        0, len(wanted), IN_FLIGHT
    ):  # each is an inference: several wait on the board, not on the line
        starts = wanted[at : at + IN_FLIGHT]
        for start in starts:
            client.send(m.TraceBytesRequest(source, index, start, min(step, end - start)))
        for start in starts:
            data += _received(client, source, index, start, min(step, end - start)).data
    return data


def _piece(client: Client, source: int, index: int, offset: int, length: int) -> m.TraceBytes:
    client.send(m.TraceBytesRequest(source, index, offset, length))
    return _received(client, source, index, offset, 0)


def _received(client: Client, source: int, index: int, offset: int, least: int) -> m.TraceBytes:
    wanted = (source, index, offset)
    piece = client.wait_for(
        m.TraceBytes, client.limits.silence_s, lambda it: (it.source, it.index, it.offset) == wanted
    )
    if len(piece.data) < least:
        raise DeviceError(
            f"{client.name} sent {len(piece.data)} bytes of a tensor where {least} were asked for",
            "flash the current firmware",
        )
    return piece


def stage_names(client: Client) -> list[str]:
    """See `Device.stage_names`. Arms nothing that stays: the last one armed is for no column."""
    names: list[str] = []
    count = 1
    while len(names) < count:
        armed = arm_stage(client, 0xFFFFFFFF, len(names), 0, 0)
        count = armed.stages
        names.append(armed.name.decode("utf-8", "replace"))
    return names


def arm_stage(client: Client, column: int, stage: int, offset: int, length: int) -> m.StageArmed:
    """See `Device.stage_arm`."""
    client.send(m.StageArm(column=column, stage=stage, offset=offset, length=length))
    return client.wait_for(m.StageArmed, accept=lambda it: (it.column, it.stage) == (column, stage))


def open_case(
    client: Client, model: bytes, inputs: list[bytes], rate: float, progress: Progress | None
) -> m.CaseOpened:
    """See `Device.open_case`."""
    send_image(client, model, rate, progress)
    client.send(m.CaseOpen())
    opened = _opened(client)
    if opened.inputs != len(inputs):
        raise HilError(
            f"the case's model has {opened.inputs} inputs, and {len(inputs)} are given",
            "export the case anew",
        )
    size = client.connection.max_payload - m.CaseInput.fixed_size()
    for number, data in enumerate(inputs):
        for offset in range(0, len(data), size):
            client.send(m.CaseInput(number, offset, data[offset : offset + size]))
    return opened


def _opened(client: Client) -> m.CaseOpened:
    deadline = time.monotonic() + client.limits.silence_s
    while (left := deadline - time.monotonic()) > 0:
        answer = client.next(left)
        raise_if_refused(answer)
        if isinstance(answer, m.CaseOpened):
            return answer
    raise DeviceError(
        f"{client.name} did not open a case in time", "reset it, and flash the current firmware"
    )
