"""Whether this checkout's front ends still give the bytes that they are known to give.

Host and virtual board are made of the same C. A fault in it is in both, and their cells are equal all the same.
"""

import json
from functools import cache

from ..errors import HilError
from ..frontend.settings import FrontEndSettings
from .front_end_bytes import FILE, SHAPES, checksums

MEMORY = "memory"  # its size depends on the machine


def departed(settings: FrontEndSettings) -> str:
    """In which stage front ends of this kind depart from what is known of them, in a sentence; empty: in none.

    Args:
        settings: of any front end; known sounds are put through others of its kind.
    """
    return _departed(settings.kind)


@cache
def _departed(kind: str) -> str:
    try:
        known = json.loads(FILE.read_text(encoding="utf-8"))
        found = [
            (name, stage)
            for name, shape in SHAPES.items()
            if shape[0].kind == kind and name in known
            for stage in [_first_apart(known[name], checksums(*shape))]
            if stage
        ]
    except (HilError, OSError, ValueError):  # no compiler, or no file: nothing is known
        return ""
    if not found:
        return ""
    (name, stage), *others = found
    more = f", and {len(others)} more" if others else ""
    return (
        f"this checkout's front end of the kind {kind!r} gives other bytes than it is known to give, from its {stage} "
        f"on ({name}{more}): host and virtual board are both made of it, so that equal cells say nothing of this "
        "change; look at what was changed in firmware/core/frontend and host/frontend; where that was meant, boards "
        "have to be flashed anew, and `python -m host.core.front_end_bytes` writes down what it gives"
    )


def _first_apart(known: dict[str, str], found: dict[str, str]) -> str:
    """The first stage that differs, or the tables; empty: none."""
    return next(
        (stage for stage, value in found.items() if stage != MEMORY and known.get(stage) != value), ""
    )
