"""Figures and commits as people read them."""

from ..limits.figures import FIGURES
from .row import RunRow

SHORT_COMMIT = 8


def shown_figure(name: str, value: float) -> str:
    """A figure with its unit."""
    figure = FIGURES.get(name)
    unit = figure.unit if figure is not None else ""
    if unit == "us":
        return f"{value / 1000:,.3f} ms" if value >= 1000 else f"{value:,.1f} µs"
    if unit == "share":
        return f"{100 * value:.2f} %"
    if unit == "bytes":
        return f"{value:,.0f} bytes"
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.3f}"
    return f"{number} {unit}".strip() if unit != "/h" else f"{number}/h"


def commit_of(row: RunRow) -> str:
    """The commit for people, `+` where files differed from it."""
    return row.commit[:SHORT_COMMIT] + ("+" if row.dirty else "")
