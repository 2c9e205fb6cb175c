"""Reasons that say what is wrong come before those that say what showed."""

import pickle

import pytest

from .cause import Cause, causes_first, left_to_line, with_cause
from .claims.finding import judged, shown


def test_what_is_wrong_is_told_first_and_else_the_order_stays() -> None:
    reasons = ["a", with_cause("b"), with_cause("c", ": why"), "d", Cause("e")]
    assert causes_first(reasons) == ["c: why", "e", "a", "b", "d"]
    assert judged("", reasons).reasons == ("c: why", "e", "a", "b", "d")
    assert shown(reasons, 2) == ["c: why", "e", "and 3 more"]
    assert isinstance(pickle.loads(pickle.dumps(Cause("f"))), Cause), "a board's process sends its reasons"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (with_cause("a is 1", "; look at g (firmware/core/a.c)"), "a is 1: a.c line 3 gives this, too"),
        (with_cause("a is 1", "; look at f (firmware/core/a.c)"), "a is 1; look at f (firmware/core/a.c)"),
        (with_cause("a is 1", ": that is b"), "a is 1: that is b"),
        (with_cause("a is 1"), "a is 1"),
        (Cause("look at g in firmware/core/a.c"), "look at g in firmware/core/a.c"),
    ],
)
def test_advice_that_goes_elsewhere_than_the_line_that_gives_all_is_left_out(reason: str, told: str) -> None:
    left = left_to_line(reason, ("f",), "a.c line 3")
    assert left == told and isinstance(left, Cause) == isinstance(reason, Cause)
