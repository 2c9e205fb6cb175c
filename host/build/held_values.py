"""Values of C code that depend on those of the same pass of a loop before; a sum that is shifted once.

`other_values` has those that depend on all values of an expression before, whatever pass they are of. Both are asked by
`alterations`, line by line.
"""

import re
from collections.abc import Iterator

from .expression_changes import ELEMENT, is_whole
from .other_values import LAST, OtherValue

TURN = "fe_turn"  # counts the calls of a function
PLACES = 512  # of a loop; those behind them share places with the first ones
KEPT, NEW = "fe_kept[fe_slot]", "!fe_known[fe_slot]"  # of a pass: its place, and whether that is empty
# Of each pass: a name, what is given in words, when the value is kept, what is given, and whether that is of all calls
IN_EACH = (
    (
        "the largest in each pass",
        "the largest `{0}` of each pass so far",
        f"{NEW} || fe_now > {KEPT}",
        KEPT,
        True,
    ),
    (
        "the least in each pass",
        "the least `{0}` of each pass so far",
        f"{NEW} || fe_now < {KEPT}",
        KEPT,
        True,
    ),
    ("the last in each pass", "what `{0}` was in the same pass the last time", "1", "fe_before", False),
    (
        "the mean in each pass",
        "the mean of `{0}` and what it was in the same pass the last time",
        "1",
        "(fe_now + fe_before) / 2",
        False,
    ),
)
NUMBER = re.compile(r"^(?:const )?(u?int(?:8|16|32|64)_t) \w+$")
_CONSTANT = re.compile(r"^-?\w+$")
_SHIFTED = re.compile(r"^\((.+)\) >> (\w+)$")
_SUM = re.compile(r"^\w+$")


def held(name: str, operator: str, value: str) -> Iterator[OtherValue]:
    """What an assigned or declared whole number becomes.

    Of a loop each pass has a place of its own, so that it is kept from one call of a function to the next.
    """
    shifted = _SHIFTED.match(value)
    if operator == "+=" and _SUM.match(name) and shifted and is_whole(shifted[1]):
        raw, by = shifted.groups()
        # what was added up is of this sum as long as it is as large, shifted
        added = f"fe_sum = (fe_sum >> {by}) == {name} ? fe_sum + ({raw}) : ({raw})"
        code = f"({{ static __typeof__({raw}) fe_sum; {added}; (fe_sum >> {by}) - {name}; }})"
        yield OtherValue(f"shifted once {value}", code, f"the whole sum shifted once, not each of `{value}`")
    if operator != "=" or not (NUMBER.match(name) or ELEMENT.match(name)) or _CONSTANT.match(value):
        return
    kept = f"static __typeof__(({value}) + 0) fe_kept[{PLACES}]; static _Bool fe_known[{PLACES}]"
    now = f"static unsigned fe_last, fe_next; __typeof__(fe_kept[0]) fe_now = ({value})"
    slot = (
        f"if (fe_last != {TURN}) {{ fe_last = {TURN}; fe_next = 0; }} unsigned fe_slot = fe_next++ % {PLACES}"
    )
    for what, words, when, given, of_all in IN_EACH:
        before = f"__typeof__(fe_kept[0]) fe_before = {KEPT}"
        keep = f"if ({when}) {{ {KEPT} = fe_now; fe_known[fe_slot] = 1; }}"
        code = f"({{ {kept}; {now}; {slot}; {before}; {keep} {given}; }})"
        yield OtherValue(f"{what} {value}", code, words.format(value), what if of_all else LAST)
