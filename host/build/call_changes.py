"""The small changes of a call in C: of its arguments, their order, and what it copies."""

import re

from .expression_changes import arguments_of, changes_of

_CALL_ALONE = re.compile(r"^[a-z]\w*\(")
_LENGTH = re.compile(r"^\s*[\w>.-]*(?:count|length|size|bytes)$")  # an argument
_COPIED = re.compile(r"^(?!str|puts)\w*(?:cpy|copy|move|set|put|fill)\w*\(")


def moved_arguments(call: str) -> list[str]:
    """A call with an argument one more or less, or a length of 8 bits; other changes are those of any expression."""
    arguments, end = arguments_of(call, call.index("(") + 1)
    if end != len(call) - 1:
        return []
    found = []
    for place, argument in enumerate(arguments):
        if "->" in argument or " + " in argument or argument.strip().isidentifier():
            for by in (" + 1", " - 1"):
                moved = [*arguments[:place], f"{argument}{by}", *arguments[place + 1 :]]
                found.append(f"{call[: call.index('(') + 1]}{','.join(moved)})")
        if _LENGTH.match(argument):
            narrow = [*arguments[:place], f" (uint8_t){argument.strip()}", *arguments[place + 1 :]]
            found.append(f"{call[: call.index('(') + 1]}{','.join(narrow)})")
    if _COPIED.match(call):
        size = arguments[-1].strip()
        found += [f"{call[: -len(size) - 1]}{other})" for other in _other_sizes(size)]
    return found + changes_of(call)


def _other_sizes(size: str) -> list[str]:
    """Half of what is copied, and whole words of it alone."""
    return [f"({size}) / 2", f"({size}) & ~(size_t)3"]


def other_calls(value: str, gives: bool) -> list[str]:
    """A call with two arguments exchanged, or one of them in the place of what it gives, where that is used."""
    if not _CALL_ALONE.match(value):
        return []
    arguments, end = arguments_of(value, value.index("(") + 1)
    if end != len(value) - 1:
        return []
    name, parts = value[: value.index("(")], [each.strip() for each in arguments]
    found = []
    for place in range(len(parts) - 1):
        order = [*parts[:place], parts[place + 1], parts[place], *parts[place + 2 :]]
        if order != parts:
            found.append(f"{name}({', '.join(order)})")
    return found + [f"({value}, {part})" for part in parts if gives and part.isidentifier()]


def arguments_named(call: str) -> list[tuple[str, str, str]]:
    """The arguments of a call that are names: what stands before each, the name, and what stands behind it."""
    start = call.index("(") + 1
    arguments, end = arguments_of(call, start)
    if end != len(call) - 1:
        return []
    found, at = [], start
    for argument in arguments:
        name = argument.strip()
        if name.isidentifier() and name.islower():
            begin = at + argument.index(name)
            found.append((call[:begin], name, call[begin + len(name) :]))
        at += len(argument) + 1
    return found
