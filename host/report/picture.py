"""Feature matrices as PNG images that fit into an HTML page."""

import base64
import io
from functools import cache

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]


@cache
def _colours(name: str) -> NDArray[np.uint8]:
    """A matplotlib colour map as uint8 [256, 3]."""
    from matplotlib import colormaps

    colours: NDArray[np.float64] = colormaps[name](np.arange(256))[:, :3]
    return (colours * 255).round().astype(np.uint8)


def _data_uri(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(buffer, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def feature_image(columns: Int8, low: int, high: int) -> str:
    """A log-mel image, time to the right and frequency upwards, as a data URI.

    Args:
        columns: int8 [k, bands].
        low: value of the darkest colour.
        high: value of the brightest one.
    """
    scaled = (columns.T[::-1].astype(np.float64) - low) / max(1, high - low)
    return _data_uri(_colours("magma")[np.clip(scaled * 255, 0, 255).astype(np.uint8)])


def difference_image(host: Int8, device: Int8) -> tuple[str, int]:
    """Device minus host on a scale of its own, and that scale's end in LSB (1 at least)."""
    difference = device.astype(np.int16) - host.astype(np.int16)
    end = max(1, int(np.abs(difference).max(initial=0)))
    scaled = (difference.T[::-1] / end + 1) / 2
    return _data_uri(_colours("coolwarm")[np.clip(np.rint(scaled * 255), 0, 255).astype(np.uint8)]), end
