"""A device that can be traced, made of the host's own interpreter and front end. For tests."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from ..board.tracing import WRITTEN_INPUT, TracedTensor
from ..bundle.load import Bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.ends import Tensor
from ..model.inspect import read_graph
from ..model.interpreter import as_tensors
from ..model.kept_tensors import run_kept
from ..model.locate import Values
from ..model.names import BUILTIN_OPS
from ..model.worker_protocol import MICRO
from .traced_device import Int16
from .window import front_end

Alter = Callable[[Tensor], Tensor]


def _same(tensor: Tensor) -> Tensor:
    return tensor


def records_of(model_bytes: bytes, values: Values) -> list[TracedTensor]:
    """What a board with these tensors tells."""
    graph = read_graph(model_bytes)
    found: list[TracedTensor] = []
    for index, operator in enumerate(graph.operators):
        pairs = [(role, number) for role, number in enumerate(operator.outputs) if number in values]
        if operator.name == "ASSIGN_VARIABLE":
            pairs.append((WRITTEN_INPUT + 1, operator.inputs[1]))
        for role, number in pairs:
            data = np.ascontiguousarray(values[number]).tobytes()
            code = BUILTIN_OPS.index(operator.name)
            found.append(
                TracedTensor(
                    len(found),
                    0,
                    index,
                    code,
                    role,
                    number,
                    len(data),
                    zlib.crc32(data),
                    16 * index % 16,
                    1000,
                )
            )
    return found


class FakeTraced:
    """Computes as the host does, but for what `alter` does to tensors.

    Args:
        bundle: what it runs.
        alter: by number of a tensor, what its op gives in place of the right values; what follows is computed from the
            right ones.
        after: the same of what the model's outputs are when all has run.
        columns: what its front end gives in place of the right columns.
        model_bytes: another file than the bundle's, of the same ops, which it runs.
        outputs: what it sends for a streamed window in place of the right outputs.
    """

    def __init__(
        self,
        bundle: Bundle,
        alter: Mapping[int, Alter] | None = None,
        after: Mapping[int, Alter] | None = None,
        columns: Alter = _same,
        outputs: Callable[[bytes], bytes] = lambda outputs: outputs,
        model_bytes: bytes | None = None,
    ) -> None:
        self._model_bytes = model_bytes or bundle.model_bytes
        self.bundle = bundle
        self._alter, self._after = dict(alter or {}), dict(after or {})
        self._columns, self._outputs = columns, outputs
        self._graph = read_graph(bundle.model_bytes)
        self._right: Values = {}
        self._values: Values = {}
        self._input = b""
        self.asked_bytes = 0

    def info(self) -> m.Info:
        """What it says of itself."""
        return m.Info(capabilities=m.Capability.INFERENCE | m.Capability.TRACE)

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        """See `TracedDevice`."""
        return m.TraceArmed(window, shift, 1000)

    def stream(
        self, blocks: Iterable[Int16], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """See `TracedDevice`."""
        del features, inference
        bundle = self.bundle
        samples = np.concatenate(list(blocks))
        columns = self._columns(front_end(bundle).features(samples))
        yield m.Features(first_column=0, cells=columns.tobytes())
        every = np.lib.stride_tricks.sliding_window_view(columns, bundle.frames, axis=0)
        windows = np.ascontiguousarray(every[:: bundle.stride].transpose(0, 2, 1))
        tensors = as_tensors(bundle.model, windows)
        self._input = tensors[-1].tobytes()
        self._right = run_kept(MICRO, self._model_bytes, tensors)
        self._values = {
            number: self._alter.get(number, _same)(value) for number, value in self._right.items()
        }
        outputs = b"".join(
            self._values[self._graph.outputs[output.index]].tobytes() for output in bundle.model.outputs
        )
        yield m.WindowResult(index=len(windows) - 1, outputs=self._outputs(outputs))
        yield m.StreamDone()

    def trace_ops(self) -> list[TracedTensor]:
        """See `TracedDevice`."""
        return records_of(self._model_bytes, self._values)

    def trace_bytes(
        self, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        """See `TracedDevice`."""
        if source == m.TraceSource.MODEL_INPUT:
            data = self._input
        elif source == m.TraceSource.MODEL_OUTPUT:
            number = self._graph.outputs[index]
            data = self._after.get(number, _same)(self._values[number]).tobytes()
        else:
            data = np.ascontiguousarray(self._values[self.trace_ops()[index].tensor]).tobytes()
        data = data[offset : None if length is None else offset + length]
        self.asked_bytes += len(data)
        return data

    def stage_names(self) -> list[str]:
        """See `TracedDevice`."""
        return []

    def stage_arm(self, column: int, stage: int, offset: int, length: int) -> m.StageArmed:
        """See `TracedDevice`."""
        del offset, length
        return m.StageArmed(column=column, stage=stage)


class FakeStages(FakeTraced):
    """Tells the stages of a column, each as `stages_of` gives it.

    Attributes:
        asked: numbers of the stages that were asked for.
    """

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self._armed = m.StageArm()
        self.asked: set[int] = set()

    def stages_of(self, samples: Int16, column: int) -> Mapping[str, bytes]:
        """What the device has of each stage, in the order of computing."""
        raise NotImplementedError

    def stage_arm(self, column: int, stage: int, offset: int, length: int) -> m.StageArmed:
        """See `TracedDevice.stage_arm`."""
        self._armed = m.StageArm(column, stage, offset, length)
        self.asked.add(stage)
        return m.StageArmed(column=column, stage=stage)

    def stream(
        self, blocks: Iterable[Int16], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """A piece of the armed stage."""
        assert features and not inference
        armed = self._armed
        found = self.stages_of(np.concatenate(list(blocks)), armed.column)
        data = list(found.values())[armed.stage]
        piece = data[armed.offset : armed.offset + armed.length]
        yield m.StageBytes(armed.column, armed.stage, armed.offset, len(data), piece)
