"""C code with many changes in it runs as it is, without asking for any of them, wherever none of them is made.

Asking at each expression whether it is changed takes many times as long as computing it. So each function that has
changes has its right code as well, and asks once, where it begins, whether a change is made in it or in what it calls
by its right code.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .alteration import SELECTOR, Alteration

OWNER = "fe_owner"  # by the number of an alteration: its function's number; 0: of none
RIGHT = "fe_right_"  # begins the names of functions that have no changes
TABLE = "right_code.c"
_NAMED = re.compile(r"\b(\w+)\((?!\()")
_INCLUDE = re.compile(r'^#include "(?:\S*/)?(\S+)"', re.MULTILINE)
_LOCAL = re.compile(r"\bstatic\b|\bFE_INLINE\b")


@dataclass
class _Function:
    """A function; its lines, from 0: of its head, and of its braces."""

    name: str
    head: int
    begin: int
    end: int
    number: int = 0
    mine: set[int] = field(default_factory=set)  # numbers of functions whose changes are changes of it


def with_right_code(
    rights: Mapping[str, str], texts: Mapping[str, str], alterations: Iterable[Alteration]
) -> dict[str, str]:
    """Texts with the right code beside the changed one.

    Args:
        rights: the right texts, by the files' places as alterations name them.
        texts: those with changes, each line in its place behind what was put ahead of the first one.
        alterations: all of them, from number 1 on.

    Returns:
        `texts` anew, and TABLE, which is to be compiled with them.
    """
    functions = {file: list(_functions(text.splitlines())) for file, text in rights.items()}
    every = [each for file in functions for each in functions[file]]
    for number, each in enumerate(every, start=1):
        each.number = number
    owners = [next(f for f in functions[each.file] if f.begin < each.line <= f.end) for each in alterations]
    table = ", ".join(str(owner.number) for owner in owners)
    done = {TABLE: f"const unsigned short {OWNER}[] = {{0, {table}}};\n"}
    altered = {owner.number for owner in owners}
    known: dict[str, dict[str, _Function]] = {}  # by their files, those that have a copy
    seen_by = _seen_by(rights)
    for file in _in_order(seen_by):
        seen: dict[str, _Function] = {}
        for other in seen_by[file]:
            seen |= known.get(other, {})
        done[file] = _written(functions[file], altered, rights[file], texts[file], seen)
        known[file] = seen
    return done


def _seen_by(rights: Mapping[str, str]) -> dict[str, list[str]]:
    """Of each file, those whose functions it may call: it includes them, or whoever includes it does so before."""
    places: dict[str, list[str]] = {}
    for place in rights:
        places.setdefault(place.rpartition("/")[2], []).append(place)
    own = {
        file: [place for name in _INCLUDE.findall(text) for place in places.get(name, []) if place != file]
        for file, text in rights.items()
    }
    found = {}
    for file in rights:
        ahead = [set(every[: every.index(file)]) for every in own.values() if file in every]
        found[file] = [*own[file], *sorted(set.intersection(*ahead) if ahead else ())]
    return found


def _in_order(seen_by: Mapping[str, list[str]]) -> list[str]:
    """Files, each behind those whose functions it may call."""
    found: list[str] = []

    def add(file: str, above: tuple[str, ...] = ()) -> None:
        for other in seen_by[file]:
            if other not in (*above, *found):
                add(other, (*above, file))
        if file not in found:
            found.append(file)

    for file in sorted(seen_by):
        add(file)
    return found


def _functions(lines: list[str]) -> Iterator[_Function]:
    for begin, line in enumerate(lines):
        if not line.startswith("{"):
            continue
        head = begin
        while (
            head and lines[head - 1].strip() and not lines[head - 1].rstrip().endswith((";", "*/", "}", "\\"))
        ):
            if lines[head - 1].startswith("#"):
                break
            head -= 1
        named = _NAMED.search(" ".join(lines[head:begin]))
        end = next(at for at in range(begin, len(lines)) if lines[at].startswith("}"))
        if named:
            yield _Function(named[1], head, begin, end)


def _written(
    functions: Iterable[_Function],
    altered: Collection[int],
    right: str,
    text: str,
    seen: dict[str, _Function],
) -> str:
    """A file's text; `seen`, the functions that have copies, takes its own."""
    lines, changed = right.splitlines(), text.splitlines()
    ahead = len(changed) - len(lines)
    first, changed = changed[:ahead], changed[ahead:]
    for each in functions:
        body = "\n".join(lines[each.begin + 1 : each.end])
        calls = [name for name in dict.fromkeys(_NAMED.findall(body)) if name in seen]
        each.mine = ({each.number} & set(altered)).union(*(seen[name].mine for name in calls))
        for name in calls:
            body = re.sub(rf"(?<![\w.>]){name}(?=\()", RIGHT + name, body)
        if not each.mine:
            continue
        head = "\n".join(lines[each.head : each.begin])
        mine = ", ".join(f"[{number}] = 1" for number in sorted(each.mine))
        asked = f"static const _Bool fe_mine[{max(altered) + 1}] = {{{mine}}}; "
        asked += f"extern int {SELECTOR}; extern const unsigned short {OWNER}[]; "
        asked += f"if (!fe_mine[{OWNER}[{SELECTOR}]]) {{\n{body}\n}} else {{"
        changed[each.begin] = f"{{ {asked}{changed[each.begin][1:]}\n#line {each.begin + 2}"
        changed[each.end] = "}" + changed[each.end]
        if _LOCAL.search(head):
            copy = re.sub(rf"\b{each.name}(?=\()", RIGHT + each.name, head)
            changed[each.head] = f"{copy}\n{{\n{body}\n}}\n#line {each.head + 1}\n{changed[each.head]}"
            seen[each.name] = each
    return "\n".join([*first, *changed]) + "\n"
