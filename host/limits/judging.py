"""What a device reaches on labelled recordings: by recording, and by event where labels have times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparison.file import FileComparison
from .labels import FileLabels
from .resampling import drawn_figures
from .scoring import Floats, average_precision, f1, matched, roc_auc, roc_curve

RESAMPLED = 500
LEAST_RESAMPLED = 5  # recordings: of fewer an interval says nothing
SHOWN = 100
SEED = 20261126


@dataclass(frozen=True)
class Moment:
    """Something to listen to. `score` is the int8 score of a false alarm, None of a miss."""

    file: str
    time_s: float
    label: str
    score: int | None = None


@dataclass(frozen=True)
class Judged:
    """One class of one recording.

    Attributes:
        file: its name.
        label: the class.
        present: whether it is heard.
        heard: whether the device detected it.
        score: the device's highest int8 score, -128 when no window was complete.
        alarms: detections where the class is not heard.
        silent_s: sound without the class, seconds.
        hits, false, missed: events, where labels have times; None elsewhere.
    """

    file: str
    label: str
    present: bool
    heard: bool
    score: int
    alarms: int
    silent_s: float
    events: tuple[int, int, int] | None


@dataclass
class Judgement:
    """A run held against its labels.

    Attributes:
        judged: every class of every labelled recording, those apart that nobody is sure of.
        tolerance_s: between a detection's begin and an event's.
        misses, false_alarms: the first of them, with the moment to listen to.
    """

    tolerance_s: float
    judged: list[Judged] = field(default_factory=list)
    misses: list[Moment] = field(default_factory=list)
    false_alarms: list[Moment] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name (`figures.JUDGED`); those that the labels do not tell are missing."""
        return _figures(self.judged)

    def confusion(self, label: str) -> tuple[int, int, int, int]:
        """Recordings: heard rightly, falsely, missed, rightly not heard."""
        of = [(each.present, each.heard) for each in self.judged if each.label == label]
        return (
            of.count((True, True)),
            of.count((False, True)),
            of.count((True, False)),
            of.count((False, False)),
        )

    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % of each figure when recordings are drawn anew, with replacement. Empty of too few recordings."""
        return dict(_intervals(tuple(self.judged)))

    def curve(self, label: str) -> list[tuple[float, float]]:
        """The ROC of one class over recordings."""
        return roc_curve(*_arrays([each for each in self.judged if each.label == label]))

    def as_dict(self) -> dict[str, Any]:
        """For report.json."""
        labels = sorted({each.label for each in self.judged})
        intervals = self.intervals()
        return {
            "recordings": len({each.file for each in self.judged}),
            "tolerance_s": round(self.tolerance_s, 3),
            "figures": {
                name: {
                    "value": round(value, 6),
                    "interval_95": [round(v, 6) for v in intervals.get(name, ())],
                }
                for name, value in self.figures.items()
            },
            "confusion": {
                label: dict(zip(("hit", "false", "missed", "rest"), self.confusion(label), strict=True))
                for label in labels
            },
            "misses": [_moment(each) for each in self.misses],
            "false_alarms": [_moment(each) for each in self.false_alarms],
        }


def _moment(moment: Moment) -> dict[str, Any]:
    found: dict[str, Any] = {"file": moment.file, "time_s": round(moment.time_s, 3), "label": moment.label}
    return found if moment.score is None else found | {"score": moment.score}


def judge_files(
    files: Sequence[FileComparison], labels: Mapping[str, FileLabels], tolerance_s: float | None = None
) -> Judgement | None:
    """Hold what the device computed against labels; None when no file has any.

    Args:
        files: compared with inference.
        labels: by the files' names.
        tolerance_s: between begins of events; the length of a window when None.
    """
    known = [file for file in files if file.inference and file.name in labels]
    if not known:
        return None
    bundle = known[0].bundle
    judgement = Judgement(
        bundle.window_samples / bundle.settings.sample_rate if tolerance_s is None else tolerance_s
    )
    for file in known:
        for number, label in enumerate(bundle.labels):
            if label not in labels[file.name].unsure:
                _judge(judgement, file, number, label, labels[file.name])
    del judgement.misses[SHOWN:], judgement.false_alarms[SHOWN:]
    return judgement


def _judge(judgement: Judgement, file: FileComparison, number: int, label: str, known: FileLabels) -> None:
    spans = _detected(file, number)
    detected = [(start, end) for start, end, _ in spans]
    scores = file.values.scores
    score = int(scores[:, number].max()) if scores is not None and len(scores) else -128
    wanted = [(event.start_s, event.end_s) for event in known.events if event.label == label]
    present = label in known.present
    timed = known.timed and file.finished
    tolerance = judgement.tolerance_s
    if timed:
        pairs = matched(detected, wanted, tolerance)
        hit, found = {at for at, _ in pairs}, {at for _, at in pairs}
        alarms = [
            span for at, span in enumerate(spans) if at not in hit and not _near(span[:2], wanted, tolerance)
        ]
        missed = [start for at, (start, _) in enumerate(wanted) if at not in found]
        events = len(pairs), len(spans) - len(pairs), len(missed)
        silent_s = max(0.0, file.audio_s - sum(end - start for start, end in wanted))
    else:
        alarms = [] if present else spans
        missed = [0.0] if present and not spans else []
        events, silent_s = None, 0.0 if present else file.audio_s
    judgement.misses += [Moment(file.name, start, label) for start in missed]
    judgement.false_alarms += [Moment(file.name, start, label, how) for start, _, how in alarms]
    judgement.judged.append(
        Judged(file.name, label, present, bool(spans), score, len(alarms), silent_s, events)
    )


def _near(span: tuple[float, ...], wanted: Sequence[tuple[float, float]], tolerance_s: float) -> bool:
    """Whether a detection touches an event: it is late or early then, and no false alarm."""
    return any(span[0] <= end + tolerance_s and start - tolerance_s <= span[1] for start, end in wanted)


def _detected(file: FileComparison, number: int) -> list[tuple[float, float, int]]:
    """When the device said that it hears a class: from the middle of the window that said so, with its score."""
    half = file.bundle.window_samples / file.bundle.settings.sample_rate / 2
    spans: list[tuple[float, float, int]] = []
    begun: tuple[float, int] | None = None
    for change in file.device_changes:
        if change.label != number:
            continue
        at = max(0.0, file.window_time_s(change.window) - half)
        if change.active and begun is None:
            begun = at, change.score
        elif not change.active and begun is not None:
            spans.append((begun[0], at, begun[1]))
            begun = None
    if begun is not None:
        spans.append((begun[0], max(begun[0], file.audio_s), begun[1]))
    return spans


@lru_cache(maxsize=4)  # the page, the JSON and a summary for CI show the same ones
def _intervals(judged: tuple[Judged, ...]) -> tuple[tuple[str, tuple[float, float]], ...]:
    files = len({each.file for each in judged})
    if files < LEAST_RESAMPLED:
        return ()
    rng = np.random.default_rng(SEED)
    draws = [np.bincount(rng.integers(0, files, files), minlength=files) for _ in range(RESAMPLED)]
    found = []
    for name, values in drawn_figures(judged, np.array(draws, float)).items():
        known = values[~np.isnan(values)]
        if len(known) > RESAMPLED // 2:
            low, high = np.percentile(known, (2.5, 97.5)).tolist()
            found.append((name, (low, high)))
    return tuple(found)


def _arrays(judged: Sequence[Judged]) -> tuple[Floats, NDArray[np.bool_]]:
    return np.array([each.score for each in judged], float), np.array([each.present for each in judged], bool)


def _figures(judged: Sequence[Judged]) -> dict[str, float]:
    """Figures over recordings; of several classes the mean, of those that have them."""
    if not judged:
        return {}
    found: dict[str, float | None] = {
        "accuracy": sum(each.present == each.heard for each in judged) / len(judged)
    }
    by_label: dict[str, list[Judged]] = {}
    for each in judged:
        by_label.setdefault(each.label, []).append(each)
    arrays = [_arrays(of) for of in by_label.values()]
    found["roc-auc"] = _mean([roc_auc(*each) for each in arrays])
    found["average-precision"] = _mean([average_precision(*each) for each in arrays])
    timed = [
        [sum(each) for each in zip(*events, strict=True)]
        for of in by_label.values()
        if (events := [each.events for each in of if each.events is not None])
    ]
    found["f1"] = _mean([f1(*counts) for counts in timed])
    hours = sum(each.silent_s for each in judged) / 3600
    found["false-alarms-per-hour"] = sum(each.alarms for each in judged) / hours if hours else None
    return {name: value for name, value in found.items() if value is not None}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
