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
