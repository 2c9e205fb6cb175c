"""What is kept back of the room of small messages is told with both figures."""

from typing import Any

import pytest

from ...board.room_of_small_ones import RoomOfSmallOnes
from . import small_ones as module
from .checked import Checked
from .small_ones import hold_small_ones

UNTOLD = RoomOfSmallOnes(300, 2400, 5632, (3736, 3740), 5632)
WORDS = (
    "when 300 small messages, 2,400 bytes of the receive buffer, were worked off behind an answer that had to wait, "
    "the board let 3,740 of 5,632 bytes come, and no more before it was asked for something (2 times); then it let "
    "5,632 come: what each message frees is not added up to 1,028 bytes, from which on room is told by itself"
)


class Device:
    """One with a connection."""

    connection = "its"


@pytest.mark.parametrize(("done", "told"), [(UNTOLD, 1), (RoomOfSmallOnes(300, 2400, 5632), 0), (None, 0)])
def test_it_is_noted(monkeypatch: pytest.MonkeyPatch, done: RoomOfSmallOnes | None, told: int) -> None:
    asked: list[Any] = []

    def small(connection: Any) -> RoomOfSmallOnes | None:
        asked.append(connection)
        return done

    monkeypatch.setattr(module, "room_of_small_ones", small)
    found = Checked()
    hold_small_ones(found, Device())
    assert asked == ["its"] and len(found.wrong) == told
    assert all(each.startswith(WORDS) for each in found.wrong)


def test_a_device_without_a_connection_is_not_asked() -> None:
    found = Checked()
    hold_small_ones(found, object())
    assert not found.wrong
