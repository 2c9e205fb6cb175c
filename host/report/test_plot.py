"""Ticks, images and units."""

import base64
import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..checkout import ROOT
from .picture import FEATURE_COLOURS, difference_image, feature_image, gradient
from .plot import log_ticks, nice_ticks
from .units import digits, time_unit


@given(
    low=st.floats(-1e6, 1e6),
    size=st.floats(1e-3, 1e6),
    most=st.integers(2, 10),
)
def test_ticks_are_round_few_and_in_order(low: float, size: float, most: int) -> None:
    ticks = nice_ticks(low, low + size, most)
    assert len(ticks) <= most + 1
    assert all(-1e-6 <= tick.at <= 1 + 1e-6 for tick in ticks)
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert len({tick.text for tick in ticks}) == len(ticks)
    for tick in ticks:
        assert float(tick.text.replace(",", "")) == pytest.approx(
            low + tick.at * size, abs=1e-6 * (size + abs(low))
        )


def test_ticks_that_people_expect() -> None:
    assert [tick.text for tick in nice_ticks(0, 6)] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [tick.text for tick in nice_ticks(0.0, 1.0, 4)] == ["0.0", "0.5", "1.0"]
    assert [tick.text for tick in nice_ticks(3, 3)] == ["3"]


@given(low=st.floats(1e-3, 1e6), factor=st.floats(4.0, 1e6))
def test_logarithmic_ticks_are_few_and_where_they_belong(low: float, factor: float) -> None:
    ticks = log_ticks(low, low * factor)
    assert 1 <= len(ticks) <= 7
    for tick in ticks:
        assert 0 <= tick.at <= 1
        assert float(tick.text.replace(",", "")) == pytest.approx(low * factor**tick.at)


def _pixels(uri: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    from PIL import Image

    head, data = uri.split(",")
    assert head == "data:image/png;base64"
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))


def test_feature_images_go_right_and_up() -> None:
    columns = np.full((5, 3), -128, np.int8)
    columns[4, 0] = 127  # last column, lowest band
    pixels = _pixels(feature_image(columns, -128, 127))
    assert pixels.shape == (3, 5, 4)
    bright = pixels[:, :, :3].sum(axis=2)
    assert np.unravel_index(bright.argmax(), bright.shape) == (2, 4)


def test_a_constant_matrix_is_no_division_by_zero() -> None:
    assert _pixels(feature_image(np.zeros((2, 2), np.int8), 0, 0)).shape == (2, 2, 4)


def test_differences_have_a_scale_of_their_own_and_none_shows_the_page() -> None:
    host = np.zeros((4, 2), np.int8)
    device = host.copy()
    device[0, 0], device[1, 0] = 1, -100
    uri, end = difference_image(host, device)
    pixels = _pixels(uri)
    assert end == 100
    assert (pixels[1, 2:, 3] == 0).all()
    assert (pixels[0, :, 3] == 0).all()
    red, _, blue, opaque = pixels[1, 0].astype(int)
    assert opaque == 255
    assert red - blue > 20  # one LSB is seen beside a hundred
    assert int(pixels[1, 1, 2]) > int(pixels[1, 1, 0])


def test_the_largest_differences_have_room() -> None:
    host = np.full((1, 2), -128, np.int8)
    device = np.array([[127, -128]], np.int8)
    uri, end = difference_image(host, device)
    assert end == 255
    assert _pixels(uri)[0, 0, 3] == 0


def test_gradients_are_css() -> None:
    assert gradient(FEATURE_COLOURS).startswith("linear-gradient(90deg,#000006,")
    assert gradient(FEATURE_COLOURS).endswith("#fdfbd0)")


def test_more_is_lighter_and_a_larger_difference_darker() -> None:
    def lightness(uri: str) -> np.ndarray:  # type: ignore[type-arg]
        result: np.ndarray = _pixels(uri)[0, :, :3] @ np.array([0.2126, 0.7152, 0.0722])  # type: ignore[type-arg]
        return result

    values = np.arange(-128, 128, dtype=np.int8).reshape(-1, 1)
    assert (np.diff(lightness(feature_image(values, -128, 127))) > 0).all()
    steps = np.arange(1, 128, dtype=np.int8).reshape(-1, 1)
    for host, device in ((steps * 0, steps), (steps * 0, -steps)):
        assert (np.diff(lightness(difference_image(host, device)[0])) <= 0).all()


def test_a_report_does_without_matplotlib() -> None:
    program = (
        "import sys, numpy as np\n"
        f"from {feature_image.__module__} import feature_image\n"
        "feature_image(np.zeros((2, 2), np.int8), 0, 1)\n"
        "assert 'PIL' in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_units() -> None:
    assert time_unit(9999) == ("µs", 1.0)
    assert time_unit(10_000) == ("ms", 1000.0)
    assert [digits(v) for v in (0.0, 1.2346, 12.346, 123.46, 1234.6, 9.99951)] == [
        "0.000",
        "1.235",
        "12.35",
        "123.5",
        "1,235",
        "10.00",
    ]
