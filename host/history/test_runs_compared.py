"""What changed between two runs, exactly."""

import zlib
from dataclasses import replace

import numpy as np

from .conftest import MakeRow
from .row import Details, DetectionRow, FileRow
from .runs_compared import compare


def _file(scores: list[int], *on: int, **other: str) -> FileRow:
    packed = zlib.compress(np.array(scores, np.int8).tobytes())
    values: dict[str, str] = {"sha256": "aa", "cells": "bb", "outputs": f"{sum(scores) % 256:02x}"} | other
    detections = tuple(DetectionRow(window, "bird", True, 90) for window in on)
    return FileRow(
        values["sha256"], len(scores), 1.0, 0.25, values["cells"], values["outputs"], packed, detections
    )


def _details(**files: FileRow) -> Details:
    return Details(("bird",), dict(files), {"0 CONV_2D": 100.0})


def test_equal_runs_differ_in_nothing(make_row: MakeRow) -> None:
    row, details = make_row(), _details(a=_file([1, 2, 3], 1))
    found = compare(row, row, details, details)
    assert found.headline == "everything that went in is the same" and not found.changed
    assert not any(line.change for lines in found.sections.values() for line in lines)


def test_the_first_line_says_what_explains_the_rest(make_row: MakeRow) -> None:
    row, details = make_row(), _details(a=_file([1]))
    other = replace(row, model_sha256="dd" * 32)
    assert compare(row, other, details, details).headline == (
        "other model, same front end, same firmware, same recordings"
    )
    other = replace(row, firmware_hash="12345678", built_with={"compiler": "GCC 15", "elf": "9"})
    assert compare(row, other, details, details).headline.startswith(
        "other firmware, other tools of the firmware"
    )
    files = _details(a=_file([1], sha256="cc"))
    assert compare(row, row, details, files).headline.startswith("other recordings, same model")
    dirty = replace(row, dirty=True)
    assert "files may not be" in compare(dirty, dirty, details, details).headline


def test_scores_and_detections_are_told_by_file_and_second(make_row: MakeRow) -> None:
    row = make_row()
    before = _details(
        a=_file([1, 2, 3, 4], 1), gone=_file([1]), moved=_file([5] * 40, 3, 30), same=_file([7, 7], 1)
    )
    after = _details(
        a=_file([1, 2, 9, 5]), new=_file([1]), moved=_file([5] * 40, 5, 30, 39), same=_file([7, 7], 1)
    )
    found = compare(row, row, before, after)
    assert found.files == [
        "gone: only in the first",
        "a: scores differ in 2 of 4 windows, by up to 6, first at 1.50 s",
        "a: bird at 1.25 s vanished",
        "new: only in the second",
        "moved: bird at 1.75 s moved to 2.25 s (+2 windows)",
        "moved: bird at 10.75 s appeared",
    ]
    assert found.changed


def test_logits_alone_and_runs_of_other_length(make_row: MakeRow) -> None:
    row = make_row()
    before = _details(a=_file([1, 2]), b=_file([1, 2]), c=_file([1], cells="", outputs=""))
    after = _details(a=_file([1, 2], outputs="ff"), b=_file([1, 2, 3]), c=_file([1]))
    assert compare(row, row, before, after).files == [
        "a: logits differ, scores do not",
        "b: 2 windows, then 3",
        "c: feature cells did not all come",
        "c: logits differ, scores do not",
    ]


def test_exact_figures_and_times(make_row: MakeRow) -> None:
    row = make_row()
    other = replace(row, figures={"total.p50": 1650.0, "arena": 12016.0, "detections": 4.0, "image": 5.0})
    found = compare(row, other, None, _details())
    figures = {line.what: line.change for line in found.sections["figures"]}
    assert figures == {"arena": "+16 bytes", "image": "new", "detections": ""}
    times = {line.what: (line.after, line.change) for line in found.sections["times"]}
    assert times["total.p50"] == ("1.650 ms", "+10.0 %") and times["total.p99"] == ("not known", "gone")
    assert "not kept" in found.files[0]
