"""What a connection that brings nothing any more says of the other end."""

from typing import Any

import pytest

from .messages import Ack, Answer, Echo, SyncAck
from .standing import OR_SENDS_NOT, Credits, HeardFrame, Standing, Told, times_asked, what_stands_still


def ack(number: int, credit: int = 5000) -> HeardFrame:
    return HeardFrame(Ack.TYPE, 0, number, credit, 0)


def echo(seq: int, payload: int = 1, number: int = 4) -> HeardFrame:
    return HeardFrame(Echo.TYPE, seq, number, 5000, payload)


def told(*heard: HeardFrame, **changes: Any) -> str:
    standing = Standing(heard, expected=0, taken=0, acked=4, sent=1, waiting=[100], credit=5000)
    return what_stands_still(standing._replace(**changes))


def test_a_connection_that_waits_says_nothing() -> None:
    assert told(ack(4), ack(4), ack(4)) == ""
    assert told(sent=0) == "" and told(echo(0), echo(1), echo(2), expected=3) == ""


def test_frames_of_another_connection_are_none() -> None:
    assert told(HeardFrame(SyncAck.TYPE, 0, 0, 0, 0)).startswith(
        "it answered SYNC, and no frame of that connection came, nor of another one; it takes none of ours"
    )


def test_frames_that_have_another_connections_number() -> None:
    assert told(number=0x1234, others=[1, 1, 1]).startswith(
        "it answered SYNC, and no frame of that connection came: 3 came with connection 0x0001, and 0x1234 is this "
        "one's (connection, begin_connected_frame"
    )
    for others in ([1, 1], [1, 2, 3], [0x1234] * 3):
        assert "came, nor of another one" in told(number=0x1234, others=others)


def test_a_frame_that_is_sent_again_under_a_wrong_number() -> None:
    assert "did, 3 frames in all, the same one 3 times: it is sent again" in told(*map(echo, (1, 1, 1)))
    for numbers in ((1, 2, 3), (1, 1, 2)):
        assert "or what is missing is not sent again" in told(*map(echo, numbers))


def test_a_number_that_is_not_counted_up() -> None:
    frames = echo(7, 1), echo(7, 2)
    assert told(*frames, expected=8).startswith(
        "its frames have number 7 again and again, with other contents"
    )
    assert told(echo(7, 1), echo(7, 1), expected=8) == "", "that is what sending again is"


@pytest.mark.parametrize(
    ("numbers", "expected", "words"),
    [
        ((1, 1, 1), 0, "its frame number 0 never came, and number 1 did, 3 frames in all"),
        ((2, 1, 3), 0xFFFF, "its frame number 65535 never came, and number 1 did, 3 frames in all"),
        ((1, 1), 0, ""),
        ((0, 1, 1, 1), 0, ""),
        ((1, 1, 1), 2, ""),
    ],
)
def test_numbers_that_are_ahead(numbers: tuple[int, ...], expected: int, words: str) -> None:
    found = told(*map(echo, numbers), expected=expected)
    assert found.startswith(words) and bool(found) == bool(words)


@pytest.mark.parametrize(
    ("fell", "words"),
    [
        ((255, 0), "its acknowledgements fell from 255 to 0: as if the number had 8 bits (ack, "),
        ((192, 64), "its acknowledgements fell from 192 to 64: as if the number had 8 bits (ack, "),
        ((191, 0), "its acknowledgements fell from 191 to 0 (ack, "),
        ((255, 65), "its acknowledgements fell from 255 to 65 (ack, "),
        ((63, 0), "its acknowledgements fell from 63 to 0 (ack, "),
        ((9, 8), "its acknowledgements fell from 9 to 8 (ack, "),
        (None, ""),
    ],
)
def test_acknowledgements_that_fall(fell: tuple[int, int] | None, words: str) -> None:
    found = told(ack(4), fell=fell)
    assert found.startswith(words) and bool(found) == bool(words)


@pytest.mark.parametrize(
    ("numbers", "changes", "found"),
    [
        ((600, 600, 601), {"acked": 0}, True),
        ((600, 600), {"acked": 0}, False),
        ((600, 600, 1), {"acked": 0}, False),
        ((2, 2, 2), {"acked": 0}, True),
        ((1, 1, 1), {"acked": 0}, False),  # the one that was sent
        ((600, 600, 601), {"acked": 4}, False),
        ((600, 600, 601), {"acked": 0, "sent": 0}, False),
    ],
)
def test_acknowledgements_of_a_connection_before(
    numbers: tuple[int, ...], changes: dict[str, int], found: bool
) -> None:
    words = (
        f"its frames acknowledge number {numbers[-1]}, and of this connection none beyond 1 was sent: a new connection "
        "does not begin with number 0 (expected, link_begin_connection in firmware/core/link/link.c), or another "
        "number is told"
    )
    assert told(*map(ack, numbers), **changes) == (words if found else "")


def test_acknowledgements_that_stay_at_0_though_there_were_answers() -> None:
    frames = [echo(number, number, 0) for number in range(3)]
    words = "none of the last 3 frames of it acknowledges one of ours, though it sent 3 messages"
    assert told(*frames, expected=3, taken=3, acked=0).startswith(words)
    assert told(*frames, expected=3, taken=0, acked=0) == ""
    assert told(*frames[:2], expected=2, taken=2, acked=0) == ""
    assert told(*frames, expected=3, taken=3, acked=0, sent=0) == ""


def test_room_that_is_not_given_back() -> None:
    full: dict[str, Any] = {"sent": 0, "credit": 3, "waiting": [1000], "granted": 5000}
    assert told(ack(4, 3), **full).startswith(
        "it has acknowledged all that was sent, and lets 3 bytes more come, of which the next frame takes 1,"
    )
    assert told(ack(4, 5000), **full) == "", "it has just told"
    assert told(ack(4, 3), **(full | {"credit": 5000})) == ""
    assert told(ack(4, 3), **(full | {"waiting": []})) == "" and told(ack(4, 3), **(full | {"sent": 1})) == ""


def test_room_that_is_never_told() -> None:
    full: dict[str, Any] = {"sent": 0, "credit": 3, "waiting": [1000]}
    words = "none of its frames lets anything come, though it has taken what was sent and sent 3 messages"
    assert told(ack(4, 0), taken=3, **full).startswith(words)
    for changes in ({"taken": 2}, {"taken": 3, "granted": 1}):
        assert told(ack(4, 0), **full, **changes).startswith(
            "it has acknowledged all that was sent, and lets 0 bytes"
        )


def asks(seq: int, number: int = 4) -> HeardFrame:
    return HeardFrame(Ack.TYPE, seq, number, 5000, 0, asks=True)


@pytest.mark.parametrize(
    ("heard", "changes", "times"),
    [
        ([asks(9)] * 4, {}, 4),
        ([echo(8), ack(4), *[asks(9)] * 5], {}, 5),
        ([asks(9)] * 3, {}, 0),
        ([*[asks(9)] * 9, echo(8), *[asks(9)] * 3], {}, 0),  # what came between was worth asking for
        ([*[asks(9)] * 4, asks(10)], {}, 0),  # something is missing
        ([asks(9)] * 4, {"sent": 1}, 0),  # perhaps it hears nothing
        ([ack(4)] * 9, {}, 0),
    ],
)
def test_how_often_it_asks_for_what_has_come(
    heard: list[HeardFrame], changes: dict[str, Any], times: int
) -> None:
    standing = Standing(heard, expected=9, taken=9, acked=4, sent=0, waiting=[100], credit=5000)._replace(
        **changes
    )
    assert times_asked(standing) == times
    told = what_stands_still(standing)
    assert told.startswith(f"it asks again and again ({times} times)") == bool(times)
    assert told.endswith(OR_SENDS_NOT) == bool(times)


@pytest.mark.parametrize(
    ("cost", "stops"), [(65_535, True), (64_508, True), (64_507, False), (65_536, False)]
)
def test_what_it_sent_when_it_sends_no_more(cost: int, stops: bool) -> None:
    """As many bytes as every frame lets come, to which no frame can be added: the longest takes 1,028."""
    told = told_of_asking(cost)
    assert ("in_flight" in told) == stops == (not told.endswith(OR_SENDS_NOT))


def told_of_asking(cost: int) -> str:
    return what_stands_still(Standing([asks(9)] * 4, 9, 9, 4, 0, [100], 5000, cost=cost))


@pytest.mark.parametrize(
    ("asked", "told_so"),
    [((0, 32), False), ((0, 33), True), ((10, 52), False), ((10, 53), True), ((0, 0), False)],
)
def test_answers_that_nobody_asked_for(asked: tuple[int, int], told_so: bool) -> None:
    found = told(ack(4), asked=asked)
    assert (
        found.startswith(f"it told {asked[1]} times how far it is, and was asked {asked[0]} times") == told_so
    )
    assert bool(found) == told_so


@pytest.mark.parametrize(
    ("granted", "credit", "words"),
    [
        (1024, 5632, "none of its frames ever let more than 1,024 come, and its answer to SYNC 5,632, and that is the"),
        (900, 5632, "none of its frames ever let more than 900 come, and its answer to SYNC 5,632: its room is told"),
        (3084, 5632, "none of its frames ever let more than 3,084 come, and its answer to SYNC 5,632: its room is"),
        (4604, 5632, "at first it let 4,604 of its 5,632 come, so it goes on with nothing that it took, or room is"),
        (5624, 5632, "at first it let 5,624 of its 5,632 come, so it goes on with nothing that it took, or room is"),
        (900, 900, "it goes on with nothing that it took, or room is not given back (link_release in firmware/core"),
    ],
)  # fmt: skip
def test_why_no_more_may_come_is_read_from_the_most_that_might(granted: int, credit: int, words: str) -> None:
    full: dict[str, Any] = {"sent": 0, "credit": 3, "waiting": [1000], "granted": granted, "taken": 9}
    came = told(ack(4, 3), told=Told(5632, credit, 1024), **full)
    assert f"takes 1,004: {words}" in came
    assert ("record_ring_space" in came) == (granted == 1024)
    full["taken"] = 2
    assert "or told as less than it is (credit, " in told(ack(4, 3), told=Told(5632, credit, 1024), **full)


@pytest.mark.parametrize(
    ("heads", "field"),
    [
        ([(1, 10, 10), (1, 11, 11), (2, 12, 12), (2, 12, 12)], "ack"),
        ([(10, 1, 10), (11, 1, 11), (12, 2, 12)], "seq"),
        ([(1, 10, 10), (1, 11, 11), (2, 11, 11)], ""),
        ([(1, 10, 10), (1, 11, 11), (2, 12, 12), (2, 13, 12)], ""),
        ([], ""),
    ],
)
def test_credit_that_is_another_field_is_told_as_that(heads: list[tuple[int, int, int]], field: str) -> None:
    credits = Credits()
    for seq, number, credit in heads:
        credits.note(HeardFrame(Ack.TYPE, seq, number, credit, 0))
    assert credits.always == field and credits.most == max((each[2] for each in heads), default=0)
    full: dict[str, Any] = {"sent": 0, "credit": 3, "waiting": [1000], "granted": 12, "taken": 9}
    told_so = told(ack(4, 3), credit_is=credits.always, **full)
    assert ("in each of its frames credit is what" in told_so) == bool(field)
    assert not field or told_so.endswith(
        f"credit is what {field} is (frame_pack_header in firmware/core/link/frame.c, begin_connected_frame in "
        "firmware/core/link/send.c)"
    )


def answer(number: int, gap: bool = False) -> HeardFrame:
    return HeardFrame(Answer.TYPE, 0, number, 5000, 0, gap=gap)


@pytest.mark.parametrize(
    ("heard", "sent", "there"),
    [
        ([answer(4)] * 3, 1, True),
        ([answer(3), *[answer(4)] * 3, ack(4)], 1, True),
        ([answer(4)] * 2, 1, False),
        ([answer(4)] * 3, 2, False),  # of which one may be on its way
        ([answer(4)] * 3, 0, False),
        ([answer(4), answer(4), answer(3)], 1, False),
        ([answer(4), answer(4, gap=True), answer(4)], 1, False),
        ([answer(4, gap=True), *[answer(4)] * 3], 1, True),
        ([ack(4)] * 5, 1, False),
    ],
)
def test_answers_that_acknowledge_all_but_the_newest_frame(
    heard: list[HeardFrame], sent: int, there: bool
) -> None:
    words = "it answers each question how far it is with number 4, that of our newest frame, and never that this one"
    assert told(*heard, sent=sent, waiting=[100] * sent).startswith(words) == there
