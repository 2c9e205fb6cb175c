"""What times are instead of what they are said to be, by figures of all windows."""

from typing import Any

import pytest

from ..record import RunRecord
from .conftest import Make
from .finding import Finding
from .other_times import other_times
from .timing import find_stage_times

ONE = (
    "the front end takes no longer than its slowest column in all 9 windows of several columns: its time is that of "
    "one column"
)
OTHER = (
    "in 3 of 9 windows the columns take longer than the slowest of them allows: its time is another one's, the last "
    "one's or the first one's, say"
)
LONGER = "the total is more than front end and inference in all 9 windows: it counts other time, too"


def run_of(record: Make, *files: dict[str, Any]) -> RunRecord:
    run = record(len(files))
    for file, figures in zip(run.files, files, strict=True):
        for name, value in ({"windows": 9} | figures).items():
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
        ({"understated": 3, "most_share": 1.001}, []),
        ({"understated": 9, "most_share": 1.2}, []),
        ({"understated": 0, "most_share": 1.2}, []),
        ({"longer": 9}, [LONGER]),
        ({"longer": 8}, []),
        ({"longer": 9, "windows": 10, "saturated": 1}, [LONGER]),
        ({"longer": 7, "windows": 7}, []),
        ({"longer": 8, "windows": 8}, [LONGER.replace("all 9", "all 8")]),
    ],
)
def test_what_shows_in_all_windows_or_in_many(record: Make, figures: dict[str, Any], told: list[str]) -> None:
    assert other_times(run_of(record, figures)) == told


def test_files_are_taken_together(record: Make) -> None:
    few = {"windows": 4, "longer": 4}
    assert other_times(run_of(record, few, few | {"windows": 5, "longer": 5})) == [LONGER]
    assert other_times(run_of(record, few, few | {"windows": 5})) == []
    assert other_times(run_of(record, few, {"windows": 3, "saturated": 3})) == []
    assert other_times(run_of(record)) == []


def test_the_claim_tells_it(record: Make) -> None:
    finding: Finding = find_stage_times(run_of(record, {"longer": 9}))
    assert LONGER in finding.reasons
