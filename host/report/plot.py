"""Small plots as inline SVG: sharp at any size, and in the page's own colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH = 900
LEFT = 64
RIGHT = 16
PLOT_WIDTH = WIDTH - LEFT - RIGHT


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, as a share of its length, and what it says."""

    at: float
    text: str


def nice_ticks(low: float, high: float, most: int = 8, unit: str = "") -> list[Tick]:
    """Round numbers between `low` and `high`, at most about `most`."""
    if high <= low:
        return [Tick(0.0, f"{low:g}{unit}")]
    raw = (high - low) / most
    step = 10.0 ** np.floor(np.log10(raw))
    step *= next(factor for factor in (1, 2, 5, 10) if factor * step >= raw)
    first = np.ceil(low / step) * step
    values = np.arange(first, high + step * 1e-6, step)
    return [
        Tick(float((value - low) / (high - low)), f"{round(float(value), 9):g}{unit}") for value in values
    ]


def _x(share: float) -> float:
    return LEFT + share * PLOT_WIDTH


def x_axis(ticks: Sequence[Tick], y: float, title: str) -> str:
    """A horizontal axis below `y`."""
    marks = "".join(
        f'<line x1="{_x(tick.at):.1f}" x2="{_x(tick.at):.1f}" y1="{y}" y2="{y + 4}" class="axis"/>'
        f'<text x="{_x(tick.at):.1f}" y="{y + 16}" text-anchor="middle">{tick.text}</text>'
        for tick in ticks
    )
    return f'{marks}<text x="{LEFT + PLOT_WIDTH / 2}" y="{y + 31}" text-anchor="middle" class="title">{title}</text>'


def y_axis(ticks: Sequence[Tick], top: float, height: float, title: str) -> str:
    """A vertical axis left of the plot."""
    marks = "".join(
        f'<line x1="{LEFT - 4}" x2="{LEFT}" y1="{top + height * (1 - tick.at):.1f}" '
        f'y2="{top + height * (1 - tick.at):.1f}" class="axis"/>'
        f'<text x="{LEFT - 7}" y="{top + height * (1 - tick.at) + 4:.1f}" text-anchor="end">{tick.text}</text>'
        for tick in ticks
    )
    middle = top + height / 2
    return (
        f'{marks}<text x="14" y="{middle}" text-anchor="middle" class="title" '
        f'transform="rotate(-90 14 {middle})">{title}</text>'
    )


def frame(top: float, height: float) -> str:
    """The plot's border."""
    return f'<rect x="{LEFT}" y="{top}" width="{PLOT_WIDTH}" height="{height}" class="frame"/>'


def image(uri: str, top: float, height: float) -> str:
    """A picture that fills the plot."""
    return (
        f'<image href="{uri}" x="{LEFT}" y="{top}" width="{PLOT_WIDTH}" height="{height}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated"/>'
    )


def line(xs: NDArray[np.float64], ys: NDArray[np.float64], top: float, height: float, css: str) -> str:
    """A line through points given as shares of the plot, x to the right and y upwards."""
    points = " ".join(f"{_x(x):.1f},{top + height * (1 - y):.1f}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline points="{points}" class="{css}"/>'


def dots(xs: NDArray[np.float64], ys: NDArray[np.float64], top: float, height: float, css: str) -> str:
    """A dot at each point."""
    return "".join(
        f'<circle cx="{_x(x):.1f}" cy="{top + height * (1 - y):.1f}" r="2.4" class="{css}"/>'
        for x, y in zip(xs, ys, strict=True)
    )


def level(y: float, top: float, height: float, text: str) -> str:
    """A dashed horizontal line with its name."""
    at = top + height * (1 - y)
    return (
        f'<line x1="{LEFT}" x2="{LEFT + PLOT_WIDTH}" y1="{at:.1f}" y2="{at:.1f}" class="level"/>'
        f'<text x="{LEFT + PLOT_WIDTH - 4}" y="{at - 4:.1f}" text-anchor="end" class="level-text">{text}</text>'
    )


def span(start: float, end: float, top: float, height: float, css: str) -> str:
    """A bar from `start` to `end`, shares of the width."""
    return (
        f'<rect x="{_x(start):.1f}" y="{top}" width="{max(1.5, (end - start) * PLOT_WIDTH):.1f}" '
        f'height="{height}" class="{css}"/>'
    )


def label(text: str, top: float) -> str:
    """A caption above a plot."""
    return f'<text x="{LEFT}" y="{top - 5}" class="title">{text}</text>'


def svg(height: float, body: str, title: str) -> str:
    """The whole drawing."""
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">{body}</svg>'
