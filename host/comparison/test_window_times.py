"""What is gathered of one stream's times, and which figures of a window contradict each other."""

from typing import Any

import pytest

from ..link import messages as m
from .faults import Faults
from .window_times import CLAIM, ROUNDING_NS, SATURATED_NS, WindowTimes


def window(index: int = 0, columns: int = 7, **values: Any) -> m.WindowResult:
    """A window whose figures agree: 7 columns of 10 us, and 30 us of inference."""
    right = {"frontend_ns": 70_000, "frontend_max_ns": 10_000, "inference_ns": 30_000, "total_ns": 100_000}
    return m.WindowResult(**{"index": index, "columns": columns} | right | values)


def told(**values: Any) -> list[str]:
    """What one window's figures contradict."""
    faults = Faults()
    WindowTimes().add(window(**values), faults)
    return faults.told(CLAIM)


def test_a_stream_begins_with_nothing() -> None:
    times = WindowTimes()
    assert (times.windows, times.total_ns, times.saturated, times.first_columns, times.later_columns) == (
        0,
    ) * 5
    figures = (
        times.first_column_ns,
        times.least_column_ns,
        times.least_frontend_ns,
        times.least_inference_ns,
    )
    assert figures == (None,) * 4
    assert times.rising


def test_the_least_and_the_first_are_kept() -> None:
    times, faults = WindowTimes(), Faults()
    times.add(window(columns=10, frontend_ns=60_000, total_ns=90_000), faults)
    assert (times.first_column_ns, times.first_columns) == (6_000, 10)
    assert (times.least_column_ns, times.later_columns, times.least_frontend_ns) == (None, 0, 6_000)
    for index, (frontend, inference) in enumerate(((63_000, 29_000), (56_000, 31_000), (70_000, 28_000)), 1):
        times.add(
            window(index, frontend_ns=frontend, inference_ns=inference, total_ns=frontend + inference), faults
        )
    assert (times.windows, times.total_ns) == (4, 90_000 + 92_000 + 87_000 + 98_000)
    assert (times.first_column_ns, times.first_columns) == (6_000, 10)
    assert (times.least_column_ns, times.later_columns, times.least_frontend_ns) == (8_000, 7, 6_000)
    assert times.least_inference_ns == 28_000
    times.add(window(4, columns=0, frontend_ns=0, frontend_max_ns=0, total_ns=30_000), faults)
    assert (times.least_column_ns, times.later_columns) == (8_000, 7)  # a window of no columns says nothing
    assert faults.told(CLAIM) == []


@pytest.mark.parametrize(("off_ns", "means"), [(0, 1), (10, 1), (-10, 1), (11, 0), (-11, 0)])
def test_a_slowest_column_may_be_the_mean_but_for_what_is_rounded(off_ns: int, means: int) -> None:
    """A nanosecond a column, and some of a clock's ticks."""
    times = WindowTimes()
    times.add(window(frontend_ns=70_000 + off_ns, total_ns=100_000 + off_ns), Faults())
    assert (times.of_several, times.of_mean) == (1, means)
    times.add(window(1, columns=1, frontend_ns=10_000, total_ns=40_000), Faults())
    assert times.of_mean == means, "one column's mean is its own time"


@pytest.mark.parametrize("field", ["frontend_ns", "inference_ns", "total_ns"])
def test_the_most_that_was_told_is_kept(field: str) -> None:
    times = WindowTimes()
    assert times.most_ns == 0
    for index, most in enumerate((100_500, 100_700, 100_600)):
        times.add(window(index, **{field: most}), Faults())
    assert times.most_ns == 100_700


FIELDS = {
    "frontend_ns": "frontend",
    "frontend_max_ns": "slowest",
    "inference_ns": "inference",
    "total_ns": "total",
}


@pytest.mark.parametrize("field", FIELDS)
def test_figures_that_did_not_fit_are_counted_alone(field: str) -> None:
    times, faults = WindowTimes(), Faults()
    for index in range(2):
        times.add(window(index, **{field: SATURATED_NS}), faults)
    assert (times.windows, times.saturated, times.total_ns) == (2, 2, 0)
    assert len(times.beyond) == 2 and not times.figures
    assert getattr(times.beyond[0], FIELDS[field]) == SATURATED_NS
    assert times.least_inference_ns is times.least_frontend_ns is None
    assert faults.told(CLAIM) == []
    times.add(window(2, **{field: SATURATED_NS - 1}), faults)
    assert (times.windows, times.saturated) == (3, 2)
    assert SATURATED_NS == 4_294_967_295 and times.total_ns > 0


def test_the_sum_is_the_sum() -> None:
    assert ROUNDING_NS == 2_000
    assert told(total_ns=102_000) == told(total_ns=98_000) == []
    for total in (102_001, 97_999):
        assert told(total_ns=total) == [
            f"window 0: front end and inference take 100,000 ns, together {total:,} ns"
        ]


def test_no_column_takes_longer_than_all() -> None:
    assert told(columns=1, frontend_max_ns=72_000) == []
    assert told(columns=1, frontend_max_ns=72_001) == [
        "window 0: the slowest column takes 72,001 ns, all of them 70,000 ns"
    ]


def test_the_slowest_column_is_the_slowest() -> None:
    assert told(columns=4, frontend_max_ns=17_000) == []  # 68,000 and the rounding
    assert told(columns=4, frontend_max_ns=16_999) == [
        "window 0: 4 columns of at most 16,999 ns take 70,000 ns"
    ]


@pytest.mark.parametrize(
    ("frontends", "rising"),
    [
        ([70_000], True),
        ([70_000, 1], True),
        ([70_000, 10_000], True),  # the first window has other columns
        ([70_000, 10_000, 10_001, 10_002], True),
        ([70_000, 10_000, 10_000], False),
        ([70_000, 10_000, 9_999, 10_500, 11_000], False),
    ],
)
def test_a_front_end_that_takes_ever_longer(frontends: list[int], rising: bool) -> None:
    times = WindowTimes()
    for index, frontend in enumerate(frontends):
        times.add(window(index, frontend_ns=frontend), Faults())
    assert times.rising is rising


def test_inferences_that_take_more_are_counted_and_one_that_takes_less_is_kept() -> None:
    times = WindowTimes()
    seen = []
    for index, inference in enumerate((30_000, 30_000, 31_000, 32_000, 31_999, 31_999, 40_000)):
        times.add(window(index, inference_ns=inference), Faults())
        seen.append((times.rises, times.fell))
    assert seen == [(0, False), (0, False), (1, False), (2, False), (2, True), (2, True), (3, True)]


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (70_000, ": it is the front end alone"),
        (30_000, ": it is the inference alone"),
        (40_003, ": it is the slowest column and the inference"),
        (10_000, ": it is the slowest column alone"),
        (140_000, ": it is twice the front end"),
        (60_000, ": it is twice the inference"),
        (110_000, ": it is the front end, its slowest column and the inference"),
        (100, ": it is told in microseconds"),
        (40_004, ""),
        (123_456, ""),
    ],
)
def test_what_a_wrong_total_is(total: int, words: str) -> None:
    (text,) = told(total_ns=total)
    assert text == f"window 0: front end and inference take 100,000 ns, together {total:,} ns{words}"


def test_a_total_with_the_inference_of_the_window_before() -> None:
    times, faults = WindowTimes(), Faults()
    for index, (inference, total) in enumerate(
        ((30_000, 70_000), (45_000, 100_003), (20_000, 115_000), (60_000, 90_004))
    ):
        times.add(window(index, inference_ns=inference, total_ns=total), faults)
    before = "it is the front end and the inference of the window before"
    assert times.apart == {"it is the front end alone": 1, before: 2, "": 1}
    assert faults.told(CLAIM)[1].endswith(
        f"window 1: front end and inference take 115,000 ns, together 100,003 ns: {before}"
    )


@pytest.mark.parametrize(
    ("parts", "total", "in_microseconds"),
    [
        *((20_000, 20, True), (19_998, 19, False)),
        *((100_000, 103, True), (100_000, 104, False), (100_000, 97, True), (100_000, 96, False)),
    ],
)
def test_a_total_in_microseconds(parts: int, total: int, in_microseconds: bool) -> None:
    half = parts // 2
    (found,) = told(frontend_ns=half, frontend_max_ns=half, inference_ns=half, total_ns=total)
    assert ("it is told in microseconds" in found) == in_microseconds


@pytest.mark.parametrize(
    ("frontend", "inference", "one", "other"),
    [(65_000, 30_000, "front end", "inference"), (30_000, 65_000, "inference", "front end")],
)
def test_a_wrong_total_may_be_a_difference_or_exchanged(
    frontend: int, inference: int, one: str, other: str
) -> None:
    (text,) = told(frontend_ns=frontend, frontend_max_ns=9_000, inference_ns=inference, total_ns=35_000)
    assert text.endswith(
        f": it is the {one} less the {other}, or the {one} and the total are told for each other"
    )


def test_figures_are_kept_of_the_first_windows() -> None:
    times = WindowTimes()
    for index in range(129):
        times.add(window(index), Faults(), counted=index != 1)
    assert len(times.figures) == 128 and [row.columns for row in times.figures[:3]] == [7, 0, 7]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        # seven columns of 10 us, of which one alone is told
        ({"frontend_ns": 10_000}, "front end's time is the mean of its 7 columns"),
        ({"frontend_ns": 10_001}, "front end's time is the mean of its 7 columns"),
        ({"frontend_ns": 10_500, "frontend_max_ns": 12_000}, ""),
        ({"frontend_ns": 10_000, "frontend_max_ns": 12_000, "total_ns": 100_010}, "front end's time is the mean of its "
         "7 columns"),
        ({"frontend_ns": 10_000, "frontend_max_ns": 12_000, "total_ns": 100_011}, ""),
        (
            {"frontend_ns": 12_000, "frontend_max_ns": 12_000},
            "front end's time is that of the slowest column",
        ),
        ({"frontend_ns": 11_999, "frontend_max_ns": 12_000}, ""),
        ({"frontend_ns": 73}, "front end's time is told in microseconds"),
        ({"frontend_ns": 67}, "front end's time is told in microseconds"),
        ({"frontend_ns": 74}, ""),
        ({"frontend_ns": 35_003}, "front end's time is half of it"),
        ({"frontend_ns": 34_996}, ""),
        ({"frontend_ns": 140_003}, "front end's time is twice what it takes"),
        ({"frontend_ns": 140_004}, "front end's time is 160 / 80 of it, as if a clock of 160 MHz had 80"),
        ({"frontend_ns": 291_667}, "front end's time is 1000 / 240 of it, as if a clock of 1000 MHz had 240"),
        ({"frontend_ns": 16_800_000}, "front end's time is 240 / 1 of it, as if a clock of 240 MHz had 1"),
        ({"frontend_ns": 2_800}, "front end's time is 40 / 1000 of it, as if a clock of 40 MHz had 1000"),
        ({"frontend_ns": 141_500}, ""),
        ({"frontend_ns": 7_003}, "front end's time is told in units of 10 ns"),
        ({"frontend_ns": 697}, "front end's time is told in units of 100 ns"),
        ({"frontend_ns": 700_015}, "front end's time is 10 times what it takes"),
        ({"frontend_ns": 69_999_000}, "front end's time is 1,000 times what it takes"),
        ({"inference_ns": 30}, "inference's time is told in microseconds"),
        ({"inference_ns": 15_000}, "inference's time is half of it"),
        ({"inference_ns": 60_000}, "inference's time is twice what it takes"),
        ({"inference_ns": 12_000, "frontend_max_ns": 12_000}, ""),  # that is of the front end alone
        ({"inference_ns": 4_286}, ""),  # nor has it columns
        (
            {"inference_ns": 10_000, "frontend_max_ns": 11_000, "total_ns": 90_000},
            "inference's time is half of it",
        ),
        (
            {"inference_ns": 9_999, "frontend_max_ns": 11_000, "total_ns": 89_999},
            "",
        ),  # little is half of something by chance
    ],
)  # fmt: skip
def test_what_a_part_is_if_the_total_and_the_other_one_are_right(values: dict[str, int], words: str) -> None:
    text, _, either = told(**values)[0].partition(", or it goes into the total otherwise")
    assert text.endswith(f": the {words}" if words else " ns") and not either
    near = any(part in words for part in ("half", "twice", "160 / 80", "1000 / 240"))
    assert told(**values)[0].endswith(", or it goes into the total otherwise") == near


def test_of_one_column_the_mean_is_the_time() -> None:
    (text, *_) = told(columns=1, frontend_ns=69_999, total_ns=200_000, frontend_max_ns=70_000)
    assert text.endswith(" ns")
    (text, *_) = told(columns=2, frontend_ns=35_002)
    assert text.endswith("the mean of its 2 columns")


def test_a_window_that_counts_its_columns_wrongly_says_nothing_of_single_ones() -> None:
    times, faults = WindowTimes(), Faults()
    slow = window(columns=4, frontend_max_ns=16_999)
    times.add(slow, faults, counted=False)
    assert not faults.told(CLAIM) and (times.understated, times.most_share) == (0, 0.0)
    times.add(slow, faults)
    times.add(window(columns=7, frontend_max_ns=9_000), faults)
    assert len(faults.told(CLAIM)) == 2 and times.understated == 2
    assert times.most_share == pytest.approx(4 * 16_999 / 70_000)


def test_windows_whose_times_are_another_ones_are_counted() -> None:
    times, faults = WindowTimes(), Faults()
    names = ("of_several", "of_one_column", "below_slowest", "longer", "shorter")
    for figures, counts in (
        ({}, (1, 0, 0, 0, 0)),
        ({"frontend_ns": 10_000, "total_ns": 40_000}, (2, 1, 0, 0, 0)),
        ({"frontend_ns": 9_999, "total_ns": 39_999}, (3, 2, 1, 0, 0)),
        ({"columns": 1, "frontend_ns": 10_000, "total_ns": 40_000}, (3, 2, 1, 0, 0)),
        ({"total_ns": 100_000 + ROUNDING_NS}, (4, 2, 1, 0, 0)),
        ({"total_ns": 100_001 + ROUNDING_NS}, (5, 2, 1, 1, 0)),
        ({"total_ns": SATURATED_NS}, (5, 2, 1, 1, 0)),
        ({"total_ns": 100_000 - ROUNDING_NS}, (6, 2, 1, 1, 0)),
        ({"total_ns": 99_999 - ROUNDING_NS}, (7, 2, 1, 1, 1)),
        ({"columns": 2, "frontend_ns": 10_000, "total_ns": 40_000}, (8, 3, 1, 1, 1)),
    ):
        times.add(window(**figures), faults)
        assert tuple(getattr(times, name) for name in names) == counts, figures


@pytest.mark.parametrize("ns", [30_000, 70_000])
def test_a_part_that_is_the_other_one_is_told(ns: int) -> None:
    assert told(frontend_ns=ns, inference_ns=ns) == [
        f"window 0: front end and inference take {2 * ns:,} ns, together 100,000 ns: both are told as the same time, "
        "so one of them is the other's"
    ]


@pytest.mark.parametrize("frontend_ns", [0, 1])
def test_a_front_end_that_takes_no_time_divides_nothing_by_0(frontend_ns: int) -> None:
    times = WindowTimes()
    times.add(window(columns=3, frontend_ns=frontend_ns, frontend_max_ns=5), Faults())
    assert times.most_share == 15.0


@pytest.mark.parametrize(
    ("figures", "told_of"),
    [
        ({"total_ns": 100_000 - 65_536}, "it is what 16 bits hold of it"),
        ({"total_ns": 100_000 - 65_536 + 3}, "it is what 16 bits hold of it"),
        ({"total_ns": 100_000 - 65_536 - 4}, ""),
        ({"total_ns": 100_000 + 65_536 - 3}, "one of both times is what 16 bits hold of it"),
        ({"total_ns": 100_000 + 65_536 + 4}, ""),
        ({"total_ns": 100_000 + 5 * 65_536}, "one of both times is what 16 bits hold of it"),
        ({"total_ns": 100_000 + (1 << 24)}, "one of both times is what 24 bits hold of it"),
        ({"total_ns": 100_000 + 31_000}, ""),
    ],
)
def test_a_time_that_is_cut_is_told(figures: dict[str, int], told_of: str) -> None:
    (found,) = told(**figures)
    assert found.endswith(f": {told_of}" if told_of else f"together {figures['total_ns']:,} ns")


def test_what_explains_a_total_is_counted_by_its_words() -> None:
    times, faults = WindowTimes(), Faults()
    for figures in (
        {"inference_ns": 30},
        {"inference_ns": 33},
        {"total_ns": 123_456},
        {"total_ns": 102_000},
        {},
    ):
        times.add(window(**figures), faults)
    assert times.apart == {"the inference's time is told in microseconds": 2, "": 1}


@pytest.mark.parametrize(
    ("slowest", "fell", "rises"),
    [((5,), False, 0), ((5, 5, 6, 9), False, 2), ((5, 4, 6), True, 1), ((5, 6, 5), True, 1)],
)
def test_slowest_columns_are_held_against_those_of_the_window_before(
    slowest: tuple[int, ...], fell: bool, rises: int
) -> None:
    times = WindowTimes()
    for index, most in enumerate(slowest):
        window = m.WindowResult(index=index, columns=2, frontend_ns=most, frontend_max_ns=most, total_ns=most)
        times.add(window, Faults())
    assert (times.slowest_fell, times.slowest_rises) == (fell, rises)
