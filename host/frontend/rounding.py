"""From real features to int8 cells as TensorFlow Lite's QUANTIZE computes them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def quantised(features: NDArray[np.floating[Any]], scale: float, zero_point: int) -> NDArray[np.int8]:
    """Return the int8 cells of real features, in any shape.

    The division is one of float32, and halves are rounded away from zero; `np.round` rounds them to even, which is off
    by one where a feature lies on a half.

    Args:
        features: what the model was trained with.
        scale: of the cells, above 0.
        zero_point: of the cells, -128 to 127.
    """
    steps = features.astype(np.float32) / np.float32(scale)
    # exact: float64 holds a float32 and a half
    away = np.trunc(steps.astype(np.float64) + np.copysign(0.5, steps))
    return np.clip(away + zero_point, -128, 127).astype(np.int8)
