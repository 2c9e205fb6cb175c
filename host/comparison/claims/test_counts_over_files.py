"""Counts of all files, read together."""

from dataclasses import replace

import pytest

from ..fakes import sample_status
from .conftest import Make
from .counters import find_counters


@pytest.mark.parametrize(("inferences", "may_be"), [((20, 50, 75), True), ((20, 50, 76), False)])
def test_windows_that_go_on_may_be_all_inferences(
    record: Make, inferences: tuple[int, ...], may_be: bool
) -> None:
    run = record(3)
    for file, windows, tells, total in zip(run.files, (20, 30, 25), (20, 50, 75), inferences, strict=True):
        file.windows, file.inferences = windows, windows
        file.status = replace(sample_status(), columns=0, windows=tells, inferences=total)
    (first, *_) = find_counters(run).reasons
    assert "it goes on from one to the next, and is not set back" in first
    assert first.endswith("; the count of all inferences, which does so, may be told in its place") == may_be
