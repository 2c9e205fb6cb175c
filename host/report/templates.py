"""Templates of pages: one environment, one style, and nothing in them that is not escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..comparison.diagnosis.finding import told_once
from ..printable import printable
from .compiled import kept_templates
from .units import digits

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(*folders: Path) -> Environment:
    """Templates of `folders`, and those of the report, `style.css.j2` among them.

    Names come from anywhere: all text is escaped, and made printable, that is not a drawing marked as safe.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent], encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        bytecode_cache=kept_templates(),
        finalize=lambda value: printable(value) if type(value) is str else value,  # not Markup, which is ours
    )
    made.filters["count"] = lambda value: f"{value:,}"
    made.filters["digits"] = digits
    made.filters["told_once"] = told_once
    made.filters["percent"] = lambda share: f"{100 * share:.1f}" if not 0 < share < 0.0005 else "< 0.1"
    return made
