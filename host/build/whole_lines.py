"""C code of which each line holds all of a statement or of a condition."""

from .expression_changes import is_whole

_OPEN = ("&&", "||", "=", "+", "-", "|", "?", ",")  # ends of lines that go on
_GOES_ON = ("? ", ": ", "&& ", "|| ", "+ ", "- ")  # beginnings of lines that go on one


def joined(lines: list[str]) -> list[str]:
    """Lines of which each holds all of a statement or a condition; empty ones stand where its others stood."""
    found = list(lines)
    at, inside = 0, False
    while at < len(found):
        line, end = found[at], at + 1
        inside = line.startswith("{") or (inside and not line.startswith("}"))
        while inside and end < len(found) and _goes_on(line, found[end]):
            line = f"{line.rstrip()} {found[end].strip()}"
            end += 1
        if end > at + 1 and is_whole(line):
            found[at:end] = [line, *[""] * (end - at - 1)]
        at = end
    return found


def _goes_on(line: str, behind: str) -> bool:
    """Whether a statement or a condition does not end with a line."""
    text = line.strip()
    if not text or text.startswith(("#", "/*", "*", "//", ".")) or text.endswith((";", "{", "}", ":", "*/")):
        return False
    is_open = text.count("(") > text.count(")")
    return (is_open or text.endswith(_OPEN)) or behind.strip().startswith(_GOES_ON)
