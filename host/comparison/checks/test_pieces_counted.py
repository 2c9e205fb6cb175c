"""Frames that come, or go, several at once: a board that counts pieces is told from one that counts frames."""

from dataclasses import replace
from typing import Any

import pytest

from ...board.bytes_in_pieces import BytesInPieces
from ...board.frames_in_pieces import InPieces
from ...board.interface import BoardFacts
from ..claims.counters import bytes_agree, find_line
from ..fakes import bundle_info, sample_status
from ..record import RunRecord
from .checked import LINE
from .line import Piecewise, ask_line
from .pieces_counted import CUT, pieces_counted
from .test_line import Line

HONEST = InPieces(
    together=34, cut=3, at_once=26, one_by_one=27, sent=32, pieces=17, answers=24, halves=18, halved=16
)
LOST = {CUT: ": what was read of it is forgotten, or read again, when the next piece comes (link_input in "
        "firmware/core/link/receive.c, frame_receive in firmware/core/link/frame.c)"}  # fmt: skip
RECEIVED = (
    ": pieces of the line are counted, and not frames (32 frames in one piece make it 2 more, one frame in "
    "17 pieces 18); look at where it is counted (link_input in firmware/core/link/receive.c)"
)
SENT = (
    ": pieces that are handed to the line are counted, and not frames (24 answers asked for at once make it 5 more, as "
    "many one by one 27); look at where it is counted (begin_frame and link_output in firmware/core/link/send.c)"
)


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ({}, {}),
        ({"together": 2, "cut": 18}, {"rx_frames": RECEIVED}),
        ({"together": 8, "cut": 9}, {"rx_frames": RECEIVED.replace("it 2", "it 8").replace("18)", "9)")}),
        (
            {"together": 2, "cut": 9, "pieces": 18},
            {"rx_frames": RECEIVED.replace("18)", "9)").replace("17 p", "18 p")},
        ),
        ({"together": 2, "cut": 9, "pieces": 19}, {}),
        ({"together": 9, "cut": 18}, {}),
        ({"together": 2, "cut": 8}, {}),
        ({"together": 2, "cut": 3}, {}),  # fewer frames, whatever they come in
        ({"at_once": 5}, {"tx_frames": SENT}),
        ({"at_once": 12}, {"tx_frames": SENT.replace("it 5", "it 12")}),
        ({"at_once": 13}, {}),
        ({"at_once": 5, "one_by_one": 23}, {}),
        ({"together": 2, "cut": 18, "at_once": 5}, {"rx_frames": RECEIVED, "tx_frames": SENT}),
        ({"halves": 8, "together": 32}, LOST),
        ({"halves": 9, "together": 32}, {}),
        ({"halves": 8, "together": 31}, {}),  # frames in one piece are lost, too
        ({"halves": 8, "halved": 8}, {}),
    ],
)
def test_what_is_counted(counted: dict[str, int], told: dict[str, str]) -> None:
    changes: dict[str, Any] = dict(counted)
    assert pieces_counted(replace(HONEST, **changes)) == told


OF_BYTES = BytesInPieces(500, 500, 600, 600, frames=32, pieces=33)


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ({}, ""),
        ({"together": 564, "cut": 536}, ""),
        ({"together": 8000}, "what is left of a piece is counted once more for each frame that ends in it (32 frames"),
        ({"together": 8000, "cut": 40}, "what is left of a piece behind a frame is counted, for each frame that"),
        ({"cut": 40}, "of a frame that comes in several pieces the last one alone is counted (32 frames in one piece"),
        ({"together": 8000, "cut": 1200}, ""),
        ({"together": 750}, ""),  # half of them more
        ({"together": 751}, "what is left of a piece is counted once more for each frame that ends in it (32 frames"),
        ({"together": 751, "cut": 536}, "what is left of a piece is counted once more for each frame that ends in it"),
        ({"together": 751, "cut": 664}, "what is left of a piece is counted once more for each frame that ends in it"),
        ({"together": 751, "cut": 665}, ""),
        ({"together": 750, "cut": 64}, ""),
        ({"together": 751, "cut": 64}, "what is left of a piece behind a frame is counted, for each frame that"),
        ({"together": 751, "cut": 65}, ""),
        ({"together": 564, "cut": 64}, "of a frame that comes in several pieces the last one alone is counted"),
        ({"together": 565, "cut": 64}, ""),
        ({"together": 564, "cut": 65}, ""),
        ({"together": 100, "cut": 40}, ""),
    ],
)  # fmt: skip
def test_how_bytes_are_counted(counted: dict[str, int], told: str) -> None:
    found = pieces_counted(replace(HONEST, of_bytes=replace(OF_BYTES, **counted)))
    assert list(found) == ["rx_bytes"] * bool(told)
    assert found.get("rx_bytes", "").startswith(f": {told}" if told else "")


def test_it_is_asked_where_bytes_are_not_counted_rightly_as_well() -> None:
    line = InPiecesLine()
    ask_line(line, True, bytes_agree=False)
    assert line.asked == 1
    ask_line(line, False, bytes_agree=False)
    assert line.asked == 1


@pytest.mark.parametrize(
    ("told", "changes", "agree"),
    [
        (1000, {}, True),
        (30_000, {}, False),
        (30_000, {"reconnected": 1}, True),
        (30_000, {"damage": 0.1}, True),
        (30_000, {"status": None}, True),
        (30_000, {"host_link": {}}, True),
    ],
)
def test_whether_bytes_agree(bundle: Any, told: int, changes: dict[str, Any], agree: bool) -> None:
    run = RunRecord("virtual", bundle, bundle_info(bundle), facts=BoardFacts(exact_line=True))
    run.status, run.host_link = replace(sample_status(), rx_bytes=told), {"tx_bytes": 1000}
    assert bytes_agree(replace(run, **changes)) == agree


class InPiecesLine(Line):
    """Counts pieces; keeps how often it is asked."""

    def __init__(self, **counted: int) -> None:
        super().__init__()
        self.asked = 0
        self._counted = counted or {"together": 2, "cut": 18, "at_once": 5}

    def frames_in_pieces(self) -> InPieces:
        self.asked += 1
        return replace(HONEST, **self._counted)  # type: ignore[arg-type]


@pytest.mark.parametrize("off", [{"valid": 90}, {"came": 40}, {"valid": 20}, {"came": 5}, {}])
def test_it_is_asked_where_frames_are_not_counted_rightly(off: dict[str, int]) -> None:
    line = InPiecesLine()
    assert isinstance(line, Piecewise) and not isinstance(Line(), Piecewise)
    line.done = replace(line.done, **off)  # type: ignore[arg-type]
    found = ask_line(line, True)
    assert line.asked == bool(off)
    assert [text.endswith(SENT if "came" in off else RECEIVED) for text in found.wrong] == [True] * bool(off)
    assert found.causes == ({"rx_frames": RECEIVED, "tx_frames": SENT} if off else {})
    ask_line(line, False)
    assert line.asked == bool(off), "a line that loses frames tells nothing of it"


def test_the_claim_about_the_line_tells_it_too(bundle: Any) -> None:

    run = RunRecord("virtual", bundle, bundle_info(bundle), facts=BoardFacts(exact_line=True))
    run.status = replace(sample_status(), rx_frames=612)
    run.host_link = {"tx_frames": 1723, "rx_frames": 400}
    (plain,) = find_line(run).reasons
    line = InPiecesLine()
    line.done = replace(line.done, valid=90)
    run.checks[LINE] = ask_line(line, True)
    assert find_line(run).reasons == (plain.partition(":")[0] + RECEIVED,)


def test_a_board_that_loses_what_comes_in_pieces_is_told_so_and_no_more(bundle: Any) -> None:
    line = InPiecesLine(halves=2)
    line.done = replace(line.done, valid=90)
    ask_line(line, True, frames_agree=True)
    found = ask_line(line, True, frames_agree=False)
    assert line.asked == 2 and found.wrong == [
        "of 16 frames that came in two pieces each the board took 2 at most, and all of 32 that came in one piece"
        + LOST[CUT]
    ]
    run = RunRecord("virtual", bundle, bundle_info(bundle), facts=BoardFacts(exact_line=True))
    run.status, run.host_link = replace(sample_status(), crc_errors=900, gaps=70), {"tx_frames": 5000}
    assert len(find_line(run).reasons) > 1
    run.checks[LINE] = found
    assert find_line(run).reasons == ("the board tells 900 damaged frames on a line that damages none",)


def test_frames_that_are_few_over_the_run_alone_are_reason_enough_to_ask() -> None:
    line = InPiecesLine(halves=2)
    ask_line(line, True, frames_agree=False)
    assert line.asked == 1
