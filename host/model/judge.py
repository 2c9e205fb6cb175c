"""Which of two interpreters is right at the op where they part, by float64 arithmetic of that op."""

from ..bundle.expectation import REFERENCE, TFLITE_MICRO, Expectation, Side
from .float_op import float_output, steps_off
from .locate import OpDifference

# Steps of the output that rounding may take a right answer away from real arithmetic: integer kernels round more than
# once, 16-bit ones with multipliers of 16 bits.
ROUNDING = 2.0


def judged(model_bytes: bytes, found: OpDifference) -> Expectation:
    """Return what a device must equal. It runs TFLite Micro, so that is TFLite Micro, right or wrong.

    Args:
        model_bytes: the `.tflite` file.
        found: the first op at which the reference and TFLite Micro differ.
    """
    real = float_output(model_bytes, found.index, found.inputs)
    if real is None or found.ours is None or found.theirs is None or real.size != found.ours.size:
        return Expectation(TFLITE_MICRO, found.op, found.index, "unknown")
    ours = steps_off(model_bytes, found.number, real, found.ours)
    theirs = steps_off(model_bytes, found.number, real, found.theirs)
    off: dict[tuple[bool, bool], Side] = {
        (False, False): "neither",
        (True, True): "both",
        (True, False): REFERENCE,
        (False, True): TFLITE_MICRO,
    }
    verdict: Side = "neither" if found.largest <= 1 else off[ours > ROUNDING, theirs > ROUNDING]
    return Expectation(TFLITE_MICRO, found.op, found.index, verdict, round(ours, 3), round(theirs, 3))
