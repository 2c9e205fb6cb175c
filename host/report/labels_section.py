"""What the device reaches on labelled recordings, as a part of the page: figures, confusion, ROC, scores by class."""

from dataclasses import dataclass

import numpy as np

from ..comparison.result import RunComparison
from ..limits.figures import JUDGED
from ..limits.judging import Judgement, Moment
from .plot import Plot, Tick, nice_ticks

MOST_CLASSES = 6  # that are drawn
MOST_MOMENTS = 40
BINS = 32  # of the 256 scores
HEIGHT = 170


@dataclass(frozen=True)
class ClassSection:
    """One class: its confusion (hit, false, missed, rest) and drawings as HTML; no ROC where all or none have it."""

    label: str
    confusion: tuple[int, int, int, int]
    roc: str
    scores: str


@dataclass(frozen=True)
class LabelsSection:
    """The part of the page.

    Attributes:
        figures: (name, value, 95 % interval), in words.
        more_classes: how many are not shown.
        misses, false_alarms: the first of them.
    """

    recordings: int
    figures: list[tuple[str, str, str]]
    classes: list[ClassSection]
    more_classes: int
    misses: list[Moment]
    false_alarms: list[Moment]


def labels_section(run: RunComparison) -> LabelsSection | None:
    """Return the part for labels; None when there are none."""
    found = run.judgement() if run.judgement is not None else None
    if found is None or not found.judged:
        return None
    intervals = found.intervals()
    labels = list(dict.fromkeys(each.label for each in found.judged))
    return LabelsSection(
        len({each.file for each in found.judged}),
        [
            (name, _shown(name, value), " to ".join(_shown(name, each) for each in intervals.get(name, ())))
            for name, value in found.figures.items()
        ],
        [_class(found, label) for label in labels[:MOST_CLASSES]],
        max(0, len(labels) - MOST_CLASSES),
        found.misses[:MOST_MOMENTS],
        found.false_alarms[:MOST_MOMENTS],
    )


def _shown(name: str, value: float) -> str:
    return f"{100 * value:.1f} %" if JUDGED[name].unit == "share" else f"{value:.2f}"


def _class(found: Judgement, label: str) -> ClassSection:
    return ClassSection(label, found.confusion(label), _roc(found, label), _scores(found, label))


def _roc(found: Judgement, label: str) -> str:
    if len({each.present for each in found.judged if each.label == label}) < 2:
        return ""  # there is nothing to tell apart
    points = np.array(found.curve(label))
    plot = Plot(HEIGHT)
    plot.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "dashed device")
    plot.line(points[:, 0], points[:, 1], "host")
    ticks = nice_ticks(0, 1, 4)
    return plot.html("<b>ROC, by recording</b>", ticks, ticks, "false positive rate", "true positive rate")


def _scores(found: Judgement, label: str) -> str:
    """Highest scores of recordings with the class (above) and without it (below)."""
    plot = Plot(HEIGHT)
    mine = [each for each in found.judged if each.label == label]
    counts = [
        np.histogram([each.score for each in mine if each.present == present], BINS, (-128, 128))[0]
        for present in (True, False)
    ]
    most = max(1, *(int(count.max()) for count in counts))
    for count, css, sign in zip(counts, ("host", "device"), (1, -1), strict=True):
        for at in np.flatnonzero(count):
            end = 0.5 + sign * 0.5 * count[at] / most
            plot.box(at / BINS, (at + 1) / BINS, min(0.5, end), max(0.5, end), css)
    plot.level(0.5, "")
    ticks = [Tick((value + 128) / 256, str(value)) for value in (-128, -64, 0, 64, 127)]
    key = '<span class="key host">with the class</span><span class="key device">without it</span>'
    return plot.html(f"<b>Highest score of each recording</b>{key}", ticks, (), "score", "recordings")
