"""A window once more with the tensor arena, and then the model in flash, elsewhere: does the result depend on it?"""

from dataclasses import dataclass

from ..board.deploying import DeployRefusedError, refuse_larger
from ..bundle.image import MODEL_ALIGNMENT, bundle_image
from ..bundle.load import Bundle
from ..link import messages as m
from ..model.worker import ModelWorker
from .against import compare_traces
from .traced_device import MovableDevice
from .values import trace_values
from .window import WindowTrace, trace_window

ARENA_STEP = 16  # bytes; TFLite Micro aligns every tensor to it


@dataclass(frozen=True)
class Moved:
    """What came of moving one of the two.

    Attributes:
        what: which, in words.
        bytes: by how many.
        apart: whether a tensor became another; None where it could not be moved.
        about: how, or why not; without a full stop.
    """

    what: str
    bytes: int
    apart: bool | None
    about: str

    @property
    def sentence(self) -> str:
        """What that says, without a full stop."""
        if self.apart is None:
            return f"{self.what} was not moved: {self.about}"
        if not self.apart:
            return f"with {self.what} {self.bytes:,} bytes further on, the same: it does not matter"
        return f"with {self.what} {self.bytes:,} bytes further on, {self.about}: the result depends on where it lies"


def trace_moved(
    device: MovableDevice, bundle: Bundle, traced: WindowTrace, worker: ModelWorker, shift: int
) -> list[Moved]:
    """Trace a window again with the arena moved, then with the model moved.

    The moved model goes into the half of the slot that is not in use, and runs from there as on trial: no restart and
    no crash leaves the board with it.

    Args:
        device: connected, and checked to run `bundle`.
        bundle: the bundle in use.
        traced: the window, with both where they lie.
        worker: runs the host's interpreters.
        shift: the arena is moved by so many times 16 bytes, the model by so many times 4.

    Raises:
        HilError: the board failed, cannot move its arena, or has no room for it there.
    """
    arena = trace_window(device, bundle, traced.passage, worker, shift)
    found = [_held("the arena", ARENA_STEP * shift, traced, arena)]
    what, by = "the model in flash", MODEL_ALIGNMENT * shift
    if not device.info().capabilities & m.Capability.TRIAL:
        return [*found, Moved(what, by, None, "this board has no slot in which a copy of it could lie")]
    image = bundle_image(bundle, shift)
    try:
        refuse_larger(image, device.info())
        device.use_image(image)
    except DeployRefusedError as error:
        return [*found, Moved(what, by, None, error.cause)]
    try:
        found.append(_held(what, by, traced, trace_window(device, bundle, traced.passage, worker)))
    finally:
        device.leave_image()
    return found


def _held(what: str, by: int, traced: WindowTrace, moved: WindowTrace) -> Moved:
    apart, sentence = compare_traces(trace_values(traced), trace_values(moved))
    return Moved(what, by, bool(apart), sentence)
