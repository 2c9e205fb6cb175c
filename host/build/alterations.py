"""Small changes of C code, one expression at a time, all in one program: a global number says which of them is made.

A board whose build, compiler or memory changes one step of its front end computes what one of these programs computes.
`altered_core.py` builds them, and the diagnosis looks for the one that gives the board's own columns.

Each expression E that is changed becomes `(fe_change == 17 ? E' : fe_change == 18 ? E'' : E)`: one build is enough.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from .added_statements import AHEAD, add_statements, keep_locals, move_statements
from .alteration import BOUND, SELECTOR, Alteration
from .borrowed_arguments import Arguments, arguments_seen, borrowed_arguments
from .call_changes import arguments_named, moved_arguments, other_calls
from .compared_expressions import TYPE, edits, may_be_exchanged, nearly
from .exchanged_parts import Indices, exchanged_parts, indices_seen, left_as_it_was
from .expression_changes import (
    changes_of,
    half_kept,
    half_of_sum,
    is_whole,
    not_done,
    other_assignments,
    other_casts,
    other_names,
    parted,
    regrouped,
    shift_counts,
    shifted_arguments,
)
from .first_values import first_values
from .held_values import TURN
from .kept_locals import COLUMN, kept_locals
from .loop_steps import with_other_steps
from .near_numbers import further, other_counts, shift_counts_near
from .other_values import LAST, OtherValue, kept
from .statement_moves import moves
from .string_literals import without_literals
from .struct_fields import FIELDS, told_fields, whole_field
from .values_in_place import values_in_place
from .whole_lines import joined

_DECLARED = re.compile(r"^u?int32_t (\w+)$")
# name = E, name op= E, return E, E as a statement; without what declares arrays, structs or several lines
_STATEMENT = re.compile(
    r"^(\s+)(?:\(void\))?(?!#|\*|/|case |else|break|do\b|switch|typedef|struct|static const|//)(.+);\s*(/\*.*\*/)?\s*$"
)
_ASSIGNED = re.compile(
    r"^((?:const |volatile |unsigned )*(?:[A-Za-z_]\w*(?:\s+\*?|\s*\*+)\s*)?"  # the type, in a declaration
    r"[*]?[A-Za-z_][\w.\[\]>*+\- ]*?|\(\(\w+ \*\)\w+\)\[\w+\])\s(=|\+=|-=|\|=|&=|<<=|>>=)\s(.+)$"
)
_CONDITION = re.compile(r"^(\s*(?:\}\s*else\s+)?if \()(.+)(\) \{\s*)$")
_LOOP = re.compile(r"^(\s*for \()(.+) = (.+?); (\w+) (<=?) (.+?); (.+\) \{\s*)$")  # one that comes to an end
_ENDED = re.compile(r"^(\s*for \()([^;]*); (\w+) (<=?|>=?) ([^;]+); (.+\) \{\s*)$")  # one that two values end
_BOUNDED = re.compile(r"^(\s*for \(.+? \*?end = )([^;]+)(; \w+ != end; .+\) \{\s*)$")  # one up to an end
_UP_TO = ("<", "<=")
_NEXT_TO = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_STEPS = re.compile(r"\w+ \+= (\d+|\w+)(?=[,)])")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")
# Variables that a loop begins with, and those without values
_AMONG = re.compile(r"^\s*for \((?:const )?(\w+ \*?)(\w+ = [^;]+);")
_WITHOUT = re.compile(r"^\s*(?:const )?(\w+ \*?)(\w+(?:, \*?\w+)+);\s*$")
_VARIABLE_NAMED = re.compile(r"(?:^|, )\*?([a-z]\w*)(?= = |,|$)")
_PARAMETER = re.compile(r"[(,] *(?:const )?(\w+ \*?)([a-z]\w*)(?=[,)])")
_OF_TRUTH = re.compile(r"\bbool \w+\(")  # a function
_TRUTH = re.compile(r"^(?:const )?bool \w+$")
_FUNCTION = re.compile(r"(\w+)\(")
NO_MEMBERS: Mapping[str, Collection[str]] = {}
TRUTHS = ("false", "true")
NOTHING = "nothing"  # in the place of an expression
FIELDS_NEAR = 2  # before one of a struct, of which it may have the value
SURE, PLAIN, WHOLE = 1, 2, 3  # how much of a line is left as it is
_NAME = re.compile(r"\w+")
_CALLED = re.compile(r"^[a-z]\w*(?:->[a-z]\w*)*\(.+\)$")
_TESTED = re.compile(r"^(\s*\} while \()(.+)(\);\s*)$")  # behind a loop's body
_BRACED = re.compile(r"\{([^{}]+)\}")
_GROUPED = re.compile(r"^(\w+ \w+) = \{([^{}]+)\}$")  # a struct of expressions
# A declared struct or union: nothing is added to it
_NO_NUMBER = re.compile(r"^const (?!u?int|size_t)\w+ \w+$")
_COUNTED = re.compile(r"^([\w.>-]+?)(\+\+|--)$")  # a statement


def altered(
    file: str,
    text: str,
    first: int,
    left: Mapping[int, int] | None = None,
    members: Mapping[str, Collection[str]] = NO_MEMBERS,
    holds: bool = False,
    dropped: Collection[tuple[int, str, str]] = (),
) -> tuple[str, list[Alteration]]:
    """A C file with all its alterations, numbered from `first` on.

    Args:
        file: its name, for the alterations.
        text: its right text, formatted as this project's is.
        first: number of its first alteration.
        left: lines, from 1, of which something is left as it is, because it cannot be chosen among in C: SURE, in
            which statements, arguments and calls stay, PLAIN, in which names and types do as well, or WHOLE.
        members: of structs' members, those of the same type beside them: see `members_alike`.
        holds: whether values may be held over from one call of a function to the next: see `held_values`.
        dropped: single alterations that are left out for the same reason: line, before and after.
    """
    text, literals_back = without_literals(text)
    writer = _Writer(file, first, members, holds)
    writer.dropped = dropped
    writer.shifts = shift_counts(text, members) if holds else []
    every = joined(text.splitlines())
    writer.seen, writer.counts = arguments_seen(every), shift_counts_near(every)
    writer.indices = indices_seen(every)
    kept = left or {}
    skipped = {number for number, how in kept.items() if how >= WHOLE}
    lines = []
    for number, line in enumerate(every, start=1):
        writer.left = kept.get(number, 0)
        lines.append(line if number in skipped else writer.line(number, line, _next(every, number, skipped)))
    found = writer.found
    if holds:
        added = [
            (place, statement)
            for place, statement in first_values(every)
            if place + 1 not in kept and (place + 1, statement, AHEAD) not in dropped
        ]
        found += add_statements(file, first + len(found), added, lines)
        begun = [each for each in kept_locals(every) if kept.get(each.line + 1, 0) <= SURE]
        found += keep_locals(file, first + len(found), begun, lines)
    for number in writer.held_in:
        lines[number - 1] = lines[number - 1].replace("{", f"{{ static unsigned {TURN}; {TURN}++;", 1)
    moved = [
        move
        for move in moves(every)
        if not {move.line + 1, move.to + 1} & set(kept)
        and (move.line + 1, move.statement, move.told) not in dropped
    ]
    found += move_statements(file, first + len(found), moved, lines)
    found = [each.in_full(writer.functions.get(each.line, ""), literals_back) for each in found]
    # on the first line, so that a compiler's words are about the right ones
    declared = f"extern int {SELECTOR}, {BOUND}; extern unsigned {COLUMN};"
    head = f"{declared}\n#line 1\n" if text.startswith("#") else f"{declared} "
    return (head if found else "") + literals_back("\n".join(lines)) + "\n", found


def _next(lines: list[str], number: int, skipped: Collection[int]) -> str:
    """The line behind line `number`, from 1; empty where it stays as it is."""
    return lines[number] if number < len(lines) and number + 1 not in skipped else ""


class _Writer:
    """Writes a file's lines anew.

    Attributes:
        found: the alterations so far.
        left: how much of the next line stays as it is.
        dropped: single alterations that are not made.
        functions: by their lines.
        held_in: the first lines of functions of which values are held.
        shifts: counts of bits that the file's arguments may be shifted by.
        seen: what the file's functions are called with.
        counts: what is shifted by in a line's function, by the line.
        indices: constants that the file's arrays are indexed with.
    """

    def __init__(self, file: str, first: int, members: Mapping[str, Collection[str]], holds: bool) -> None:
        self.found: list[Alteration] = []
        self.left = 0
        self.dropped: Collection[tuple[int, str, str]] = ()
        self.functions: dict[int, str] = {}
        self._function = ""
        self.held_in: set[int] = set()
        self.shifts: list[str] = []
        self.seen: Arguments = {}
        self.counts: dict[int, tuple[str, ...]] = {}
        self.indices: Indices = {}
        self._file, self._first, self._holds = file, first, holds
        self._entered = 0  # the function's first line
        self._inside = False  # of a function
        self._truth = False  # whether that gives true or false
        self._values: set[str] = set()  # integers that are known where the line stands
        self._number = 0
        self._head = ""  # of the function that follows
        self._members = members
        # variables: where they are indented, their type, their name
        self._known: list[tuple[int, str, str]] = []
        self._depth = 0
        self._told_before: list[str] = []  # values of the fields right before this line
        self._exchanged_field = ""  # as `_exchanged`, of the first field of a line
        self._exchanged = ""  # what stands before this line's value, so that it is the one of the line before

    def line(self, number: int, line: str, behind: str = "") -> str:
        """The line with the choice among its alterations; `behind`: the next one."""
        self._number = number
        before, self._exchanged = self._exchanged, ""
        self._enter(line)
        if not self._inside:
            return line
        if line.strip():
            self._depth = len(line) - len(line.lstrip())
            self._known = [known for known in self._known if known[0] <= self._depth]
        if among := _AMONG.match(line):
            self._declare(_VARIABLE_NAMED.findall(among[2]), among[1], self._depth + 1)
        if among := _WITHOUT.match(line):
            self._declare(_VARIABLE_NAMED.findall(among[2]), among[1], self._depth)
        if line.lstrip().startswith("for ("):
            head = self._any_loop(line) or line
            return with_other_steps(
                line, head, lambda by: self._choice(by, ["0", *changes_of(by)]), self._counted
            )
        condition = _CONDITION.match(line)
        if condition and is_whole(condition[2]):
            every = (*changes_of(condition[2]), f"!({condition[2]})", "0", "1")
            return f"{condition[1]}{self._choice(condition[2], every)}{condition[3]}"
        if (tested := _TESTED.match(line)) and is_whole(tested[2]):
            return f"{tested[1]}{self._choice(tested[2], changes_of(tested[2]))}{tested[3]}"
        if fields := FIELDS.match(line):
            theirs = told_fields(behind)
            near = [*self._told_before, *(field[2] for field in theirs)]
            self._told_before = [*self._told_before, *(field[2] for field in told_fields(line))][
                -FIELDS_NEAR:
            ]
            return f"{fields[1]}{self._fields(fields[2], near, theirs[:1])}{fields[3]}"
        self._told_before, self._exchanged_field = [], ""
        statement = _STATEMENT.match(line)
        if not statement or not is_whole(statement[2]):
            return line
        return self._changed(line, statement, before, behind)

    def _enter(self, line: str) -> None:
        """Take note of where functions begin and end, and of what they are given."""
        if line.startswith("{"):
            named = _FUNCTION.search(self._head)
            self._function = named[1] if named else ""
            self._inside, self._values, self._known, self._depth = True, set(), [], 0
            self._entered, self._truth = self._number, _OF_TRUTH.search(self._head) is not None
            for kind, name in _PARAMETER.findall(self._head):
                self._declare([name], kind, 0)
        elif line.startswith("}"):
            self._inside = False
        self.functions[self._number] = self._function
        self._head = "" if self._inside or not line.strip() else f"{self._head} {line.strip()}"

    def _changed(self, line: str, statement: "re.Match[str]", before: str, behind: str) -> str:
        """A line that is one statement."""
        if _CALLED.match(statement[2]) and not statement[2].startswith("return "):
            self._one(statement[2], NOTHING, "", "")
            left_out = f"if ({SELECTOR} != {self._first + len(self.found) - 1}) "
            return f"{statement[1]}{left_out}{self._statement(statement[2])};"
        if counted := _COUNTED.match(statement[2]):
            return f"{statement[1]}{self._counted(*counted.groups())}"
        if exchanged := self._exchange(statement[2], behind):
            before += exchanged
        changed = self._statement(statement[2], before)
        return line if changed is None else f"{statement[1]}{changed};"

    def _counted(self, name: str, how: str) -> str:
        """A count that is not made, made twice, or in the other direction."""
        twice = f"{name} {how[0]}= 2"
        left_out = self._one(f"{name}{how}", NOTHING, "0", "")
        doubled = self._one(f"{name}{how}", twice, "2", "")
        back = self._one(f"{name}{how}", f"{name}{'--' if how == '++' else '++'}", "-1", "")
        return f"{name} {how[0]}= ({left_out}{doubled}{back}1);"

    def _fields(self, text: str, near: Iterable[str] = (), behind: Sequence["re.Match[str]"] = ()) -> str:
        """Fields of a struct, each with a value, or with one of those near it; two beside each other exchanged."""
        parts = parted(text, ",")
        fields = [whole_field(part) for part in parts]
        ahead = ["" for _ in parts]
        ahead[0], self._exchanged_field = self._exchanged_field, ""
        for place, (ours, theirs) in enumerate(pairwise((*fields, *behind))):
            if ours is None or theirs is None:
                continue
            after = f"{ours[1].strip()} {theirs[2]}, {theirs[1].strip()} {ours[2]}"
            given = self._one(f"{ours[0].strip()}, {theirs[0].strip()}", after, theirs[2], "")
            taken = given.replace(f"({theirs[2]})", f"({ours[2]})")
            ahead[place] += given
            if place + 1 < len(parts):
                ahead[place + 1] += taken
            else:
                self._exchanged_field = taken
        return ",".join(
            part
            if field is None
            else f"{field[1]}{before}{self._choice(field[2], ('0', *changes_of(field[2])), near)}"
            for part, field, before in zip(parts, fields, ahead, strict=True)
        )

    def _any_loop(self, line: str) -> str | None:
        """The head of a loop that comes to an end with its changes as well; None where it is none."""
        if loop := _LOOP.match(line):
            return self._loop(loop)
        if (ended := _ENDED.match(line)) and is_whole(ended[5]):
            name, how, end = ended[3], ended[4], ended[5]
            ends = [f"{name} {_NEXT_TO[how]} {end}", *(f"{name} {how} {end} {by} 1" for by in "+-")]
            return f"{ended[1]}{ended[2]}; {self._choice(f'{name} {how} {end}', ends)}; {ended[6]}"
        if (bounded := _BOUNDED.match(line)) and is_whole(bounded[2]):
            steps = dict.fromkeys(("1", *_STEPS.findall(bounded[3])))
            ends = [f"{bounded[2]} {sign} {by}" for by in steps for sign in "-+"]
            return f"{bounded[1]}{self._choice(bounded[2], ends)}{bounded[3]}"
        return None

    def _loop(self, loop: "re.Match[str]") -> str:
        """From one later on, to one more or fewer, or half as far."""
        start, name, how, end = loop[3], loop[4], loop[5], loop[6]
        variable = loop[2].split()[-1]
        begin = self._one(f"{variable} = 0", f"{variable} = 1", "1", "") + start if start == "0" else start
        ends = [f"{name} {_NEXT_TO[how]} {end}", f"{name} {how} {end} - 1"]
        if how in _UP_TO:  # another end might be passed by
            ends.append(f"{name} {how} {end if end.isidentifier() else f'({end})'} / 2")
        condition = self._choice(f"{name} {how} {end}", ends) if is_whole(end) else f"{name} {how} {end}"
        return f"{loop[1]}{loop[2]} = {begin}; {condition}; {loop[7]}"

    def _exchange(self, body: str, behind: str) -> str:
        """What stands before this line's value so that it is the next one's, where both are assigned alike."""
        ours, next_one = _ASSIGNED.match(body), _STATEMENT.match(behind)
        theirs = _ASSIGNED.match(next_one[2]) if next_one else None
        if ours is None or theirs is None or not may_be_exchanged(ours, theirs):
            return ""
        number = self._first + len(self.found)
        after = f"{ours[1]} = {theirs[3]}; {theirs[1]} = {ours[3]}"
        self.found.append(Alteration(self._file, self._number, f"{ours[0]}; {theirs[0]}", after))
        self._exchanged = f"{SELECTOR} == {number} ? ({ours[3]}) : "
        return f"{SELECTOR} == {number} ? ({theirs[3]}) : "

    def _statement(self, body: str, before: str = "") -> str | None:
        if _CALLED.match(body):
            return f"{self._kept_arguments(body)}{self._choice(body, moved_arguments(body), gives=False)}"
        if body.startswith("return ") and "{" not in body:
            return (
                f"return {self._choice(body[7:], (*changes_of(body[7:]), *(TRUTHS if self._truth else ())))}"
            )
        if grouped := _GROUPED.match(body):
            if grouped[2].lstrip().startswith("."):
                return f"{grouped[1]} = {{{self._fields(grouped[2])}}}"
            values = [value.strip() for value in parted(grouped[2], ",")]
            return (
                f"{grouped[1]} = {{{', '.join(self._choice(value, changes_of(value)) for value in values)}}}"
            )
        if body.lstrip().startswith("static "):
            return None
        if "{" in body and "= {." not in body:
            return _BRACED.sub(self._values_of, body)
        return self._assigned(body, before)

    def _kept_arguments(self, call: str) -> str:
        """What stands before a call so that an argument is what it was when the call was made last."""
        parts = []
        known = {name for _, _, name in self._known}  # none of them is an array
        for head, name, tail in arguments_named(call):
            if name not in known:
                continue
            last = kept(name, LAST)
            parts.append(
                self._other(
                    call, OtherValue(f"{head}{last.name}{tail}", f"{head}{last.code}{tail}", keeps=LAST)
                )
            )
        return "".join(parts)

    def _assigned(self, body: str, before: str) -> str | None:
        """Assignments, or declarations with values; None where it is something else."""
        parts = [_ASSIGNED.match(part.strip()) for part in parted(body, ",")]
        for place, part in enumerate(parts):
            if part is None or "{" in part[0] or "(" in part[1].lstrip("(") or (place and part[2] != "="):
                return None
        found = [part.groups() for part in parts if part is not None]
        changes = [
            [
                *changes_of(value, not _NO_NUMBER.match(name)),
                *(() if self.left >= PLAIN else half_of_sum(name, operator, value)),
                *half_kept(name, value),
                *(TRUTHS if _TRUTH.match(name) else ()),
                *further(name, value),
                *left_as_it_was(name, operator, value),
            ]
            for name, operator, value in found
        ]
        declares = TYPE.match(found[0][0]) is not None
        unsure = [
            () if _NO_NUMBER.match(name) else other_assignments(name, operator, value, not declares)
            for name, operator, value in found
        ]
        if len(found) == 1 and (same := not_done(*found[0][:2])):
            before += self._one(" ".join(found[0]), NOTHING, same, "")
        together = self._together([value for *_, value in found], changes)
        done = []
        for place, (name, operator, value) in enumerate(found):
            others = [] if "{" in value or "static" in name else self._others(name, operator, value)
            chosen = self._choice(value, changes[place], unsure[place], others)
            first = together[place] if together else before
            done.append(f"{name} {operator} {f'({first}{chosen})' if first else chosen}")
            if declared := _DECLARED.match(name):
                self._values.add(declared[1])
        if kind := TYPE.match(found[0][0]):
            self._declare([_VARIABLE.findall(name)[-1] for name, *_ in found], kind[0], self._depth)
        return ", ".join(done)

    def _others(self, name: str, operator: str, value: str) -> list[OtherValue]:
        """Values that are kept or scaled, as far as the line of an assignment is changed."""
        if self.left >= PLAIN or not _VARIABLE.search(value):
            return []
        if self.left >= SURE or _NO_NUMBER.match(name):
            return [kept(value, LAST)]
        others = values_in_place(name, operator, value, self._known, self._holds)
        if any(TURN in other.code for other in others):
            self.held_in.add(self._entered)
        return others

    def _declare(self, names: list[str], kind: str, depth: int) -> None:
        """Variables of one kind, of which one may be taken for another, down to lines that are indented less."""
        self._known += [(depth, kind.replace("const ", "").strip(), name) for name in names]

    @property
    def _alike(self) -> dict[str, list[str]]:
        """Variables that are known here, and those of the same type; of what a pointer p points to, as p[]."""
        return {
            f"{name}{of}": [other for _, same, other in self._known if same == its and other != name]
            for _, kind, name in self._known
            for of, its in (("", kind), *((("[]", kind[:-2]),) if kind.endswith(" *") else ()))
        }

    def _knows(self, path: str) -> bool:
        """Whether what a path begins with is known here."""
        return path.partition("->")[0] in {name for _, _, name in self._known}

    def _values_of(self, braces: "re.Match[str]") -> str:
        """The values of a struct, or its fields with them."""
        if braces[1].startswith("."):
            return f"{{{self._fields(braces[1])}}}"
        values = [value.strip() for value in parted(braces[1], ",")]
        return f"{{{', '.join(self._choice(value, changes_of(value)) for value in values)}}}"

    def _together(self, values: list[str], changes: list[list[str]]) -> list[str]:
        """What stands before each value of one statement, so that all are changed alike; empty where there is one."""
        if len(values) < 2:
            return []
        each_edits = [edits(value, every) for value, every in zip(values, changes, strict=True)]
        chosen = ["" for _ in values]
        for edit in each_edits[0]:
            if not all(edit in each for each in each_edits):
                continue
            alike = [each[edit] for each in each_edits]
            number = self._first + len(self.found)
            self.found.append(Alteration(self._file, self._number, ", ".join(values), ", ".join(alike)))
            for place, after in enumerate(alike):
                chosen[place] += f"{SELECTOR} == {number} ? ({after}) : "
        return chosen

    def _choice(
        self,
        before: str,
        every: Iterable[str],
        unsure: Iterable[str] = (),
        others: Iterable[OtherValue] = (),
        gives: bool = True,
    ) -> str:
        parts: list[str] = []
        first = self._first + len(self.found)
        names = (
            ()
            if self.left >= PLAIN
            else (
                *other_names(before, self._alike, self._members),
                *other_casts(before),
                *regrouped(before),
                *shifted_arguments(before, [path for path in self.shifts if self._knows(path)]),
                *borrowed_arguments(before, self.seen, self._knows),
                *other_counts(before, self.counts.get(self._number, ())),
                *exchanged_parts(before, self.indices),
            )
        )
        calls = () if self.left >= SURE else (*other_calls(before, gives), *unsure)
        for after in dict.fromkeys((*every, *names, *calls)):
            if after == before:
                continue
            parts.append(self._one(before, after, after, ""))
            if nearly(before, after):
                for name in sorted(self._values.intersection(_NAME.findall(before))):
                    parts.append(self._one(before, after, f"{name} < {BOUND} ? ({after}) : ({before})", name))
        parts = [*filter(None, parts), *filter(None, (self._other(before, other) for other in others))]
        if not parts:
            return before
        # one comparison where none of them is made, however many there are
        return (
            f"((unsigned)({SELECTOR} - {first}) >= {len(parts)}u ? ({before}) : {''.join(parts)}({before}))"
        )

    def _other(self, before: str, other: OtherValue) -> str:
        told = f"with {other.told}" if other.told else ""
        return self._one(before, other.name, other.code, "", told, other.keeps)

    def _one(self, before: str, after: str, chosen: str, below: str, told: str = "", keeps: str = "") -> str:
        if (self._number, before.strip(), after.strip()) in self.dropped:
            return ""
        told = told or (f"without `{before.strip()}`" if after == NOTHING else "")
        self.found.append(
            Alteration(self._file, self._number, before.strip(), after.strip(), below, told=told, keeps=keeps)
        )
        return f"{SELECTOR} == {self._first + len(self.found) - 1} ? ({chosen}) : "
