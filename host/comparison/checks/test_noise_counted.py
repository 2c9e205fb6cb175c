"""Bytes of right frames that are counted as noise are told as that, once."""

from dataclasses import replace

import pytest

from .line import ask_line
from .test_line import SUFFER, Line

VALID = 3_165


@pytest.mark.parametrize(
    ("beyond", "told"), [(VALID, True), (VALID + 240, True), (VALID - 1, False), (VALID + 241, False)]
)
def test_the_bytes_of_right_frames_are_no_noise(beyond: int, told: bool) -> None:
    line = Line({"noise_bytes": 50 + beyond})
    done = replace(line.done, valid_bytes=VALID, valid=51, asked=replace(line.done.after, noise_bytes=9_000))
    done = replace(done, after=replace(done.after, rx_frames=51, tx_frames=9))
    line.done = replace(done, cleared=replace(done.cleared, noise_bytes=16))
    wrong = [text for text in ask_line(line, True).wrong if "noise" in text]
    seen = f"STATUS counts {50 + beyond:,} noise_bytes more, 50 is right: {SUFFER}"
    if told:
        assert wrong == [
            f"{seen}: the bytes of right frames are counted, too (3,165 in the 51 that were written meanwhile, their "
            "zeros apart; link_input in firmware/core/link/receive.c)"
        ]
    else:
        assert wrong[0] == seen and len(wrong) == 3


def test_a_line_that_was_counted_rightly_has_no_such_noise() -> None:
    line = Line()
    line.done = replace(line.done, valid_bytes=VALID)
    assert ask_line(line, True).wrong == []
