"""Counters that do not begin anew are told together, where they have one reason."""

from dataclasses import replace

import pytest

from ...board.disturbing import Disturbed
from ...link import messages as m
from .begun_anew import begin_each_time, hold_anew
from .checked import Checked

BEFORE = m.Status(
    rx_frames=900, rx_bytes=90_000, crc_errors=16, framing_errors=12, noise_bytes=282, gaps=3, duplicates=5,
    tx_frames=800, tx_bytes=80_000, retransmitted=5,
)  # fmt: skip
ANEW = m.Status(rx_frames=2, rx_bytes=40, tx_frames=1, tx_bytes=90)
ERRORS = ("crc_errors", "framing_errors", "noise_bytes", "duplicates", "gaps", "retransmitted")


def told(*kept: str, whole: bool = True) -> list[str]:
    """What is told where some counters are as before."""
    found, same = Checked(), {name: getattr(BEFORE, name) for name in kept}
    hold_anew(found, Disturbed(BEFORE, BEFORE, replace(ANEW, **same), 16, 12, 282, 5), whole)
    return list(found.wrong)


def test_counters_that_begin_anew() -> None:
    assert told() == [] and told("crc_errors", whole=False) == []


def test_the_first_ones_alone_are_set_back() -> None:
    (words,) = told(*ERRORS, "tx_frames", "tx_bytes")
    assert words.startswith(
        "of the line's counters, which begin anew, rx_frames, rx_bytes are set back and those"
    )
    assert "a pointer's size" in words


def test_two_that_lie_last_are_enough() -> None:
    (words,) = told("tx_bytes", "retransmitted")
    assert "(tx_bytes, retransmitted) are not" in words


@pytest.mark.parametrize(("cleared", "kept"), [(450, False), (451, True)])
def test_half_of_what_a_counter_was_is_little(cleared: int, kept: bool) -> None:
    found = Checked()
    hold_anew(found, Disturbed(BEFORE, BEFORE, replace(ANEW, rx_frames=cleared), 16, 12, 282, 5), True)
    assert len(found.wrong) == kept


def test_counters_that_begin_anew_unasked() -> None:
    done = Disturbed(BEFORE, BEFORE, ANEW, 16, 12, 282, 5)
    assert begin_each_time(done) == ""
    fewer = replace(BEFORE, rx_frames=899, rx_bytes=80, tx_frames=7, tx_bytes=75)
    assert begin_each_time(replace(done, earlier=BEFORE, before=fewer)).startswith(
        "STATUS tells 899 rx_frames, 80 rx_bytes, 7 tx_frames, 75 tx_bytes, and more the time before"
    )
    one = replace(fewer, tx_bytes=BEFORE.tx_bytes)
    assert begin_each_time(replace(done, earlier=BEFORE, before=one)) == "", "one is as it was"


def test_none_is_set_back() -> None:
    (words,) = told(*ERRORS, "rx_frames", "rx_bytes", "tx_frames", "tx_bytes")
    assert words.startswith("after its counters began anew they are what they were: none of them is set back")


@pytest.mark.parametrize("whole", [True, False])
def test_others_are_told_one_by_one(whole: bool) -> None:
    """Those of errors on a line that makes none alone."""
    words = told("rx_frames", "crc_errors", whole=whole)
    assert words[0] == "STATUS counts 900 rx_frames after its counters began anew, and 900 before"
    assert words[1:] == (["after its counters began anew crc_errors is 16, 0 is right"] if whole else [])
    assert len(told("retransmitted", whole=whole)) == whole, "one alone is no sign of how many are cleared"
