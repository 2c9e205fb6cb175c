"""Calls of a C function with an argument that another call of it has."""

import re
from collections.abc import Callable, Mapping, Sequence

from .expression_changes import arguments_of

_CALLED = re.compile(r"(?<![\w.>])([a-z]\w*)\(")
_NAME = re.compile(r"(?<![\w.>])[a-z]\w*")
_KEYWORDS = ("if", "while", "for", "switch", "return", "sizeof")
MOST = 3  # other arguments in each place
Arguments = Mapping[str, Sequence[Sequence[str]]]
"""By function: of each place, the arguments that its calls have there."""


def arguments_seen(lines: Sequence[str]) -> Arguments:
    """What functions are called with.

    Args:
        lines: of a file; each statement stands on one.
    """
    found: dict[str, list[dict[str, None]]] = {}
    inside = False
    for line in lines:
        inside = line.startswith("{") or (inside and not line.startswith("}"))
        for match in _CALLED.finditer(line) if inside else ():
            if match[1] in _KEYWORDS:
                continue
            arguments, _ = arguments_of(line, match.end())
            places = found.setdefault(match[1], [{} for _ in arguments])
            for place, argument in zip(places, arguments, strict=False):
                place[argument.strip()] = None
    return {name: [list(place) for place in places] for name, places in found.items()}


def borrowed_arguments(call: str, seen: Arguments, known: Callable[[str], bool]) -> list[str]:
    """A call with one argument that another call of the function has.

    Args:
        call: an expression; of others there are none.
        seen: arguments of all calls.
        known: whether a variable can be used where the call is.
    """
    name = call.partition("(")[0]
    if name not in seen or not call.endswith(")"):
        return []
    arguments, _ = arguments_of(call, len(name) + 1)
    if f"{name}({','.join(arguments)})" != call:
        return []
    found = []
    for place, others in enumerate(seen[name][: len(arguments)]):
        usable = [each for each in others if each and all(map(known, _NAME.findall(each)))]
        for other in [each for each in usable if each != arguments[place].strip()][:MOST]:
            parts = [*arguments[:place], f"{' ' * bool(place)}{other}", *arguments[place + 1 :]]
            found.append(f"{name}({','.join(parts)})")
    return found
