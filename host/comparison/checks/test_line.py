"""What is told of a line that was made to suffer, figure by figure."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ...board.disturbing import Disturbed
from ...board.exchanging import Request
from ...board.unasked_news import UnaskedNews
from ..fakes import sample_status
from .line import ask_line

pytestmark = pytest.mark.native
RIGHT = {
    "crc_errors": 3,
    "framing_errors": 2,
    "noise_bytes": 50,
    "duplicates": 1,
    "gaps": 1,
    "retransmitted": 1,
}
SUFFER = "the line was made to suffer"
ZEROED = ("crc_errors", "framing_errors", "noise_bytes", "duplicates", "gaps", "retransmitted")
CLEARED = {"rx_frames": 100, "rx_bytes": 2000, "tx_frames": 60, "tx_bytes": 9000}


class Line:
    """Counts what it is told to."""

    def __init__(
        self,
        more: dict[str, int] | None = None,
        before: int = 0,
        cleared: dict[str, int] | None = None,
        repeated: int = 1,
    ) -> None:
        begin = replace(sample_status(), rx_frames=60, tx_frames=40, **dict.fromkeys(RIGHT, before))
        counted = {name: (before + by) % (1 << 32) for name, by in (RIGHT | (more or {})).items()}
        after = replace(begin, **counted, **CLEARED)
        gone = replace(sample_status(), **(dict.fromkeys((*CLEARED, *ZEROED), 0) | (cleared or {})))
        valid, came = after.rx_frames - begin.rx_frames, after.tx_frames - begin.tx_frames
        self.done = Disturbed(begin, after, gone, 3, 2, 50, 1, repeated=repeated, valid=valid, came=came)

    def disturb(self, _: Sequence[Request] = ()) -> Disturbed:
        return self.done


def test_what_was_done_is_said() -> None:
    found = ask_line(Line(), True)
    assert (found.wrong, found.what) == (
        [],
        "3 frames damaged, 2 cut off, 1 repeated, 5 withheld; counters begun anew",
    )
    over_another = ask_line(Line(), False).what
    assert over_another == found.what + "; how many of these are counted is not held exactly over this line"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"gaps": 4}, []),
        ({"gaps": 5}, ["STATUS counts 5 gaps more, 4 is right: {}: that is its duplicates"]),
        ({"gaps": 8}, ["STATUS counts 8 gaps more, 4 is right: {}: each is counted twice"]),
        ({"gaps": 9}, ["STATUS counts 9 gaps more, 4 is right: {}: the duplicates (5) are counted in"]),
        ({"gaps": 10}, ["STATUS counts 10 gaps more, 4 is right: {}"]),
        (
            {"gaps": 9, "duplicates": 0},
            [
                "STATUS counts 0 duplicates more, 5 is right: {}: they are counted as gaps",
                "STATUS counts 9 gaps more, 4 is right: {}: the duplicates (5) are counted in",
            ],
        ),
        ({"gaps": 0}, ["STATUS counts 0 gaps more, 4 is right: {}: it is not counted"]),
        ({"gaps": 4, "duplicates": 4}, ["STATUS counts 4 duplicates more, 5 is right: {}: that is its gaps"]),
        ({"gaps": 4, "overruns": 4}, ["STATUS counts 4 overruns more, 0 is right: {}: that is its gaps"]),
    ],
)
def test_frames_that_came_too_early_are_counted_exactly(more: dict[str, int], told: list[str]) -> None:
    line = Line(more)
    after = replace(line.done.after, **({"duplicates": 5} | more))
    line.done = replace(line.done, gaps=4, duplicates=5, after=after)
    assert ask_line(line, True).wrong == [text.format(SUFFER) for text in told]
    assert not ask_line(line, False).wrong


@pytest.mark.parametrize("before", [1, 7, (1 << 32) - 1, (1 << 32) - 2])
def test_counters_go_on_where_32_bits_end(before: int) -> None:
    assert not ask_line(Line(before=before), True).wrong
    assert ask_line(Line({"gaps": 0}, before), True).wrong == [
        f"STATUS counts 0 gaps more, at least 1 is right: {SUFFER}"
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"gaps": 2, "retransmitted": 4}, []),
        ({"retransmitted": 0}, ["STATUS counts 0 retransmitted more, at least 1 is right"]),
        ({"crc_errors": 4}, ["STATUS counts 4 crc_errors more, 3 is right"]),
        ({"noise_bytes": 5000}, ["STATUS counts 5,000 noise_bytes more, 50 is right"]),
        ({"duplicates": 0}, ["STATUS counts 0 duplicates more, 1 is right"]),
    ],
)
def test_counts_of_a_line_that_damages_nothing_are_exact(more: dict[str, int], told: list[str]) -> None:
    assert ask_line(Line(more), True).wrong == [f"{text}: {SUFFER}" for text in told]


@pytest.mark.parametrize(
    ("behind", "told"), [(None, ""), (0, ""), (1, "last frame that"), (2, "last 2 frames that")]
)
def test_acknowledgements_that_stay_behind_come_before_what_the_counts_show(
    behind: int | None, told: str
) -> None:
    line = Line({"duplicates": 2})
    line.done = replace(line.done, behind=behind)
    first, *others = ask_line(line, True).wrong
    assert (f"no frame of the board's acknowledges the {told}" in first) == bool(told)
    assert len(others) == bool(told)
    assert not told or "firmware/core/link/send.c" in first
    assert len(ask_line(line, False).wrong) == 0, "a line that loses frames may have lost what acknowledges"


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({"crc_errors": 0, "framing_errors": 1, "gaps": 0, "duplicates": 7}, True),
        ({"crc_errors": 1, "framing_errors": 0}, True),
        ({"crc_errors": 2, "framing_errors": 2}, True),
        ({"crc_errors": 0, "framing_errors": 0}, False),
        ({"noise_bytes": 0}, False),
        ({"crc_errors": 0, "framing_errors": 0, "noise_bytes": 0}, False),
    ],
)
def test_a_line_that_damages_frames_itself_must_count_some(more: dict[str, int], held: bool) -> None:
    wrong = [] if held else [f"STATUS counts no damaged frame more, or no noise: {SUFFER}"]
    assert ask_line(Line(more), False).wrong == wrong


@pytest.mark.parametrize("name", CLEARED)
def test_counters_that_begin_anew_are_at_most_half_of_what_they_were(name: str) -> None:
    most = CLEARED[name] // 2
    assert not ask_line(Line(cleared={name: most}), True).wrong
    assert ask_line(Line(cleared={name: most + 1}), True).wrong == [
        f"STATUS counts {most + 1:,} {name} after its counters began anew, and {2 * most:,} before"
    ]


def test_what_is_sent_again_twice_for_one_missing_frame_is_told() -> None:
    many = "STATUS counts 6 retransmitted more, and 5 frames were under way: "
    for repeated, why in (
        (6, "what is sent again is sent more than once for one that is missing"),
        (5, "5 came once more: more is counted than was sent again"),
    ):
        assert ask_line(Line({"retransmitted": 6}, repeated=repeated), True).wrong == [many + why]
    assert not ask_line(Line({"retransmitted": 6}), False).wrong
    assert not ask_line(Line({"retransmitted": 5}, repeated=5), True).wrong


def test_a_count_that_has_another_one_in_it_is_told_as_that() -> None:
    assert ask_line(Line({"crc_errors": 5}), True).wrong == [
        f"STATUS counts 5 crc_errors more, 3 is right: {SUFFER}: the framing errors (2) are counted in"
    ]
    assert ask_line(Line({"noise_bytes": 47}), True).wrong == [
        f"STATUS counts 47 noise_bytes more, 50 is right: {SUFFER}: the crc errors (3) are left out"
    ]


def test_a_count_that_another_counter_has_is_told() -> None:
    told = f"STATUS counts 1 noise_bytes more, 50 is right: {SUFFER}"
    assert ask_line(Line({"noise_bytes": 1, "gaps": 50}), True).wrong == [f"{told}: gaps has that number"]
    assert ask_line(Line({"noise_bytes": 1, "gaps": 50, "retransmitted": 50}), True).wrong[0] == told
    assert ask_line(Line({"noise_bytes": 1, "gaps": 49}), True).wrong == [told]
    two = ask_line(Line({"framing_errors": 9, "gaps": 2}), True).wrong
    assert two == [f"STATUS counts 9 framing_errors more, 2 is right: {SUFFER}: gaps has that number"]
    one = ask_line(Line({"duplicates": 7, "gaps": 1, "retransmitted": 3}), True).wrong
    assert one == [f"STATUS counts 7 duplicates more, 1 is right: {SUFFER}"], "one comes by chance"


def test_two_counts_that_are_exchanged_are_told_as_that() -> None:
    told = ask_line(Line({"crc_errors": 2, "framing_errors": 3}), True).wrong
    assert told == [
        f"STATUS counts 2 crc_errors more, 3 is right: {SUFFER}: crc_errors and framing_errors are exchanged",
        f"STATUS counts 3 framing_errors more, 2 is right: {SUFFER}: framing_errors and crc_errors are exchanged",
    ]
    (one,) = ask_line(Line({"crc_errors": 2}), True).wrong
    assert "exchanged" not in one


@pytest.mark.parametrize("name", ZEROED)
def test_counts_of_damage_that_do_not_begin_anew_are_told(name: str) -> None:
    assert ask_line(Line(cleared={name: 1}), True).wrong == [
        f"after its counters began anew {name} is 1, 0 is right"
    ]
    assert not ask_line(Line(cleared={name: 1}), False).wrong


HELD = "STATUS tells that the send buffer held"
TAKES = "and an answer of 170 takes 176 of it"


@pytest.mark.parametrize(
    ("sent", "received", "told"),
    [
        (176, 175, []),  # an answer of 170 bytes, filled up to whole words, and a head of 4
        (175, 0, [f"{HELD} 175 bytes, {TAKES}"]),
        (
            92,  # 88 bytes of STATUS and a head of 4
            0,
            [
                f"{HELD} 92 bytes, {TAKES}: that is what an answer to STATUS takes, as the one before it: the mark is "
                "taken before what comes last is added (record_ring_append in firmware/core/link/record_ring.c)"
            ],
        ),
        (
            170,
            0,
            [
                f"{HELD} 170 bytes, {TAKES}: that is how long the answer is, not what it takes in the buffer, with its "
                "head and filled up to whole words (record_ring_append in firmware/core/link/record_ring.c)"
            ],
        ),
        (900, 176, ["STATUS tells that the receive buffer held 176 bytes of requests without a field"]),
        (
            8,
            176,
            [
                f"{HELD} 8 bytes and the receive buffer 176, and requests without a field brought an answer of 170: "
                "both marks are exchanged (link_get_counters in firmware/core/link/link.c)"
            ],
        ),
    ],
)
def test_how_full_buffers_were_is_held_against_an_answer(sent: int, received: int, told: list[str]) -> None:
    line = Line()
    status = replace(sample_status(), tx_high_water=sent, rx_high_water=received)
    line.done = replace(line.done, answered=status, answer_bytes=170)
    assert ask_line(line, True).wrong == told
    assert not ask_line(line, False).wrong


@pytest.mark.parametrize(
    ("received", "sent", "told"),
    [
        (38, 20, []),
        (48, 30, []),
        (49, 20, ["STATUS counts 49 rx_frames more, and there were 38 right ones"]),
        (38, 31, ["STATUS counts 31 tx_frames more, and there were 20 right ones"]),
        (53, 20, ["STATUS counts 53 rx_frames more, and there were 38 right ones"]),
        (
            54,
            20,
            [
                "STATUS counts 54 rx_frames more, and there were 38 right ones: the damaged ones (16) are counted, too"
            ],
        ),
        (
            57,
            20,
            [
                "STATUS counts 57 rx_frames more, and there were 38 right ones: the damaged ones (16) are counted, too"
            ],
        ),
        (67, 20, ["STATUS counts 67 rx_frames more, and there were 38 right ones"]),
        (38, 40, ["STATUS counts 40 tx_frames more, and there were 20 right ones"]),
        (37, 20, ["STATUS counts 37 rx_frames more, and there were 38 at least"]),
        (
            16,
            20,
            [
                "STATUS counts 16 rx_frames more, and there were 38 at least: those without a number are left out"
            ],
        ),
        (
            26,
            20,
            ["STATUS counts 26 rx_frames more, and there were 38 at least: those with one are left out"],
        ),
        (12, 20, ["STATUS counts 12 rx_frames more, and there were 38 at least"]),
        (
            *(13, 20),
            [
                "STATUS counts 13 rx_frames more, and there were 38 at least: those without a number are left out"
            ],
        ),
        (
            *(23, 20),
            [
                "STATUS counts 23 rx_frames more, and there were 38 at least: those without a number are left out"
            ],
        ),
        (24, 20, ["STATUS counts 24 rx_frames more, and there were 38 at least"]),
        (38, 19, ["STATUS counts 19 tx_frames more, and there were 20 at least"]),
    ],
)
def test_right_frames_are_counted(received: int, sent: int, told: list[str]) -> None:
    line = Line()
    begin = replace(line.done.before, rx_frames=(1 << 32) - 5, tx_frames=0)
    after = replace(line.done.after, rx_frames=received - 5, tx_frames=sent)
    gone = replace(line.done.cleared, rx_frames=0, tx_frames=0)
    after = replace(after, crc_errors=16)
    line.done = replace(line.done, before=begin, after=after, cleared=gone, valid=38, unnumbered=25, came=20)
    line.done = replace(line.done, crc_errors=16)
    assert ask_line(line, True).wrong == told
    assert not ask_line(line, False).wrong


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("name", "by", "wrong"),
    [
        ("inferences", -1, True),
        ("inferences", 1, True),
        ("columns", -1, True),
        ("windows", 1, True),
        ("rx_size", -1, True),
        ("tx_size", 1, True),
        ("uptime_ms", -1, True),
        ("uptime_ms", 5, False),
        ("log_dropped", -1, True),
        ("log_dropped", 1, False),
    ],
)
def test_what_is_no_counter_of_the_line_stays(name: str, by: int, wrong: bool, whole: bool) -> None:
    line = Line()
    line.done = replace(line.done, before=replace(line.done.before, **{name: 9}))
    for at, when in (("after", "once the line suffered"), ("cleared", "after its counters began anew")):
        told = {end: replace(getattr(line.done, end), **{name: 9}) for end in ("after", "cleared")}
        told[at] = replace(told[at], **{name: 9 + by})
        suffered = Line()
        suffered.done = replace(line.done, **told)
        words = f"{when} STATUS tells {9 + by} {name}, and 9 before: only the line's counters begin anew"
        assert ask_line(suffered, whole).wrong == [words] * wrong


@pytest.mark.parametrize(("now", "wrong"), [(5, False), ((1 << 31) + 2, True), ((1 << 31) + 1, False)])
def test_an_uptime_goes_on_where_32_bits_end(now: int, wrong: bool) -> None:
    line = Line()
    begin, ends = 2 if now > 5 else (1 << 32) - 9, ("after", "cleared")
    told = {end: replace(getattr(line.done, end), uptime_ms=now) for end in ends}
    line.done = replace(line.done, before=replace(line.done.before, uptime_ms=begin), **told)
    assert bool(ask_line(line, True).wrong) is wrong


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("name", "by", "wrong"),
    [
        ("crc_errors", -1, (True, True)),
        ("crc_errors", 1, (True, False)),
        ("gaps", -1, (True, True)),
        ("gaps", 1, (False, False)),
        ("rx_frames", -1, (True, True)),
        ("tx_bytes", 900, (False, False)),
        ("inferences", -1, (True, True)),
        ("uptime_ms", -1, (True, True)),
        ("log_dropped", -1, (True, True)),
        ("columns", -1, (False, False)),
    ],
)
def test_no_request_sets_a_counter_back(name: str, by: int, wrong: tuple[bool, bool], whole: bool) -> None:
    line = Line(before=7)
    was = getattr(line.done.after, name) + 1
    after = replace(line.done.after, **{name: was})
    began = (
        replace(line.done.before, **{name: was})
        if name not in RIGHT and name not in CLEARED
        else line.done.before
    )
    gone = (
        line.done.cleared
        if name in RIGHT or name in CLEARED
        else replace(line.done.cleared, **{name: was + by})
    )
    line.done = replace(
        line.done, before=began, after=after, asked=replace(after, **{name: was + by}), cleared=gone
    )
    words = f"STATUS tells {was + by:,} {name} after other requests, and {was:,} before: none of them sets it"
    told = [text for text in ask_line(line, whole).wrong if "after other requests" in text]
    assert told == [words] * wrong[not whole]


def test_counters_are_told_before_they_are_set_back() -> None:
    line = Line()
    line.done = replace(line.done, clearing=line.done.after)
    assert not ask_line(line, True).wrong
    gone = replace(line.done.after, rx_frames=99, tx_bytes=0)
    line.done = replace(line.done, clearing=gone)
    assert ask_line(line, True).wrong == [
        "STATUS that begins its counters anew tells 99 rx_frames, and 100 were told before: they are set back before "
        "they are told"
    ]


NOISE = (("of a", 30), ("of b", 15), ("of c", 5))


@pytest.mark.parametrize(
    ("counted", "about"),
    [
        (30, ": it is that of a alone; bytes of b and of c are left out"),
        (35, ": it is that of a and of c alone; bytes of b are left out"),
        (5, ": it is that of c alone; bytes of a and of b are left out"),
        (34, ""),
    ],
)
def test_noise_of_some_kinds_alone_is_told(counted: int, about: str) -> None:
    line = Line({"noise_bytes": counted})
    line.done = replace(line.done, noise=NOISE)
    assert ask_line(line, True).wrong == [
        f"STATUS counts {counted} noise_bytes more, 50 is right: {SUFFER}{about}"
    ]


def test_noise_that_several_kinds_may_give_is_not_told_as_one_of_them() -> None:
    line = Line({"noise_bytes": 22})
    line.done = replace(line.done, noise=(("of a", 22), ("of b", 22), ("of c", 10)))
    assert ask_line(line, True).wrong == [f"STATUS counts 22 noise_bytes more, 50 is right: {SUFFER}"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"framing_errors": 50},
            [f"STATUS counts 50 framing_errors more, 2 is right: {SUFFER}: that is its noise_bytes"],
        ),
        # where the other one has it wrongly, too, it is neither's
        (
            {"framing_errors": 51, "noise_bytes": 51},
            [
                f"STATUS counts 51 {name} more, {right} is right: {SUFFER}"
                for name, right in (("framing_errors", 2), ("noise_bytes", 50))
            ],
        ),
        (
            {"crc_errors": 40},
            [f"STATUS counts 40 crc_errors more, 3 is right: {SUFFER}: that is its rx_frames"],
        ),
        (
            {"crc_errors": 20},
            [f"STATUS counts 20 crc_errors more, 3 is right: {SUFFER}: that is its tx_frames"],
        ),
        ({"framing_errors": 3}, [f"STATUS counts 3 framing_errors more, 2 is right: {SUFFER}"]),
    ],
)
def test_a_count_that_is_another_ones_is_told_as_that(more: dict[str, int], told: list[str]) -> None:
    assert ask_line(Line(more), True).wrong == told


def test_a_count_that_several_others_have_is_none_of_theirs() -> None:
    line = Line({"framing_errors": 20})
    line.done = replace(line.done, crc_errors=20, after=replace(line.done.after, crc_errors=20))
    assert ask_line(line, True).wrong == [f"STATUS counts 20 framing_errors more, 2 is right: {SUFFER}"]


def test_frames_that_are_those_of_the_other_end_are_told() -> None:
    line = Line()
    line.done = replace(line.done, after=replace(line.done.after, tx_frames=80))  # 40 were sent before
    assert ask_line(line, True).wrong == [
        "STATUS counts 40 tx_frames more, and there were 20 right ones: that is its rx_frames"
    ]


@pytest.mark.parametrize(
    ("news", "whole", "told"),
    [
        (UnaskedNews(6, 0, False), True, ""),
        (UnaskedNews(6, 1, False), True, ""),  # a busy computer's doing
        (
            UnaskedNews(6, 2, False),
            True,
            "of 6 messages that no answer follows the board acknowledged 2 only when",
        ),
        (UnaskedNews(6, 5, False), False, ""),  # a line may lose as many
        (
            UnaskedNews(6, 6, False),
            False,
            "of 6 messages that no answer follows the board acknowledged 6 only when",
        ),
        (
            UnaskedNews(6, 0, True),
            True,
            "the board lets more come only when it is asked, and not within 2 s before",
        ),
        (UnaskedNews(6, 0, True), False, ""),
    ],
)
def test_what_is_told_before_it_is_asked_for(news: UnaskedNews, whole: bool, told: str) -> None:
    class Telling(Line):
        def unasked_news(self) -> UnaskedNews:
            return news

    found = ask_line(Telling(), whole)
    assert "".join(found.wrong).startswith(told) and len(found.wrong) == bool(told)
