"""Which interpreter a device must equal, where the two on the host part."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from ..declared import text

REFERENCE: Literal["reference"] = "reference"
TFLITE_MICRO: Literal["tflite_micro"] = "tflite_micro"
Side = Literal["reference", "tflite_micro", "neither", "both", "unknown", "refused"]
Steps = Annotated[float, Meta(ge=0, lt=1e9)]


@dataclass(frozen=True)
class Expectation:
    """What was found at the first op at which the two interpreters part.

    Attributes:
        side: whose outputs are expected of a device.
        op: the op's name.
        index: its place in the order of execution.
        off: which side float64 arithmetic of the op says is off: `REFERENCE`, `TFLITE_MICRO`, "neither" (both within a
            step or so), "both", "unknown" (the op has no such arithmetic here), or "refused" (the reference does not
            load the model; `op` and `index` then mean nothing).
        reference_steps, tflite_micro_steps: largest distance of each side from it, in steps of the op's output; None:
            unknown.
    """

    side: Literal["reference", "tflite_micro"]
    op: Annotated[str, text(64)]
    index: Annotated[int, Meta(ge=0, le=1 << 20)]
    off: Side
    reference_steps: Steps | None = None
    tflite_micro_steps: Steps | None = None

    @property
    def sentence(self) -> str:
        """One sentence for a person."""
        op = f"op {self.index}, {self.op}"
        ours, theirs = _steps(self.reference_steps), _steps(self.tflite_micro_steps)
        measured = f"the reference {ours}, TFLite Micro {theirs} from float64 arithmetic of that op"
        found = {
            REFERENCE: f"TensorFlow's reference kernel is wrong at {op} ({measured})",
            TFLITE_MICRO: f"TFLite Micro itself is wrong at {op} ({measured}), and so will be the device",
            "neither": f"the host's two interpreters part at {op} by rounding alone ({measured})",
            "both": f"both interpreters are off at {op} ({measured}): there is no exact expectation",
            "refused": "TensorFlow's reference kernels refuse the model, TFLite Micro runs it",
            "unknown": f"the host's two interpreters part at {op}, and no third arithmetic says which is right",
        }[self.off]
        whose = "TFLite Micro's" if self.side == TFLITE_MICRO else "the reference's"
        return f"{found}; {whose} outputs are expected of the device."


def _steps(steps: float | None) -> str:
    return "unknown" if steps is None else f"{steps:.2f} steps"
