"""Claims of what the board counts: its work, and what went over its line."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...board.interface import BoardFacts
from ...detector.detector import Change
from ..fakes import sample_status
from ..stimuli.outcome import StimuliRecord
from .conftest import Make, broken, held, unexamined
from .counters import find_counters, find_line
from .finding import Finding, Status
from .values import NO_FILE


def test_counters(record: Make) -> None:
    assert find_counters(record()) == unexamined(NO_FILE)
    run = record(2)
    for file in run.files:
        file.status = None
    assert find_counters(run) == unexamined("no STATUS was taken after a file")
    file = run.files[0]
    file._columns.add_device(0, np.zeros((1500, run.bundle.settings.bands), np.int8))
    file.windows = 70
    file.status = replace(sample_status(), columns=1500, windows=70)
    whole = "1,500 columns, 70 windows in 1 file"
    for inferences in (None, 70):
        file.inferences = inferences
        assert find_counters(run) == held(whole)
    file.inferences = 69
    wrong = "0.wav: STATUS counts 69 inferences, 70 arrived"
    assert find_counters(run) == broken(whole, wrong)
    file.status = replace(file.status, columns=1499, windows=71)
    assert find_counters(run).reasons == (
        "0.wav: STATUS counts 1,499 columns, 1,500 arrived",
        "0.wav: STATUS counts 71 windows, 70 arrived",
        wrong,
    )
    file.status = replace(file.status, columns=70, windows=1500)
    assert find_counters(run).reasons[:2] == (
        "0.wav: STATUS counts 70 columns, 1,500 arrived: that is its windows",
        "0.wav: STATUS counts 1,500 windows, 70 arrived: that is its columns",
    )
    file.status = replace(file.status, columns=1499, windows=71)
    file.inference, file.inferences = False, 0
    assert len(find_counters(run).reasons) == 2
    file.inferences = 1
    assert find_counters(run).reasons[2] == "0.wav: STATUS counts 1 inferences, 0 arrived"


def test_counts_of_three_files_are_read_together(record: Make) -> None:
    run = record(3)
    for file, windows, tells in zip(run.files, (20, 30, 25), (20, 50, 75), strict=True):
        file.windows, file.inferences = windows, 0
        file.status = replace(sample_status(), columns=0, windows=tells)
    assert find_counters(run).reasons == (
        "1.wav: STATUS counts 50 windows, 30 arrived: it goes on from one to the next, and is not set back",
        "2.wav: STATUS counts 75 windows, 25 arrived: it goes on from one to the next, and is not set back",
        "0.wav: STATUS counts 0 inferences, 20 arrived: it is not counted",
        "and 2 more",
    )


@pytest.mark.parametrize(
    ("windows", "counts", "inference", "told"),
    [
        ((70, 30), (70, 30), True, True),
        ((70, 30), (70, 31), True, False),
        ((70, 0), (70, 0), True, False),  # of one file alone it is as it must be
        ((70, 30), (0, 0), False, False),
        ((70, 30), (1, 1), False, False),
    ],
)
def test_inferences_that_are_counted_anew_in_each_file(
    record: Make, windows: tuple[int, ...], counts: tuple[int, ...], inference: bool, told: bool
) -> None:
    run = record(2)
    for file, count, number in zip(run.files, counts, windows, strict=True):
        file.windows, file.inference = number, inference
        file.status = replace(sample_status(), columns=0, windows=number, inferences=count)
    run.files[1].inferences = (counts[1] - counts[0] - 9) % (1 << 32)
    (reason,) = [reason for reason in find_counters(run).reasons if "inferences" in reason]
    before = counts[0] + 9
    right = windows[1] if inference else 0
    words = (
        ": it is the number of windows of the last stream, and not of all since the board started; what counts it is "
        "session_count_inference in firmware/core/session/model.c, and no stream begins it anew"
        if told
        else ""
    )
    assert reason == (
        f"1.wav: STATUS counts {counts[1]:,} inferences after it, {before:,} before it, and {right:,} arrived: the "
        f"count went back{words}"
    )


def test_a_count_of_one_file_is_not_read_as_one_of_each(record: Make) -> None:
    run = record(2)
    for file in run.files:
        file.windows, file.inferences = 5, 6
        file.status = replace(sample_status(), columns=0, windows=5, inferences=5)
    assert find_counters(run).reasons[0] == (
        "0.wav: STATUS counts 5 inferences after it, 4,294,967,295 before it, and 5 arrived: it is the number of "
        "windows of the last stream, and not of all since the board started; what counts it is session_count_inference "
        "in firmware/core/session/model.c, and no stream begins it anew"
    )
    for file in run.files:
        file.inferences = 5
        file.status = replace(sample_status(), columns=0, windows=6, inferences=5)
    assert find_counters(run).reasons[0] == "0.wav: STATUS counts 6 windows, 5 arrived"
    run.files = run.files[:1]
    run.files[0].inferences = 6
    assert "of the last stream" not in "".join(find_counters(run).reasons)
    run.files[0].status = None
    assert find_counters(run).status == Status.NOT_EXAMINED


@pytest.mark.parametrize(("tells", "back"), [((1 << 31) + 1, True), (1 << 31, False)])
def test_a_count_that_went_back_is_told_as_what_it_was_and_is(record: Make, tells: int, back: bool) -> None:
    run = record(1)
    (file,) = run.files
    file.windows, file.inferences = 5, tells
    file.status = replace(sample_status(), columns=0, windows=5, inferences=3)
    (reason,) = find_counters(run).reasons
    before = (3 - tells) % (1 << 32)
    told = f"0.wav: STATUS counts 3 inferences after it, {before:,} before it, and 5 arrived: the count went back"
    assert reason == (told if back else "0.wav: STATUS counts 2,147,483,648 inferences, 5 arrived")


@pytest.mark.parametrize(
    ("what", "tells", "told"),
    [
        ("windows", (2, 0, 3), ": those are detections"),
        ("windows", (1, 1, 1), ": those are streams"),
        ("windows", (3, 2, 0), ""),
    ],
)
def test_counts_of_something_else_are_named(
    record: Make, what: str, tells: tuple[int, ...], told: str
) -> None:
    run = record(3)
    for file, count, changes in zip(run.files, tells, (2, 0, 3), strict=True):
        file.windows, file.inferences = 20, 20
        file.device_changes = [Change(0, 0, True, 5)] * changes
        file.status = replace(sample_status(), columns=0, windows=20)
        file.status = replace(file.status, **{what: count})
    for file, count, reason in zip(run.files, tells, find_counters(run).reasons, strict=True):
        assert reason == f"{file.name}: STATUS counts {count:,} windows, 20 arrived{told}"


@pytest.mark.parametrize("counted", ["columns", "detections"])
def test_inferences_that_are_another_count_of_the_last_stream(record: Make, counted: str) -> None:
    run = record(2)
    for file, count, changes in zip(run.files, (3, 4), (3, 4), strict=True):
        file.windows, file.inferences = 20, count
        if counted == "columns":
            file._columns.add_device(0, np.zeros((count, run.bundle.settings.bands), np.int8))
        else:
            file.device_changes = [Change(0, 0, True, 5)] * changes
        columns = count if counted == "columns" else 0
        file.status = replace(sample_status(), columns=columns, windows=20, inferences=count)
    (first, second) = find_counters(run).reasons
    assert first.startswith("0.wav: STATUS counts 3 inferences after it, 0 before it, and 20 arrived")
    assert (
        f"it is the number of {counted} of the last stream, and not of all since" in first
        and first[5:] != second
    )


@pytest.mark.parametrize(
    ("after", "before", "words"),
    [
        (4, 250, ": it is told in 8 bits"),
        (4, 65_530, ": it is told in 16 bits"),
        (5, 250, ": the count went back"),
        (4, 2**24 - 6, ": it is told in 24 bits"),
    ],
)
def test_a_count_that_goes_back_by_what_a_byte_holds_is_told_in_so_many_bits(
    record: Make, after: int, before: int, words: str
) -> None:
    run = record(1)
    file = run.files[0]
    file.windows, file.inference, file.inferences = 10, True, (after - before) % (1 << 32)
    file.status = replace(sample_status(), columns=0, windows=10, inferences=after)
    told = f"STATUS counts {after:,} inferences after it, {before:,} before it, and 10 arrived{words}"
    assert [reason for reason in find_counters(run).reasons if "inferences" in reason] == [
        f"{file.name}: {told}"
    ]


def test_counters_of_windows_that_were_sent(record: Make) -> None:
    run = record(1)
    run.stimuli = StimuliRecord(sent=1000, inferences=1000)
    assert find_counters(run).status == Status.HELD
    run.stimuli.inferences = 1001
    assert find_counters(run).reasons == ("STATUS counts 1,001 inferences of 1,000 windows sent",)
    run.sent_windows = (0, 7)
    assert find_counters(run).reasons[0] == (
        "STATUS counts 0 inferences of 7 windows sent: those sent by themselves are not counted, and those of streams "
        "are"
    )
    run.sent_windows = ((1 << 32) - 3, 7)
    assert find_counters(run).reasons[0] == (
        "STATUS counts 3 inferences fewer than before 7 windows were sent: the count went back, as one that is set "
        "back, or of a stream alone, does"
    )
    run.sent_windows = (1 << 31, 7)
    assert (
        find_counters(run).reasons[0].startswith("STATUS counts 2,147,483,648 inferences of 7 windows sent")
    )
    run.sent_windows = ((1 << 31) + 1, 7)
    assert (
        find_counters(run).reasons[0].startswith("STATUS counts 2,147,483,647 inferences fewer than before 7")
    )
    run.sent_windows, run.counted_on = (7, 7), ((1 << 32) + 30 - 256, 30)
    told = "STATUS counts 226 inferences fewer than before 30 windows were sent: it is told in 8 bits"
    assert find_counters(run).reasons[0] == told
    run.counted_on = (0, 0)
    run.files[0].inferences, run.sent_windows = 1, (0, 7)
    run.files[0].status = replace(sample_status(), columns=0, windows=0)
    assert find_counters(run).reasons[1] == "STATUS counts 0 inferences of 7 windows sent"


LINE = "{} damaged of 400 frames, {} sent again, {} overruns"


def test_each_restart_may_cut_a_frame_in_two(record: Make) -> None:
    run = record()
    run.host_link = {}
    run.status = replace(sample_status(), crc_errors=1, framing_errors=1, overruns=0)
    for times, wrong in ((1, True), (2, False), (3, False)):
        run.reconnected = times
        assert bool(find_line(run).reasons) == wrong, times


def test_a_line_that_damages_nothing(record: Make) -> None:
    run = record()
    run.host_link = {}
    assert find_line(run) == held(LINE.format(0, 0, 0))
    run.host_link = {"damaged_frames": 7, "retransmitted": 3}
    run.damaged_at_start = 7  # a line may begin in mid-frame
    assert find_line(run) == held(LINE.format(0, 3, 0))
    run.damaged_at_start = 6
    assert find_line(run) == broken(
        LINE.format(0, 3, 0), "1 frames of the board came damaged over a line that damages none"
    )
    run.reconnected = 1  # a line that was taken over may begin in mid-frame, too
    assert find_line(run) == held(LINE.format(0, 3, 0))
    run.status = replace(sample_status(), crc_errors=2, framing_errors=3, overruns=1)
    assert find_line(run) == broken(
        LINE.format(5, 3, 1),
        "the board tells 1 overruns of its buffer",
        "the board tells 5 damaged frames on a line that damages none",
    )
    run.status = None
    assert find_line(run) == unexamined("no STATUS was taken at the end")


@pytest.mark.parametrize("values", [{"board": "serial"}, {"damage": 0.01}])
def test_a_line_that_damages_sends_again(record: Make, values: dict[str, Any]) -> None:
    run = record(**values)
    run.host_link = {"damaged_frames": 9, "retransmitted": 10}
    run.status = replace(sample_status(), crc_errors=4 * 10 + 50)
    assert find_line(run) == held(LINE.format(90, 10, 0))
    run.status = replace(sample_status(), crc_errors=4 * 10 + 51)
    assert find_line(run) == broken(
        LINE.format(91, 10, 0), "the board tells 91 damaged frames, and only 10 had to be sent again"
    )
    run.reconnected = 1
    assert find_line(run).status == Status.HELD
    run.status = replace(sample_status(), rx_frames=0)
    assert find_line(run).status == Status.HELD
    run.reconnected = 0
    assert find_line(run).reasons == ("the board tells no frame at all",)


def test_a_line_that_loses_nothing_is_exact(record: Make) -> None:
    """What comes early, twice or as noise is told on a virtual board alone, whose line nobody damages."""
    odd = replace(sample_status(), gaps=1, noise_bytes=2, duplicates=3)
    run = record()
    run.host_link, run.host_at_start, run.status = {"duplicates": 8}, {"duplicates": 7}, odd
    assert find_line(run).reasons[:3] == (
        "the board tells 1 frames that came too early on a line that loses nothing",
        "the board tells 2 bytes of noise on a line that loses nothing",
        "the board tells 3 frames that it had before on a line that loses nothing",
    )
    run.status = sample_status()
    assert find_line(run).reasons == ("1 frames of the board came twice over a line that loses nothing",)
    run.host_at_start = {}
    assert find_line(run).reasons == ("8 frames of the board came twice over a line that loses nothing",)
    run.host_link = {}
    assert find_line(run).status == Status.HELD
    for change in ({"facts": BoardFacts()}, {"damage": 0.01}, {"reconnected": 1}):
        other = record()
        other.host_link, other.status = {"duplicates": 8}, odd
        for name, value in change.items():
            setattr(other, name, value)
        assert find_line(other).status == Status.HELD, change


@pytest.mark.parametrize(
    ("board", "most"),
    [
        ("virtual", lambda right, spare: right + spare[0]),
        ("serial", lambda right, spare: 4 * right + spare[1]),
    ],
)
@pytest.mark.parametrize(
    ("theirs", "ours", "spare"),
    [
        ("rx_frames", "tx_frames", (20, 50)),
        ("tx_frames", "rx_frames", (20, 50)),
        ("rx_bytes", "tx_bytes", (4_000, 20_000)),
        ("tx_bytes", "rx_bytes", (4_000, 20_000)),
    ],
)
def test_both_ends_of_a_line_count_about_the_same(
    record: Make,
    board: str,
    most: Callable[[int, tuple[int, int]], int],
    theirs: str,
    ours: str,
    spare: tuple[int, int],
) -> None:
    """As many as may be, and one more, either way; counted from where the run began."""

    def of(counted: int, right: int, began: int = 0) -> Finding:
        run = record(board=board)
        run.host_link, run.host_at_start = {ours: right + began}, {ours: began} if began else {}
        run.status = replace(sample_status(), **{theirs: counted})
        return find_line(run)

    small, large = 1000, most(1000, spare)
    for began in (0, 300):
        assert of(large, small, began).status == of(small, large, began).status == Status.HELD
        for counted, right in ((large + 1, small), (small, large + 1)):
            assert of(counted, right, began).reasons == (
                f"the board tells {theirs} {counted:,}, the host {ours} {right:,}",
            )


@pytest.mark.parametrize(
    ("counted", "bits"),
    [(154_480 % 65_536, 16), (154_480 % 65_536 - 400, 16), (154_480 % 65_536 - 9000, 0), (154_480 % 256, 8)],
)
def test_a_count_that_is_told_in_few_bits(record: Make, counted: int, bits: int) -> None:
    run = record()
    run.host_link, run.status = {"rx_bytes": 154_480}, replace(sample_status(), tx_bytes=counted)
    (reason,) = find_line(run).reasons
    assert reason.endswith(f": it is told in {bits} bits" if bits else f"rx_bytes {154_480:,}")


@pytest.mark.parametrize(
    ("right", "counted", "bits"),
    [
        (300, 49, 8),
        (300, 39, 8),
        (300, 50, 0),
        (300, 38, 0),
        (256, 5, 8),
        (255, 5, 0),
        ((1 << 24) + 90_000, 90_000, 24),
        ((1 << 24) + 90_000, 90_000 + 335_544, 24),
        ((1 << 24) + 90_000, 90_000 + 335_545, 0),
    ],
)
def test_what_is_under_way_is_not_counted(record: Make, right: int, counted: int, bits: int) -> None:
    run = record()
    run.host_link, run.status = {"tx_frames": right}, replace(sample_status(), rx_frames=counted)
    (reason,) = find_line(run).reasons
    assert reason.endswith(f": it is told in {bits} bits" if bits else f"tx_frames {right:,}")


def test_frames_before_the_run_are_none_of_its_bytes(record: Make) -> None:
    run = record()
    run.host_link = {"tx_bytes": 1_000_003, "tx_frames": 1500}
    run.host_at_start = {"tx_frames": 1000}
    run.status = replace(sample_status(), rx_bytes=1_000_003 - 24 * 500, rx_frames=500)
    (reason,) = find_line(run).reasons
    assert ": 24 bytes for each of 500 frames are missing" in reason


@pytest.mark.parametrize(
    ("theirs", "tells", "about"),
    [
        ("rx_frames", 70_000, ": that is its rx_bytes"),
        ("rx_frames", 74_000, ": that is about the host's tx_bytes"),
        ("rx_frames", 66_000, ": that is about the host's tx_bytes"),
        ("rx_frames", 74_001, ""),
        ("rx_bytes", 300, ": that is about the host's tx_frames"),
        ("rx_bytes", 320, ": that is about the host's tx_frames"),
        ("rx_bytes", 321, ""),
        ("tx_bytes", 1_000, ""),  # as many frames as may be under way come by chance
    ],
)
def test_a_count_that_is_another_one_of_the_line_is_told(
    record: Make, theirs: str, tells: int, about: str
) -> None:
    run = record(1)
    run.host_at_start = {"tx_bytes": 5, "tx_frames": 1}
    run.host_link = {"tx_frames": 301, "rx_frames": 200, "tx_bytes": 70_005, "rx_bytes": 90_000}
    right = {"rx_frames": 300, "tx_frames": 200, "rx_bytes": 70_000, "tx_bytes": 90_000}
    run.status = replace(sample_status(), **(right | {theirs: tells}))
    ours = {"rx": "tx", "tx": "rx"}[theirs[:2]] + theirs[2:]
    (reason,) = find_line(run).reasons
    assert reason == f"the board tells {theirs} {tells:,}, the host {ours} {right[theirs]:,}{about}"


@pytest.mark.parametrize(("frames", "told"), [(201, True), (200, False)])
def test_of_few_frames_a_count_is_another_one_by_chance(record: Make, frames: int, told: bool) -> None:
    run = record(1)
    run.host_link = {"tx_frames": 5, "rx_frames": frames, "tx_bytes": 70_000}
    run.status = replace(sample_status(), rx_frames=5, tx_frames=frames, rx_bytes=frames, tx_bytes=5)
    (reason,) = find_line(run).reasons
    assert reason.endswith(": that is about the host's rx_frames") == told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("crc_errors", "412 damaged frames on a line that damages none"),
        ("framing_errors", "412 damaged frames on a line that damages none"),
        ("gaps", "412 frames that came too early on a line that loses nothing"),
        ("noise_bytes", "412 bytes of noise on a line that loses nothing"),
        ("overruns", "412 overruns of its buffer"),
    ],
)
def test_a_count_of_the_line_that_is_another_ones_is_told_as_that(
    record: Make, name: str, words: str
) -> None:
    run = record()
    for others, told in (
        ({"windows": 412}, ": that is its windows"),
        ({"windows": 412, "columns": 412}, ""),
        ({}, ""),
    ):
        run.status = replace(sample_status(), **{name: 412, **others})
        assert any(reason == f"the board tells {words}{told}" for reason in find_line(run).reasons), others


def test_damage_of_two_kinds_is_no_other_count(record: Make) -> None:
    run = record()
    run.status = replace(sample_status(), crc_errors=412, framing_errors=1, windows=412)
    assert find_line(run).reasons[0].endswith("damages none")


@pytest.mark.parametrize(
    ("theirs", "ours", "tells", "right", "words"),
    [
        ("rx_bytes", "tx_bytes", 0, 1_215_689, ": it is not counted"),
        ("tx_bytes", "rx_bytes", 0, 237_708, "(link_output in firmware/core/link/send.c)"),
        ("rx_frames", "tx_frames", 3_436, 1_720, ": each is counted 2 times"),
        ("rx_frames", "tx_frames", 3_481, 1_720, ""),
        ("tx_bytes", "rx_bytes", 4_259_840, 237_710, "as if each time all that a buffer holds were counted"),
        ("tx_bytes", "rx_bytes", 4_259_841, 237_710, ""),
        (
            "tx_bytes",
            "rx_bytes",
            81,
            237_710,
            "in the place of the sum (= instead of +=, link_output in firmware/core/link/send.c)",
        ),
        ("rx_bytes", "tx_bytes", 81, 237_710, "(= instead of +=, firmware/core/link/receive.c)"),
        (
            "rx_frames",
            "tx_frames",
            1,
            1_720,
            "(= instead of +=, firmware/core/link/receive.c)",
        ),
        ("rx_frames", "tx_frames", 2, 1_720, ""),
        ("tx_bytes", "rx_bytes", 81, 30_000, ""),
        ("tx_bytes", "rx_bytes", 2_400, 237_710, ""),
    ],
)
def test_what_a_count_of_the_line_is(
    record: Make, theirs: str, ours: str, tells: int, right: int, words: str
) -> None:
    run = record(board="virtual")
    run.host_link, run.status = {ours: right}, replace(sample_status(), **{theirs: tells})
    (reason,) = find_line(run).reasons
    assert reason.endswith(words) and (words or reason.endswith(f"{right:,}"))
