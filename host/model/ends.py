"""The model's two ends: int8 cells into its input tensor, and its outputs as int8 values.

`firmware/core/bundle/model_ends.c` is the same on the device.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundle.model_info import MeasuredInput, OutputInfo, TensorInfo
from ..frontend.normalised.windows import cells_of, unclamped

Int8 = NDArray[np.int8]
Tensor = NDArray[Any]


def to_cells(info: TensorInfo, windows: Int8) -> Int8:
    """Return windows, int8 [n, ...], as the cells of the model's input: where these depend on all of a window, from it.

    Windows of cells come back as they are; columns have more bytes.
    """
    if isinstance(info, MeasuredInput) and len(windows) > 0:
        frames = math.prod(info.shape) // info.normaliser.bands
        if windows[0].size == 2 * frames * info.normaliser.levels:
            return cells_of(info.normaliser, windows)
    return windows


def before_int8(info: TensorInfo, columns: Int8) -> NDArray[np.float64] | None:
    """Return a window's cells as they are before they are held within int8, where these depend on all of a window.

    Args:
        info: the model's input.
        columns: of windows, int8 [n, frames, bytes of a column].

    Returns:
        Not rounded, [n, frames, bands]; None where the front end's settings tell of each column alone.
    """
    return unclamped(info.normaliser, columns) if isinstance(info, MeasuredInput) else None


def to_tensors(info: TensorInfo, cells: Int8) -> Tensor:
    """Return int8 cells [n, ...], column after column, as n input tensors [n, *shape] of the tensor's type."""
    count = len(cells)
    if info.bands_first:
        cells = cells.reshape(count, -1, info.bands_first).transpose(0, 2, 1)
    cells = np.ascontiguousarray(cells).reshape(count, *info.shape)
    if info.type == "uint8":
        return cells.view(np.uint8) ^ np.uint8(0x80)
    if info.type == "int16":
        return ((cells.astype(np.int32) - info.zero_point) * info.step).astype(np.int16)
    return cells


def from_tensor(info: OutputInfo, values: Tensor) -> tuple[Int8, Int8 | None]:
    """Return an output tensor [1, classes] as int8 [classes], and the low bytes of an int16 one as int8 [classes]."""
    row = values.reshape(-1)
    if info.type == "uint8":
        return (row ^ np.uint8(0x80)).view(np.int8), None
    if info.type == "int16":
        return (row >> 8).astype(np.int8), ((row & 0xFF) ^ 0x80).astype(np.uint8).view(np.int8)
    return row, None
