"""What two C expressions, or two assignments, have in common."""

import re

from .expression_changes import CAST_FACTOR, NUMBER, is_whole, parted, same_letters

_CAST = re.compile(r"\(u?int\d+_t\)")
TYPE = re.compile(r"^(?:const |unsigned )*[A-Za-z_]\w* +\**(?=[A-Za-z_])")  # before what is declared


def edits(before: str, every: list[str]) -> dict[tuple[str, str, int], str]:
    """Alterations by what they take out and put in, and the how manieth that do so."""
    found: dict[tuple[str, str, int], str] = {}
    for after in every:
        begin = same_letters(before, after)
        end = same_letters(before[begin:][::-1], after[begin:][::-1])
        taken, put = before[begin : len(before) - end], after[begin : len(after) - end]
        times = sum(key[:2] == (taken, put) for key in found)
        found[taken, put, times] = after
    return found


def may_be_exchanged(ours: "re.Match[str]", theirs: "re.Match[str]") -> bool:
    """Whether two assignments, one behind the other, can have each other's values: neither reads the first one."""
    kinds = [TYPE.match(match[1]) for match in (ours, theirs)]
    name = ours[1].removeprefix(kinds[0][0] if kinds[0] else "").lstrip("*")
    texts = (*ours.groups(), *theirs.groups())
    return (
        ours[2] == theirs[2] == "="
        and (kinds[0] and kinds[0][0]) == (kinds[1] and kinds[1][0])
        and all("++" not in text and "--" not in text and "{" not in text for text in texts)
        and all(map(is_whole, texts))
        and all(len(parted(match[3], ",")) == 1 for match in (ours, theirs))
        and not re.search(rf"(?<![\w.>]){re.escape(name)}(?!\w)", f"{theirs[3]} {ours[3]}")
        and ours[3] != theirs[3]
    )


def of_width(before: str, after: str) -> bool:
    """Whether two expressions differ in casts alone, or in one that is made late."""
    late = (
        f"{before[: match.start()]}{match[1]}({match[2]}){before[match.end() :]}"
        for match in CAST_FACTOR.finditer(before)
    )
    return _CAST.sub("", before) == _CAST.sub("", after) or after in late


def nearly(before: str, after: str) -> bool:
    """Whether two expressions differ in one number alone, by one."""
    if NUMBER.sub("0", before) != NUMBER.sub("0", after):
        return False
    ours, theirs = ([int(match[1]) for match in NUMBER.finditer(text)] for text in (before, after))
    return sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) == 1
