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
from ..diagnosis.figures import Cause
from ..expected import Expected
from ..fakes import FakeDevice, FakeInterpreter, bundle_info
from . import looked_into as module
from .answers import Request
from .looked_into import MOST_BYTES, Traceable, ask_traced, picked, seen_sent
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
        self.armed, self.streamed = False, 0
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
            if self.fault == "kept" and armed.stage == 2:
                self.streamed += 1
                data = data[:-4] + self.streamed.to_bytes(4, "little")
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
        ("kept", "what is told of the front end's stages: column 1 departs in "),
    ],
)
def test_a_lie_is_noted(bundle: Bundle, fault: str, words: str) -> None:
    found, _ = _found(bundle, fault)
    assert any(text.startswith(words) for text in found.wrong), found.wrong


def test_a_window_sent_by_itself_is_kept_with_what_sent_it(bundle: Bundle) -> None:
    found, _ = _found(bundle, "input stale")
    (told,) = (text for text in found.wrong if text.startswith("the model's input is told to hold another"))
    assert ": cells " in told
    assert found.window is not None and len(found.window.samples), "a stream's, which tells more"
    device, window = Traced(bundle, "input stale"), made_window(bundle)
    device.infer(window)
    seen = seen_sent(device, bundle, window, "this one")
    assert seen is not None and (seen.name, seen.number, seen.right) == ("this one", 0, window.tobytes())
    assert seen.given == bytes(window.size)
    begin, *data = (m.decode(*each) for each in seen.requests)
    assert isinstance(begin, m.TensorBegin) and begin.length == window.size
    pieces = [each for each in data if isinstance(each, m.TensorData)]
    assert b"".join(piece.data for piece in pieces) == window.tobytes()
    sizes = [len(piece.data) for piece in pieces]
    assert set(sizes[:-1]) == {(device.max_payload - 4) & ~7} and len(pieces) > 1
    assert [piece.offset for piece in pieces] == [sum(sizes[:at]) for at in range(len(sizes))]
    honest = Traced(bundle)
    honest.infer(window)
    assert seen_sent(honest, bundle, window, "this one") is None


def test_a_column_whose_stage_is_wrong_each_time_is_kept(bundle: Bundle) -> None:
    assert _found(bundle)[0].column is None
    assert _found(bundle, "kept")[0].column is None
    column = _found(bundle, "offset ignored")[0].column
    assert column is not None and column.departs is not None


def test_a_stage_that_depends_on_the_stream_before_is_told_as_that(bundle: Bundle) -> None:
    (kept,) = _found(bundle, "kept")[0].wrong
    assert "is not set back when a stream begins" in kept and "no cell shows it" not in kept
    (same,) = _found(bundle, "offset ignored")[0].wrong
    assert "no cell shows it" in same and "is not set back" not in same


def test_a_window_that_was_not_armed_is_not_kept(bundle: Bundle) -> None:
    assert not _found(bundle, "stays armed")[0].wrong, "nothing is kept of a model that remembers nothing"
    (told,) = _found(bundle, "stays armed", stateful=True)[0].wrong
    assert told == "a window for which no trace was armed can be run again, though the model remembers"


def test_tensors_that_are_fetched_are_small() -> None:
    sizes = (4097, 5, 4096, 7, 8, 9, 4097)
    tensors = [TracedTensor(at, 0, at, 3, 0, at, size, 0, None, None) for at, size in enumerate(sizes)]
    assert [tensor.index for tensor in picked(tensors)] == [1, 3, 5]
    assert picked(tensors[:1]) == [] and len(picked(tensors[1:2])) == 1


class Recorded(Traced):
    """Notes what it is asked."""

    def __init__(self, bundle: Bundle, answers: list[Payload] | None = None) -> None:
        super().__init__(bundle)
        self.asked: list[Any] = []
        self._answers = answers

    def infer(self, cells: NDArray[np.int8], begun: Any = None) -> m.TensorResult:
        self.asked.append("infer")
        return super().infer(cells, begun)

    def exchange(self, requests: list[Request]) -> list[Payload]:
        decoded = [m.decode(*request) for request in requests]
        self.asked += [each for each in decoded if isinstance(each, m.TraceRequest)]
        of_trace = isinstance(decoded[0], m.TraceRequest)
        return self._answers if of_trace and self._answers is not None else super().exchange(requests)

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        self.asked.append(("arm", window, shift))
        return super().trace_arm(window, shift)

    def trace_bytes(
        self, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        self.asked.append((source, index))
        return super().trace_bytes(source, index, offset, length)

    def stream(
        self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        kept = [block.copy() for block in blocks]
        if self._stage is None:
            self.asked.append(("stream", sum(map(len, kept))))
        return super().stream(iter(kept), features, inference)


@pytest.mark.parametrize("stateful", [False, True])
def test_what_is_asked_and_in_which_order(bundle: Bundle, stateful: bool) -> None:
    """One window, one that was not armed where the model remembers, a stream's second window."""
    if stateful:
        bundle = replace(bundle, model=replace(bundle.model, ops=(*bundle.model.ops, "SVDF")))
    device = Recorded(bundle)
    ask_traced(device, bundle, device.info(), made_window(bundle))
    source = m.TraceSource
    windows = bundle.settings.samples_for(bundle.frames + bundle.stride)
    assert device.asked == [
        *(("arm", 0, 0), "infer"),
        *((source.OUTPUT, 0), (source.OUTPUT, 1), (source.OUTPUT, 3)),
        *((source.MODEL_INPUT, 0), (source.MODEL_OUTPUT, bundle.model.scores.index)),
        *(("infer", m.TraceRequest(first=0)) if stateful else ()),
        *(("arm", 1, 0), ("stream", windows), (source.MODEL_INPUT, 0)),
    ]


@pytest.mark.parametrize(
    ("answers", "kept"),
    [([m.Error()], False), ([], True), ([m.Error(), m.Error()], True), ([m.TraceOps()], True)],
)
def test_one_refusal_is_owed_for_a_window_that_was_not_armed(
    bundle: Bundle, answers: list[Payload], kept: bool
) -> None:
    bundle = replace(bundle, model=replace(bundle.model, ops=(*bundle.model.ops, "SVDF")))
    device = Recorded(bundle, answers)
    found, sent = ask_traced(device, bundle, device.info(), made_window(bundle))
    told = "a window for which no trace was armed can be run again, though the model remembers"
    assert found.wrong == [told] * kept and sent == 4


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "1 of {size:,} cells differ, cell {last} of it"),
        (
            lambda data: data[:5] + bytes([data[5] ^ 1, data[6] ^ 1]) + data[7:],
            "2 of {size:,} cells differ, cells 5 to 6 of it",
        ),
        (lambda data: data[:-1], "another length"),
    ],
)
def test_where_a_streams_second_window_differs(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, change: Any, where: str
) -> None:
    device = Traced(bundle)
    given = Traced.trace_bytes

    def changed(
        of: Traced, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        data = given(of, source, index, offset, length)
        return change(data) if source == m.TraceSource.MODEL_INPUT and of.outputs == b"" else data

    monkeypatch.setattr(Traced, "trace_bytes", changed)
    found, _ = ask_traced(device, bundle, device.info(), made_window(bundle))
    size = bundle.frames * bundle.settings.bands
    (told,) = found.wrong
    assert told.startswith(
        "the model's input in a stream's second window is not what its columns are: "
        f"{where.format(size=size, last=size - 1)}"
    )
    assert told.endswith("; look at what copies the ring into the input (stream_put_window, model_ends_put)")


def test_a_second_window_that_is_still_the_first_is_told_by_its_cells(bundle: Bundle) -> None:
    class Stale(Traced):
        """Keeps the stream's first window, and what it heard."""

        def stream(
            self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
        ) -> Iterator[Payload]:
            self.kept = [block.copy() for block in blocks]
            plain = self._stage is None
            yield from super().stream(iter(self.kept), features, inference)
            if plain:
                self.heard = np.concatenate(self.kept).astype(float)
                columns = Expected(self._bundle, None).push(self.heard.astype(np.int16)).columns
                self.window = columns[: self._bundle.frames].tobytes()

    device = Stale(bundle)
    found, _ = ask_traced(device, bundle, device.info(), made_window(bundle))
    (told,) = found.wrong
    assert "they are still those of the window before; look at" in told
    assert 4800 < device.heard.std() < 5200


def test_what_a_stage_does_otherwise_is_told(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all of its numbers come out so."""
    for computed in (True, False):
        monkeypatch.setattr(module, "stage_cause", lambda *_, done=computed: Cause("an entry", "cure", done))
        device = Traced(bundle, "offset ignored")
        found, _ = ask_traced(device, bundle, device.info(), None)
        assert (": an entry; the columns sent are right" in found.wrong[0]) is computed
