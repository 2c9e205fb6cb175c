"""What a kernel is held to while training."""

from __future__ import annotations

import functools
from typing import Any

from .tensorflow_loading import tensorflow


@functools.cache
def zero_sum_class() -> Any:
    """A Keras constraint: each output channel's weights sum to zero (plain kernels, or depthwise of one input).

    On log-mel features a louder sound is the same picture plus a constant. A first convolution whose weights sum to
    zero does not see that constant: the network is deaf to the level by construction, not by having seen every level.
    """
    tf = tensorflow()

    @tf.keras.utils.register_keras_serializable("hil")
    class ZeroSum(tf.keras.constraints.Constraint):  # type: ignore[misc, name-defined]
        """See `zero_sum_class`."""

        def __call__(self, kernel: Any) -> Any:
            return kernel - tf.reduce_mean(kernel, axis=(0, 1, 2), keepdims=True)

    return ZeroSum


def zero_sum() -> Any:
    """An instance of the constraint."""
    return zero_sum_class()()
