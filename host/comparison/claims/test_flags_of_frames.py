"""Frames that say or ask what there is no reason for."""

from dataclasses import replace

import pytest

from ...link import messages as m
from ...link.counters import LinkCounters
from ..fakes import sample_status
from .conftest import Make, with_info
from .counters import find_line
from .flags_of_frames import early_questions, needless_gaps


@pytest.mark.parametrize(
    ("early", "far", "words"),
    [
        (0, 0, None),
        (2, 2, None),
        (3, 2, "have passed since its time for a question began, and 40 ms are the least (timeout_us and"),
        (9, 3, "40 ms are the least; 3 of them came more than 100 times too early, as with a time in another unit ("),
    ],
)  # fmt: skip
@pytest.mark.parametrize("board", ["virtual", "serial"])
def test_questions_before_their_time(
    record: Make, board: str, early: int, far: int, words: str | None
) -> None:
    run = record(board=board)
    run.host_link = LinkCounters(early_questions=early, far_too_early=far).as_dict() | {"questions": 12}
    told = early_questions(run)
    assert bool(told) == (words is not None) and all((words or "") in text for text in told)
    seen = (
        f"{early} of the 12 times that the board asked how far the host is, less than 30 ms can have passed"
    )
    assert all(text.startswith(seen) for text in told)
    run.info = with_info(run, capabilities=run.info.capabilities | m.Capability.EMULATED).info
    assert early_questions(run) == []  # its clock is not ours


def test_of_a_line_that_counted_nothing_nothing_is_told(record: Make) -> None:
    run = record()
    run.host_link = {}
    assert early_questions(run) == needless_gaps(run) == []


@pytest.mark.parametrize(("odd", "told"), [(2, False), (3, True)])
def test_messages_that_ask(record: Make, odd: int, told: bool) -> None:
    run = record()
    run.host_link = LinkCounters(odd_questions=odd, early_questions=50, questions=60).as_dict()
    (text,) = early_questions(run)
    seen = f"{odd} messages and answers of the board's say that they are a question (LINK_ASK)"
    assert text.startswith(seen if told else "50 of the 60 times")


@pytest.mark.parametrize(("early", "timeouts", "told"), [(49, 9, True), (48, 9, False), (49, 10, False)])
def test_questions_that_no_timeout_explains(record: Make, early: int, timeouts: int, told: bool) -> None:
    run = record()
    run.host_link = LinkCounters(early_questions=early, questions=60, far_too_early=40).as_dict()
    run.status = replace(sample_status(), timeouts=timeouts)
    (text,) = early_questions(run)
    assert (f"; it counts {timeouts} timeouts: not all that it asks is due to one" in text) == told
    assert ("more than 100 times too early" in text) != told


@pytest.mark.parametrize(
    ("needless", "judged", "words"),
    [
        (2, 2, None),
        (3, 3, "the flag stands where nothing is missing; look at the condition under which it is set (gap_due"),
        (9, 10, "the flag stands where nothing is missing; look at the condition under which it is set (gap_due"),
        (8, 10, "what was missing once is told on, or was never missing (gap_due: see_gap and take_sequenced in"),
    ],
)  # fmt: skip
def test_gaps_where_nothing_is_missing(record: Make, needless: int, judged: int, words: str | None) -> None:
    run = record()
    run.host_link = LinkCounters(needless_gaps=needless, in_step=judged).as_dict()
    told = needless_gaps(run)
    assert bool(told) == (words is not None) and all((words or "") in text for text in told)
    assert all(f"{needless} of {judged} frames of the board's that acknowledge all" in text for text in told)


def test_the_claim_of_the_line_tells_them(record: Make) -> None:
    run = record(board="serial")
    run.host_link = {"in_step": 900, "questions": 70, "early_questions": 0, "needless_gaps": 0}
    assert find_line(run).reasons == ()
    run.host_link |= {"needless_gaps": 900, "early_questions": 69}
    assert find_line(run).reasons == (*needless_gaps(run), *early_questions(run))
    run.host_link = {"damaged_frames": 0}  # a report that was written before
    assert find_line(run).reasons == ()
