"""The verdict, and what a run of many files keeps."""

from typing import Any

import pytest

from ..bundle.load import Bundle
from ..link import messages as m
from .file import FileComparison
from .mismatch import Count
from .result import PICTURED_FILES, RunComparison


def _file(bundle: Bundle, name: str = "a.wav", **values: Any) -> FileComparison:
    """A file on which all agreed, but for `values`."""
    file = FileComparison(
        name, bundle, features=Count(1000), scores=Count(10), logits=Count(10), finished=True
    )
    for key, value in values.items():
        setattr(file, key, value)
    return file


def _run(bundle: Bundle, *files: FileComparison, inference: bool = True) -> RunComparison:
    run = RunComparison("virtual", bundle, m.Info(), inference)
    for file in files:
        run.add(file)
    return run


def test_agreement_passes(bundle: Bundle) -> None:
    run = _run(bundle, _file(bundle), _file(bundle))
    assert (run.verdict, run.reasons) == ("pass", [])
    assert run.totals["feature_cells"] == 2000
    assert run.totals["outputs"] == 40


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"features": Count(1000, 1, 1)}, "1 feature cell differs"),
        ({"features": Count(1000, 1234, 7)}, "1,234 feature cells differ"),
        ({"scores": Count(10, 2, 1)}, "2 outputs differ"),
        ({"logits": Count(10, 1, 1)}, "1 output differs"),
        ({"witness_differences": 3}, "TFLite Micro"),
        (
            {"problems": ["7 feature columns missing on the device"]},
            "a.wav: 7 feature columns missing on the device",
        ),
        ({"finished": False}, "a.wav: not finished"),
    ],
)
def test_each_disagreement_fails_and_is_named(bundle: Bundle, values: dict[str, Any], reason: str) -> None:
    run = _run(bundle, _file(bundle, "b.wav"), _file(bundle, **values))
    assert run.verdict == "fail"
    assert any(reason in text for text in run.reasons), run.reasons
    assert len(run.reasons) == 1


def test_nothing_compared_is_no_pass(bundle: Bundle) -> None:
    assert "no feature cell was compared" in _run(bundle).reasons
    short = _file(bundle, scores=Count(), logits=Count())
    assert _run(bundle, short).reasons == ["no output was compared: every file is shorter than one window"]
    assert _run(bundle, short, inference=False).verdict == "pass"
    silent = _file(bundle, features=Count())
    assert _run(bundle, silent).reasons == ["no feature cell was compared"]


def test_a_short_file_beside_a_long_one_passes(bundle: Bundle) -> None:
    short = _file(bundle, features=Count(), scores=Count(), logits=Count())
    assert _run(bundle, short, _file(bundle)).verdict == "pass"


def test_a_run_that_broke_off_fails(bundle: Bundle) -> None:
    run = _run(bundle, _file(bundle))
    run.failures.append("the board vanished")
    assert run.reasons == ["the board vanished"]


def test_pictures_are_bounded_and_those_of_differences_kept(bundle: Bundle) -> None:
    files = [_file(bundle, f"{i}.wav", features=Count(1000, int(i % 10 == 9), 1)) for i in range(100)]
    run = _run(bundle, *files)
    pictured = [file for file in run.files if not file.traces.dropped]
    assert len(pictured) == PICTURED_FILES
    assert sum(not file.agreed for file in pictured) == 10
    assert run.files == files
    all_wrong = _run(bundle, *(_file(bundle, features=Count(1000, 1, 1)) for _ in range(60)))
    assert [file.traces.dropped for file in all_wrong.files] == [False] * PICTURED_FILES + [True] * 20


def test_link_and_memory_without_and_with_a_status(bundle: Bundle) -> None:
    run = _run(bundle, _file(bundle))
    assert run.link_counters()["device"] == {}
    assert run.memory() == {"core_ram": 0, "arena_size": 0, "arena_used": 0}
    run.status = m.Status(crc_errors=3, stack_free=5, windows=9)
    assert run.link_counters()["device"]["crc_errors"] == 3
    assert "windows" not in run.link_counters()["device"]
    assert run.memory()["stack_free"] == 5
