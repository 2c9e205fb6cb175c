"""How two forms of one C expression differ."""

from .expression_changes import NUMBER


def edits_of(before: str, every: list[str]) -> dict[tuple[str, str, int], str]:
    """Alterations by what they take out and put in, and the how manieth that do so."""
    found: dict[tuple[str, str, int], str] = {}
    for after in every:
        begin = _alike(before, after)
        end = _alike(before[begin:][::-1], after[begin:][::-1])
        taken, put = before[begin : len(before) - end], after[begin : len(after) - end]
        times = sum(key[:2] == (taken, put) for key in found)
        found[taken, put, times] = after
    return found


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def nearly(before: str, after: str) -> bool:
    """Whether two expressions differ in one number alone, by one."""
    if NUMBER.sub("0", before) != NUMBER.sub("0", after):
        return False
    ours, theirs = ([int(match[1]) for match in NUMBER.finditer(text)] for text in (before, after))
    return sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) == 1
