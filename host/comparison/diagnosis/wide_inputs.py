"""Hypotheses about input tensors of 16 bits: (cell - zero point) * step, which a device may write otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...bundle.model_info import TensorInfo
from ...model.ends import to_tensors
from .inputs import INPUT_CURE, Model, Rearrange, Way, candidate, explaining
from .search import Candidate, Int8, View

Int16 = NDArray[np.int16]
LOW, HIGH = -32768, 32767
STEPS = tuple(1 << k for k in range(9))
LEVELS = tuple((1 << k) - 1 for k in range(8, 15))
OFFSETS = (1, -1, 128, -128, 256, -256)
BESIDE = (1, -1)  # what a step, or a zero point, is off by
ZEROS = (-128, 127, 128)  # zero points that are taken for each other


def wide_inputs(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The values of an int16 input are made otherwise of their cells, or written otherwise."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        info = model.bundle.model.input
        if info.type != "int16":
            return
        for name, told, cure, change in explaining(model, views, _ways(info)):
            yield candidate(model, name, told, cure, change)

    return hypothesis


def _ways(info: TensorInfo) -> Iterator[Way]:
    for name, told, make in (*_made(info), *_bytes(), *_operations(info), *_clips()):
        yield name, told, INPUT_CURE, of_tensor(info, make)


Made = tuple[str, str, "Callable[[Int16, Int8], np.ndarray]"]  # type: ignore[type-arg]
"""Name, what is told, and the tensor from the right one and the cells, both [n, values]."""


def of_tensor(info: TensorInfo, make: "Callable[[Int16, Int8], np.ndarray]") -> Rearrange:  # type: ignore[type-arg]
    """Windows whose int16 tensors are made otherwise, see `Made`."""

    def change(cells: Int8, _: NDArray[np.int64]) -> Int8:
        count = len(cells)
        right = to_tensors(info, cells).reshape(count, -1)
        # the cells in the tensor's order: those of a tensor of int8 that is laid out as this one
        plain = replace(info, type="int8")
        found = make(right, to_tensors(plain, cells).reshape(count, -1))
        if found.dtype != np.int16:
            found = np.clip(found, LOW, HIGH).astype(np.int16)
        return np.ascontiguousarray(found)  # what `Interpreter.run` takes as they are

    return change


def _made(info: TensorInfo) -> Iterator[Made]:
    """Other arithmetic from a cell to its value."""
    told, zero, step = "the values of the model's int16 input", info.zero_point, info.step
    for other in dict.fromkeys((*STEPS, *(step + by for by in BESIDE))):
        if other != step:
            yield (
                f"int16 step {other}",
                f"{told} are the cells less their zero point times {other} instead of {step}",
                lambda _, c, other=other: (c.astype(np.int32) - zero) * other,  # type: ignore[misc]
            )
        if zero:
            yield (
                f"int16 step {other}, no zero point",
                f"{told} are the cells times {other}, their zero point {zero} is not taken off"
                + (f", and the step is {step}" if other != step else ""),
                lambda _, c, other=other: c.astype(np.int32) * other,  # type: ignore[misc]
            )
    yield (
        "int16 of unsigned cells",
        f"{told} are made of cells that are unsigned taken for signed",
        lambda _, c: ((c ^ np.int8(-128)).astype(np.int32) - zero) * step,
    )
    for other in dict.fromkeys((*ZEROS, *(zero + by for by in BESIDE))):
        if other != zero:
            yield with_zero_point(info, other)
    if zero:
        yield (
            "int16 zero point added",
            f"{told} have the zero point {zero} added instead of taken off",
            lambda _, c: (c.astype(np.int32) + zero) * step,
        )
    yield (
        "int16 written as int8",
        "the model's int16 input holds the int8 cells one byte after the other, and 0 behind them",
        lambda _, c: np.concatenate([c, np.zeros_like(c)], axis=1).view(np.int16),
    )


def with_zero_point(info: TensorInfo, other: int) -> Made:
    """The values with another zero point taken off."""
    off = (info.zero_point - other) * info.step
    return (
        f"int16 zero point {other}",
        f"the values of the model's int16 input are off by {off:+,}, {zero_point_told(info, off)}",
        lambda _, c: (c.astype(np.int32) - other) * info.step,
    )


def off_by(info: TensorInfo, off: int) -> Made:
    """The values with a figure added, whatever zero point gives it."""
    words = zero_point_told(info, off)
    return (
        f"int16 off by {off:+d}",
        f"the values of the model's int16 input are off by {off:+,}" + (f", {words}" if words else ""),
        lambda right, _: right.astype(np.int32) + off,
    )


def zero_point_told(info: TensorInfo, off: int) -> str:
    """With which zero point an int16 input is off by so much; empty: with none."""
    if off and off == info.zero_point * (info.step - 1):
        return f"as where the zero point {info.zero_point} is taken off behind the product with {info.step}"
    if off == 0 or off % info.step:
        return ""
    other = info.zero_point - off // info.step
    if other == 0:
        return f"as where the zero point {info.zero_point} is not taken off"
    return f"as with a zero point of {other} instead of {info.zero_point}"


def _bytes() -> Iterator[Made]:
    """Bytes of a value in another place."""
    told = "the values of the model's int16 input"
    yield (
        "int16 bytes exchanged",
        f"{told} have their two bytes exchanged, as on a machine of the other byte order",
        lambda t, _: t.byteswap(),
    )
    yield (
        "int16 upper bytes lost",
        f"{told} have lost their upper bytes",
        lambda t, _: (t & 255).astype(np.int16),
    )
    yield (
        "int16 upper bytes of the sign",
        f"{told} are their low bytes as signed numbers",
        lambda t, _: t.astype(np.int8).astype(np.int16),
    )
    yield "int16 low bytes lost", f"{told} have lost their low bytes", lambda t, _: t & np.int16(-256)
    for by in (1, -1):
        yield (
            f"int16 input moved by {by} byte",
            f"the model's int16 input is a byte {'late' if by > 0 else 'early'}",
            lambda t, _, by=by: np.roll(np.ascontiguousarray(t).view(np.int8), by, axis=1).view(np.int16),  # type: ignore[misc]
        )
    yield "int16 unsigned", f"{told} are unsigned taken for signed", lambda t, _: t ^ np.int16(LOW)


def _operations(info: TensorInfo) -> Iterator[Made]:
    """All values through one operation."""
    told = "the values of the model's int16 input"
    yield "int16 halved", f"{told} are halved, rounded to 0", lambda t, _: np.trunc(t / 2)
    yield "int16 halved down", f"{told} are halved, rounded down", lambda t, _: t >> 1
    yield "int16 doubled", f"{told} are doubled, saturated", lambda t, _: t.astype(np.int32) * 2
    yield "int16 doubled and wrapped", f"{told} are doubled, and wrap around", lambda t, _: t << 1
    yield "int16 sign flipped", f"{told} have their sign flipped", lambda t, _: -t.astype(np.int32)
    yield "int16 sign lost", f"{told} have lost their sign", lambda t, _: np.abs(t.astype(np.int32))
    yield "int16 negatives lost", f"{told} are 0 where they should be negative", lambda t, _: np.maximum(t, 0)
    yield "int16 positives lost", f"{told} are 0 where they should be positive", lambda t, _: np.minimum(t, 0)
    for bits in range(1, 8):
        yield (
            f"int16 {bits} low bits lost",
            f"{told} have lost their {bits} low bit{'s' * (bits > 1)}",
            lambda t, _, bits=bits: t & np.int16(-(1 << bits)),  # type: ignore[misc]
        )
    for by in OFFSETS:
        if by in (info.step, -info.step):
            continue  # that is another zero point
        yield (
            f"int16 offset {by:+d}",
            f"{told} are off by {by:+d}",
            lambda t, _, by=by: t.astype(np.int32) + by,  # type: ignore[misc]
        )


def _clips() -> Iterator[Made]:
    """Values that end too early."""
    told = "the values of the model's int16 input"
    for level in LEVELS:
        yield (
            f"int16 at most {level}",
            f"{told} are at most {level}",
            lambda t, _, level=level: np.minimum(t, level),  # type: ignore[misc]
        )
        yield (
            f"int16 at least {-level - 1}",
            f"{told} are at least {-level - 1}",
            lambda t, _, level=level: np.maximum(t, -level - 1),  # type: ignore[misc]
        )
