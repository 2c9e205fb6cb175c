"""Members of the structs in C headers that are of one type, so that one may be taken for another."""

import re
from collections.abc import Iterable, Mapping

_STRUCT = re.compile(r"struct(?: \w+)? \{\n(.*?)\n\s*\}", re.DOTALL)
_MEMBERS = re.compile(r"^\s+((?:const )?(?:unsigned )?\w+ \**)(\w+(?:, \w+)*);", re.MULTILINE)


def members_alike(headers: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Of each member's name, those of the same type that stand beside it wherever it occurs; arrays have none.

    Args:
        headers: texts that declare structs.
    """
    beside: dict[str, list[set[str]]] = {}
    for text in headers:
        for struct in _STRUCT.findall(text):
            kinds: dict[str, list[str]] = {}
            for kind, names in _MEMBERS.findall(struct):
                kinds.setdefault(kind.strip(), []).extend(names.split(", "))
            for names in kinds.values():
                for name in names:
                    beside.setdefault(name, []).append(set(names) - {name})
    shared = {name: tuple(sorted(set.intersection(*sets))) for name, sets in beside.items()}
    return {name: others for name, others in shared.items() if others}
