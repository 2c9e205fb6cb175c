"""A model file as somebody brings it, made ready for a bundle, with what was done to it."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from ..bundle.model_info import INT16_STEPS, ModelInfo
from .float_ends import strip_float_ends
from .inspect import inspect_model

_INT16_HALVES = (127, -128)  # zero points of cells that are all below, or all above, feature 0


@dataclass(frozen=True)
class IncomingModel:
    """A model that a bundle can take.

    Attributes:
        model_bytes: the file for the bundle.
        model: what `inspect_model` says of it.
        original: for the bundle's provenance: hash and size of the file as it came, and what was taken off; empty when
            the file is as it came.
        notes: the same for people.
    """

    model_bytes: bytes
    model: ModelInfo
    original: dict[str, Any]
    notes: tuple[str, ...]


def take_in(data: bytes) -> IncomingModel:
    """Make a model ready: float ends around an int8 body are taken off.

    Raises:
        ModelError: it cannot be a bundle's; the message has the reason.
    """
    model_bytes, dropped = strip_float_ends(data)
    model = inspect_model(model_bytes)
    if not dropped:
        return IncomingModel(data, model, {}, ())
    sha256 = hashlib.sha256(data).hexdigest()
    return IncomingModel(
        model_bytes,
        model,
        {"sha256": sha256, "size": len(data), "taken_off": list(dropped)},
        (
            f"float ends taken off ({', '.join(dropped)}), the int8 body is untouched: the front end feeds it int8, "
            f"and it gives int8 scores; SHA-256 of the file as it came: {sha256[:16]}…",
        ),
    )


def with_int16_range(model: ModelInfo, lowest: float, highest: float) -> ModelInfo:
    """Return `model` with the int8 cells of an int16 input spread over that half of its range which features need.

    Args:
        model: what `inspect_model` says; one of another type comes back as it is.
        lowest, highest: of the features.
    """
    tensor = model.input
    if tensor.type != "int16":
        return model
    below, above = _INT16_HALVES
    zero_point = below if highest <= 0 else above if lowest >= 0 else 0
    unit, _ = tensor.in_file
    return replace(model, input=replace(tensor, scale=unit * INT16_STEPS[zero_point], zero_point=zero_point))
