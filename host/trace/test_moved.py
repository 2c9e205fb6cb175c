"""The arena, then the model moved: each is said to matter or not, and the board gets its bundle back."""

import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from ..board.deploying import DeployRefusedError
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link import messages as m
from ..model.ends import Tensor
from ..model.inspect import read_graph
from ..model.worker import ModelWorker
from .fake_traces import FakeTraced
from .moved import Moved, trace_moved
from .window import passage_of, trace_window

pytest.importorskip("tflite_micro")
BUNDLE = load_bundle(DEFAULT_BUNDLE)
SHIFT = 3


class MovableBoard(FakeTraced):
    """A board on which it matters where something lies.

    Args:
        matters: "arena", "model" or "".
        trial: whether it has a slot.
    """

    def __init__(self, matters: str = "", trial: bool = True) -> None:
        self.alters, self.trial = "", trial
        self.matters, self.uses = matters, 0
        self.refuses, self.slot_size = "", 1 << 17
        super().__init__(BUNDLE, {read_graph(BUNDLE.model_bytes).operators[2].outputs[0]: self._alters})

    def _alters(self, tensor: Tensor) -> Tensor:
        altered: Tensor = tensor ^ np.int8(1) if self.matters and self.matters == self.alters else tensor
        return altered

    def info(self) -> m.Info:
        found = m.Capability.INFERENCE | m.Capability.TRACE | m.Capability.SHIFT
        return m.Info(
            capabilities=found | (m.Capability.TRIAL if self.trial else 0), slot_size=self.slot_size
        )

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        self.alters = "arena" if shift else "model" if self.uses else ""
        return super().trace_arm(window, shift)

    def use_image(self, image: bytes, progress: Callable[[int, int], None] | None = None) -> m.DeployStatus:
        assert progress is None
        if self.refuses:
            raise DeployRefusedError(self.refuses, "use a smaller bundle")
        place, length = struct.unpack_from("<2I", image, 32)
        assert place % 16 == 4 * SHIFT % 16 and image[place : place + length] == BUNDLE.model_bytes
        self.uses += 1
        return m.DeployStatus()

    def leave_image(self) -> None:
        self.uses -= 1


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    with ModelWorker() as made:
        yield made


@pytest.fixture(scope="module")
def sound() -> NDArray[np.int16]:
    return np.random.default_rng(1).normal(0, 3000, BUNDLE.window_samples).astype(np.int16)


def _moved(board: MovableBoard, sound: NDArray[np.int16], worker: ModelWorker) -> list[Moved]:
    traced = trace_window(board, BUNDLE, passage_of(BUNDLE, sound, 0), worker)
    return trace_moved(board, BUNDLE, traced, worker, SHIFT)


@pytest.mark.parametrize("matters", ["", "arena", "model"])
def test_what_matters_is_told_and_the_bundle_is_back(
    matters: str, sound: NDArray[np.int16], worker: ModelWorker
) -> None:
    board = MovableBoard(matters)
    arena, model = _moved(board, sound, worker)
    assert (arena.apart, model.apart) == (matters == "arena", matters == "model")
    assert (arena.bytes, model.bytes) == (16 * SHIFT, 4 * SHIFT)
    assert board.uses == 0
    same = "further on, the same: it does not matter"
    assert arena.sentence.endswith(same) == (matters != "arena")
    if matters:
        told = arena if matters == "arena" else model
        assert "part at op 2" in told.sentence and told.sentence.endswith("depends on where it lies")


def test_a_board_without_room_for_a_copy_says_so(sound: NDArray[np.int16], worker: ModelWorker) -> None:
    _, model = _moved(MovableBoard(trial=False), sound, worker)
    assert model.apart is None
    assert model.sentence == (
        "the model in flash was not moved: this board has no slot in which a copy of it could lie"
    )
    board = MovableBoard()
    board.refuses = "its model does not load"
    _, model = _moved(board, sound, worker)
    assert model.sentence == "the model in flash was not moved: its model does not load"
    board.slot_size = 20_000
    _, model = _moved(board, sound, worker)
    assert model.sentence.startswith("the model in flash was not moved: the image is larger than the slot: ")
    assert model.sentence.endswith(" bytes, the board's takes 20,000")


def test_the_bundle_is_back_where_a_trace_fails(sound: NDArray[np.int16], worker: ModelWorker) -> None:
    board = MovableBoard()
    traced = trace_window(board, BUNDLE, passage_of(BUNDLE, sound, 0), worker)

    def fail(window: int, shift: int = 0) -> m.TraceArmed:
        if board.uses:
            raise HilError("lost", "look for it")
        return FakeTraced.trace_arm(board, window, shift)

    board.trace_arm = fail  # type: ignore[method-assign]
    with pytest.raises(HilError, match="lost"):
        trace_moved(board, BUNDLE, traced, worker, SHIFT)
    assert board.uses == 0
