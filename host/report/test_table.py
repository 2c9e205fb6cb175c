"""The terminal's tables, as they are read."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from ..comparison.cause import Cause
from ..comparison.changes import differing_changes
from ..comparison.claims.finding import Claim, Status
from ..comparison.fakes import Tamper
from ..comparison.result import RunComparison
from ..detector.detector import Change
from ..link import messages as m
from .conftest import Compare, MakeRun
from .json_report import detections_wrong, patterns
from .table import SHOWN_FILES, print_tables


def _printed(run: RunComparison, width: int = 80, terminal: bool = False) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    print_tables(run, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def _row(lines: list[str], start: str, occurrence: int = 0) -> list[str]:
    return [line for line in lines if line.startswith(start)][occurrence].split()


def test_figures_stand_in_their_columns(compared: Compare, make_run: MakeRun) -> None:
    file = compared("one.wav")
    lines = _printed(make_run(file))
    detections = f"{len(file.host_changes)}/{len(file.device_changes)}"
    assert _row(lines, "one.wav") == [
        "one.wav",
        f"{file.windows}",
        f"{file.features.compared:,}",
        "0",
        f"{file.outputs.compared}",
        "0",
        "0",
        detections,
    ]
    latency = _row(lines, "one.wav", 1)
    assert len(latency) == 13
    total = file.latencies.summary()["total"]
    assert [float(v) for v in latency[9:]] == pytest.approx(
        [total.p50 / 1000, total.p95 / 1000, total.p99 / 1000, total.max / 1000], rel=1e-3
    )
    assert lines[-1].startswith("PASS: all")
    assert any("Latencies are this computer's" in line for line in lines)


def test_it_fits_a_hundred_columns_and_keeps_names(compared: Compare, make_run: MakeRun) -> None:
    def slow(message: Any) -> list[Any]:
        if not isinstance(message, m.WindowResult):
            return [message]
        column, model = 30_000_000, 2_600_000_000
        front_end = column * message.columns
        return [
            replace(
                message,
                frontend_ns=front_end,
                frontend_max_ns=column,
                inference_ns=model,
                total_ns=front_end + model,
            )
        ]

    long = "a-very-long-name-of-a-recording-" * 4 + ".wav"
    for tamper in (None, slow):
        lines = _printed(make_run(compared(long, tamper)), width=100, terminal=True)
        assert max(map(len, lines)) <= 100
        assert sum(line.startswith("a-very-long-name") for line in lines) == 2
        assert "…" not in _row(lines, "all")[1:]
        assert len(_row(lines, "all")) == 13


def test_narrow_terminals_get_a_row_for_each_stage(compared: Compare, make_run: MakeRun) -> None:
    lines = _printed(make_run(compared("one.wav")), width=72, terminal=True)
    assert max(map(len, lines)) <= 72
    assert len(_row(lines, "all")) == 7  # all, "front end" and four figures


def test_differences_are_told(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> None:
    lines = _printed(make_run(compared("bad.wav", wrong_cell)))
    assert any("bad.wav: 1.40 s, column 70, band 5: host" in line for line in lines)
    assert any(
        "bad.wav, column 70, band 5 (1.40 s): columns differ as none of the known" in line for line in lines
    )
    assert lines[-1] == "FAIL: 1 feature cell differs."


def test_a_sentence_of_a_file_ends_with_one_full_stop(make_run: MakeRun) -> None:
    run = make_run()
    run.failures.append("a.wav is damaged: it ends early.")
    assert " ".join(_printed(run)).endswith("a.wav is damaged: it ends early.")


def test_names_cannot_control_the_terminal(compared: Compare, make_run: MakeRun) -> None:
    file = compared("[red]x\x1b[2J.wav")
    file.notes.append("said")
    text = "\n".join(_printed(make_run(file)))
    assert "\x1b" not in text
    assert "[red]x\\x1b[2J.wav" in text


def test_many_files_and_the_same_note(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> None:
    files = [replace(compared(), name=f"{i}.wav", notes=["resampled"]) for i in range(SHOWN_FILES + 5)]
    lines = _printed(make_run(*files, compared("bad.wav", wrong_cell)))
    assert sum(".wav " in line and "note" not in line for line in lines) == 2 * SHOWN_FILES
    assert _row(lines, "bad.wav")
    assert sum("… 6 more" in line for line in lines) == 2
    (note,) = [line for line in lines if "resampled" in line]
    assert note.strip() == f"note: 0.wav and {SHOWN_FILES + 4} more: resampled"


def test_no_window(make_run: MakeRun) -> None:
    lines = _printed(make_run())
    said = " ".join(lines)
    assert "INCOMPLETE: not examined (completeness, features" in said
    assert said.endswith("no file was compared.")


def test_claims_are_shown_on_request(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> None:
    run = make_run(compared("bad.wav", wrong_cell))
    console = Console(file=io.StringIO(), width=100, color_system=None)
    print_tables(run, console, claims=True)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    for claim in run.claims:
        assert any(line.startswith(claim.name) and claim.status.value in line for line in lines), claim.name
    assert not any(line.startswith("witness") for line in _printed(run))


def test_what_all_differing_values_have_in_common_stands_first(
    compared: Compare, make_run: MakeRun, wrong_cell: Tamper
) -> None:
    run = make_run(compared("good.wav"), compared("b.wav", wrong_cell), compared("c.wav", wrong_cell))
    assert patterns(run)[0] == "all 2 differing cells in 2 files: band 5, always +3"
    shown = "\n".join(_printed(run, 200))
    assert shown.index("All 2 differing cells in 2 files: band 5, always +3.") < shown.index("b.wav: ")
    assert shown.index("b.wav") < shown.index("good.wav"), "those that differ come first"


def test_detections_in_red_say_what_is_wrong(compared: Compare, make_run: MakeRun) -> None:
    file = compared("b.wav")
    file.host_changes, file.device_changes = (
        [Change(window, 0, True, 100), Change(window + 4, 0, False, -100)] for window in (1, 2)
    )
    file.change_pairs = differing_changes(file.host_changes, file.device_changes)
    assert detections_wrong(file) == "2 shifted"
    assert "2 shifted" in "\n".join(_printed(make_run(file)))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([["a", "b", "c", "and 4 more", "d"]], "a; b; c; and 4 more; d"),
        ([["a", "b", "c", "and 1,200 more", "d", "e"]], "a; b; c; d; e; and 1,200 more reasons"),
        ([["a", "b", "c", "and 4 more"], ["d"], ["e"], ["f"]], "a; b; d; e; f; and 5 more reasons"),
        ([["a", "b", "c"], ["d", "e", "f"]], "a; b; c; d; e; and 1 more reason"),
        ([["a", "b"], [Cause("c")]], "c; a; b"),
        ([["a", "b", "c"], ["d", "e", Cause("f")]], "f; a; b; c; d; and 1 more reason"),
    ],
)
def test_each_claims_first_reason_is_shown_before_anothers_later_ones(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, found: list[list[str]], told: str
) -> None:
    claims = [Claim("name", "text", True, Status.BROKEN, "", tuple(reasons)) for reasons in found]
    claims.append(Claim("name", "text", False, Status.BROKEN, "", ("is not required",)))
    monkeypatch.setattr(RunComparison, "claims", property(lambda _: claims))
    assert _printed(make_run())[-1] == f"FAIL: {told}."
