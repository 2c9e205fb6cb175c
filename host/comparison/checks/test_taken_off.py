"""What is kept of what is acknowledged is told with how much it is, where that is plain."""

from typing import Any

import pytest

from ...board.little_credit import LittleCredit
from . import taken_off as module
from .checked import Checked
from .taken_off import hold_taken_off, taken_off

STOPS = "where 160 bytes may be under way the board stops behind {} short answers, each of which was acknowledged "


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ((22, 22), ": it takes 7 bytes of each, as many as its head in the buffer and what fills it up take, for"),
        ((29, 29), ": it takes a part of each, for still under way (in_flight: link_cost_at and acknowledge in"),
    ],
)  # fmt: skip
def test_where_it_stops(came: tuple[int, ...], words: str) -> None:
    told = taken_off(LittleCredit(came))
    assert told is not None
    assert told[0].startswith(STOPS.format(came[0])) and told[1].startswith(words)


@pytest.mark.parametrize(
    ("found", "told", "words"),
    [
        ({"stops_again": True}, "behind an answer of 84 bytes that was lost; where much may be, it does", "go_back"),
        ({"stops_anew": True}, "on connections behind one that ended with such an", "link_begin_connection"),
        ({"beyond": True}, "once let 160 bytes come, and no more, the board sends two", "(peer_credit, acknowledge"),
        ({"beyond": True, "at_once": True}, "84 bytes where 40 bytes may be under way", "(link_data_fits"),
    ],
)  # fmt: skip
def test_what_longer_answers_show(found: dict[str, bool], told: str, words: str) -> None:
    text = taken_off(LittleCredit((64,), **found))
    assert text is not None
    assert told in text[0] and words in text[1] and text[1].startswith(": ")


def test_where_it_goes_on() -> None:
    assert taken_off(LittleCredit((64,))) is None and taken_off(LittleCredit((22, 30))) is None


def test_it_is_noted_of_a_device_with_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    class Device:
        connection = "its"

    asked: list[Any] = []

    def little(connection: Any) -> LittleCredit:
        asked.append(connection)
        return LittleCredit((22, 22))

    monkeypatch.setattr(module, "little_credit", little)
    found = Checked()
    hold_taken_off(found, object())
    assert not asked and not found.wrong
    hold_taken_off(found, Device())
    assert asked == ["its"] and len(found.wrong) == 1
