"""Small plots for a page: drawings that stretch to the width there is, with labels in HTML that keep their size.

A drawing's coordinates are shares of its plot, x to the right and y upwards, from 0 to 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

UNIT = 1000  # of the SVG's own coordinates: enough that rounding is not seen


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, as a share of its length, and what it says."""

    at: float
    text: str


def nice_ticks(low: float, high: float, most: int = 6) -> list[Tick]:
    """Round numbers from `low` to `high`, at most about `most`."""
    if high <= low:
        return [Tick(0.0, f"{low:g}")]
    raw = (high - low) / most
    step = 10.0 ** math.floor(math.log10(raw))
    step *= next((factor for factor in (1, 2, 5) if factor * step >= raw), 10)
    digits = max(0, -math.floor(math.log10(step)))
    numbers = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return [Tick((number * step - low) / (high - low), f"{number * step:,.{digits}f}") for number in numbers]


def log_ticks(low: float, high: float, most: int = 6) -> list[Tick]:
    """Round numbers from `low` to `high`, both above 0, for a logarithmic axis: at most about `most`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    chosen: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        chosen = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        chosen = [value for value in chosen if low <= value <= high]
        if len(chosen) <= most:
            break
    length = math.log(high / low)
    return [Tick(math.log(value / low) / length, f"{value:,g}") for value in chosen]


def _percent(share: float) -> str:
    return f"{100 * share:.3f}".rstrip("0").rstrip(".") + "%"


def _point(x: float, y: float) -> str:
    return f"{UNIT * x:.1f} {UNIT * (1 - y):.1f}"


class Plot:
    """One plot, drawn from back to front by calling its methods, then turned into `html`.

    Args:
        height: in CSS pixels.
    """

    def __init__(self, height: int) -> None:
        self._height = height
        self._picture = ""
        self._shapes: list[str] = []
        self._marks: list[str] = []

    def picture(self, uri: str, alternative: str) -> None:
        """Fill the plot with a picture; each of its pixels stays a rectangle."""
        self._picture = f'<img src="{uri}" alt="{escape(alternative)}">'

    def line(self, xs: Float64, ys: Float64, css: str) -> None:
        """A line through points."""
        points = " L".join(_point(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True))
        self._shapes.append(f'<path class="line {css}" d="M{points}"/>')

    def dots(self, xs: Float64, ys: Float64, css: str) -> None:
        """A round dot at each point: a line of no length with round ends is not distorted by stretching."""
        points = "".join(f"M{_point(x, y)}h0" for x, y in zip(xs.tolist(), ys.tolist(), strict=True))
        self._shapes.append(f'<path class="dots {css}" d="{points}"/>')

    def box(self, left: float, right: float, bottom: float, top: float, css: str) -> None:
        """A filled rectangle, at least as wide as can be seen."""
        width = max(2.0, UNIT * (right - left))
        self._shapes.append(
            f'<rect class="{css}" x="{UNIT * left:.1f}" y="{UNIT * (1 - top):.1f}" '
            f'width="{width:.1f}" height="{UNIT * (top - bottom):.1f}"/>'
        )

    def level(self, y: float, css: str, text: str = "") -> None:
        """A horizontal line, named at its right end."""
        self._shapes.append(f'<path class="rule {css}" d="M{_point(0, y)}H{UNIT}"/>')
        if text:
            self._marks.append(f'<span class="level" style="bottom:{_percent(y)}">{escape(text)}</span>')

    def upright(self, x: float, css: str) -> None:
        """A vertical line."""
        self._shapes.append(f'<path class="rule {css}" d="M{_point(x, 0)}V0"/>')

    def ring(self, x: float, y: float) -> None:
        """A ring around a point, to find it by."""
        self._marks.append(f'<i class="ring" style="left:{_percent(x)};bottom:{_percent(y)}"></i>')

    def html(
        self,
        caption: str,
        x_ticks: Sequence[Tick] = (),
        y_ticks: Sequence[Tick] = (),
        x_title: str = "",
        y_title: str = "",
    ) -> str:
        """The plot as a figure.

        Args:
            caption: HTML.
            x_ticks, y_ticks: marks on the axes.
            x_title, y_title: what the axes show.
        """
        drawing = ""
        if self._shapes:
            drawing = (
                f'<svg viewBox="0 0 {UNIT} {UNIT}" preserveAspectRatio="none" aria-hidden="true">'
                f"{''.join(self._shapes)}</svg>"
            )
        ys = "".join(
            f'<span style="bottom:{_percent(tick.at)}">{escape(tick.text)}</span>' for tick in y_ticks
        )
        xs = "".join(f'<span style="left:{_percent(tick.at)}">{escape(tick.text)}</span>' for tick in x_ticks)
        below = f'<div class="xs">{xs}</div>' if x_ticks else ""
        below += f'<div class="xt">{escape(x_title)}</div>' if x_title else ""
        return (
            f'<figure class="plot">{f"<figcaption>{caption}</figcaption>" if caption else ""}'
            f'<div class="yt"><b>{escape(y_title)}</b></div><div class="ys">{ys}</div>'
            f'<div class="area" style="height:{self._height}px">{self._picture}{drawing}{"".join(self._marks)}</div>'
            f"{below}</figure>"
        )
