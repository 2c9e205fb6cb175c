"""What a trace found, on the page, in the terminal and for programs: of a column that departs, stage by stage."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from ..comparison.diagnosis.evidence import TracedFile
from ..comparison.result import RunComparison
from ..trace.stages import ColumnTrace, Stage
from .conftest import Compare, MakeRun
from .html import render_html
from .trace_section import pictures_of, trace_of_file, trace_pictures
from .trace_table import print_stages, print_traces

HOST = np.arange(40, dtype="<i4").tobytes()
DEVICE = np.where(np.arange(40) == 12, 90_000, np.arange(40)).astype("<i4").tobytes()
WINDOW = Stage("window", HOST, HOST, values=40)
LOG = Stage("log", HOST, DEVICE, "log <band> 12", 1, 40, 89_988)
COLUMN = ColumnTrace(7, (WINDOW, LOG), ("cells",))


@pytest.fixture
def run(compared: Compare, make_run: MakeRun) -> RunComparison:
    """A run whose trace departs in a stage."""
    made = make_run(compared("one.wav"))
    made.recorded.traced.append(TracedFile("one.wav", column=COLUMN, about="it repeats"))
    return made


def test_a_column_has_its_table_and_its_picture(run: RunComparison) -> None:
    text = render_html(run)
    part = text[text.index("Step by step") :]
    assert "one.wav, column 7" in part and "it repeats" in part
    for cells in (
        '<td class="name">window</td><td>40</td><td>0</td><td></td><td></td>',
        '<td class="name">log</td><td>40</td><td class="bad">1</td><td>89,988</td><td>log &lt;band&gt; 12</td>',
        '<td class="name">cells</td><td></td><td>not compared</td><td></td><td></td>',
    ):
        assert cells in part
    section = part[: part.index("</table>")]
    assert section.count("<img ") == 3 and "1 of 40 values shown differs" in part and "+89,988<" in part


def test_one_that_agrees_has_no_picture(run: RunComparison) -> None:
    run.recorded.traced[:] = [TracedFile("one.wav", column=replace(COLUMN, stages=(WINDOW,), later=()))]
    (part,) = trace_pictures(run)
    assert part.picture == "" and [row["wrong"] for row in part.stages] == [False]


def test_programs_get_the_same(run: RunComparison) -> None:
    column = trace_of_file(run.recorded.traced[0])["column"]
    assert column["departs_in"] == "log" and column["later_stages"] == ["cells"]
    assert column["stages"] == [
        {"name": "window", "equal": True, "values": 40, "different": 0, "largest": None, "place": ""},
        {
            "name": "log",
            "equal": False,
            "values": 40,
            "different": 1,
            "largest": 89_988,
            "place": "log <band> 12",
        },
    ]


def test_the_terminal_shows_what_departs_alone(run: RunComparison) -> None:
    def printed() -> str:
        file = io.StringIO()
        print_traces(run, Console(file=file, width=100, color_system=None))
        return file.getvalue()

    lines = [line.rstrip() for line in printed().splitlines()]
    assert lines[0] == "Column 7, stage by stage"
    assert [line.split() for line in lines[2:5]] == [
        ["window", "40", "0"],
        ["log", "40", "1", "89,988", "log", "<band>", "12"],
        ["cells", "–"],
    ]
    run.recorded.traced[:] = [TracedFile("one.wav", column=replace(COLUMN, stages=(WINDOW,), later=()))]
    assert printed() == ""


def test_what_has_no_plain_numbers_is_said_to_differ() -> None:
    segments = Stage("mel", b"a", b"b", "what belongs to no band", 0, 40, segments=True)
    file = io.StringIO()
    print_stages(ColumnTrace(0, (segments,)), Console(file=file, width=100, color_system=None))
    assert "yes" in file.getvalue()


def test_small_differences_stay_visible_beside_large_ones() -> None:
    """A difference of one beside one of a million is not rounded to none."""
    host = np.zeros(10, np.int64)
    device = host.copy()
    device[1], device[5] = 1, 1_000_000
    assert "2 of 10 values shown differ" in pictures_of(host, device, "stage log", "values")
