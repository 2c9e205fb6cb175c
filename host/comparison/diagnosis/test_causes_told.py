"""How much a cause may leave, how near one must come, and what is said beside one that gives all."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from . import causes_told
from .causes_told import leaves_some, nearest_told, neutral_finding, verified_finding
from .evidence import MORE_THAN_FILE
from .fakes_views import cells, file_of, view_of
from .search import CODE, Candidate, Verified, View
from .test_findings import RIGHT, Told, adding, changed, outputs_of, record_of, told

__all__ = ["told"]
FIFTY = cells(50, 8)


def cause(name: str = "it", family: str = "", different: int = 100) -> Verified:
    candidate = Candidate(name, f"{name} is so", "Look", lambda _: None, family=family)
    return Verified(candidate, different, 0, different, [], [])


def wrong_in(values: int, by: int = 1, row: int = 10, first: int = 0) -> View:
    """A file of which so many values differ, from a row on."""
    device = FIFTY.copy()
    device[row:].reshape(-1)[:values] += np.int8(by)
    return view_of(FIFTY, device, first=first)


@pytest.mark.parametrize(
    ("by", "values", "left"), [(1, 5, False), (1, 6, True), (2, 2, False), (2, 3, True), (-2, 3, True)]
)
def test_of_a_hundred_values_five_may_be_rounded_and_two_be_others(by: int, values: int, left: bool) -> None:
    assert leaves_some([cause()], [wrong_in(values, by)]) == left
    assert leaves_some([cause()], [wrong_in(0), wrong_in(values, by)]) == left


@pytest.mark.parametrize(
    ("values", "first", "family", "left"),
    [(24, 0, "", False), (26, 0, "", False), (27, 0, "", True), (3, 1, "", True), (1, 0, CODE, True)],
)
def test_what_moved_into_the_first_three_rows_of_a_stream_is_not_known(
    values: int, first: int, family: str, left: bool
) -> None:
    assert leaves_some([cause(family=family)], [wrong_in(values, 9, 0, first)]) == left


def test_a_line_of_code_gives_all_values_alone() -> None:
    right = [wrong_in(0)]
    assert not leaves_some([cause(family=CODE)], right) and not leaves_some([cause(), cause("other")], right)
    assert leaves_some([cause(family=CODE), cause("other")], right)
    assert leaves_some([], [wrong_in(1, row=0)]) and not leaves_some([], right)


@pytest.mark.parametrize(
    ("families", "values", "words"),
    [
        ([""], 10, "nearly as if a is so: that gives 90 of 100 values, and not the others"),
        ([""], 11, ""),
        (["", ""], 10, "nearly as if a is so and b is so: that gives 90 of 100 values, and not the others"),
        ([CODE], 10, "nearly as if a is so: that gives 90 of 100 values, and not the others"),
        (["", CODE], 10, ""),
        ([], 10, ""),
    ],
)
def test_causes_that_leave_a_tenth_are_near(families: list[str], values: int, words: str) -> None:
    found = [cause(name, family) for name, family in zip("ab", families, strict=False)]
    assert nearest_told(found, [wrong_in(100)], [wrong_in(values)]) == words


@pytest.mark.parametrize("of_outputs", [False, True])
@pytest.mark.parametrize("rows_alone", [False, True])
def test_a_bound_is_told_of_single_windows(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch, of_outputs: bool, rows_alone: bool
) -> None:
    monkeypatch.setattr(causes_told, "where_told", lambda *_: "all where it is loud")
    if of_outputs:
        record = record_of(bundle, answered=outputs_of(RIGHT) + np.int8(2))
        found = told(record, (), (adding(2, [0, 1], rows_alone=rows_alone),))
    else:
        found = told(record_of(bundle, changed(3, 12)), (adding(3, 12, rows_alone=rows_alone),))
    assert found[0].verified
    assert ("it is loud" in found[0].explanation) == (of_outputs and rows_alone)


@pytest.mark.parametrize(
    ("again", "told_too"), [(f"once more, it is right: {MORE_THAN_FILE}", True), ("it is the same", False)]
)
def test_beside_a_cause_it_is_told_that_more_than_the_file_matters(
    bundle: Bundle, told: Told, again: str, told_too: bool
) -> None:
    record: Any = record_of(bundle, changed(3, 12))
    record.again = again
    (found,) = told(record, (adding(3, 12),))
    assert found.explanation == "more is added [from column 0 on]" + (f"; {again}" if told_too else "")


def test_outputs_that_a_cause_gives_nearly_are_told_so(bundle: Bundle, told: Told) -> None:
    answered = outputs_of(RIGHT) + np.int8(7)
    answered[5, 0] += 9
    (found,) = told(record_of(bundle, answered=answered), (), (adding(7, [0, 1]),))
    assert not found.verified
    assert (
        "; nearly as if more is added: that gives 23 of 24 values, and not the others; " in found.explanation
    )
    assert found.place.startswith("a.wav, window 0, score of 'bird'")


@pytest.mark.parametrize("stage", ["features", "outputs"])
def test_while_which_class_is_active_is_told_of_outputs_alone(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr(causes_told, "while_active", lambda *_: "all while it is active")
    monkeypatch.setattr(causes_told, "in_common", lambda *_: "in common")
    finding = neutral_finding(record_of(bundle), stage, [wrong_in(3)], "pattern", "", "Look")
    more = ", all while it is active" if stage == "outputs" else ""
    assert finding.explanation.endswith(f" would have it (in common{more})")


@pytest.mark.parametrize(
    ("others", "more"),
    [
        ("", ""),
        ("a", ""),
        ("ab", "; or, which gives the same outputs: b is so"),
        ("bbc", "; or, which gives the same outputs: b is so; or: c is so"),
        ("bcd", "; or, which gives the same outputs: b is so; or: c is so"),
        ("A", "; or, which gives the same outputs: a is so"),
        (
            "ABbAcCd",
            "; or, which gives the same outputs: a is so; or: b is so; or: b is so; or: c is so; or: c is so",
        ),
    ],
)
def test_two_lines_that_give_the_same_are_named_beside_the_first_each_with_and_without_another_width(
    bundle: Bundle, others: str, more: str
) -> None:
    view = wrong_in(24)
    alike = tuple(replace(cause(name.lower()).candidate, width=name.isupper()) for name in others)
    found = Verified(cause("a").candidate, 24, 0, 24, [view], [view.device], alike)
    spread = file_of(view.file.piece).features
    told = verified_finding(record_of(bundle), "features", found, spread, "pattern", "", True)
    assert told.explanation.startswith(f"a is so{more} [") and (told.cause, told.share) == ("a", 1.0)
