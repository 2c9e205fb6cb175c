"""What may stand in the place of an expression's value: one that it had before, or the value scaled or limited."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_16 = 32767
# Of what a comma gives, so that nothing is const that the expression reads
_TYPE = "__typeof__((0, ({0})))"
_NOW = f"{_TYPE} now = ({{0}})"
# A value that was kept, by what it is called: what is kept of the new one, and what is given
_KEPT = {
    "the last": ("before = kept; kept = now", "before", "what `{0}` was when it was computed last"),
    "the first": ("if (!any) kept = now", "kept", "what `{0}` was when it was computed first"),
    "the largest": ("if (!any || now > kept) kept = now", "kept", "the largest value that `{0}` had so far"),
    "the least": ("if (!any || now < kept) kept = now", "kept", "the least value that `{0}` had so far"),
}
LAST, EXTREMES = "the last", ("the first", "the largest", "the least")
# Of a number and what it was before: what is given, and what that is called
_MIXED = {
    "the mean": ("(now + before) / 2", "the mean of `{0}` and what it was when it was computed last"),
    "the difference": ("now - before", "how much `{0}` is more than when it was computed last"),
    "the larger": (
        "now > before ? now : before",
        "the larger of `{0}` and what it was when it was computed last",
    ),
    "the smaller": (
        "now < before ? now : before",
        "the smaller of `{0}` and what it was when it was computed last",
    ),
}
MOST_BESIDE = 3  # other variables that may limit a value


@dataclass(frozen=True)
class OtherValue:
    """A value in the place of an expression's own.

    Attributes:
        name: short, for a list.
        code: the C expression.
        told: what it is, in words; empty where its name is C that says it.
        keeps: what is kept from one time to the next, LAST or one of EXTREMES; empty: nothing.
    """

    name: str
    code: str
    told: str = ""
    keeps: str = ""


def kept(value: str, what: str) -> OtherValue:
    """A value that the expression had before, of its type: LAST (0 at first), or one of EXTREMES."""
    step, given, told = _KEPT[what]
    now, its_type = _NOW.format(value), _TYPE.format(value)
    before = ", before" if what == LAST else ""
    code = f"({{ static {its_type} kept; static int any; {now}{before}; {step}; any = 1; {given}; }})"
    return OtherValue(f"{what} {value}", code, told.format(value), what)


def mixed(value: str) -> list[OtherValue]:
    """A number together with what it was last, 0 at first."""
    now, its_type = _NOW.format(value), _TYPE.format(value)
    return [
        OtherValue(
            f"{what} with the last {value}",
            f"({{ static {its_type} kept; {now}, before = kept; kept = now; {given}; }})",
            told.format(value),
            LAST,
        )
        for what, (given, told) in _MIXED.items()
    ]


def limited(value: str, others: Sequence[str]) -> list[OtherValue]:
    """A number that is no more, or no less, than another variable of its type; the last ones of them."""
    return [
        OtherValue(
            f"{name}({value}, {other})", f"({{ {_NOW.format(value)}; now {sign} {other} ? now : {other}; }})"
        )
        for other in others[-MOST_BESIDE:]
        if other != value
        for name, sign in (("min", "<"), ("max", ">"))
    ]


def scaled(value: str) -> list[OtherValue]:
    """Twice a number, half of it, and no more of it than 16 bits with a sign hold."""
    least = f"now > {MOST_16} ? {MOST_16} : now"
    return [
        OtherValue(f"2 * ({value})", f"2 * ({value})"),
        OtherValue(f"({value}) / 2", f"({value}) / 2"),
        OtherValue(f"min({value}, {MOST_16})", f"({{ {_NOW.format(value)}; {least}; }})"),
    ]


def larger(name: str, value: str) -> OtherValue:
    """Of a sum `name += value`, the larger of both."""
    code = f"({value}) > {name} ? ({value}) - {name} : 0"
    return OtherValue(
        f"max({name}, {value})", code, f"the larger of `{name}` and `{value}` in the place of their sum"
    )
