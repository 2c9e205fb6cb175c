"""Statements that C code lacks: what is kept from call to call, and is 0 at first, begins with a first value."""

import re
from collections.abc import Iterator, Sequence

_KEPT = re.compile(r"[(,] *(u?int\d+_t) \*(\w+)(?=[,)])")  # a parameter that is written through
_LOCAL = re.compile(r"^\s+(?:const )?(u?int\d+_t) (\w+ = .+);")
_NAME = re.compile(r"(?:^|, )(\w+) = ")


def first_values(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each line, from 0, ahead of which a value that is 0 may be given another one of its type, and by what.

    Args:
        lines: of a file; each statement stands on one.
    """
    head, inside = "", False
    kept: dict[str, str] = {}
    known: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        if line.startswith("{"):
            inside, kept, known = True, {name: kind for kind, name in _KEPT.findall(head)}, []
        inside = inside and not line.startswith("}")
        head = "" if inside or not line.strip() else f"{head} {line.strip()}"
        for name in [name for name in kept if inside and f"{name}[" in line]:
            element = re.search(rf"\b{name}\[\w+\]", line)
            if element is None or line.strip().startswith(f"{element[0]} ="):
                continue
            kind = kept.pop(name)  # what reads it next has the first value already
            for local in (local for same, local in known if same == kind):
                yield number, f"if ({element[0]} == 0) {element[0]} = {local};"
        if inside and (declared := _LOCAL.match(line)):
            known += [(declared[1], name) for name in _NAME.findall(declared[2])]
