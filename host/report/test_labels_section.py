"""The page's part about labels: there when there are labels, and safe whatever they are called."""

import pytest

from ..comparison import events as e
from ..limits.held_against import Attached
from ..limits.labels import FileLabels
from .conftest import Compare, MakeRun
from .html import render_html
from .json_report import report_values


@pytest.fixture
def known() -> dict[str, FileLabels]:
    return {"<b>.wav": FileLabels(set(), timed=False), "b.wav": FileLabels(set(), timed=False)}


def test_labels_are_judged_in_both_reports(
    compared: Compare,
    make_run: MakeRun,
    known: dict[str, FileLabels],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    run = make_run(compared("<b>.wav"), compared("b.wav"))
    label = run.bundle.labels[0]
    known["b.wav"].present.add(label)
    attached = Attached({}, known, tmp_path_factory.mktemp("builds"))
    attached(e.RunStarted(run))
    values = report_values(run)["labels"]
    assert values["recordings"] == 2
    assert values["figures"]["accuracy"]["value"] == attached.figures(run)["accuracy"]
    counts = values["confusion"][label]
    assert counts["hit"] + counts["missed"] == 1 and sum(counts.values()) == 2
    page = render_html(run)
    assert "What the device reaches on 2 labelled recordings" in page and "<b>.wav" not in page
    assert page.count("ROC, by recording") == 1  # of all other classes there is nothing to tell apart
    assert page.count("Highest score of each recording") == min(6, len(run.bundle.labels))


def test_of_one_recording_no_curve_is_drawn(
    compared: Compare,
    make_run: MakeRun,
    known: dict[str, FileLabels],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    run = make_run(compared("b.wav"))
    Attached({}, known, tmp_path_factory.mktemp("builds"))(e.RunStarted(run))
    page = render_html(run)
    assert "What the device reaches on 1 labelled recording." in page and "ROC, by recording" not in page


def test_without_labels_there_is_no_such_part(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared())
    assert report_values(run)["labels"] is None and "<h2>Labels</h2>" not in render_html(run)
