"""Rows of host and device meet by number, whatever comes when, twice, or not at all."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from .pairing import Pairing


def _rows(first: int, count: int) -> NDArray[Any]:
    return (np.arange(first, first + count) % 256 - 128).astype(np.int8).reshape(-1, 1)


@given(
    host=st.lists(st.integers(0, 9), max_size=12),
    device=st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 9)), max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_each_row_meets_its_own(host: list[int], device: list[tuple[int, int]], order: object) -> None:
    pair = Pairing()
    steps = [("host", count, 0) for count in host] + [("device", count, jump) for jump, count in device]
    order.shuffle(steps)  # type: ignore[attr-defined]
    sent: set[int] = set()
    host_rows = due = 0
    met: dict[int, bool] = {}
    for side, count, jump in steps:
        if side == "host":
            pair.add_host(_rows(host_rows, count))
            host_rows += count
        else:
            first = max(0, due + jump)
            before = due
            pair.add_device(first, _rows(first, count))
            sent |= {row for row in range(first, first + count) if row >= before}
            due = max(due, first, first + count)
        for first_row, ours, theirs in pair.take():
            for offset in range(len(ours)):
                row = first_row + offset
                assert row not in met
                assert ours[offset] == _rows(row, 1)
                met[row] = theirs is not None
                if theirs is not None:
                    assert theirs[offset] == _rows(row, 1)
    assert pair.due == due
    assert sorted(met) == list(range(min(host_rows, due)))
    assert {row for row, there in met.items() if there} == {row for row in sent if row < host_rows}
    assert pair.missing == due - len(sent)
    assert (pair.only_host, pair.only_device) == (max(0, host_rows - due), max(0, due - host_rows))


def test_repeated_rows_are_counted_and_the_first_copy_counts() -> None:
    pair = Pairing()
    pair.add_host(_rows(0, 6))
    pair.add_device(0, _rows(0, 4))
    pair.add_device(2, _rows(100, 4))
    values = np.concatenate([device for _, _, device in pair.take() if device is not None])
    assert values.tolist() == [*_rows(0, 4).tolist(), *_rows(102, 2).tolist()]
    assert pair.repeated == 2
    assert pair.missing == 0


def test_a_far_jump_costs_nothing() -> None:
    pair = Pairing()
    pair.add_device(0xFFFFFFFF, _rows(0, 3))
    pair.add_host(_rows(0, 100))
    assert [(first, len(host), device) for first, host, device in pair.take()] == [(0, 100, None)]
    assert pair.only_device == 0xFFFFFFFF + 3 - 100


def taken(pair: Pairing) -> list[tuple[int, int, bool]]:
    """(first row, rows, whether the device has them) of what both have."""
    return [(first, len(host), device is not None) for first, host, device in pair.take()]


def test_rows_in_order_come_in_pieces_as_large_as_both_allow() -> None:
    pair = Pairing()
    pair.add_host(_rows(0, 5))
    pair.add_device(0, _rows(0, 3))
    pair.add_device(3, _rows(3, 4))
    pair.add_device(7, _rows(7, 0))
    assert pair.waiting == 7
    assert taken(pair) == [(0, 5, True)], "what came in pieces is compared as one"
    assert pair.waiting == 2
    assert (pair.due, pair.missing, pair.repeated, pair.only_host, pair.only_device) == (7, 0, 0, 0, 2)
    pair.add_host(_rows(5, 4))
    assert taken(pair) == [(5, 2, True)]
    assert (pair.only_host, pair.only_device) == (2, 0)


def test_a_row_in_a_form_that_cannot_be_compared_is_neither_missing_nor_equal() -> None:
    pair = Pairing()
    pair.add_host(_rows(0, 10))
    pair.add_device(0, _rows(0, 2))
    pair.pass_over(2)
    assert (pair.due, pair.missing, pair.repeated) == (3, 0, 0)
    assert taken(pair) == [(0, 2, True), (2, 1, False)]
    pair.pass_over(2)  # once more, and one of the others again
    pair.pass_over(0)
    assert (pair.due, pair.missing, pair.repeated) == (3, 0, 2)
    assert taken(pair) == []
    pair.pass_over(6)  # 3, 4 and 5 were passed over in silence
    assert (pair.due, pair.missing, pair.repeated) == (7, 3, 2)
    assert taken(pair) == [(3, 4, False)]
    pair.add_device(7, _rows(7, 1))
    assert taken(pair) == [(7, 1, True)]
    assert (pair.only_host, pair.only_device) == (2, 0)


def test_the_first_three_places_where_rows_are_missing_are_kept() -> None:
    pair = Pairing()
    for first in (2, 3, 5, 9, 13):
        pair.add_device(first, _rows(first, 1))
    assert pair.gaps == (0, 4, 6) and pair.missing == 9
