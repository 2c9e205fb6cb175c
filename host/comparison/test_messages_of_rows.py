"""Rows that are missing between messages."""

import pytest

from .messages_of_rows import Messages


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([(0, 2), (3, 2), (6, 2), (9, 1), (11, 1), (12, 4)], ": behind 4 of 6 messages 1, as where "
         "their last rows are not sent"),
        ([(0, 2), (4, 2), (8, 2), (12, 1), (15, 1)], ": behind 4 of 5 messages 2, as where their last "
         "rows are not sent"),
        ([(0, 2), (3, 2), (6, 2), (9, 1)], ""),
        ([(0, 2), (3, 2), (6, 2), (9, 1), (12, 1)], ""),
        ([(0, 2), (2, 2), (1, 2)], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_what_gaps_have_in_common_is_told(messages: list[tuple[int, int]], told: str) -> None:
    found = Messages()
    for first, count in messages:
        found.add(first, count)
    assert found.told == told
