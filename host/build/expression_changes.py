"""The small changes of one C expression, each a text that takes its place."""

import re
from collections.abc import Collection, Mapping

_INDEX = re.compile(r"(?<=\w\[)([a-z]\w*)(?=\])")  # a variable that counts
_PATH = r"[a-z]\w*(?:(?:->|\.)\w+)*"
_FACTORS = re.compile(
    rf"(?<![\w.>*\])])({_PATH}) \* (sizeof \*?{_PATH}(?:\[\w+\])?|(?!sizeof){_PATH})(?![\w.\[(>-])"
)
_SIZE_OF = re.compile(r"sizeof [*]?[a-z]\w*(?:(?:->|\.)\w+)*(?![\w\[.]|->)")  # of a variable
_MULTIPLIED = re.compile(rf"(?<![\w.>*])({_PATH})(?= \* (?!sizeof))")
_NEGATED = re.compile(r"(?<!-)-(?=[A-Za-z_(])")  # a difference has a space behind its sign
_TIMES_COMPARED = re.compile(r"^([^<>]+?) ([<>]=?) (?:\(\w+\))?([\w.>-]+?) \* (\w+)$")
_PARITY = re.compile(r"(?<![\w.>])(\w+) & 1(?!\w)")
_PLAIN = re.compile(r"^[*]?[A-Za-z_][\w.\[\]>* +\-]*$")  # what is assigned to, without steps
MOST_DOUBLED = 4  # numbers above it are counts of bits
LEAST_HALVED = 4
_BELOW_ZERO = re.compile(r"^-\d+$")  # a number alone, from which on something grows
NUMBER = re.compile(r"(?<![\w.'])(\d+)(u|U)?(?![\w.x'])")
_OTHER_OPERATORS = {
    "+": ("-",),
    "-": ("+",),
    "<<": (">>",),
    ">>": ("<<",),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=", ">"),
    "!=": ("==",),
    "&": ("|",),
    "&&": ("||",),
    "||": ("&&",),
    "*": ("+",),
    "/": ("*",),
}
_OPERATOR = re.compile(r" (\+|-|<<|>>|<=|>=|<|>|==|!=|&&|\|\||&|\*|/) ")
_CALL = re.compile(r"\b(plus|minus)\(")
_SHIFT = re.compile(r" (?:<<|>>) (?:-?\w+(?:\.\w+)*(?:->\w+)*|\([^()]*\))")
_CHOICE = re.compile(r"^(.+?) \? (.+?) : (.+)$")
_FLAGS = re.compile(r"\(([^()?]+) \? ([A-Z]\w+) : ([A-Z]\w+)\)")  # one of two constants
_FURTHER = re.compile(r", (\w+) \+ \d+(?=[,)])")  # an argument that lies some places behind another
_SHIFTED = re.compile(r" >> (\w+)(?![\w.]|->)")
_MASKED = re.compile(r" & (0x[0-9a-fA-F]+|[0-9]+)([uU]?)\b")
_PRODUCT = re.compile(r"\((\w+) \* (\*?\w+(?:(?:\.|->)\w+)*)\)")
_READ = re.compile(r"^[a-z][\w.>-]*$")  # a variable or a member
_DECLARED = re.compile(r"^(?:const )?u?int(16|32|64)_t \w+$")
_SIZE = re.compile(r"^(?:const )?(?:size_t|unsigned) \w+$")
ELEMENT = re.compile(r"^(?:\*\w+(?:\+\+)?|[\w.>-]+\[[^\[\]]+\])$")
_LETTER = re.compile(r"(?<=, )[a-z](?=[,)])")  # an argument that counts
_CONSTANT = re.compile(r"(?<![\w.])[A-Z][A-Z\d]*_[A-Z\d_]+(?![\w(])")
_CAST = re.compile(r"\((u?)int(8|16|32|64)_t\)(?=[\w(*])")
_OPERAND_OF = re.compile(rf"(?<![\w.>)])({_PATH})(?= (?:<<|\*) )")  # of what needs more bits than it has
_ELEMENT = rf"{_PATH}\[[^\[\]]+\]"
_ELEMENT_SCALED = re.compile(rf"(?<![\w.>)])(?:(?<= \* )|(?={_ELEMENT} (?:<<|\*) ))({_ELEMENT})")
_GROUP_SCALED = re.compile(r"(?<![\w.>)])(\([^()]+ [+-] [^()]+\))(?= (?:<<|>>|\*) )")
_FACTOR = rf"\*?(?:{_PATH}|\d+)(?:\[[^\[\]]+\])?"
CAST_FACTOR = re.compile(rf"(\(u?int(?:32|64)_t\))({_FACTOR} (?:\*|<<) {_FACTOR})(?![\w.\[(]|->)")
_COMPARED = re.compile(rf"(?<![\w.>)] )(?<![\w.>])({_PATH})(?= (?:==|!=|<=?|>=?) )")
_WIDTHS = ("int8_t", "uint8_t", "int16_t", "uint16_t")
_NARROWED = ((_OPERAND_OF, _WIDTHS[2:]), (_ELEMENT_SCALED, _WIDTHS), (_GROUP_SCALED, _WIDTHS))
# What a choice compares
_BOTH = re.compile(rf"(?<![\w.>)] )(?<![\w.>])({_PATH}) ([<>]=?) ({_PATH})(?= \? )")
_ROUNDED = re.compile(
    r" \+ (0x[0-9a-fA-F]+|\d+)[uU]?(?=\)+ >> (\d+)(?![\w.]))"
)  # half of what is shifted off
_SUMMED = re.compile(r"^[a-z]\w*$")
_VALUE = r"[a-z]\w*(?:->\w+)*(?:\([^()]*\))?"
_PLACE = re.compile(
    rf"^(?:\w+->\w+|{_VALUE}(?: [+-] {_VALUE})+)$"
)  # an address, or a sum or difference of values
_SCALED_SUM = re.compile(r"^\((.+)\)( (?:>>|<<|\*) [^ ]+)$")
_CAST_OF_ALL = re.compile(r"^(\(u?int\d+_t\))\((.+)\)$")
_BRACKETS = re.compile(r"\([^()]*\)")
_SCALED = re.compile(r"^\(?([^ ()]+(?:\([^()]*\))?) ((?:>>|<<|\*) (?:[^ ()]+|\([^()]+\)))\)?$")
_MEMBER = re.compile(r"^\w+->\w+(?:\.\w+)*$")
MOST_ROUNDED = 31
_COUNT = re.compile(r"(?<![\w>])[a-z]\w*(?:->\w+)*->\w*(?:shift|bits)(?!\w)")
_ELEMENT_GIVEN = re.compile(r"(?<=[(,])(?: (?=\w+\[))?\w+\[\w+\](?=[,)])")
_STEPPED = re.compile(r"([a-z]\w*(?:(?:->|\.)\w+)*)(\+\+|--)(?!\w)")
# Names of whole numbers that stand beside each other, one of which may be taken for another.
_ALIKE = (
    ("frames", "stride"),
    ("samples", "columns", "windows", "detections", "next_window_at", "features_sent"),
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
_MEMBER_NAMED = re.compile(r"(?:->|\.)([a-z]\w*)(?!\w|\(|->|\.|\[)")


def other_names(
    value: str, locals_alike: Mapping[str, Collection[str]], members: Mapping[str, Collection[str]]
) -> list[str]:
    """An expression with the name beside one of its names, or with the operands of its difference exchanged.

    Args:
        value: the expression.
        locals_alike, members: of variables, and of members of structs, those of the same type; of the elements that
            a pointer p points to as p[].
    """
    found = [
        _put(value, match.start(1), match.end(1), other)
        for match in _NAMED.finditer(value)
        for other in _BESIDE[match[1]]
    ]
    found += [
        _put(value, *match.span(), other)
        for match in _LOCAL.finditer(value)
        for other in locals_alike.get(match[0], ())
    ]
    found += [
        _put(value, match.start(1), match.end(1), other)
        for match in _MEMBER_NAMED.finditer(value)
        for other in members.get(match[1], ())
    ]
    found += [
        _put(value, *match.span(), other)
        for match in _ELEMENT_OF.finditer(value)
        for other in locals_alike.get(f"{match[1]}[]", ())
    ]
    if difference := _DIFFERENCE.match(value):
        found.append(f"{difference[2]} - {difference[1]}")
    return found


def not_done(name: str, operator: str) -> str:
    """The value with which an assignment does nothing; empty where there is none."""
    if operator == "=":
        return name if _PLAIN.match(name) and " " not in name.strip("* ") else ""
    return {"+=": "0", "-=": "0", "|=": "0", "&=": "~0"}.get(operator, "")


def half_of_sum(name: str, operator: str, value: str) -> list[str]:
    """A sum of which a half, or a quarter, alone is kept."""
    if operator != "+=":
        return []
    types = (
        ("int16_t", "int32_t")
        if _SUMMED.match(name)
        else ("uint8_t", "uint16_t")
        if _MEMBER.match(name)
        else ()
    )
    return [f"({kept})({name} + ({value})) - {name}" for kept in types]


def half_kept(name: str, value: str) -> list[str]:
    """What is declared with 32 bits, of which 16 or none are kept; what is kept in a struct, of 8 and 16 bits."""
    if _MEMBER.match(name) and value not in ("true", "false", "NULL"):
        return [f"(uint8_t)({value})", f"(uint16_t)({value})"]
    if _SIZE.match(name):
        return [f"(uint8_t)({value})", f"(uint16_t)({value})"]
    if ELEMENT.match(name) and value not in ("true", "false", "NULL"):
        return [f"(int16_t)({value})", f"(uint16_t)({value})"]
    declared = _DECLARED.match(name)
    half = int(declared[1]) // 2 if declared else 0
    nothing = ["0"] if _READ.match(value) else []  # what is read is forgotten, as by who began with 0
    return [*nothing, f"(int{half}_t)({value})", f"(uint{half}_t)({value})"] if half else []


def _without_conditions(value: str) -> list[str]:
    """Each of several conditions without one of them."""
    for joint in (" && ", " || "):
        parts = value.split(joint)
        if len(parts) > 1 and all(map(is_whole, parts)):
            return [joint.join(parts[:left_out] + parts[left_out + 1 :]) for left_out in range(len(parts))]
    return []


def is_whole(text: str) -> bool:
    """Whether all brackets are closed."""
    return text.count("(") == text.count(")") and text.count("[") == text.count("]") and '"' not in text


def same_letters(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def parted(text: str, at: str) -> list[str]:
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


_LOCAL = re.compile(r"(?<![\w.>])[a-z]\w*(?![\w(])")
_ELEMENT_OF = re.compile(r"(?<![\w.>])([a-z]\w*)\[[^\[\]]+\]")
_OPERAND = r"\*?[a-z][\w.]*(?:->\w+)*(?:\[[^\[\]]+\])?"
_DIFFERENCE = re.compile(rf"^({_OPERAND}) - ({_OPERAND})$")
_SUM_GIVEN = re.compile(
    rf"(?:(?<=[a-z]\()|(?<=, ))((?:\(\w+ \*\))?{_OPERAND}|\w+) [+-] ({_OPERAND}|\w+)(?=[,)])"
)  # an argument, which may be an address of another type


def changes_of(value: str, addable: bool = True) -> list[str]:
    """All alterations of an expression, the plainest first; `addable`: whether one can be added to it."""
    found: list[str] = []
    for match in NUMBER.finditer(value):
        number, suffix = int(match[1]), match[2] or ""
        doubled = (2 * number,) if number <= MOST_DOUBLED else ()
        for other in (number + 1, number - 1, *doubled, *((number // 2,) if number >= LEAST_HALVED else ())):
            if other >= 0 and other != number:
                found.append(_put(value, match.start(), match.end(), f"{other}{suffix}"))
    for match in _OPERATOR.finditer(value):
        found += [_put(value, match.start(1), match.end(1), other) for other in _OTHER_OPERATORS[match[1]]]
    for match in _CALL.finditer(value):
        inner, end = arguments_of(value, match.end())
        if len(inner) == 2:
            name = match[1]
            other = "minus" if name == "plus" else "plus"
            found.append(_put(value, match.start(), match.end(), f"{other}("))
            if name == "minus":
                found.append(_put(value, match.end(), end, f"{inner[1].strip()}, {inner[0].strip()}"))
    for match in _SHIFT.finditer(value):
        found.append(_put(value, match.start(), match.end(), ""))
    found += [
        _put(value, match.start(1), match.end(1), other)
        for match in _PARITY.finditer(value)
        for other in (f"({match[1]} + 1)", f"({match[1]} >> 1)")
    ]
    found += [
        _put(value, *match.span(), f"{match[1]} {step} 1")
        for match in _INDEX.finditer(value)
        for step in "+-"
    ]
    found += [_put(value, *match.span(), "0") for each in (_INDEX, _LETTER) for match in each.finditer(value)]
    found += [
        _put(value, *match.span(), f"({match[0]} {step} 1)")
        for match in _CONSTANT.finditer(value)
        for step in "+-"
    ]
    found += _other_sizes_of(value)
    found += {"true": ["false"], "false": ["true"]}.get(value, [])
    found += ["0"] if _BELOW_ZERO.match(value) else []
    found += [
        _put(value, *match.span(), part) for match in _FACTORS.finditer(value) for part in match.groups()
    ]
    found += [
        _put(value, *match.span(1), f"({match[1]} {step} 1)")
        for match in _MULTIPLIED.finditer(value)
        for step in "+-"
    ]
    found += _arithmetic(value, addable)
    found += [
        _put(value, *match.span(), other)
        for match in _STEPPED.finditer(value)
        for other in (f"{match[2]}{match[1]}", match[1])
    ]
    found += _signs_and_sides(value)
    found += (*_of_choice(value, addable), *_of_flags(value))
    found += _without_conditions(value)
    found += _without_terms(value)
    return [*found, *_all_at_once(value, found)]


def _signs_and_sides(value: str) -> list[str]:
    """Without a sign; shifted by one more or less; a comparison in which a factor divides on the other side."""
    found = [_put(value, *match.span(), "") for match in _NEGATED.finditer(value)]
    found += [
        _put(value, *match.span(1), f"({match[1]} {step} 1)")
        for match in _SHIFTED.finditer(value)
        if not match[1].isdigit()
        for step in "+-"
    ]
    if compared := _TIMES_COMPARED.match(value):
        left, how, one, other = compared.groups()
        found += [f"{left} / {other} {how} {one}", f"{left} / {one} {how} {other}"]
    return found


def _all_at_once(value: str, every: Collection[str]) -> list[str]:
    """The same change in all places of an expression in which it can be made, where these are several."""
    places: dict[tuple[str, str], set[int]] = {}
    for after in dict.fromkeys(every):
        begin = same_letters(value, after)
        end = same_letters(value[begin:][::-1], after[begin:][::-1])
        taken, put = value[begin : len(value) - end], after[begin : len(after) - end]
        places.setdefault((taken, put), set()).add(begin)
    found = []
    for (taken, put), begins in places.items():
        if len(begins) > 1:
            text = value
            for begin in sorted(begins, reverse=True):
                text = _put(text, begin, begin + len(taken), put)
            found.append(text)
    return found


def regrouped(value: str) -> list[str]:
    """What is added before or after a product or a shift, where it is done the other way."""
    cast = _CAST_OF_ALL.match(value)
    if cast and is_whole(cast[2]):
        return [f"{cast[1]}({after})" for after in regrouped(cast[2])]
    if scaled := _SCALED_SUM.match(value):
        inner, rest = scaled[1], scaled[2]
        if is_whole(inner) and is_whole(rest) and len(terms := _terms(inner)) == 2:
            (one, _), (other, sign) = terms
            return [f"({one}{rest}) {sign} {other}", f"{one} {sign} ({other}{rest})"]
    terms = _terms(value)
    if len(terms) != 2 or any(" ? " in _BRACKETS.sub("", term) for term, _ in terms):
        return []
    (one, _), (other, sign) = terms
    found = []
    if product := _SCALED.match(one):
        found.append(f"({product[1]} {sign} {other}) {product[2]}")
    if product := _SCALED.match(other):
        found.append(f"({one} {sign} {product[1]}) {product[2]}")
    return [after for after in found if is_whole(after)]


def _terms(value: str) -> list[tuple[str, str]]:
    """What is added up, each with its sign."""
    found, depth, begin, sign = [], 0, 0, "+"
    for place, letter in enumerate(value):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and value[place : place + 3] in (" + ", " - "):
            found.append((value[begin:place], sign))
            begin, sign = place + 3, value[place + 1]
    return [*found, (value[begin:], sign)]


def _of_flags(value: str) -> list[str]:
    """One of two constants always, both exchanged, or the bits of both."""
    return [
        _put(value, *match.span(), other)
        for match in _FLAGS.finditer(value)
        for what, one, two in (match.groups(),)
        for other in (one, two, f"({what} ? {two} : {one})", f"({one} | {two})")
    ]


def _of_choice(value: str, addable: bool) -> list[str]:
    """One of two values always, both exchanged, or one of them one more or less."""
    choice = _CHOICE.match(value)
    if not choice or not all(map(is_whole, choice.groups())):
        return []
    parts = [part for part in choice.groups()[1:] if addable and _PLACE.match(_CAST.sub("", part))]
    return [
        *(choice[2], choice[3], f"{choice[1]} ? {choice[3]} : {choice[2]}"),
        *(value.replace(part, f"{part} {step} 1") for part in parts for step in "+-"),
    ]


def _arithmetic(value: str, addable: bool) -> list[str]:
    """Shifts that round or do not, divide or come first; other widths; places one off; one part of a difference."""
    found = [
        _put(value, *match.span(), "")
        for match in _ROUNDED.finditer(value)
        if 2 * int(match[1], 0) == 1 << int(match[2])
    ]
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
    for match in _SUM_GIVEN.finditer(value):
        found += [_put(value, *match.span(), part) for part in match.groups()]
    return found


def other_casts(value: str) -> list[str]:
    """Casts that are left out, of the other sign or half the width, or made late; other widths of what is scaled."""
    found: list[str] = []
    for match in _CAST.finditer(value):
        sign, width = match[1], int(match[2])
        found.append(_put(value, *match.span(), ""))
        found.append(_put(value, *match.span(), f"({'' if sign else 'u'}int{width}_t)"))
        if width > 8:
            found.append(_put(value, *match.span(), f"({sign}int{width // 2}_t)"))
    found += [_put(value, *match.span(), f"{match[1]}({match[2]})") for match in CAST_FACTOR.finditer(value)]
    found += [
        _put(value, *match.span(1), f"({kept}){match[1]}")
        for operands, widths in _NARROWED
        for match in operands.finditer(value)
        for kept in widths
    ]
    found += [
        _put(value, *match.span(1), f"({kept}){match[1]}")
        for match in _COMPARED.finditer(value)
        for kept in ("uint8_t", "uint16_t")
    ]
    found += [
        _put(value, *match.span(), f"({kept}){match[1]} {match[2]} ({kept}){match[3]}")
        for match in _BOTH.finditer(value)
        for kept in ("int16_t", "int32_t")
    ]
    return found


def arguments_of(value: str, start: int) -> tuple[list[str], int]:
    """The arguments of a call whose bracket was just opened, and where they end."""
    depth, end = 1, start
    while depth and end < len(value):
        depth += (value[end] == "(") - (value[end] == ")")
        end += 1
    return parted(value[start : end - 1], ","), end - 1


def _other_sizes_of(value: str) -> list[str]:
    """An expression in which a variable's size is half of it, one less, or a pointer's."""
    return [
        _put(value, *match.span(), other)
        for match in _SIZE_OF.finditer(value)
        for other in (f"({match[0]} / 2)", f"({match[0]} - 1)", "sizeof(void *)")
    ]


def shift_counts(text: str, members: Mapping[str, Collection[str]]) -> list[str]:
    """Paths to counts of bits that a file reads, and to those of the same type beside them."""
    found = []
    for path in dict.fromkeys(_COUNT.findall(text)):
        start, _, name = path.rpartition("->")
        alike = (other for other in members.get(name, ()) if _COUNT.fullmatch(f"{start}->{other}"))
        found += [path, *(f"{start}->{other}" for other in alike)]
    return list(dict.fromkeys(found))


def shifted_arguments(value: str, counts: Collection[str]) -> list[str]:
    """Elements that are arguments, shifted by a count of bits."""
    return [
        _put(value, *match.span(), f"{match[0]} {how} {count}")
        for match in _ELEMENT_GIVEN.finditer(value)
        for count in counts
        for how in (">>", "<<")
    ]


def other_assignments(name: str, operator: str, value: str, known: bool) -> list[str]:
    """What is added taken for the whole, or for its negative; what is assigned, with the other sign, or added.

    Args:
        name, operator, value: of an assignment.
        known: whether the name has a value before it.
    """
    if operator in ("+=", "-="):
        whole = f"({value}) - {name}" if operator == "+=" else f"{name} - ({value})"
        return [whole, f"-({value})", f"(int16_t)({value})", f"(uint16_t)({value})"]
    if operator in ("&=", "|="):
        return [f"~({value})"]
    if operator == "=" and _PLAIN.match(name) and value not in ("true", "false", "NULL"):
        return [f"-({value})", *([f"{name} + ({value})"] if known else [])]
    return []


def _without_terms(value: str) -> list[str]:
    """A sum without one of its terms, or without some in a row."""
    places, depth = [0], 0
    for place, letter in enumerate(value):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and value[place : place + 3] in (" + ", " - "):
            places.append(place)
    count, ends = len(places), [*places, len(value)]
    if "?" in value:
        return []
    found = []
    for size in range(1, count):
        for begin in range(count - size + 1):
            rest = (value[: ends[begin]] + value[ends[begin + size] :]).strip()
            found.append(f"0 {rest}" if rest[:2] in ("+ ", "- ") else rest)
    return found


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]
