"""Small changes of C code, one expression at a time, all in one program: a global number says which of them is made.

A board whose build, compiler or memory changes one step of its front end computes what one of these programs computes.
`altered_core.py` builds them, and the diagnosis looks for the one that gives the board's own columns.

Each expression E that is changed becomes `(fe_change == 17 ? E' : fe_change == 18 ? E'' : E)`: one build is enough.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

SELECTOR, BOUND = "fe_change", "fe_bound"
_DECLARED = re.compile(r"^u?int32_t (\w+)$")
# name = E, name op= E, return E, E as a statement; without what declares arrays, structs or several lines
_STATEMENT = re.compile(
    r"^(\s+)(?!#|\*|/|case |else|break|do\b|switch|typedef|struct|static const|//)(.+);\s*(/\*.*\*/)?\s*$"
)
_ASSIGNED = re.compile(
    r"^((?:const |volatile |unsigned )*(?:[A-Za-z_]\w*(?:\s+\*?|\s*\*+)\s*)?"  # the type, in a declaration
    r"[*]?[A-Za-z_][\w.\[\]>*+\- ]*?)\s(=|\+=|-=|\|=|&=|<<=|>>=)\s(.+)$"
)
_CONDITION = re.compile(r"^(\s*(?:\}\s*else\s+)?if \()(.+)(\) \{\s*)$")
_LOOP = re.compile(r"^(\s*for \()(.+) = (.+?); (\w+) (<=?) (.+?); (.+\) \{\s*)$")  # one that comes to an end
_INDEX = re.compile(r"(?<=\w\[)([a-z])(?=\])")  # one letter that counts
_FIELDS = re.compile(r"^(\s+)(\.\w+ = [^{}]+?)(,|\};)\s*$")  # of a struct, in a line of their own
_FIELD = re.compile(r"^(\s*\.\w+ = )(.+)$")
_PATH = r"[a-z][\w.]*(?:->\w+)*"
_FACTORS = re.compile(
    rf"(?<![\w.>*\])])({_PATH}) \* (sizeof {_PATH}(?:\[\w+\])?|(?!sizeof){_PATH})(?![\w.\[(>-])"
)
_PARITY = re.compile(r"(?<![\w.>])(\w+) & 1(?!\w)")
_PLAIN = re.compile(r"^[*]?[A-Za-z_][\w.\[\]>* +\-]*$")  # what is assigned to, without steps
_TYPE = re.compile(r"^(?:const |unsigned )*[A-Za-z_]\w* +\**(?=[A-Za-z_])")  # before what is declared
NOTHING = "nothing"
PLAIN, WHOLE = 1, 2  # how much of a line is left as it is
MOST_DOUBLED = 4  # numbers above it are counts of bits
_NAME = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<![\w.'])(\d+)(u|U)?(?![\w.x'])")
_OTHER_OPERATORS = {
    "+": ("-",),
    "-": ("+",),
    "<<": (">>",),
    ">>": ("<<",),
    "<": ("<=",),
    "<=": ("<",),
    ">": (">=",),
    ">=": (">",),
    "==": ("!=", ">"),
    "!=": ("==",),
    "&": ("|",),
    "&&": ("||",),
    "||": ("&&",),
}
_OPERATOR = re.compile(r" (\+|-|<<|>>|<=|>=|<|>|==|!=|&&|\|\||&) ")
_CALL = re.compile(r"\b(plus|minus)\(")
_CALLED = re.compile(r"^[a-z]\w*\(.+\)$")
_SHIFT = re.compile(r" (?:<<|>>) (?:-?\w+(?:\.\w+)*(?:->\w+)*|\([^()]*\))")
_CHOICE = re.compile(r"^(.+?) \? (.+?) : (.+)$")
_CALL_OF_DIFFERENCE = re.compile(r", ((\w+) - (\w+))\)")
_FURTHER = re.compile(r", (\w+) \+ \d+(?=[,)])")  # an argument that lies some places behind another
_SHIFTED = re.compile(r" >> (\w+)(?![\w.]|->)")
_MASKED = re.compile(r" & ((?:0x)?[0-9a-f]+)(u?)\b")
_PRODUCT = re.compile(r"\((\w+) \* (\*?\w+(?:(?:\.|->)\w+)*)\)")
_NARROWED = re.compile(r"^(?:const )?u?int32_t \w+$")
_GROUPED = re.compile(r"^(\w+ \w+) = \{([^{}]+)\}$")  # a struct of expressions
_PLACE = re.compile(
    r"^(?:\w+->\w+|[a-z]\w*(?:->\w+)* [+-] [a-z]\w*(?:->\w+)*)$"
)  # an address, or a sum or difference of two values
_NO_NUMBER = re.compile(
    r"^const (?!u?int|size_t)\w+ \w+$"
)  # a declared struct or union: nothing is added to it
_MEMBER = re.compile(r"^\w+->\w+(?:\.\w+)*$")
MOST_ROUNDED = 31
_COUNTED = re.compile(r"^([\w.>-]+?)(\+\+|--)$")  # a statement
_STEPPED = re.compile(r"([a-z]\w*(?:(?:->|\.)\w+)*)(\+\+|--)(?!\w)")
# Names of whole numbers that stand beside each other, one of which may be taken for another.
_ALIKE = (
    ("frames", "stride"),
    ("samples", "columns", "windows", "detections"),
    ("on_threshold", "off_threshold"),
    ("label", "active", "score"),
    ("first_column", "index"),
    ("filled", "skip"),
    ("hop", "span"),
    ("bands", "model_bands"),
    ("taken", "skipped"),
)
_BESIDE = {name: [other for other in names if other != name] for names in _ALIKE for name in names}
_NAMED = re.compile(r"(?<![\w.(])(?:[a-z]\w*(?:->|\.))*(" + "|".join(_BESIDE) + r")(?!\w|\(|->|\.)")


@dataclass(frozen=True)
class Alteration:
    """One change.

    Attributes:
        file: where, below the folder that is altered.
        line: of the right file, from 1.
        before, after: the expression as it is and as it becomes.
        below: name of a value that must be below a bound for the change to be made; empty: it always is.
    """

    file: str
    line: int
    before: str
    after: str
    below: str = ""


def altered(
    file: str, text: str, first: int, left: Mapping[int, int] | None = None
) -> tuple[str, list[Alteration]]:
    """A C file with all its alterations, numbered from `first` on.

    Args:
        file: its name, for the alterations.
        text: its right text, formatted as this project's is.
        first: number of its first alteration.
        left: lines, from 1, of which something is left as it is, because it cannot be chosen among in C: PLAIN, in
            which no name takes the place of another, or WHOLE.
    """
    writer = _Writer(file, first)
    every = text.splitlines()
    skipped = {number for number, how in (left or {}).items() if how >= WHOLE}
    lines = []
    for number, line in enumerate(every, start=1):
        writer.plain = number in (left or {})
        lines.append(line if number in skipped else writer.line(number, line, _next(every, number, skipped)))
    # on the first line, so that a compiler's words are about the right ones
    head = f"extern int {SELECTOR}, {BOUND}; " if writer.found and not text.startswith("#") else ""
    if writer.found and not head:
        head = f"extern int {SELECTOR}, {BOUND};\n#line 1\n"
    return head + "\n".join(lines) + "\n", writer.found


def _next(lines: list[str], number: int, skipped: Collection[int]) -> str:
    """The line behind line `number`, from 1; empty where it stays as it is."""
    return lines[number] if number < len(lines) and number + 1 not in skipped else ""


class _Writer:
    """Writes a file's lines anew.

    Attributes:
        found: the alterations so far.
        plain: whether in the next line no name takes the place of another.
    """

    def __init__(self, file: str, first: int) -> None:
        self.found: list[Alteration] = []
        self.plain = False
        self._file, self._first = file, first
        self._inside = False  # of a function
        self._values: set[str] = set()  # integers that are known where the line stands
        self._number = 0
        self._exchanged = ""  # what stands before this line's value, so that it is the one of the line before

    def line(self, number: int, line: str, behind: str = "") -> str:
        """The line with the choice among its alterations; `behind`: the next one."""
        self._number = number
        before, self._exchanged = self._exchanged, ""
        if line.startswith("{"):
            self._inside, self._values = True, set()
        elif line.startswith("}"):
            self._inside = False
        if not self._inside:
            return line
        if loop := _LOOP.match(line):
            return self._loop(loop)
        condition = _CONDITION.match(line)
        if condition and _whole(condition[2]):
            every = (*_changes(condition[2]), f"!({condition[2]})", "0", "1")
            return f"{condition[1]}{self._choice(condition[2], every)}{condition[3]}"
        if fields := _FIELDS.match(line):
            return f"{fields[1]}{self._fields(fields[2])}{fields[3]}"
        statement = _STATEMENT.match(line)
        if not statement or not _whole(statement[2]):
            return line
        return self._changed(line, statement, before, behind)

    def _changed(self, line: str, statement: "re.Match[str]", before: str, behind: str) -> str:
        """A line that is one statement."""
        number = self._number
        if _CALLED.match(statement[2]) and not statement[2].startswith("return "):
            self.found.append(Alteration(self._file, number, statement[2], NOTHING))
            left_out = f"if ({SELECTOR} != {self._first + len(self.found) - 1}) "
            return f"{statement[1]}{left_out}{self._statement(statement[2])};"
        if counted := _COUNTED.match(statement[2]):
            return f"{statement[1]}{self._counted(*counted.groups())}"
        if exchanged := self._exchange(statement[2], behind):
            before += exchanged
        changed = self._statement(statement[2], before)
        return line if changed is None else f"{statement[1]}{changed};"

    def _counted(self, name: str, how: str) -> str:
        """A count that is not made, or twice."""
        twice = f"{name} {how[0]}= 2"
        left_out = self._one(f"{name}{how}", NOTHING, "0", "")
        doubled = self._one(f"{name}{how}", twice, "2", "")
        return f"{name} {how[0]}= ({left_out}{doubled}1);"

    def _fields(self, text: str) -> str:
        """Fields of a struct, each with a value."""
        done = []
        for part in _split(text, ","):
            field = _FIELD.match(part)
            whole = field is not None and _whole(field[2])
            done.append(
                f"{field[1]}{self._choice(field[2], _changes(field[2]))}" if field and whole else part
            )
        return ",".join(done)

    def _loop(self, loop: "re.Match[str]") -> str:
        """From one later on, or to one more or fewer."""
        start, name, how, end = loop[3], loop[4], loop[5], loop[6]
        variable = loop[2].split()[-1]
        begin = self._one(f"{variable} = 0", f"{variable} = 1", "1", "") + start if start == "0" else start
        other = "<=" if how == "<" else "<"
        ends = [f"{name} {other} {end}", f"{name} {how} {end} - 1"]
        condition = self._choice(f"{name} {how} {end}", ends) if _whole(end) else f"{name} {how} {end}"
        return f"{loop[1]}{loop[2]} = {begin}; {condition}; {loop[7]}"

    def _exchange(self, body: str, behind: str) -> str:
        """What stands before this line's value so that it is the next one's, where both are assigned alike."""
        ours, next_one = _ASSIGNED.match(body), _STATEMENT.match(behind)
        theirs = _ASSIGNED.match(next_one[2]) if next_one else None
        if ours is None or theirs is None or not _may_be_exchanged(ours, theirs):
            return ""
        number = self._first + len(self.found)
        self.found.append(
            Alteration(
                self._file,
                self._number,
                f"{ours[0]}; {theirs[0]}",
                f"{ours[1]} = {theirs[3]}; {theirs[1]} = {ours[3]}",
            )
        )
        self._exchanged = f"{SELECTOR} == {number} ? ({ours[3]}) : "
        return f"{SELECTOR} == {number} ? ({theirs[3]}) : "

    def _statement(self, body: str, before: str = "") -> str | None:
        if _CALLED.match(body):
            return self._choice(body, _moved_arguments(body))
        if body.startswith("return "):
            return f"return {self._choice(body[7:], _changes(body[7:]))}"
        if grouped := _GROUPED.match(body):
            if grouped[2].lstrip().startswith("."):
                return f"{grouped[1]} = {{{self._fields(grouped[2])}}}"
            values = [value.strip() for value in _split(grouped[2], ",")]
            return f"{grouped[1]} = {{{', '.join(self._choice(value, _changes(value)) for value in values)}}}"
        parts = [_ASSIGNED.match(part.strip()) for part in _split(body, ",")]
        for place, part in enumerate(parts):
            if part is None or "{" in part[0] or "(" in part[1] or (place and part[2] != "="):
                return None
        found = [part.groups() for part in parts if part is not None]
        changes = [
            [
                *_changes(value, not _NO_NUMBER.match(name)),
                *_left_out(operator, value),
                *_narrowed(name, value),
                *(_kept(name, operator) if len(found) == 1 else ()),
            ]
            for name, operator, value in found
        ]
        together = self._together([value for *_, value in found], changes)
        done = []
        for place, (name, operator, value) in enumerate(found):
            chosen = self._choice(value, changes[place])
            first = together[place] if together else before
            done.append(f"{name} {operator} {f'({first}{chosen})' if first else chosen}")
            if declared := _DECLARED.match(name):
                self._values.add(declared[1])
        return ", ".join(done)

    def _together(self, values: list[str], changes: list[list[str]]) -> list[str]:
        """What stands before each value of one statement, so that all are changed alike; empty where there is one."""
        if len(values) < 2:
            return []
        edits = [_edits(value, every) for value, every in zip(values, changes, strict=True)]
        chosen = ["" for _ in values]
        for edit in edits[0]:
            if not all(edit in each for each in edits):
                continue
            alike = [each[edit] for each in edits]
            number = self._first + len(self.found)
            self.found.append(Alteration(self._file, self._number, ", ".join(values), ", ".join(alike)))
            for place, after in enumerate(alike):
                chosen[place] += f"{SELECTOR} == {number} ? ({after}) : "
        return chosen

    def _choice(self, before: str, every: Iterable[str]) -> str:
        parts = []
        for after in dict.fromkeys((*every, *(() if self.plain else _other_names(before)))):
            if after == before:
                continue
            parts.append(self._one(before, after, after, ""))
            if _nearly(before, after):
                for name in sorted(self._values.intersection(_NAME.findall(before))):
                    parts.append(self._one(before, after, f"{name} < {BOUND} ? ({after}) : ({before})", name))
        return f"({''.join(parts)}({before}))" if parts else before

    def _one(self, before: str, after: str, chosen: str, below: str) -> str:
        self.found.append(Alteration(self._file, self._number, before.strip(), after.strip(), below))
        return f"{SELECTOR} == {self._first + len(self.found) - 1} ? ({chosen}) : "


def _other_names(value: str) -> list[str]:
    """An expression with the name beside one of its names."""
    return [
        _put(value, match.start(1), match.end(1), other)
        for match in _NAMED.finditer(value)
        for other in _BESIDE[match[1]]
    ]


def _edits(before: str, every: list[str]) -> dict[tuple[str, str, int], str]:
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


def _left_out(operator: str, value: str) -> list[str]:
    """A sum or a mask that is not made."""
    return {
        "+=": [f"({value}, 0)"],
        "-=": [f"({value}, 0)"],
        "|=": [f"({value}, 0)"],
        "&=": [f"({value}, ~0)"],
    }.get(operator, [])


def _kept(name: str, operator: str) -> list[str]:
    """What is assigned again stays as it was."""
    return [name] if operator == "=" and _PLAIN.match(name) and " " not in name.strip("* ") else []


def _may_be_exchanged(ours: "re.Match[str]", theirs: "re.Match[str]") -> bool:
    """Whether two assignments, one behind the other, can have each other's values: neither reads the first one."""
    kinds = [_TYPE.match(match[1]) for match in (ours, theirs)]
    name = ours[1].removeprefix(kinds[0][0] if kinds[0] else "").lstrip("*")
    texts = (*ours.groups(), *theirs.groups())
    return (
        ours[2] == theirs[2] == "="
        and (kinds[0] and kinds[0][0]) == (kinds[1] and kinds[1][0])
        and all("++" not in text and "--" not in text and "{" not in text for text in texts)
        and all(map(_whole, texts))
        and all(len(_split(match[3], ",")) == 1 for match in (ours, theirs))
        and not re.search(rf"(?<![\w.>]){re.escape(name)}(?!\w)", f"{theirs[3]} {ours[3]}")
        and ours[3] != theirs[3]
    )


def _narrowed(name: str, value: str) -> list[str]:
    """What is declared with 32 bits, of which 16 are kept; what is kept in a struct, of 8 and 16 bits."""
    if _MEMBER.match(name) and value not in ("true", "false", "NULL"):
        return [f"(uint8_t)({value})", f"(uint16_t)({value})"]
    return [f"(int16_t)({value})", f"(uint16_t)({value})"] if _NARROWED.match(name) else []


def _without_conditions(value: str) -> list[str]:
    """Each of several conditions without one of them."""
    for joint in (" && ", " || "):
        parts = value.split(joint)
        if len(parts) > 1 and all(map(_whole, parts)):
            return [joint.join(parts[:left_out] + parts[left_out + 1 :]) for left_out in range(len(parts))]
    return []


def _nearly(before: str, after: str) -> bool:
    """Whether two expressions differ in one number alone, by one."""
    if _NUMBER.sub("0", before) != _NUMBER.sub("0", after):
        return False
    ours, theirs = ([int(match[1]) for match in _NUMBER.finditer(text)] for text in (before, after))
    return sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) == 1


def _whole(text: str) -> bool:
    """Whether all brackets are closed."""
    return text.count("(") == text.count(")") and text.count("[") == text.count("]") and '"' not in text


def _split(text: str, at: str) -> list[str]:
    """Parts between separators outside of brackets."""
    parts, depth, part = [], 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == at and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [*parts, part]


def _changes(value: str, addable: bool = True) -> list[str]:
    """All alterations of an expression, the plainest first; `addable`: whether one can be added to it."""
    found: list[str] = []
    for match in _NUMBER.finditer(value):
        number, suffix = int(match[1]), match[2] or ""
        for other in (number + 1, number - 1, *((2 * number,) if number <= MOST_DOUBLED else ())):
            if other >= 0 and other != number:
                found.append(_put(value, match.start(), match.end(), f"{other}{suffix}"))
    for match in _OPERATOR.finditer(value):
        found += [_put(value, match.start(1), match.end(1), other) for other in _OTHER_OPERATORS[match[1]]]
    for match in _CALL.finditer(value):
        inner, end = _arguments(value, match.end())
        if len(inner) == 2:
            name = match[1]
            other = "minus" if name == "plus" else "plus"
            found.append(_put(value, match.start(), match.end(), f"{other}("))
            if name == "minus":
                found.append(_put(value, match.end(), end, f"{inner[1].strip()}, {inner[0].strip()}"))
    for match in _SHIFT.finditer(value):
        found.append(_put(value, match.start(), match.end(), ""))
    found += [
        _put(value, match.start(1), match.end(1), f"({match[1]} + 1)") for match in _PARITY.finditer(value)
    ]
    found += [
        _put(value, *match.span(), f"{match[1]} {step} 1")
        for match in _INDEX.finditer(value)
        for step in "+-"
    ]
    found += [_put(value, *match.span(), "0") for match in _INDEX.finditer(value)]
    found += [
        _put(value, *match.span(), part) for match in _FACTORS.finditer(value) for part in match.groups()
    ]
    found += _arithmetic(value, addable)
    found += [_put(value, *match.span(), f"{match[2]}{match[1]}") for match in _STEPPED.finditer(value)]
    choice = _CHOICE.match(value)
    if choice and all(map(_whole, choice.groups())):
        found += [choice[2], choice[3], f"{choice[1]} ? {choice[3]} : {choice[2]}"]
    found += _without_conditions(value)
    found += _without_terms(value)
    return found


def _arithmetic(value: str, addable: bool) -> list[str]:
    """Shifts that round, divide or come first; other widths; places one off; one part of an argument's difference."""
    found: list[str] = []
    for match in _SHIFTED.finditer(value):
        if match[1].isdigit() and 0 < int(match[1]) <= MOST_ROUNDED:
            found.append(_put(value, match.start(), match.start(), f" + {1 << int(match[1]) - 1}"))
        found.append(_put(value, match.start(), match.end(), f" / (1 << {match[1]})"))
    for match in _MASKED.finditer(value):
        mask = int(match[1], 0)
        if mask & (mask + 1) == 0:
            found += [
                _put(value, match.start(1), match.end(2), f"{other}{match[2]}")
                for other in (mask >> 1, 2 * mask + 1)
            ]
    for match in _PRODUCT.finditer(value):
        one, other = match.groups()
        found += [
            _put(value, *match.span(), f"((int16_t){one} * {other})"),
            _put(value, *match.span(), f"({one} * (int16_t){other})"),
        ]
        if shift := _SHIFTED.match(value, match.end()):
            found.append(_put(value, match.start(), shift.end(), f"({one} >> {shift[1]}) * {other}"))
    if addable and _PLACE.match(value):
        found += [f"{value} + 1", f"{value} - 1"]
    for match in _FURTHER.finditer(value):
        found.append(_put(value, match.start(), match.end(), f", {match[1]}"))
    for match in _CALL_OF_DIFFERENCE.finditer(value):
        found += [
            _put(value, match.start(1), match.end(1), match[2]),
            _put(value, match.start(1), match.end(1), match[3]),
        ]
    return found


def _arguments(value: str, start: int) -> tuple[list[str], int]:
    """The arguments of a call whose bracket was just opened, and where they end."""
    depth, end = 1, start
    while depth and end < len(value):
        depth += (value[end] == "(") - (value[end] == ")")
        end += 1
    return _split(value[start : end - 1], ","), end - 1


def _moved_arguments(call: str) -> list[str]:
    """A call with one of its arguments one more or one less; other changes are those of any expression."""
    arguments, end = _arguments(call, call.index("(") + 1)
    if end != len(call) - 1:
        return []
    found = []
    for place, argument in enumerate(arguments):
        if "->" in argument or " + " in argument:
            for by in (" + 1", " - 1"):
                moved = [*arguments[:place], f"{argument}{by}", *arguments[place + 1 :]]
                found.append(f"{call[: call.index('(') + 1]}{','.join(moved)})")
    return found + _changes(call)


def _without_terms(value: str) -> list[str]:
    """A sum without one of its terms."""
    places, depth = [0], 0
    for place, letter in enumerate(value):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and value[place : place + 3] in (" + ", " - "):
            places.append(place)
    if len(places) < 2 or "?" in value:
        return []
    terms = [value[a:b] for a, b in zip(places, [*places[1:], len(value)], strict=True)]
    found = []
    for left_out in range(len(terms)):
        rest = "".join(term for place, term in enumerate(terms) if place != left_out).strip()
        found.append(f"0 {rest}" if rest[:2] in ("+ ", "- ") else rest)
    return found


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]
