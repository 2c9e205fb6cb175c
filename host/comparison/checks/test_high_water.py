"""The most that buffers held: a mark that is always the other one is told as that."""

from dataclasses import replace

import pytest

from ...board.disturbing import Disturbed
from ...link import messages as m
from ..fakes import sample_status
from .checked import Checked
from .high_water import hold_water

WHERE = "session_send_status in firmware/core/session/info.c, link_get_counters in firmware/core/link/link.c)"


def marked(rx: int, tx: int) -> m.Status:
    return replace(sample_status(), rx_high_water=rx, tx_high_water=tx)


@pytest.mark.parametrize(
    ("before", "answered", "told"),
    [
        ((2756, 2756), (212, 212), f": rx_high_water is tx_high_water in each of 3 answers (2,756 and 212; {WHERE}"),
        ((96, 96), (12, 12), f": tx_high_water is rx_high_water in each of 3 answers (96 and 12; {WHERE}"),
        ((212, 212), (212, 212), ": it does not begin anew"),
        ((2752, 2756), (212, 212), "without a field"),
        ((2752, 2756), (176, 176), "without a field"),
        ((92, 96), (12, 12), "takes 176 of it"),
    ],
)  # fmt: skip
def test_a_mark_that_is_always_the_other_one_is_told_as_that(
    before: tuple[int, int], answered: tuple[int, int], told: str
) -> None:
    found, status = Checked(), marked(*before)
    done = Disturbed(status, status, marked(8, 96), 1, 1, 1, 1, answered=marked(*answered), answer_bytes=170)
    hold_water(found, done)
    (wrong,) = found.wrong
    assert wrong.endswith(told)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ((8, 92), ""),
        ((0, 0), ""),
        ((92, 92), ""),
        ((92, 91), "buffer 92 since the counters began anew, and the answer that was in it takes 92: each mark begins"),
        ((91, 91), "buffer 91 since the counters began anew, and the answer that was in it takes 92"),
        ((8, 0), "takes 92: it begins with 0, and not with what the buffer holds (link_clear_counters in "),
    ],
)  # fmt: skip
def test_marks_begin_anew_with_what_their_own_buffer_holds(first: tuple[int, int], told: str) -> None:
    found, status = Checked(), marked(8, 96)
    hold_water(found, Disturbed(status, status, marked(*first), 1, 1, 1, 1))
    assert len(found.wrong) == bool(told) and all(told in text for text in found.wrong)


@pytest.mark.parametrize(("answered", "told"), [((8, 176), 1), ((176, 8), 0)])
def test_marks_that_stay_too_low_are_not_told_for_how_they_begin(
    answered: tuple[int, int], told: int
) -> None:
    found, status = Checked(), marked(8, 96)
    done = Disturbed(status, status, marked(92, 8), 1, 1, 1, 1, answered=marked(*answered), answer_bytes=170)
    hold_water(found, done)
    assert [text for text in found.wrong if "since the counters began anew" in text] == found.wrong[:told]
    assert len(found.wrong) == 1
