"""An op alone on a board: does it depart there, too?"""

from dataclasses import dataclass

import numpy as np

from ..link.messages import TraceSource
from ..model.ends import Tensor
from .case_file import Case, CaseError
from .traced_device import CaseDevice


@dataclass(frozen=True)
class Replayed:
    """What a board makes of a case.

    Attributes:
        outputs: the op's, as they came.
        different: cells of each that are not as expected.
        as_before: whether they are those of the board that the case comes from; None where these are not known.
        arena_used: bytes.
    """

    outputs: tuple[Tensor, ...]
    different: tuple[int, ...]
    as_before: bool | None
    arena_used: int

    @property
    def agreed(self) -> bool:
        """Whether the board computes what is expected."""
        return not any(self.different)

    @property
    def sentence(self) -> str:
        """What that says, without a full stop."""
        if self.agreed:
            before = "" if self.as_before is not False else ", unlike the board that the case comes from"
            return f"alone, the op gives the expected values here{before}"
        cells = sum(output.size for output in self.outputs)
        before = {
            True: ", the same as on the board that the case comes from",
            False: ", others than on the board that the case comes from",
            None: "",
        }[self.as_before]
        return (
            f"alone, the op gives {sum(self.different):,} of {cells:,} cells otherwise than expected{before}"
        )


def replay(device: CaseDevice, case: Case) -> Replayed:
    """Run a case on a board, and leave the board with its bundle.

    Args:
        device: connected.
        case: see there.

    Raises:
        HilError: the board cannot run cases, lacks the op, has too small an arena, or failed.
    """
    opened = device.open_case(case.model, [np.ascontiguousarray(each).tobytes() for each in case.inputs])
    try:
        device.trace_ops()  # runs it
        outputs = tuple(_output(device, number, expected) for number, expected in enumerate(case.expected))
    finally:
        device.close_case()
    different = tuple(
        int(np.count_nonzero(came != expected)) for came, expected in zip(outputs, case.expected, strict=True)
    )
    known = [each for each in case.device if each is not None]
    as_before = None
    if len(known) == len(outputs):
        as_before = all(np.array_equal(came, before) for came, before in zip(outputs, known, strict=True))
    return Replayed(outputs, different, as_before, opened.arena_used)


def _output(device: CaseDevice, number: int, expected: Tensor) -> Tensor:
    came = device.trace_bytes(TraceSource.MODEL_OUTPUT, number)
    if len(came) != expected.nbytes:
        raise CaseError(
            f"the board gives {len(came)} bytes for output {number} of the case, {expected.nbytes} are expected"
        )
    return np.frombuffer(came, expected.dtype).reshape(expected.shape)
