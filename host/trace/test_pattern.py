"""What the cells that differ have in common is named, and nothing is named of those that have nothing."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from .pattern import cells_of, patterns

Tensor = NDArray[np.int8]
SHAPE = (1, 6, 8, 16)


def _host() -> Tensor:
    return np.random.default_rng(3).integers(-100, 100, SHAPE).astype(np.int8)


def _channel(tensor: Tensor) -> None:
    tensor[0, :, :, 5] += 1


def _border(tensor: Tensor) -> None:
    tensor[0, 0, 1:7, ::3] += 3


def _every_fourth(tensor: Tensor) -> None:
    tensor.reshape(-1)[2::4] -= 2


def _tail(tensor: Tensor) -> None:
    tensor.reshape(-1)[-5:] = 9


def _offset(tensor: Tensor) -> None:
    tensor += 2


def _swapped(tensor: Tensor) -> None:
    tensor[..., [2, 7]] = tensor[..., [7, 2]]


def _never(tensor: Tensor) -> None:
    tensor[...] = 0


def _one(tensor: Tensor) -> None:
    tensor[0, 2, 3, 4] ^= 64


def _moved(tensor: Tensor) -> None:
    flat = tensor.reshape(-1)
    flat[1:] = flat[:-1].copy()


def _stretch(tensor: Tensor) -> None:
    tensor.reshape(-1)[300:340] ^= 0x55


def _rounding(tensor: Tensor) -> None:
    tensor.reshape(-1)[[3, 88, 300, 301, 517]] += 1


def _bounds(tensor: Tensor) -> None:
    np.maximum(tensor, -20, out=tensor)


@pytest.mark.parametrize(
    ("alter", "name", "words"),
    [
        (_channel, "one channel", "all in channel 5"),
        (_border, "border", "all in the first row"),
        (_every_fourth, "every k-th", "every 4th cell from cell 2 on"),
        (_tail, "tail", "all within the last 5 cells"),
        (_offset, "offset", "every cell is off by +2"),
        (_swapped, "swapped", "channels 2 and 7 have changed places"),
        (_never, "never written", "the device has 0 in every cell"),
        (_one, "one cell", "cell 308 alone (at 0, 2, 3, 4)"),
        (_moved, "moved", "every value lies 1 cells further on"),
        (_stretch, "stretch", "cells 300 to 339"),
        (_rounding, "rounding", "each by one step, always +1"),
        (_bounds, "other bounds", "the host clamps from below at -100, the device at -20"),
    ],
)
def test_a_pattern_is_named_first(alter: Callable[[Tensor], None], name: str, words: str) -> None:
    device = _host()
    alter(device)
    found = patterns(cells_of(_host(), device))
    assert (found[0].name, found[0].words) == (name, words)


def test_saturation_that_wraps_is_told_from_saturation_alone() -> None:
    host = _host()
    host.reshape(-1)[10:20] = 127
    wrapped, clamped = host.copy(), host.copy()
    wrapped.reshape(-1)[[10, 13, 17]] = -120
    clamped.reshape(-1)[[10, 13, 17]] = 125
    assert "wrapped" in {found.name for found in patterns(cells_of(host, wrapped))}
    names = {found.name for found in patterns(cells_of(host, clamped))}
    assert "saturated" in names and "wrapped" not in names


def test_cells_at_random_have_nothing_in_common() -> None:
    device = _host()
    places = np.random.default_rng(9).choice(device.size, 40, replace=False)
    device.reshape(-1)[places] ^= 0x2A
    assert patterns(cells_of(_host(), device)) == []


def test_equal_tensors_have_no_pattern() -> None:
    assert patterns(cells_of(_host(), _host())) == []


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_two_tensors_are_looked_at(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    host, device = rng.integers(-128, 128, (2, 1, size)).astype(np.int8)
    for found in patterns(cells_of(host, device)):
        assert found.name and found.words


def test_sides_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="beside"):
        cells_of(np.zeros((1, 2), np.int8), np.zeros((1, 3), np.int8))
