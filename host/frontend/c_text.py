"""Tables as C text. Standard library only."""

from collections.abc import Iterable, Sequence


def c_array(ctype: str, name: str, values: Sequence[int]) -> str:
    """Return the definition of a constant C array, wrapped; an empty one becomes a single 0, which C needs."""
    items = _wrapped(str(value) for value in values or (0,))
    return f"static const {ctype} {name}[{max(1, len(values))}] = {{\n{items}}};\n"


def _wrapped(items: Iterable[str]) -> str:
    lines, line = [], "   "
    for text in items:
        item = f" {text},"
        if len(line) + len(item) > 110:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join([*lines, line]) + "\n"
