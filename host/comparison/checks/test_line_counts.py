"""What a wrong count of a line that was made to suffer is instead."""

from dataclasses import replace

import pytest

from .line import ask_line
from .test_line import SUFFER, Line

pytestmark = pytest.mark.native


def test_frames_of_the_board_that_are_left_out_are_told_by_their_number() -> None:
    line = Line()
    begin, after = replace(line.done.before, tx_frames=0), replace(line.done.after, tx_frames=17)
    line.done = replace(line.done, before=begin, after=after, came=40, came_unnumbered=24)
    left_out = (
        "STATUS counts 17 tx_frames more, and there were 40 at least: those without a number are left out"
    )
    assert ask_line(line, True).wrong == [left_out]
    line.done = replace(line.done, came_unnumbered=None)
    assert ask_line(line, True).wrong == [left_out.partition(": those")[0]]


def test_damaged_and_cut_off_frames_are_told_apart() -> None:
    line = Line()
    line.done = replace(line.done, crc_errors=16, framing_errors=12)
    counted = {"crc_errors": 16, "framing_errors": 12}
    for beyond, words in (
        (13, ": those that are cut off (12) are counted, too"),
        (17, ": the damaged ones (16) are counted, too"),
        (29, ": the damaged ones (16) and those that are cut off (12) are counted, too"),
        (23, ""),
        (15, ": those that are cut off (12) are counted, too"),
        (19, ": the damaged ones (16) are counted, too"),
        (20, ""),
    ):
        after = replace(line.done.after, rx_frames=line.done.before.rx_frames + 40 + beyond, **counted)
        changed = Line()
        changed.done = replace(line.done, after=after, valid=40)
        told = f"STATUS counts {40 + beyond} rx_frames more, and there were 40 right ones{words}"
        assert ask_line(changed, True).wrong == [told]


def test_two_causes_of_one_count_are_both_told() -> None:
    line = Line({"gaps": 5, "framing_errors": 5})
    line.done = replace(line.done, gaps=2, duplicates=3, framing_errors=5, crc_errors=70)
    line.done = replace(line.done, after=replace(line.done.after, duplicates=3, crc_errors=70))
    told = "the duplicates (3) are counted in"
    both = f"STATUS counts 5 gaps more, 2 is right: {SUFFER}: that is its framing_errors or {told}"
    assert ask_line(line, True).wrong == [both]


def test_of_three_causes_of_one_count_none_is_told() -> None:
    line = Line({"gaps": 5, "framing_errors": 5})
    line.done = replace(line.done, gaps=2, duplicates=3, framing_errors=5)
    line.done = replace(line.done, after=replace(line.done.after, duplicates=3))
    assert ask_line(line, True).wrong == [f"STATUS counts 5 gaps more, 2 is right: {SUFFER}"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"gaps": 3}, ["3 gaps more, 4 is right: {}: that is its crc_errors"]),
        ({"gaps": 2}, ["2 gaps more, 4 is right: {}: the framing errors (2) are left out"]),
        (
            {"gaps": 5, "duplicates": 4},
            [
                "4 duplicates more, 7 is right: {}: the crc errors (3) are left out",
                "5 gaps more, 4 is right: {}: duplicates has that number",
            ],
        ),
        ({"gaps": 8}, ["8 gaps more, 4 is right: {}: each is counted twice"]),
        ({"framing_errors": 0}, ["0 framing_errors more, 2 is right: {}: it is not counted"]),
        ({"framing_errors": 1}, ["1 framing_errors more, 2 is right: {}"]),
        (
            {"framing_errors": 4},
            ["4 framing_errors more, 2 is right: {}: each is counted twice"],
        ),
        (
            {"duplicates": 12},
            [
                "12 duplicates more, 7 is right: {}: the crc errors (3) and the framing errors (2) are counted in"
            ],
        ),
        (
            {"framing_errors": 0, "overruns": 2},
            [
                "0 framing_errors more, 2 is right: {}: they are counted as overruns",
                "2 overruns more, 0 is right: {}",
            ],
        ),
    ],
)
def test_what_a_wrong_count_has_to_do_with_others(more: dict[str, int], told: list[str]) -> None:
    line = Line({"gaps": 4, "duplicates": 7} | more)
    line.done = replace(line.done, gaps=4, duplicates=7)
    line.done = replace(line.done, before=replace(line.done.before, overruns=0))
    line.done = replace(line.done, after=replace(line.done.after, overruns=more.get("overruns", 0)))
    assert ask_line(line, True).wrong == ["STATUS counts " + text.format(SUFFER) for text in told]


def test_what_is_sent_again_may_be_counted_in() -> None:
    line = Line({"gaps": 9, "retransmitted": 4, "duplicates": 7}, repeated=4)
    line.done = replace(line.done, gaps=5, duplicates=7)
    told = f"STATUS counts 9 gaps more, 5 is right: {SUFFER}: the retransmitted (4) are counted in"
    assert ask_line(line, True).wrong == [told]


def test_a_mark_of_the_most_that_does_not_begin_anew_is_told() -> None:
    line = Line()
    high = replace(line.done.after, rx_high_water=5612)
    answered = replace(line.done.cleared, rx_high_water=5612, tx_high_water=200)
    line.done = replace(line.done, after=high, answered=answered, answer_bytes=150)
    (told,) = ask_line(line, True).wrong
    assert told.endswith("held 5,612 bytes of requests without a field: it does not begin anew")


def test_a_counter_that_stays_at_one_is_told() -> None:
    line = Line({"duplicates": 1})
    line.done = replace(line.done, duplicates=5)
    told = f"STATUS counts 1 duplicates more, 5 is right: {SUFFER}: it never goes beyond 1"
    assert ask_line(line, True).wrong == [told]


def test_bytes_in_the_place_of_frames_sent_again_are_told() -> None:
    line = Line({"retransmitted": 480}, repeated=4)
    line.done = replace(line.done, repeated_bytes=480)
    (told,) = ask_line(line, True).wrong
    assert told.endswith(": their bytes are counted")
    line.done = replace(line.done, repeated_bytes=481)
    assert ask_line(line, True).wrong == [told.removesuffix(": their bytes are counted")]


@pytest.mark.parametrize(
    ("passes_on", "told"),
    [({0: 9}, True), ({0: 8, 1: 1}, False), ({0: 8}, False), ({1: 9}, False), (None, False)],
)
def test_a_pass_that_is_not_counted_up_is_told(passes_on: dict[int, int] | None, told: bool) -> None:
    line = Line({"retransmitted": 9}, repeated=9)
    line.done = replace(line.done, passes_on=passes_on)
    (words,) = ask_line(line, True).wrong
    assert "what is sent again is sent more than once for one that is missing" in words
    assert ("; each has the pass that it had before" in words) is told


def test_a_count_below_256_that_falls_may_go_round() -> None:
    line = Line(cleared={"rx_frames": 0})
    after = replace(line.done.after, rx_frames=230)
    line.done = replace(line.done, after=after, valid=170, clearing=replace(after, rx_frames=128))
    (told,) = ask_line(line, True).wrong
    assert told.endswith("set back before they are told, or told in 8 bits")


def test_frames_that_are_counted_wrongly_anyway_are_none_of_the_damaged_ones() -> None:
    line = Line()
    after = replace(line.done.after, rx_frames=line.done.before.rx_frames + 57, crc_errors=16)
    line.done = replace(line.done, after=after, valid=40, crc_errors=16)
    told = "STATUS counts 57 rx_frames more, and there were 40 right ones"
    assert ask_line(line, True).wrong == [f"{told}: the damaged ones (16) are counted, too"]
    assert ask_line(line, True, frames_agree=False).wrong == [told]


def test_what_is_sent_again_and_counted_elsewhere_is_told() -> None:
    line = Line({"retransmitted": 0}, repeated=4)
    told = f"STATUS counts 0 retransmitted more, at least {{}} is right: {SUFFER}: "
    assert ask_line(line, True).wrong == [told.format(4) + "it is not counted"]
    for repeated in (4, 6):  # as many at least; more may be under way
        timeouts = line.done.before.timeouts + repeated
        after = replace(line.done.after, timeouts=timeouts)
        line.done = replace(line.done, after=after, repeated=repeated)
        least = min(repeated, 5)  # as many frames as are under way at once
        assert ask_line(line, True).wrong == [told.format(least) + "they are counted as timeouts"]


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        (28, ": each piece is counted as one byte (link_input in firmware/core/link/receive.c)"),
        (160, ": heads alone (link_input in firmware/core/link/receive.c)"),
        (254, ""),  # two ways give it
        (255, ""),
        (282, None),
    ],
)
def test_noise_that_is_counted_otherwise_is_told(counted: int, told: str | None) -> None:
    line = Line({"noise_bytes": counted})
    ways = (("each piece is counted as one byte", 28), ("heads alone", 160), ("one", 254), ("other", 254))
    line.done = replace(line.done, noise_bytes=282, noise_otherwise=ways)
    seen = f"STATUS counts {counted} noise_bytes more, 282 is right: {SUFFER}"
    assert ask_line(line, True).wrong == ([] if told is None else [seen + told])


@pytest.mark.parametrize(
    ("counted", "repeated", "told"), [(1, 4, True), (1, 1, None), (2, 4, False), (0, 4, False), (4, 4, None)]
)
def test_how_often_a_board_goes_back_is_told_from_what_it_sends_again(
    counted: int, repeated: int, told: bool | None
) -> None:
    line = Line({"retransmitted": counted}, repeated=repeated)
    wrong = ask_line(line, True).wrong
    words = (
        f"it went back once, and {repeated} frames came once more: as if how often it goes back were counted"
    )
    assert [words in text for text in wrong] == ([] if told is None else [told])


@pytest.mark.parametrize(("gaps", "right", "told"), [(1, 8, True), (1, 2, False), (2, 8, False)])
def test_frames_that_come_too_early_may_be_counted_once_together(gaps: int, right: int, told: bool) -> None:
    line = Line({"gaps": gaps})
    line.done = replace(line.done, gaps=right)
    (wrong,) = ask_line(line, True).wrong
    assert ("counted once together, until that is told" in wrong) == told


def test_counters_that_begin_anew_each_time_are_the_cause_of_all_else() -> None:
    line = Line()
    before = line.done.before
    counts = {name: getattr(before, name) + 1 for name in ("rx_frames", "rx_bytes", "tx_frames", "tx_bytes")}
    line.done = replace(line.done, earlier=replace(before, **counts), gaps=9, crc_errors=9)
    found = ask_line(line, True)
    (wrong,) = found.wrong
    assert wrong == found.causes["cleared"] and "which did not ask for counters to begin anew" in wrong
    for name in counts:
        line.done = replace(line.done, earlier=replace(before, **(counts | {name: getattr(before, name)})))
        assert "cleared" not in ask_line(line, True).causes
