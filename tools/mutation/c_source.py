"""Mutants of C, by a table of patterns."""

import re
from collections.abc import Iterator
from functools import partial

from .mutant import Mutant

_SWAPS = [
    (r"<=(?!=)", "<"),
    (r"(?<![<-])<(?![<=])", "<="),
    (r"(?<![->])>(?![>=])", ">="),
    (r">=(?!=)", ">"),
    (r"==", "!="),
    (r"!=", "=="),
    (r"&&", "||"),
    (r"\|\|", "&&"),
    (r"(?<=[\w)\]] )\+(?= )", "-"),
    (r"(?<=[\w)\]] )-(?= )", "+"),
    (r"(?<=[\w)\]] )\*(?= )", "+"),
    (r"\+\+", "--"),
    (r"\+=", "-="),
    (r"<<(?!=)", ">>"),
    (r">>(?!=)", "<<"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![\w!])!(?=[\w(])", ""),
]
_NUMBER = re.compile(r"(?<![\w.\"])(?!0})(0x[0-9A-Fa-f]+|\d+)([uU]?)\b(?![\".])")
# "(?!0})": {0} is one idiom for all members, and another number would be the first one's alone
_VALUE = r"-?[A-Za-z0-9_.>\[\]-]+"
# The smaller or larger of two: where they are equal it is all the same which of them is taken.
_EITHER = re.compile(
    rf"(?<![\w.>\]-])(?P<a>{_VALUE}) (?P<op>[<>]=?) (?P<b>{_VALUE}) \? "
    r"(?:(?P=a) : (?:\(\w+\))?(?P=b)|(?P=b) : (?:\(\w+\))?(?P=a))(?![\w.([-])"
)
# A magnitude: 0 is the same negated.
_MAGNITUDE = re.compile(r"(?<![\w.>\]-])(?P<a>[\w.]+) (?P<op><) (?P<zero>0) \? -(?P=a) : (?P=a)(?![\w.([-])")
_STATEMENT = re.compile(r"^( {4,})(?!return\b|static\b|const\b|case\b|default\b|goto\b)([\w(*][^;{}]*);$")
_DECLARATION = re.compile(r"^[a-z_]\w*(?: \w+)* \*?\w+(?:\[[^\]]*\])*(?: = .*|(?:, \*?\w+(?: = [^,]+)?)*)$")


def c_mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a C file; comments, strings, preprocessor lines and the compiler's assertions stay."""
    lines = source.split("\n")
    masked = _masked(source).split("\n")
    skip = False
    for index, (line, seen) in enumerate(zip(lines, masked, strict=True)):
        skip = seen.lstrip().startswith(("#", "_Static_assert")) or (
            skip and lines[index - 1].endswith((",", "\\", '"'))
        )
        head = line[:1].isalpha() and "(" in line  # of a function: the length of an array there says nothing
        if skip or head or line.startswith("static const") or " TABLE[" in line:
            continue
        for changed, change in _line_mutants(line, seen):
            whole = [*lines[:index], changed, *lines[index + 1 :]]
            yield Mutant(file, index + 1, line.strip(), change, partial("\n".join, whole))


def _line_mutants(line: str, seen: str) -> Iterator[tuple[str, str]]:
    free = {match.start("op") for match in _EITHER.finditer(seen)}
    for match in _MAGNITUDE.finditer(seen):
        free |= {match.start("op"), match.start("zero")}
    for pattern, new in _SWAPS:
        for number, match in enumerate(re.finditer(pattern, seen)):
            if match.start() in free:
                continue
            yield _put(line, match.span(), new), _name(match.group(), new, number)
    for number, match in enumerate(_NUMBER.finditer(seen)):
        if match.start() in free:
            continue
        new = f"{int(match.group(1), 0) + 1}{match.group(2)}"
        yield _put(line, match.span(), new), _name(match.group(), new, number)
    statement = _STATEMENT.match(seen.rstrip())
    if statement and not _DECLARATION.match(statement.group(2)) and "for (" not in seen:
        yield f"{statement.group(1)};", "removed"


def _put(line: str, span: tuple[int, int], new: str) -> str:
    return line[: span[0]] + new + line[span[1] :]


def _name(old: str, new: str, number: int) -> str:
    return f"{old} → {new or 'nothing'}" + (f" ({number + 1})" if number else "")


def _masked(source: str) -> str:
    """The source with comments and literals blanked, of the same length."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " " if match.group()[0] == "/" else "\x01", match.group())

    return re.sub(pattern, blank, source, flags=re.DOTALL)
