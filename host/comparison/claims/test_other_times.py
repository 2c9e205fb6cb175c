"""What times are instead of what they are said to be, by figures of all windows."""

from collections import Counter
from typing import Any

import pytest

from ..record import RunRecord
from ..total_parts import WindowFigures
from ..window_times import CLAIM
from .conftest import Make, with_info
from .finding import Finding
from .other_times import exactly_told, front_end_explained, other_times
from .timing import find_stage_times

ONE = (
    "the front end takes no longer than its slowest column in all 9 windows of several columns: its time is that of "
    "one column (frontend_ticks, to which stream_push in firmware/core/detect/stream.c adds each column's)"
)
OTHER = (
    "in 3 of 9 windows the columns take longer than the slowest of them allows: its time is another one's, the last "
    "one's or the first one's, say"
)
MEAN = "the slowest column takes exactly the mean of all in each of 9 windows: the mean is told"
LONGER = "the total is more than front end and inference in all 9 windows: it counts other time, too"


def run_of(record: Make, *files: dict[str, Any]) -> RunRecord:
    run = record(len(files))
    for file, figures in zip(run.files, files, strict=True):
        for name, value in ({"windows": 9, "rising": False} | figures).items():
            setattr(file.times, name, value)
    return run


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, []),
        ({"of_several": 9, "of_one_column": 9, "below_slowest": 1}, [ONE]),
        ({"of_several": 9, "of_one_column": 8, "below_slowest": 1}, []),
        ({"of_several": 9, "of_one_column": 9, "below_slowest": 0}, []),
        ({"of_several": 7, "of_one_column": 7, "below_slowest": 1}, []),
        ({"understated": 3, "most_share": 1.2}, [OTHER]),
        ({"understated": 1, "most_share": 1.2}, [OTHER.replace("in 3 of", "in 1 of")]),
        ({"windows": 8, "understated": 3, "most_share": 1.2}, [OTHER.replace("of 9", "of 8")]),
        ({"windows": 7, "understated": 3, "most_share": 1.2}, []),
        ({"understated": 3, "most_share": 1.001}, []),
        ({"understated": 9, "most_share": 1.2}, []),
        ({"understated": 0, "most_share": 1.2}, []),
        ({"of_several": 9, "of_mean": 9, "least_slowest_ns": 417}, [MEAN]),
        ({"of_several": 8, "of_mean": 8, "least_slowest_ns": 900}, [MEAN.replace("of 9", "of 8")]),
        ({"of_several": 9, "of_mean": 8, "least_slowest_ns": 900}, []),
        ({"of_several": 9, "of_mean": 9, "least_slowest_ns": 416}, []),
        ({"of_several": 7, "of_mean": 7, "least_slowest_ns": 900}, []),
        ({"longer": 9}, [LONGER]),
        ({"longer": 8}, []),
        ({"longer": 9, "windows": 10, "saturated": 1}, [LONGER]),
        ({"longer": 7, "windows": 7}, []),
        ({"longer": 8, "windows": 8}, [LONGER.replace("all 9", "all 8")]),
    ],
)
def test_what_shows_in_all_windows_or_in_many(record: Make, figures: dict[str, Any], told: list[str]) -> None:
    run = with_info(run_of(record, figures), clock_hz=240_000_000)
    assert exactly_told(run) + other_times(run) == told


@pytest.mark.parametrize(("ns", "told"), [(100, [MEAN]), (99, [])])
def test_a_hundred_ticks_are_equal_by_no_chance(record: Make, ns: int, told: list[str]) -> None:
    run = run_of(record, {"of_several": 9, "of_mean": 9, "least_slowest_ns": ns})
    assert exactly_told(with_info(run, clock_hz=1_000_000_000)) == told


def test_the_place_of_what_is_told_as_the_slowest_is_told_where_it_was_asked(record: Make) -> None:
    run = run_of(record, {"understated": 3, "most_share": 1.2})
    run.slowest_told = "last"
    (told,) = other_times(run)
    assert told.startswith(
        "in 3 of 9 windows the columns take longer than the slowest of them allows: the last one's time is told in its "
        "place (of columns that were made to take long, only those show that come last in their window); look at "
    )


KEPT = (
    "no window's slowest column is said to take less time than that of the window before, in 2 files: it is the "
    "slowest so far, and is not set back"
)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"slowest_rises": 3}, {"slowest_rises": 0}, [KEPT]),
        ({"slowest_rises": 2}, {"slowest_rises": 2}, [KEPT]),
        ({"slowest_rises": 2}, {"slowest_rises": 1}, []),
        ({"slowest_rises": 1}, {"slowest_rises": 1}, []),  # equal times break nothing
        ({"slowest_rises": 9}, {"slowest_rises": 9, "slowest_fell": True}, []),
        ({"slowest_rises": 9}, {"slowest_rises": 9, "windows": 12}, []),
        ({"slowest_rises": 9}, {"slowest_rises": 9, "windows": 14, "saturated": 2}, []),
    ],
)
def test_a_slowest_column_that_never_takes_less_is_that_of_all_so_far(
    record: Make, one: dict[str, Any], other: dict[str, Any], told: list[str]
) -> None:
    assert exactly_told(run_of(record, {"windows": 13} | one, {"windows": 13} | other)) == told


def test_columns_that_are_not_set_back_have_a_slowest_one_that_rises(record: Make) -> None:
    figures = {"windows": 13, "slowest_rises": 9, "rising": True}
    (told,) = exactly_told(run_of(record, figures, figures))
    assert "the front end is said to take longer in each window" in told


def test_files_are_taken_together(record: Make) -> None:
    few = {"windows": 4, "longer": 4}
    assert exactly_told(run_of(record, few, few | {"windows": 5, "longer": 5})) == [LONGER]
    assert exactly_told(run_of(record, few, few | {"windows": 5})) == []
    assert exactly_told(run_of(record, few, {"windows": 3, "saturated": 3})) == []
    assert exactly_told(run_of(record)) == []


def test_the_claim_tells_it(record: Make) -> None:
    finding: Finding = find_stage_times(run_of(record, {"longer": 9}))
    assert LONGER in finding.reasons


UNIT = "the inference's time is told in microseconds"
APART = "in {} windows front end and inference together are not the total: "


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({"longer": 9, "apart": {UNIT: 9}}, [APART.format("all 9") + UNIT]),
        ({"longer": 9, "apart": {UNIT: 8}}, [APART.format("8 of 9") + UNIT]),
        ({"longer": 9, "apart": {UNIT: 7}}, [LONGER]),
        ({"windows": 30, "longer": 30, "apart": {UNIT: 23, "": 7}}, [APART.format("23 of 30") + UNIT]),
        (
            {"windows": 30, "longer": 30, "apart": {UNIT: 22, "": 8}},
            [LONGER.replace("all 9", "all 30")],
        ),
        (
            {"windows": 30, "longer": 2, "apart": {UNIT: 8, "another": 9}},
            [APART.format("9 of 30") + "another"],
        ),
    ],
)
def test_what_explains_a_total_is_told_in_place_of_what_it_may_be(
    record: Make, figures: dict[str, Any], told: list[str]
) -> None:
    run = run_of(record, figures | {"apart": Counter(figures["apart"])})
    assert exactly_told(run) == told
    assert find_stage_times(run).reasons == tuple(told)


LONGER_EACH = "the front end is said to take longer in each window than in the one before it, in 2 files"
RISES = f"{LONGER_EACH}: its time is not set back (stream_window_done in firmware/core/detect/stream.c)"
RISES_WITH_COLUMNS = (
    f"{LONGER_EACH}, and so is its slowest column: the time of a single column is not set back (column_ticks, which "
    "stream_push in firmware/core/detect/stream.c sets to 0 behind each column)"
)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"slowest_rises": 12}, {"slowest_rises": 12}, RISES_WITH_COLUMNS),
        ({"slowest_rises": 12}, {"slowest_rises": 11}, RISES),
        ({"slowest_rises": 12}, {"slowest_rises": 12, "slowest_fell": True}, RISES),
        ({"slowest_rises": 11, "windows": 13, "saturated": 1}, {"slowest_rises": 13, "windows": 14}, None),
    ],
)
def test_a_columns_time_that_is_not_set_back_makes_the_slowest_one_rise_in_each_window(
    record: Make, one: dict[str, Any], other: dict[str, Any], told: str | None
) -> None:
    figures = {"windows": 13, "rising": True}
    run = run_of(record, figures | one, figures | other)
    assert (
        exactly_told(run)[:1] == ([told] if told else [KEPT.replace("2 files", "1 files")])[:1]
        or told is None
    )


@pytest.mark.parametrize("explained", [False, True])
def test_what_explains_goes_before_single_windows_and_takes_the_place_of_guesses(
    record: Make, explained: bool
) -> None:
    figures = {"windows": 13, "rising": explained, "understated": 12, "most_share": 1.2}
    growth = {"first_column_ns": 1000.0, "first_columns": 49, "least_column_ns": 5000.0, "later_columns": 12}
    run = run_of(record, figures | growth, figures | growth)
    for file in run.files:
        for number in range(4):
            file.faults.add(CLAIM, f"window {number} is odd")
    told = find_stage_times(run).reasons
    if explained:
        assert told == (RISES, "0.wav: window 0 is odd", "and 7 more")
    else:
        assert told[0].startswith("in 24 of 26 windows") and "does not grow with its columns" in told[1]
        assert told[-4:] == (*(f"0.wav: window {number} is odd" for number in range(3)), "and 5 more")


def test_figures_that_follow_from_the_front_ends_unit_are_not_told(record: Make) -> None:
    words = "the front end's time is told in microseconds"
    floor = {"least_frontend_ns": 2.0}
    run = run_of(
        record,
        floor | {"apart": Counter({words: 9}), "of_several": 9, "of_one_column": 9, "below_slowest": 9},
    )
    assert find_stage_times(run).reasons == (APART.format("all 9") + words,)
    inference = run_of(record, floor | {"apart": Counter({UNIT: 9})})
    assert len(find_stage_times(inference).reasons) == 2


def test_of_both_times_the_one_that_has_few_bits_is_told(record: Make) -> None:
    words = "one of both times is what 16 bits hold of it"
    begins = "in 3 of 9 windows front end and inference together are not the total: "
    for front_end, inference, told in (
        (65_535, 65_536, "the front end's time is what 16 bits hold of it"),
        (65_536, 65_535, "the inference's time is what 16 bits hold of it"),
        (65_536, 65_536, words),
        (65_535, 65_535, words),
    ):
        figures = {
            "apart": Counter({words: 3}),
            "most_frontend_ns": front_end,
            "most_inference_ns": inference,
        }
        assert exactly_told(run_of(record, figures)) == [begins + told]
    assert exactly_told(run_of(record, {"apart": Counter({words: 2})})) == []


def test_a_total_of_other_parts_is_told_by_them(record: Make) -> None:
    rows = [
        WindowFigures(90 + 7 * i + 40 * i * i, 50 + 3 * i, 900 + 31 * i, 40 + 4 * i + 40 * i * i, 4)
        for i in range(9)
    ]
    unlike = [row._replace(total=row.frontend + 2 * row.inference + row.slowest) for row in rows]
    figures = {"apart": Counter({"": 9}), "unlike": unlike}
    (told,) = exactly_told(run_of(record, figures))
    assert told == (
        "in all 9 windows front end and inference together are not the total: it is the front end and twice the "
        "inference and the slowest column"
    )
    assert exactly_told(run_of(record, figures | {"apart": Counter({"": 9, "another": 2})})) == []


def test_what_follows_from_one_columns_time_is_not_told(record: Make) -> None:
    run = run_of(record, {"of_several": 9, "of_one_column": 9, "below_slowest": 1})
    assert front_end_explained(run) and not front_end_explained(run_of(record, {}))


def rows_of(count: int, **values: Any) -> list[WindowFigures]:
    """Windows of 16 columns that take between 4 and 9 us, and an inference; `values` are functions of their number."""
    made = []
    for at in range(count):
        front_end, slowest, inference = 70_000 + 900 * at, 9000 + 10 * at, 1_200_000 + 700 * at * at
        figures = {"frontend": front_end, "slowest": slowest, "inference": inference}
        figures |= {"total": front_end + inference, "columns": 16}
        made.append(WindowFigures(**(figures | {name: value(at) for name, value in values.items()})))
    return made


def larger(at: int) -> int:
    return max(70_000 + 900 * at, 1_200_000 + 700 * at * at)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (rows_of(9, total=larger), "it is the inference alone, or the larger of both"),
        (rows_of(9, total=lambda at: 70_000 + 900 * at), "it is the front end alone, or the smaller of both"),
        (
            rows_of(
                9,
                inference=lambda at: 60_000 + 4000 * at,
                total=lambda at: max(70_000 + 900 * at, 60_000 + 4000 * at),
            ),
            "it is the larger of both",
        ),
        (rows_of(7, total=larger), "it is the inference alone"),
        ([*rows_of(8, total=larger), *rows_of(1)], "it is the inference alone"),
    ],
)  # fmt: skip
def test_a_total_may_be_the_larger_of_both(record: Make, rows: list[WindowFigures], words: str) -> None:
    figures = {"apart": Counter({"it is the inference alone": 9}), "figures": rows}
    assert exactly_told(run_of(record, figures)) == [f"{APART.format('all 9')}{words}"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (rows_of(8, total=lambda at: 1_265_000 + 900 * at + 700 * at * at), "the total is less than front end and in"),
        (rows_of(8, total=lambda at: 1_275_000 + 900 * at + 700 * at * at), "the front end's time is less than what"),
        (rows_of(7, total=lambda at: 1_265_000 + 900 * at + 700 * at * at), ""),
        (rows_of(8, total=lambda at: 1_260_990 + 900 * at + 700 * at * at), ""),  # more than the slowest
        (rows_of(8, total=lambda at: 1_269_997 + 900 * at + 700 * at * at), ""),  # what is rounded
        (rows_of(8, total=lambda at: 1_268_800 + 900 * at + 700 * at * at), ""),  # too little for a column
        (rows_of(8), ""),
    ],
)  # fmt: skip
def test_a_total_may_lack_a_column(record: Make, rows: list[WindowFigures], words: str) -> None:
    told = exactly_told(run_of(record, {"figures": rows}))
    assert [text[:96] for text in told] == (
        [f"in all 8 windows of several columns {words}"[:96]] if words else []
    ) or (len(told) == 1 and words and words in told[0])


@pytest.mark.parametrize(
    ("first", "streams", "told"),
    [(600_000, 4, True), (900_001, 4, False), (600_000, 3, False), (1_300_000, 4, False)],
)
def test_the_first_inference_of_each_stream_takes_no_less(
    record: Make, first: int, streams: int, told: bool
) -> None:
    rows = rows_of(9, inference=lambda at: first if at == 0 else 1_200_000 + 500 * (at % 3))
    words = exactly_told(run_of(record, *[{"figures": rows}] * streams))
    begins = f"the first inference of each of {streams} streams is said to take 0.5 to 0.5 times"
    assert [text[: len(begins)] for text in words] == [begins] * told
    if told:
        assert "the mean of both, say" in words[0]
        assert exactly_told(run_of(record, *[{"figures": rows}] * 4, {"figures": rows_of(9)})) == []
        less = rows_of(9, inference=lambda at: first - 1 if at == 1 else first if at == 0 else 1_200_000)
        assert exactly_told(run_of(record, *[{"figures": less}] * 4)) == []
        short = rows_of(9, inference=lambda at: 9000 if at == 0 else 19_999)  # of no model, say
        assert exactly_told(run_of(record, *[{"figures": short}] * 4)) == []


def test_a_front_end_that_goes_on_in_some_windows_is_told(record: Make) -> None:
    rows = rows_of(9)
    long = [
        row._replace(frontend=row.frontend + 160_000, frontend_before=160_000)._replace(total=0)
        for row in rows[:3]
    ]
    figures = {"understated": 3, "most_share": 1.2, "figures": [*long, *rows[3:]]}
    (told,) = other_times(run_of(record, figures))
    assert (
        "allows: the front end's time goes on there from the window before, and does elsewhere begin anew"
        in told
    )
    for other in (
        [row._replace(frontend_before=0) for row in long],
        [row._replace(frontend_before=row.frontend - row.slowest + 1) for row in long],
        long[:2],
    ):
        figures["figures"] = [*other, *rows[3:]]
        assert other_times(run_of(record, figures)) == [OTHER]


@pytest.mark.parametrize(
    ("cut", "names"),
    [
        (("frontend", "inference", "total"), "no front end or inference or total"),
        (("total",), "no front end or total"),
        (("inference",), "no front end or inference"),
    ],
)
def test_what_is_left_of_a_division_is_told_as_that(record: Make, cut: tuple[str, ...], names: str) -> None:
    rows = [
        row._replace(**{name: getattr(row, name) % 100_000 for name in cut})
        for row in rows_of(
            40, frontend=lambda at: 50_000 + 900 * at, inference=lambda at: 1_203_000 + 7_300 * at
        )
        for row in [row._replace(total=row.frontend + row.inference)]
    ]
    apart = sum(row.total != row.frontend + row.inference for row in rows)
    assert apart >= 8
    unlike = [row for row in rows if row.total != row.frontend + row.inference]
    figures = {"windows": 40, "figures": rows, "apart": Counter({"": apart}), "unlike": unlike}
    (told,) = exactly_told(with_info(run_of(record, figures), clock_hz=1_000_000_000))
    which = "all 40" if apart == 40 else f"{apart} of 40"
    assert told.startswith(
        APART.format(which) + "whole multiples of 100,000 ns (100,000 ticks) are missing, and " + names
    )
    others = [row._replace(total=row.total + 3001 * (at == 20)) for at, row in enumerate(rows)]
    assert exactly_told(run_of(record, figures | {"figures": others})) == []
    assert exactly_told(run_of(record, figures | {"figures": [*rows[:-1], rows[-1]._replace(total=9)]})) == []


def test_a_slowest_column_beyond_all_of_them_is_not_among_them(record: Make) -> None:
    rows = rows_of(9, slowest=lambda at: 72_001 if at == 0 else 9000)
    (told,) = exactly_told(run_of(record, {"figures": rows}))
    assert told.startswith(
        "in 1 of 9 windows the slowest column takes longer than all together, and the totals agree"
    )
    for other in (
        rows_of(9, slowest=lambda at: 72_000 if at == 0 else 9000),
        [row._replace(total=row.total - 2001) for row in rows],
        [row._replace(columns=1) for row in rows],
        rows_of(9, slowest=lambda at: 90_000 + at),
        rows_of(8, slowest=lambda at: 90_000 if at < 2 else 9000),
    ):
        assert not any(
            "not among" in text or "left out of the sum" in text
            for text in exactly_told(run_of(record, {"figures": other}))
        )
    kept = {"slowest_rises": 3, "windows": 13, "figures": rows}
    assert not any("left out of the sum" in text for text in exactly_told(run_of(record, kept, kept)))
