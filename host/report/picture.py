"""Feature matrices as PNG images that fit into an HTML page."""

import base64
import io
from functools import cache

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]

FEATURE_COLOURS = "features"
DIFFERENCE_COLOURS = "difference"  # red where the device has more
NO_DIFFERENCE = 128  # its middle
# Evenly spaced colours with straight lines between them. Lightness rises all the way, or falls from the middle to both
# sides. Not matplotlib's: importing that costs a run 15 MB and as much time as all of its pictures.
_STOPS = {
    FEATURE_COLOURS: ("000006", "2b1764", "7d2482", "c93a6a", "f47b45", "fcc95e", "fdfbd0"),
    DIFFERENCE_COLOURS: ("123a7a", "3f86c4", "b4d5ea", "f6f6f6", "f3b49a", "cf5546", "7a0a22"),
}


@cache
def _colours(name: str) -> NDArray[np.uint8]:
    """A colour map, uint8 [256, 3]."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in _STOPS[name]], np.float64)
    places = np.linspace(0, 255, len(stops))
    channels = [np.interp(np.arange(256), places, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


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
