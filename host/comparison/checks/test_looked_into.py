"""What a board tells of a window's ops and of a column's stages: an honest one holds, and each lie is noted."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...board.tracing import TracedTensor
from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ...trace.window import front_end
from ..expected import Expected
from ..fakes import FakeDevice, FakeInterpreter, bundle_info
from .answers import Request
from .looked_into import MOST_BYTES, Traceable, ask_traced, picked
from .sent_windows import made_window

pytestmark = pytest.mark.native
CAN = m.Capability.TRACE | m.Capability.STAGES


class Traced(FakeDevice):
    """Four ops, of which the third gives more than is fetched; and the stages of the host's own front end.

    Args:
        fault: what goes wrong, by name.
    """

    def __init__(self, bundle: Bundle, fault: str = "") -> None:
        info = bundle_info(bundle)
        info = replace(info, capabilities=info.capabilities | CAN)
        super().__init__(bundle, FakeInterpreter(bundle), info=info)
        self.fault = fault
        self.armed = False
        self.window, self.outputs = b"", b""
        self._stage: m.StageArmed | None = None
        self._of_stage = (0, 0)

    def infer(self, cells: NDArray[np.int8], begun: Any = None) -> m.TensorResult:
        result = super().infer(cells, begun)
        self.window, self.outputs = cells.tobytes(), result.outputs
        return result

    def exchange(self, requests: list[Request]) -> list[Payload]:
        if requests[0][0] == m.TraceRequest.TYPE:
            return [m.TraceOps() if self.fault == "stays armed" else m.Error(request=m.TraceRequest.TYPE)]
        return super().exchange(requests)

    @property
    def tensors(self) -> list[bytes]:
        return [self.window, b"\1\2\3\4", bytes(MOST_BYTES + 1), self.outputs]

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        self.armed = True
        return m.TraceArmed(window=window, shift=shift)

    def trace_ops(self) -> list[TracedTensor]:
        cut = 1 if self.fault == "checksum cut" else 0
        return [
            TracedTensor(at, 0, at, 3, 0, at, len(data), zlib.crc32(data[: len(data) - cut]), None, None)
            for at, data in enumerate(self.tensors)
        ]

    def trace_bytes(
        self, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        del offset, length
        if source == m.TraceSource.MODEL_INPUT:
            if self.fault == "last cell" and self.outputs == b"":
                return self.window[:-1] + bytes([self.window[-1] ^ 1])
            return bytes(len(self.window)) if self.fault == "input stale" else self.window
        if source == m.TraceSource.MODEL_OUTPUT:
            classes = self.device_info.classes
            return bytes(classes) if self.fault == "outputs stale" else self.outputs[:classes]
        assert index != 2, "too large"
        return self.tensors[max(0, index - (self.fault == "op before"))]

    def stage_names(self) -> list[str]:
        return front_end(self._bundle).stages()

    def stage_arm(self, column: int, stage: int, offset: int, length: int) -> m.StageArmed:
        self._stage = m.StageArmed(column=column, stage=stage)
        self._of_stage = (offset, length)
        return self._stage

    def stream(
        self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        kept = [block.copy() for block in blocks]
        armed, self._stage = self._stage, None
        if armed is None:
            columns = Expected(self._bundle, None).push(np.concatenate(kept)).columns
            self.window = columns[-self._bundle.frames :].tobytes()
        else:
            stages = front_end(self._bundle).capture(np.concatenate(kept), armed.column)
            data = list(stages.values())[armed.stage]
            offset, length = self._of_stage
            start = 0 if self.fault == "offset ignored" else offset
            yield m.StageBytes(armed.column, armed.stage, offset, len(data), data[start : start + length])
            yield from super().stream(iter(kept), features, inference)
            return
        self.outputs = b""
        yield from super().stream(iter(kept), features, inference)


def _found(bundle: Bundle, fault: str = "", model: bool = True, stateful: bool = False) -> tuple[Any, int]:
    if stateful:
        bundle = replace(bundle, model=replace(bundle.model, ops=(*bundle.model.ops, "SVDF")))
        assert bundle.model.stateful
    device = Traced(bundle, fault)
    assert isinstance(device, Traceable)
    return ask_traced(device, bundle, device.info(), made_window(bundle) if model else None)


@pytest.mark.parametrize("stateful", [False, True])
def test_an_honest_board_holds(bundle: Bundle, stateful: bool) -> None:
    found, sent = _found(bundle, stateful=stateful)
    assert (found.wrong, sent) == ([], 3 + stateful)
    assert found.what == "4 ops' outputs and 5 stages looked into"
    found, sent = _found(bundle, model=False)
    assert (found.wrong, sent, found.what) == ([], 0, "5 stages looked into")


def test_what_a_board_cannot_tell_is_not_asked(bundle: Bundle) -> None:
    info = replace(bundle_info(bundle), capabilities=m.Capability(0))
    assert ask_traced(Traced(bundle), bundle, info, made_window(bundle))[0].what == ""


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("checksum cut", "op 0 (record 0) is told to give"),
        ("op before", "op 3 (record 3) is told to give"),
        ("input stale", "the model's input is told to hold another window"),
        ("last cell", "the model's input in a stream's second window is not what its columns are: 1 of "),
        ("outputs stale", "the model's scores are told to be others"),
        ("offset ignored", "what is told of the front end's stages: column 1 departs in "),
    ],
)
def test_a_lie_is_noted(bundle: Bundle, fault: str, words: str) -> None:
    found, _ = _found(bundle, fault)
    assert any(text.startswith(words) for text in found.wrong), found.wrong


def test_a_window_that_was_not_armed_is_not_kept(bundle: Bundle) -> None:
    assert not _found(bundle, "stays armed")[0].wrong, "nothing is kept of a model that remembers nothing"
    (told,) = _found(bundle, "stays armed", stateful=True)[0].wrong
    assert told == "a window for which no trace was armed can be run again, though the model remembers"


def test_tensors_that_are_fetched_are_small() -> None:
    sizes = (MOST_BYTES + 1, 5, MOST_BYTES, 7, 8, 9, MOST_BYTES + 1)
    tensors = [TracedTensor(at, 0, at, 3, 0, at, size, 0, None, None) for at, size in enumerate(sizes)]
    assert [tensor.index for tensor in picked(tensors)] == [1, 3, 5]
    assert picked(tensors[:1]) == [] and len(picked(tensors[1:2])) == 1
