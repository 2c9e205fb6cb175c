"""The steps of a C loop beside the one that ends it: what a pointer, or a count, moves on by from pass to pass."""

import re
from collections.abc import Callable

from .expression_changes import is_whole, parted

_HEAD = re.compile(r"^(\s*for \([^;]*; ([^;]*); )([^;]+)(\) \{\s*)$")
_ADDED = re.compile(r"^(\s*)([a-z]\w*) \+= (.+)$")
_COUNTED = re.compile(r"^(\s*)([a-z]\w*)(\+\+|--)$")


def with_other_steps(
    line: str, head: str, added: Callable[[str], str], counted: Callable[[str, str], str]
) -> str:
    """A loop's head whose steps are chosen among, but for those of what its end depends on.

    Args:
        line: as it stands; others than heads of loops stay.
        head: the same with the other choices that are made in it.
        added: of what is added, the choice.
        counted: of a name and its step (++ or --), the statement that chooses.
    """
    match = _HEAD.match(line)
    if match is None or not head.endswith(f"{match[3]}{match[4]}"):
        return head
    parts = []
    for part in parted(match[3], ","):
        step, count = _ADDED.match(part), _COUNTED.match(part)
        if step and is_whole(step[3]) and not _named(step[2], match[2]):
            part = f"{step[1]}{step[2]} += {added(step[3])}"
        elif count and not _named(count[2], match[2]):
            part = f"{count[1]}{counted(count[2], count[3]).rstrip(';')}"
        parts.append(part)
    return f"{head[: -len(match[3] + match[4])]}{','.join(parts)}{match[4]}"


def _named(name: str, condition: str) -> bool:
    return re.search(rf"(?<!\w){name}(?!\w)", condition) is not None
