"""How large an image is that a slot takes is found by few requests, and told beside what INFO says."""

import pytest

from ...link import messages as m
from ...link.codec import Payload
from .slot_room import most_taken, room_of, room_told


@pytest.mark.parametrize("most", [0, 1, 1000, 126_976, 131_071, 131_072, 131_073, 262_143, 262_144])
def test_the_largest_length_that_is_taken_is_found(most: int) -> None:
    asked: list[int] = []

    def takes(length: int) -> bool:
        asked.append(length)
        return length <= most

    assert most_taken(takes, 131_072) == most
    assert len(asked) <= 20


def test_no_limit_is_told_as_twice_what_info_says() -> None:
    assert most_taken(lambda _: True, 1000) == 2000


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (999, "refuses one that just fits"),
        (1001, "allows more than there is"),
        (2000, "allows more than there is"),
        (998, "998 bytes are taken at most, and INFO tells 1,000, 2 more; look at what tells it"),
        (1002, "1,002 bytes are taken at most, and INFO tells 1,000, 2 fewer"),
        (0, "0 bytes are taken at most, and INFO tells 1,000, 1,000 more"),
    ],
)
def test_what_is_taken_is_told_beside_what_info_says(most: int, words: str) -> None:
    assert words in room_told(most, 1000)


@pytest.mark.parametrize(
    ("most", "why"),
    [(1000, ""), (999, "just fits"), (1001, "allows more"), (900, "100 more"), (5000, "allows more")],
)
def test_the_slot_is_asked_for_its_room_where_it_takes_another(most: int, why: str) -> None:
    asked: list[int] = []

    def begin(length: int) -> list[Payload]:
        asked.append(length)
        taken = length <= most
        return [m.DeployStatus(state=m.DeployState.RECEIVING if taken else m.DeployState.REFUSED)]

    fitting, beyond, about = room_of(begin, 1000)
    states = [answer.state for (answer,) in (fitting, beyond) if isinstance(answer, m.DeployStatus)]
    assert states == [
        m.DeployState.RECEIVING if length <= most else m.DeployState.REFUSED for length in (1000, 1001)
    ]
    assert why in about and bool(about) == bool(why)
    assert why or asked == [1000, 1001]
