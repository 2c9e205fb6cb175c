"""Each other way to make or to order the bytes of 16-bit values gives what its words say."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...bundle.model_info import TensorInfo
from ...model.ends import to_tensors
from .fakes_views import cells, view_of
from .search import Candidate, Int8
from .wide import wide_outputs
from .wide_columns import wide_columns
from .wide_inputs import _ways

RIGHT = cells(40, 6, low=-128, high=127)
RIGHT[:2] = [[-128] * 6, [127] * 6]  # the least and the largest values
UPPER, LOW = RIGHT[:, :3].astype(np.int64), RIGHT[:, 3:].astype(np.int64)


def bundle_of(width: int = 2, normaliser: object = 1) -> Bundle:
    model, kind = SimpleNamespace(scores=SimpleNamespace(width=width)), SimpleNamespace(normaliser=normaliser)
    return cast(Bundle, SimpleNamespace(model=model, kind=kind))


def flipped(values: Any) -> Any:
    """Signed bytes taken for unsigned, or the other way."""
    return (values + 256) % 256 - 128


def signed(values: Any) -> Any:
    return (values + 128) % 256 - 128


OUTPUTS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "low bytes are 0": lambda high, low: (high, 0 * low - 128),
    "low bytes as they are": lambda high, low: (high, flipped(low)),
    "bytes of outputs exchanged": lambda high, low: (flipped(low), flipped(high)),
    "upper bytes twice": lambda high, _: (high, high),
    "upper bytes rounded": lambda high, low: (np.minimum(high + (low >= 0), 127), low),
}


def replayed(candidates: Any) -> dict[str, Int8]:
    view = view_of(RIGHT, RIGHT)
    found = {}
    for each in cast(list[Candidate], list(candidates)):
        values = each.replay(view)
        assert values is not None and values.dtype == np.int8 and each.explanation and "Look at" in each.cure
        found[each.cause] = values
    return found


def test_outputs_taken_apart_otherwise() -> None:
    found = replayed(wide_outputs(bundle_of())([]))
    assert list(found) == list(OUTPUTS)
    for name, change in OUTPUTS.items():
        np.testing.assert_array_equal(found[name], np.concatenate(change(UPPER, LOW), axis=1), name)
    assert not list(wide_outputs(bundle_of(width=1))([]))


def test_an_upper_byte_at_its_end_is_not_rounded_up() -> None:
    right = np.array([[127, 126, 126, 5, 0, -5], [127, -128, 0, 0, -1, 1]], np.int8)
    (rounded,) = [each for each in wide_outputs(bundle_of())([]) if each.cause == "upper bytes rounded"]
    found = rounded.replay(view_of(right, right))
    assert found is not None
    np.testing.assert_array_equal(found[:, :3], [[127, 127, 126], [127, -128, 1]])


def of_levels(change: Callable[[Any], Any]) -> Callable[[Any, Any], tuple[Any, Any]]:
    def bytes_of(upper: Any, low: Any) -> tuple[Any, Any]:
        levels = np.clip(change((upper + 128) * 256 + low + 128), 0, 65535)
        return levels // 256 - 128, levels % 256 - 128

    return bytes_of


LEVELS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "level halves exchanged": lambda u, w: (w, u),
    "level low bytes 0": lambda u, w: (u, 0 * w - 128),
    "level low bytes as they are": lambda u, w: (u, flipped(w)),
    "level bytes as they are": lambda u, w: (flipped(u), flipped(w)),
    "level upper bytes as they are": lambda u, w: (flipped(u), w),
    "level upper bytes twice": lambda u, _: (u, u),
    "level bands reversed": lambda u, w: (u[:, ::-1], w[:, ::-1]),
    "level bands rotated by 1": lambda u, w: (u[:, [2, 0, 1]], w[:, [2, 0, 1]]),
    "level bands rotated by -1": lambda u, w: (u[:, [1, 2, 0]], w[:, [1, 2, 0]]),
    "level bytes interleaved": lambda u, w: (
        np.stack([u[:, 0], w[:, 0], u[:, 1]], axis=1),
        np.stack([w[:, 1], u[:, 2], w[:, 2]], axis=1),
    ),
    "levels halved": of_levels(lambda x: x // 2),
    "levels doubled": of_levels(lambda x: x + x),
    "levels doubled and wrapped": of_levels(lambda x: (x + x) % 65536),
    "levels reversed": of_levels(lambda x: 65535 - x),
    "levels at most 32767": of_levels(lambda x: np.minimum(x, 32767)),
    **{f"levels {by:+d}": of_levels(lambda x, by=by: x + by) for by in (1, -1, 128, -128, 256, -256)},  # type: ignore[misc]
}


def test_levels_made_or_put_otherwise() -> None:
    found = replayed(wide_columns(bundle_of())([]))
    assert list(found) == list(LEVELS)
    for name, change in LEVELS.items():
        np.testing.assert_array_equal(found[name], np.concatenate(change(UPPER, LOW), axis=1), name)
    assert not list(wide_columns(bundle_of(normaliser=None))([]))


# ---- tensors of int16, made of cells


ZERO = 127
STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
Tensor = Callable[[Any, Any], Any]  # of the right tensor and the cells


def tensors(info: TensorInfo) -> dict[str, Tensor]:
    zero, step = info.zero_point, info.step
    return {
        **{
            f"int16 step {other}": lambda _, c, o=other: (c - zero) * o  # type: ignore[misc]
            for other in (*STEPS, step - 1, step + 1)
            if other != step
        },
        **{
            f"int16 zero point {other}": lambda _, c, o=other: (c - o) * step  # type: ignore[misc]
            for other in (-128, 127, 128, zero + 1, zero - 1)
            if other != zero
        },
        **(
            {
                **{
                    f"int16 step {other}, no zero point": lambda _, c, o=other: c * o  # type: ignore[misc]
                    for other in (*STEPS, step - 1, step + 1)
                },
                "int16 zero point added": lambda _, c: (c + zero) * step,
            }
            if zero
            else {}
        ),
        "int16 of unsigned cells": lambda _, c: (flipped(c) - zero) * step,
        "int16 written as int8": lambda _, c: np.concatenate(
            [c[:, 1::2] * 256 + c[:, ::2] % 256, np.zeros((len(c), c.shape[1] // 2))], axis=1
        ),
        "int16 bytes exchanged": lambda t, _: signed(t) * 256 + t // 256 % 256,
        "int16 upper bytes lost": lambda t, _: t % 256,
        "int16 upper bytes of the sign": lambda t, _: signed(t),
        "int16 low bytes lost": lambda t, _: t // 256 * 256,
        "int16 input moved by 1 byte": lambda t, _: signed(t) * 256 + np.roll(t, 1, axis=1) // 256 % 256,
        "int16 input moved by -1 byte": lambda t, _: signed(np.roll(t, -1, axis=1)) * 256 + t // 256 % 256,
        "int16 unsigned": lambda t, _: t % 65536 - 32768,
        "int16 halved": lambda t, _: np.fix(t / 2),
        "int16 halved down": lambda t, _: t // 2,
        "int16 doubled": lambda t, _: t + t,
        "int16 doubled and wrapped": lambda t, _: (t + t + 32768) % 65536 - 32768,
        "int16 sign flipped": lambda t, _: 0 - t,
        "int16 sign lost": lambda t, _: np.where(t < 0, -t, t),
        "int16 negatives lost": lambda t, _: np.where(t < 0, 0, t),
        "int16 positives lost": lambda t, _: np.where(t > 0, 0, t),
        **{f"int16 {bits} low bits lost": lambda t, _, k=2**bits: t // k * k for bits in range(1, 8)},  # type: ignore[misc]
        **{
            f"int16 offset {by:+d}": lambda t, _, by=by: t + by  # type: ignore[misc]
            for by in (1, -1, 128, -128, 256, -256)
            if abs(by) != step
        },
        **{f"int16 at most {2**k - 1}": lambda t, _, k=k: np.minimum(t, 2**k - 1) for k in range(8, 15)},  # type: ignore[misc]
        **{f"int16 at least {-(2**k)}": lambda t, _, k=k: np.maximum(t, -(2**k)) for k in range(8, 15)},  # type: ignore[misc]
    }


@pytest.mark.parametrize("zero_point", [ZERO, 0, -128])
def test_tensors_made_or_written_otherwise(zero_point: int) -> None:
    """`step` is a power of two that the zero point gives."""
    info = TensorInfo(scale=0.3, zero_point=zero_point, shape=(1, 3, 6), type="int16")
    windows = cells(5, 18, low=-128, high=127).reshape(5, 3, 6)
    right = to_tensors(info, windows).reshape(5, -1).astype(np.int64)
    expected = tensors(info)
    found = {name: (change(windows, np.arange(5)), told) for name, told, _, change in _ways(info)}
    assert set(found) == set(expected)
    for name, make in expected.items():
        values = make(right, windows.reshape(5, -1).astype(np.int64))
        np.testing.assert_array_equal(found[name][0], np.clip(values, -32768, 32767), name)
        assert found[name][0].dtype == np.int16
    told = {name: words for name, (_, words) in found.items()}
    assert told["int16 3 low bits lost"].endswith("lost their 3 low bits")
    assert told["int16 2 low bits lost"].endswith("lost their 2 low bits")
    assert told["int16 at least -256"].endswith("are at least -256")
    assert told["int16 at most 255"].endswith("are at most 255")
    other = 127 if zero_point == -128 else -128
    off = (zero_point - other) * info.step
    assert told[f"int16 zero point {other}"].endswith(
        f"are off by {off:+,}, as with a zero point of {other} instead of {zero_point}"
    )
    assert told["int16 1 low bits lost"].endswith("lost their 1 low bit")
    assert told["int16 input moved by 1 byte"].endswith("a byte late")
    assert told["int16 input moved by -1 byte"].endswith("a byte early")
    if zero_point:
        assert told[f"int16 step {info.step}, no zero point"].endswith(
            f"their zero point {zero_point} is not taken off"
        )
        assert told["int16 step 1, no zero point"].endswith(f", and the step is {info.step}")
