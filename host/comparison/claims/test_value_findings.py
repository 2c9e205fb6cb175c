"""Claims about values, on records made by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...detector.detector import Change
from ..cause import Cause
from ..file import COMPLETENESS, DETECTIONS, LAYOUT
from ..mismatch import Count
from ..record import RunRecord
from . import values as module
from .conftest import Make, broken, held, unexamined
from .finding import Finding, Status
from .values import (
    NO_FILE,
    TOO_SHORT,
    find_completeness,
    find_detections,
    find_features,
    find_layout,
    find_logits,
    find_scores,
    find_witness,
)

# ---- values


def test_completeness(record: Make) -> None:
    assert find_completeness(record()) == unexamined(NO_FILE)
    run = record(1)
    (file,) = run.files
    settings = run.bundle.settings
    file.samples = settings.samples_for(1000)
    file.finished = True
    windows = file.due_windows
    said = "1 file, {:,} samples, {:,} of 1,000 columns, {:,} of {:,} windows"

    def all_but(columns: int, windows_there: int) -> Finding:
        file._columns = type(file._columns)()
        file._columns.add_device(0, np.zeros((1000 - columns, settings.bands), np.int8))
        file.windows = windows_there
        return find_completeness(run)

    def evidence(columns: int, there: int) -> str:
        return said.format(file.samples, columns, there, windows)

    assert all_but(0, windows) == held(evidence(1000, windows))
    assert all_but(1, windows) == broken(evidence(999, windows), "0.wav: 999 columns, the audio has 1,000")
    assert all_but(0, windows - 1) == broken(
        evidence(1000, windows - 1), f"0.wav: {windows - 1} windows, the audio has {windows}"
    )
    run.inference = False
    assert all_but(0, windows - 1).status == Status.HELD
    run.inference = True
    file.faults.add(COMPLETENESS, "something is missing")
    assert all_but(1, windows - 1).reasons == ("0.wav: something is missing",)  # says it already
    file.finished = False
    assert all_but(0, windows).reasons == ("0.wav: not finished",)


@pytest.mark.parametrize(
    ("find", "kind", "one", "many"),
    [
        (find_features, "features", "feature cell differs", "feature cells differ"),
        (find_scores, "scores", "score differs", "scores differ"),
        (find_logits, "logits", "logit differs", "logits differ"),
    ],
)
def test_values(record: Make, find: Callable[[RunRecord], Finding], kind: str, one: str, many: str) -> None:
    assert find(record()) == unexamined(NO_FILE)
    run = record(2)
    for file, count in zip(run.files, (Count(1000), Count(500)), strict=True):
        setattr(file, kind, count)
    assert find(run) == held("1,500 compared, 0 differ")
    setattr(run.files[0], kind, Count(1000, 1, 3))
    assert find(run) == broken("1,500 compared, 1 differ, by up to 3 LSB", f"1 {one}")
    setattr(run.files[1], kind, Count(500, 1, 7))
    assert find(run) == broken("1,500 compared, 2 differ, by up to 7 LSB", f"2 {many}")


def test_why_no_value_was_compared(record: Make, bundle: Bundle) -> None:
    run = record(1)
    assert find_features(run) == unexamined("no feature cell was compared")
    for find in (find_scores, find_logits, find_detections, find_witness):
        assert find(run) == unexamined(TOO_SHORT)
    run.files[0].samples = bundle.window_samples
    for find in (find_scores, find_logits, find_detections, find_witness):
        assert find(run) == unexamined("no output came that could be compared")
    run.inference = False
    for find in (find_scores, find_logits, find_detections, find_witness):
        assert find(run) == unexamined("the model does not run: --features-only")
    run.bundle = replace(bundle, model=replace(bundle.model, outputs=bundle.model.outputs[:1]))
    assert find_logits(run) == unexamined("the model has no logits")


def test_layout(record: Make, bundle: Bundle) -> None:
    assert find_layout(record()) == unexamined(NO_FILE)
    run = record(1)
    assert find_layout(run) == unexamined(TOO_SHORT)
    run.files[0].samples = bundle.window_samples
    assert find_layout(run) == unexamined("no window came")
    run.files[0].windows = 1000
    assert find_layout(run) == held("1,000 windows, 0 wrong statements")
    run.files[0].faults.add(LAYOUT, "is wrong")
    assert find_layout(run) == broken("1,000 windows, 1 wrong statements", "0.wav: is wrong")


def test_detections(record: Make) -> None:
    run = record(1)
    (file,) = run.files
    file.windows = 1
    assert find_detections(run) == held(
        "0 on the host, 0 on the device: no class begins in any file, so labels, scores and rule were hardly exercised"
    )
    file.device_changes = [None]  # type: ignore[list-item]
    assert find_detections(run) == held("0 on the host, 1 on the device")
    file.host_changes, file.device_changes = [None] * 3, [None] * 2  # type: ignore[list-item]
    file.change_pairs = [None]  # type: ignore[list-item]
    said = "3 on the host, 2 on the device"
    assert find_detections(run) == broken(said, "1 detection differs")
    file.change_pairs = [None] * 2  # type: ignore[list-item]
    file.faults.add(DETECTIONS, "came late")
    assert find_detections(run) == broken(said, "2 detections differ", "0.wav: came late")


def test_witness(record: Make) -> None:
    run = record(1)
    (file,) = run.files
    file.witness_compared = 1000
    assert find_witness(run) == held("1,000 outputs, 0 differ")
    for differing, word in ((1, "output"), (2, "outputs")):
        file.witness_differences = differing
        assert find_witness(run) == broken(
            f"1,000 outputs, {differing} differ",
            f"{differing} {word} of the reference and of TFLite Micro on this computer are not the same: the "
            "reference cannot be trusted here",
        )
    run.witness = False
    assert find_witness(run) == unexamined("TFLite Micro's wheel does not exist for this computer")


def test_streams_after_the_first_that_bring_no_window(record: Make) -> None:
    run = record(3)
    for file in run.files:
        file.samples = run.bundle.settings.samples_for(1000)
        file.finished = True
        file._columns.add_device(0, np.zeros((1000, run.bundle.settings.bands), np.int8))
    words = "no stream but the first brings a window, 2 bring none: what counts up to the next window is not set back"

    def told(*windows: int) -> bool:
        for file, count in zip(run.files, windows, strict=True):
            file.windows = count
        return any(reason.startswith(words) for reason in find_completeness(run).reasons)

    run.files[0].samples = run.bundle.settings.samples_for(2000)
    due = run.files[0].due_windows
    assert told(due, 0, 0)
    assert not told(due, 0, 1) and not told(due, 1, 0) and not told(due - 1, 0, 0) and not told(due, due, due)
    assert not told(0, 0, 0)
    none = "no stream brings a window, 3 are due some: what counts columns up to the next window"
    assert any(reason.startswith(none) for reason in find_completeness(run).reasons)
    run.inference = False
    assert not any(reason.startswith("no stream") for reason in find_completeness(run).reasons)
    del run.files[2]
    assert not told(due, 0)


@pytest.mark.parametrize(
    ("told", "counted", "words"),
    [
        (
            (1, 0, 0),
            True,
            "the run's first window alone is told, and the device counts all that are due: what marks",
        ),
        (
            (1, 1, 1),
            True,
            "of each stream the first window alone is told, and the device counts all that are due",
        ),
        ((0, 0, 0), True, "no window is told, and the device counts all that are due"),
        ((0, 0, 0), False, "no stream brings a window, 3 are due some"),
        ((1, 0, 0), False, ""),
        ((2, 0, 0), True, ""),
        ((0, 1, 0), True, ""),
        ((1, 1, 2), True, ""),
    ],
)
def test_windows_that_are_counted_and_not_told(
    record: Make, told: tuple[int, ...], counted: bool, words: str
) -> None:
    run = record(3)
    for file, count in zip(run.files, told, strict=True):
        file.samples, file.finished, file.windows = run.bundle.settings.samples_for(1000), True, count
        file._columns.add_device(0, np.zeros((1000, run.bundle.settings.bands), np.int8))
        windows = file.due_windows - (not counted), count
        file.counted.update(columns=(1000, 1000), windows=windows, detections=(0, 0))
    reasons = find_completeness(run).reasons
    assert any(reason.startswith(words) for reason in reasons)
    assert words or not any("alone is told" in reason for reason in reasons)
    run.inference = False
    assert not any("told, and the device counts" in reason for reason in find_completeness(run).reasons)


@pytest.mark.parametrize(("due", "told"), [(1, False), (2, True), (3, True)])
def test_one_window_of_each_stream_is_too_few_where_more_are_due(record: Make, due: int, told: bool) -> None:
    run = record(3)
    columns = run.bundle.frames + (due - 1) * run.bundle.stride
    for file in run.files:
        file.samples, file.finished, file.windows = run.bundle.settings.samples_for(columns), True, 1
        file._columns.add_device(0, np.zeros((columns, run.bundle.settings.bands), np.int8))
        file.counted.update(columns=(columns, columns), windows=(due, 1), detections=(0, 0))
        assert file.due_windows == due
    words = "of each stream the first window alone is told"
    assert any(reason.startswith(words) for reason in find_completeness(run).reasons) is told


def test_streams_that_bring_as_few_columns_however_long_they_are(record: Make) -> None:
    run = record(3)
    cells = np.zeros((9, run.bundle.settings.bands), np.int8)
    for length, file in enumerate(run.files, 500):
        file.samples, file.finished = run.bundle.settings.samples_for(length), True
        file._columns.add_device(0, cells[:1])
    words = "each stream brings 1 column, however long it is: behind that no sample becomes part of a column"

    def told() -> bool:
        return find_completeness(run).reasons[0].startswith(words)

    assert told()
    assert not any("next_window_at" in reason for reason in find_completeness(run).reasons)
    run.files[1].windows = 1
    assert not told()
    run.files[1].windows = 0
    run.files[2]._columns.add_device(1, cells[:1])
    assert not told()
    for file in run.files[:2]:
        file._columns.add_device(1, cells[:1])
    assert find_completeness(run).reasons[0].startswith("each stream brings 2 columns")
    run.files[0].samples = run.bundle.settings.samples_for(2)  # that is all it has
    assert not any(reason.startswith("each stream") for reason in find_completeness(run).reasons)


def counted(run: RunRecord, what: str, *counts: tuple[int, int]) -> list[str]:
    """What is said of counts at the ends of files, told and right ones."""
    for file, (told, right) in zip(run.files, counts, strict=True):
        file.counted = dict.fromkeys(("columns", "windows", "detections"), (7, 7)) | {what: (told, right)}
    return [reason for reason in find_completeness(run).reasons if reason.startswith("the device's counts")]


def test_what_the_counts_at_the_ends_of_all_files_have_in_common(record: Make) -> None:
    run = record(3)
    for what in ("columns", "windows", "detections"):
        assert counted(run, what, (6, 3), (10, 5), (8, 4)) == [
            f"the device's counts of {what} at the ends of its files (6, 10, 8): each is counted 2 times"
        ]
        assert counted(run, what, (3, 3), (5, 5), (4, 4)) == counted(run, what, (9, 3), (2, 5), (4, 4)) == []
    many = record(7)
    (told,) = counted(many, "windows", *((1_000 + number, 1_001 + number) for number in range(7)))
    assert "(1,000, 1,001, 1,002, 1,003, 1,004, 1,005): it is always -1" in told, "six are listed"
    many.files[3].counted = {}
    (told,) = find_completeness(many).reasons
    assert "(1,000, 1,001, 1,002, 1,004, 1,005, 1,006)" in told, "of those that came to their end"


def test_what_all_files_have_in_common_comes_before_what_each_shows(record: Make) -> None:
    run = record(3)
    for file in run.files:
        file.faults.add(COMPLETENESS, "the device counted 9 detections, 1 arrived")
    (on,) = counted(run, "detections", (2, 2), (2, 0), (5, 3))
    assert on.endswith("(2, 2, 5): it goes on from one to the next, and is not set back")
    reasons = find_completeness(run).reasons
    assert reasons[0] == on and len(reasons) == 4


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((2, 1), "only those that begin"),
        ((1, 2), "only those that end"),
        ((2, 3), "the windows with one"),
        ((2, 2), ""),
    ],
)
def test_counts_of_detections_may_be_of_a_part_of_them(
    record: Make, told: tuple[int, int], words: str
) -> None:
    run = record(2)
    for file, changes in zip(
        run.files, (((3, True), (3, True), (9, False)), ((3, True), (5, False), (7, False))), strict=True
    ):
        file.device_changes = [Change(window, 0, active, 0) for window, active in changes]
    (listed,) = counted(run, "detections", (told[0], 3), (told[1], 3)) or [""]
    assert listed.endswith(f": those are {words}" if words else "")
    assert bool(listed) == bool(words)
    assert counted(run, "windows", (told[0], 3), (told[1], 3)) == []


def test_detections_may_be_counted_with_all_labels_that_were_looked_at(record: Make) -> None:
    run = record(3)
    labels = len(run.bundle.labels)
    for file, windows, right in zip(run.files, (28, 20, 8), (2, 0, 1), strict=True):
        file.windows = windows
        file.counted["columns"] = file.counted["windows"] = 0, 0
        file.counted["detections"] = windows * labels + right, right
    words = "at the ends of its files ({:,}, {:,}, {:,}): all labels of each window are counted in"
    told = [file.counted["detections"][0] for file in run.files]
    assert any(reason.endswith(words.format(*told)) for reason in find_completeness(run).reasons)
    run.files[0].counted["detections"] = 28 * labels + 1, 2
    assert not any("all labels" in reason for reason in find_completeness(run).reasons)


@pytest.mark.parametrize("different", [0, 3])
def test_a_checkout_whose_front_end_departs_is_told_first(
    record: Make, monkeypatch: pytest.MonkeyPatch, different: int
) -> None:
    run = record(1)
    kinds: list[str] = []
    monkeypatch.setattr(module, "departed", lambda settings: kinds.append(settings.kind) or "it departs")  # type: ignore[func-returns-value]
    assert find_features(run) == broken("", "it departs")
    run.files[0].features = Count(compared=500, different=different, largest=2)
    reasons = ("it departs", "3 feature cells differ") if different else ("it departs",)
    assert find_features(run).reasons == reasons and isinstance(find_features(run).reasons[0], Cause)
    assert set(kinds) == {run.bundle.settings.kind}
