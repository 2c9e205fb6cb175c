"""The command: a table, one run, two runs, and what is said where there is none."""

import pytest

from ..cli import main
from ..comparison.conftest import bundle, samples
from ..history.conftest import MakeRow, history, make_row
from ..history.database import History
from ..history.row import Details

__all__ = ["bundle", "history", "make_row", "samples"]


def test_runs_are_listed_shown_and_compared(
    history: History, make_row: MakeRow, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "--history", history.name]) == 0
    assert "no run yet" in capsys.readouterr().out
    history.add(make_row(bundle="frogs"), Details())
    history.add(make_row(bundle="birds", model_sha256="ff" * 32), Details())
    assert main(["history", "--history", history.name, "--bundle", "frogs", "--no-changes"]) == 0
    listed = capsys.readouterr().out
    assert "frogs" in listed and "birds" not in listed and "1.500 ms" in listed
    assert main(["history", "show", "2", "--history", history.name]) == 0
    assert "ff" * 32 in capsys.readouterr().out.replace("\n", "")
    assert main(["history", "compare", "1", "2", "--history", history.name]) == 0
    assert "other model, same front end, same firmware" in capsys.readouterr().out


def test_a_history_that_is_off_and_a_run_that_is_not_there(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history"]) == 2
    assert "history is off" in capsys.readouterr().err
    assert main(["history", "show", "9", "--history", history.name]) == 2
    assert "no run 9" in capsys.readouterr().err
    assert main(["run", "--history", history.name, "--against", "9"]) == 2
    assert "no run 9" in capsys.readouterr().err
    assert main(["run", "--against", "last"]) == 2
    assert "it is off" in capsys.readouterr().err
