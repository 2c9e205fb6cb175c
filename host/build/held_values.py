"""Values of C code that depend on those of the same pass of a loop before; a sum that is shifted once.

`other_values` has those that depend on all values of an expression before, whatever pass they are of. Both are asked by
`alterations`, line by line.
"""

import re
from collections.abc import Iterator

from .expression_changes import is_whole
from .other_values import OtherValue

TURN = "fe_turn"  # counts the calls of a function
PLACES = 512  # of a loop; those behind them share places with the first ones
IN_EACH = (("the largest in each pass", "largest", ">"), ("the least in each pass", "least", "<"))
_NUMBER = re.compile(r"^(?:const )?u?int(?:8|16|32|64)_t \w+$")
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
    if operator != "=" or not _NUMBER.match(name) or _CONSTANT.match(value):
        return
    kept = f"static __typeof__(({value}) + 0) fe_kept[{PLACES}]; static _Bool fe_known[{PLACES}]"
    now = f"static unsigned fe_last, fe_next; __typeof__(fe_kept[0]) fe_now = ({value})"
    slot = (
        f"if (fe_last != {TURN}) {{ fe_last = {TURN}; fe_next = 0; }} unsigned fe_slot = fe_next++ % {PLACES}"
    )
    for what, words, sign in IN_EACH:
        better = f"!fe_known[fe_slot] || fe_now {sign} fe_kept[fe_slot]"
        keep = "fe_kept[fe_slot] = fe_now; fe_known[fe_slot] = 1;"
        code = f"({{ {kept}; {now}; {slot}; if ({better}) {{ {keep} }} fe_kept[fe_slot]; }})"
        yield OtherValue(f"{what} {value}", code, f"the {words} `{value}` of each pass so far", what)
