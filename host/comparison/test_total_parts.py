"""Of which parts a total is made, from windows of which each has its own times."""

import random
from collections.abc import Callable

import pytest

from .total_parts import WindowFigures, made_of

Total = Callable[[WindowFigures], float]


def figures(total: Total, windows: int = 9, off: int = 0) -> list[WindowFigures]:
    rng = random.Random(5)
    rows: list[WindowFigures] = []
    for number in range(windows):
        columns = 61 if not number else 16
        own = columns * rng.randrange(1000, 9000), rng.randrange(2_000, 90_000), rng.randrange(10**5, 10**7)
        last = rows[-1] if rows else WindowFigures(0, 0, 0, 0, 0)
        before = last.frontend, last.slowest, last.inference, last.total
        row = WindowFigures(0, own[0], own[1], own[2], columns, *before)
        rows.append(row._replace(total=int(total(row)) + (off if number == windows - 1 else 0)))
    return rows


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (
            lambda row: row.frontend + row.inference + row.total_before,
            "the front end and the inference and the total of the window before",
        ),
        (lambda row: row.frontend / row.columns + row.inference, "the inference and the mean of the columns"),
        (lambda row: row.frontend + row.inference / 2, "the front end and half of the inference"),
        (
            lambda row: 2 * row.frontend + row.inference + row.slowest,
            "twice the front end and the inference and the slowest column",
        ),
        (
            lambda row: row.frontend + row.inference - row.slowest,
            "the front end and the inference less the slowest column",
        ),
        (
            lambda row: row.frontend_before + row.inference,
            "the inference and the front end of the window before",
        ),
        (lambda row: row.frontend / 2 + row.inference, "half of the front end and the inference"),
        (lambda row: row.inference / 4, ""),
        (lambda row: row.inference, "the inference"),
        (lambda row: 3 * row.frontend + row.inference, ""),
        (lambda row: row.frontend + row.slowest + row.inference + row.total_before, ""),
    ],
)
def test_a_sum_of_parts_is_found(total: Total, words: str) -> None:
    assert made_of(figures(total)) == words
    assert made_of(figures(total, off=3)) == words
    assert made_of(figures(total, off=9)) == ""


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (lambda row: row.frontend - row.inference, "the front end less the inference"),
        (lambda row: row.inference - row.frontend, "the inference less the front end"),
        (lambda row: row.frontend / 2, "half of the front end"),
        (lambda row: -row.frontend, ""),
    ],
)
def test_something_is_taken_only_of_something(of: Total, words: str) -> None:
    assert made_of(figures(of)) == words


@pytest.mark.parametrize(("off", "found"), [(-4, False), (-3, True), (3, True), (4, False)])
def test_each_of_three_figures_is_rounded_by_itself(off: int, found: bool) -> None:
    assert bool(made_of(figures(lambda row: row.inference + row.slowest, off=off))) == found


def test_a_window_without_one_before_it_has_no_times_of_it() -> None:
    alone = [WindowFigures(*row[:5]) for row in figures(lambda row: row.inference + 4)]
    assert made_of(alone) == ""
    assert made_of([row._replace(total=0) for row in alone]) == ""
    assert made_of([row._replace(total=row.inference) for row in alone]) == "the inference"


def test_the_mean_of_one_column_is_that_column() -> None:
    rows = [row._replace(columns=1) for row in figures(lambda row: row.frontend + row.inference)]
    assert made_of(rows) == "the front end and the inference or the inference and the mean of the columns"


def test_few_windows_say_nothing() -> None:
    def total(row: WindowFigures) -> float:
        return row.frontend + row.inference / 2

    assert made_of(figures(total, 4)) and not made_of(figures(total, 3)) and not made_of([])


def test_two_sums_that_give_the_same_are_both_told_and_more_are_none() -> None:
    rows = [
        row._replace(slowest_before=row.slowest) for row in figures(lambda row: row.inference + row.slowest)
    ]
    assert made_of(rows) == (
        "the inference and the slowest column or the inference and the slowest column of the window before"
    )
    assert made_of([row._replace(frontend_before=row.slowest) for row in rows]) == ""
    alike = [row._replace(frontend=row.slowest, columns=1) for row in rows]
    assert made_of(alike) == ""
