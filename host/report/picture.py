"""Feature matrices as PNG images that fit into an HTML page."""

import base64
import io
from functools import cache

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]

FEATURE_COLOURS = "magma"
DIFFERENCE_COLOURS = "RdBu_r"  # red where the device has more
NO_DIFFERENCE = 128  # its middle


@cache
def _colours(name: str) -> NDArray[np.uint8]:
    """A matplotlib colour map as uint8 [256, 3]."""
    from matplotlib import colormaps

    colours: NDArray[np.float64] = colormaps[name](np.arange(256))[:, :3]
    return (colours * 255).round().astype(np.uint8)


def _data_uri(indices: NDArray[np.uint8], colours: str, transparent: int | None = None) -> str:
    """A picture of colour numbers, uint8 [height, width], as PNG with a palette: a third of one in full colour.

    Args:
        transparent: a colour number that lets the page through, so that nothing looks like nothing on any background.
    """
    from PIL import Image

    image = Image.fromarray(indices)
    image.putpalette(_colours(colours).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **({} if transparent is None else {"transparency": transparent}))
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def gradient(colours: str) -> str:
    """A colour map as CSS, lowest value left."""
    stops = ",".join("#" + bytes(_colours(colours)[i]).hex() for i in range(0, 256, 15))
    return f"linear-gradient(90deg,{stops})"


def feature_image(columns: Int8, low: int, high: int) -> str:
    """A log-mel image, time to the right and frequency upwards, as a data URI.

    Args:
        columns: int8 [k, bands].
        low: value of the darkest colour.
        high: value of the brightest one.
    """
    scaled = (columns.T[::-1].astype(np.float64) - low) / max(1, high - low)
    return _data_uri(np.clip(scaled * 255, 0, 255).astype(np.uint8), FEATURE_COLOURS)


def difference_image(host: Int8, device: Int8) -> tuple[str, int]:
    """Device minus host on a scale of its own, and that scale's end in LSB (1 at least)."""
    difference = device.astype(np.int16) - host.astype(np.int16)
    end = max(1, int(np.abs(difference).max(initial=0)))
    # a difference of 1 keeps away from the middle, whose colours are hard to tell from none
    strength = np.where(difference == 0, 0, np.sign(difference) * (32 + 95 * np.abs(difference) / end))
    indices = np.rint(NO_DIFFERENCE + strength.T[::-1]).astype(np.uint8)
    return _data_uri(indices, DIFFERENCE_COLOURS, NO_DIFFERENCE), end
