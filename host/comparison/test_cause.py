"""Reasons that say what is wrong come before those that say what showed."""

import pickle

from .cause import Cause, causes_first, with_cause
from .claims.finding import judged, shown


def test_what_is_wrong_is_told_first_and_else_the_order_stays() -> None:
    reasons = ["a", with_cause("b"), with_cause("c", ": why"), "d", Cause("e")]
    assert causes_first(reasons) == ["c: why", "e", "a", "b", "d"]
    assert judged("", reasons).reasons == ("c: why", "e", "a", "b", "d")
    assert shown(reasons, 2) == ["c: why", "e", "and 3 more"]
    assert isinstance(pickle.loads(pickle.dumps(Cause("f"))), Cause), "a board's process sends its reasons"
