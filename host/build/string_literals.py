"""C code whose string literals are out of the way: each is one letter that no expression has."""

import re
from collections.abc import Callable

_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_FIRST, _LAST = 0xE000, 0xF8FF  # letters that mean nothing


def without_literals(text: str) -> tuple[str, Callable[[str], str]]:
    """A text with a letter in the place of each string literal, and what puts them back.

    Args:
        text: C code.
    """
    literals = list(dict.fromkeys(_LITERAL.findall(text)))[: _LAST - _FIRST + 1]
    letters = {literal: chr(_FIRST + place) for place, literal in enumerate(literals)}
    back = {ord(letter): literal for literal, letter in letters.items()}
    bare = _LITERAL.sub(lambda match: letters.get(match[0], match[0]), text)
    return bare, lambda given: given.translate(back)
