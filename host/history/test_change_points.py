"""Change points of series: which runs and commits lie around them."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from .change_points import LEAST_RUNS, Otava, change_points
from .conftest import MakeRow
from .row import HistoryError

Found = list[list[tuple[int, float, float]]]


def test_a_change_names_the_runs_and_commits_around_it(make_row: MakeRow) -> None:
    rows = [
        (100 + n, make_row(figures={"arena": 5.0, "image": 1.0 if n < 6 else 2.0}, dirty=n == 6))
        for n in range(12)
    ]
    rows.append((112, make_row(figures={})))

    def find(series: Sequence[Sequence[float]]) -> Found:
        assert [list(each) for each in series] == [[1.0] * 6 + [2.0] * 6], (
            "what never changes is not asked for"
        )
        return [[(6, 1.0, 2.0)]]

    (change,) = change_points(rows, find)
    assert (change.figure, change.before, change.after) == ("image", 1.0, 2.0)
    assert change.last == (105, rows[5][1].commit) and change.first == (106, rows[6][1].commit + "+")


def test_few_runs_are_not_asked_for(make_row: MakeRow) -> None:
    rows = [(n, make_row(figures={"image": float(n)})) for n in range(LEAST_RUNS - 1)]
    assert change_points(rows, lambda _series: pytest.fail("nothing to find")) == []


def test_an_environment_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_words: object, **_more: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("host.own_environment.venv.create", refuses)
    with pytest.raises(HistoryError, match=r"cannot be installed into .*: no space left") as caught:
        Otava(tmp_path / "o")([[1.0]])
    assert "--no-changes" in caught.value.cure


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands in for Python")
@pytest.mark.parametrize(
    ("answer", "found"), [("[[[3, 1.0, 2.5]], []]", [[(3, 1.0, 2.5)], []]), ("oh", None)]
)
def test_otava_is_spoken_to_as_a_process(tmp_path: Path, answer: str, found: Found | None) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "ready").touch()
    python = tmp_path / "bin" / "python"
    python.write_text(f"#!/bin/sh\ncat > {tmp_path}/asked\necho '{answer}'\n")
    python.chmod(0o755)
    if found is None:
        with pytest.raises(HistoryError, match="does not work"):
            Otava(tmp_path)([[1, 2], [3]])
    else:
        assert Otava(tmp_path)([[1, 2], [3]]) == found
        assert (tmp_path / "asked").read_text() == "[[1, 2], [3]]"
