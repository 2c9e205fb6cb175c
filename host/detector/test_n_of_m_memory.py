"""What of a detector's memory decides which of the two thresholds a window is held against."""

from collections.abc import Sequence

import pytest

from .n_of_m import Int8Votes

RULE = Int8Votes((40,), (10,), (True,), 2, 3, 2, 2)
SCORES = [50, 20, 20, 50, 50, 20, 20, 5, 20]


def begun_and_ended(rule: object, scores: Sequence[int]) -> list[int]:
    """Windows in which a rule of one class changes its mind."""
    assert isinstance(rule, Int8Votes)
    state = rule.start()
    return [window for window, score in enumerate(scores) if rule.step(state, [score])]


@pytest.mark.parametrize(
    ("cause", "changes"),
    [
        ("", [5, 7]),  # 0, 3 and 4 count, and 6, where the class is active; of 5, 6 and 7 that is one
        ("one that counted", [2, 8]),
        ("any that counted", [2]),
        ("enough", [5]),
        ("a run", [5, 8]),
    ],
)
def test_the_lower_threshold_holds_at_another_time(cause: str, changes: list[int]) -> None:
    rules = {variant.cause: variant.rule for variant in RULE.variants()}
    rule = rules[f"lower threshold behind {cause}"] if cause else RULE
    assert begun_and_ended(rule, SCORES) == changes


def test_a_run_that_is_kept_wrongly_and_is_beyond_the_duration_begins_nothing_before_it_breaks() -> None:
    """The firmware compares for equality, which in a right run is the same."""
    rule = Int8Votes((40,), (10,), (True,), 2, 3, 2, 5)
    state = rule.start()
    state.counted, state.run = [[True, True, True]], [4]
    assert [bool(rule.step(state, [score])) for score in (50, 50, 5, 5, 50, 50, 50)] == [
        *[False] * 6,
        True,
    ]
