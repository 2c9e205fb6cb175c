"""All values came, and they are the host's."""

from ...core.known_bytes import departed
from ...model.allowed import rounding_ops
from ...printable import counted
from ..cause import Cause
from ..file import COMPLETENESS, DETECTIONS, LAYOUT, FileComparison
from ..mismatch import Count
from ..record import RunRecord
from ..wrong_number import of_all
from .finding import Finding, Status, broken, judged, not_examined, shown

TOO_SHORT = "no output was compared: every file is shorter than one window"
MOST_LISTED = 6
LEAST_STREAMS = 3  # for those after the first to be no chance
NO_FILE = "no file was compared"


def find_completeness(run: RunRecord) -> Finding:
    """Every sample of every file was sent and counted by both; all columns and windows of it came."""
    if not run.files:
        return not_examined(NO_FILE)
    reasons = _first_alone(run) + _counted_in_all(run)
    for file in run.files:
        faults = shown(file.faults.told(COMPLETENESS))
        if not file.finished:
            faults = ["not finished"]
        elif not faults and file.columns_received != file.due_columns:
            faults = [f"{file.columns_received:,} columns, the audio has {file.due_columns:,}"]
        elif not faults and run.inference and file.windows != file.due_windows:
            faults = [f"{file.windows:,} windows, the audio has {file.due_windows:,}"]
        reasons += [f"{file.name}: {fault}" for fault in faults]
    samples, columns = sum(f.samples for f in run.files), sum(f.columns_received for f in run.files)
    due_columns, due_windows = sum(f.due_columns for f in run.files), sum(f.due_windows for f in run.files)
    windows = sum(file.windows for file in run.files)
    return judged(
        f"{counted(len(run.files), 'file')}, {samples:,} samples, {columns:,} of {due_columns:,} columns, "
        f"{windows:,} of {due_windows:,} windows",
        reasons,
    )


def _counted_in_all(run: RunRecord) -> list[str]:
    """What the counts at the ends of all files have in common, where they are wrong."""
    files = [file for file in run.files if file.counted]
    changes = [file.device_changes for file in files]
    others = {
        "only those that begin": [sum(change.active for change in each) for each in changes],
        "only those that end": [sum(not change.active for change in each) for each in changes],
        "all labels of each window": [file.windows * len(run.bundle.labels) for file in files],
        "the windows with one": [len({change.window for change in each}) for each in changes],
    }
    found = []
    for what in ("columns", "windows", "detections"):
        told, right = ([file.counted[what][place] for file in files] for place in (0, 1))
        if about := of_all(told, right, others if what == "detections" else None):
            listed = ", ".join(f"{count:,}" for count in told[:MOST_LISTED])
            found.append(f"the device's counts of {what} at the ends of its files ({listed}){about}")
    return found


def _first_alone(run: RunRecord) -> list[str]:
    """The first stream has all its windows, and all later ones have none; or no stream has one."""
    due = [file for file in run.files if file.due_windows and file.finished]
    if len(due) >= LEAST_STREAMS and (few := _as_few_columns(due)):
        return [
            f"each stream brings {counted(few, 'column')}, however long it is: behind that no sample becomes part of "
            "a column, as where what is to be skipped before the next one wraps below 0 (skip, filled and what is kept "
            "of a column: fe_push in firmware/core/frontend/frontend.c)"
        ]
    if run.inference and len(due) >= LEAST_STREAMS and (mark := _not_sent(due)):
        return [mark]
    if run.inference and len(due) >= LEAST_STREAMS and not any(file.windows for file in due):
        return [
            f"no stream brings a window, {len(due)} are due some: what counts columns up to the next window "
            "(next_window_at in firmware/core/detect/stream.c) never comes to it, or no window is sent"
        ]
    if (
        len(due) < LEAST_STREAMS
        or due[0].windows != due[0].due_windows
        or any(file.windows for file in due[1:])
    ):
        return []
    return [
        f"no stream but the first brings a window, {len(due) - 1} bring none: what counts up to the next window is not "
        "set back when a stream begins"
    ]


def _not_sent(due: list[FileComparison]) -> str:
    """Which windows alone are told, where the device counts all of them; empty: others, or not all are counted."""
    counted_all = all(
        "windows" in file.counted and file.counted["windows"][0] == file.due_windows for file in due
    )
    told = [file.windows for file in due]
    several = max(file.due_windows for file in due) > 1
    which = (
        "no window is"
        if not any(told)
        else "the run's first window alone is"
        if told == [1, *[0] * (len(due) - 1)]
        else "of each stream the first window alone is"
        if several and set(told) == {1}
        else ""
    )
    if not counted_all or not which:
        return ""
    return (
        f"{which} told, and the device counts all that are due: what marks a window as told is not set back for the "
        "next one, or is set before it is told (window_sent: complete_window in firmware/core/detect/stream.c, "
        "session_send_window in firmware/core/session/results.c)"
    )


def _as_few_columns(due: list[FileComparison]) -> int:
    """How many columns each stream brings, where it is the same number for all and no window's; else 0."""
    came = {file.columns_received for file in due}
    alike = len(came) == 1 and not any(file.windows for file in due)
    return came.pop() if alike and all(file.columns_received < file.due_columns for file in due) else 0


def _find_values(run: RunRecord, counts: list[Count], one: str, many: str, none: str) -> Finding:
    compared, different = sum(c.compared for c in counts), sum(c.different for c in counts)
    if not compared:
        return not_examined(none if run.files else NO_FILE)
    largest = max(count.largest for count in counts)
    reasons = [f"{different:,} {one if different == 1 else many}"] if different else []
    more = f", by up to {largest} LSB" if different else ""
    allowed = sum(count.allowed for count in counts)
    within = f", {allowed:,} more by the step that is allowed" if allowed else ""
    return judged(f"{compared:,} compared, {different:,} differ{more}{within}", reasons)


def find_features(run: RunRecord) -> Finding:
    """Feature cells are equal, and the host's are those of the front end that is known."""
    counts = [file.features for file in run.files]
    found = _find_values(
        run, counts, "feature cell differs", "feature cells differ", "no feature cell was compared"
    )
    if about := departed(run.bundle.settings):
        different = found.reasons if found.status is Status.BROKEN else ()
        return broken(found.evidence, Cause(about), *different)
    return found


def find_scores(run: RunRecord) -> Finding:
    """Scores are equal."""
    return _find_values(
        run, [file.scores for file in run.files], "score differs", "scores differ", _no_output(run)
    )


def find_logits(run: RunRecord) -> Finding:
    """Logits are equal."""
    if run.bundle.model.logits is None:
        return not_examined("the model has no logits")
    return _find_values(
        run, [file.logits for file in run.files], "logit differs", "logits differ", _no_output(run)
    )


def _no_output(run: RunRecord) -> str:
    if not run.inference:
        return "the model does not run: --features-only"
    if not run.files:
        return NO_FILE
    due = any(file.due_windows for file in run.files)
    return "no output came that could be compared" if due else TOO_SHORT


def find_layout(run: RunRecord) -> Finding:
    """Each window says of itself what it is."""
    windows = sum(file.windows for file in run.files)
    if not windows:
        due = any(file.due_windows for file in run.files)
        return not_examined("no window came" if due else TOO_SHORT if run.files else NO_FILE)
    count = sum(file.faults.count(LAYOUT) for file in run.files)
    told = [f"{file.name}: {text}" for file in run.files for text in file.faults.told(LAYOUT)]
    return judged(f"{windows:,} windows, {count:,} wrong statements", shown(told))


def find_detections(run: RunRecord) -> Finding:
    """Detections are equal in number, place, label and score; each comes between its window and the next."""
    if not run.inference:
        return not_examined(_no_output(run))
    if not any(file.windows for file in run.files):
        return not_examined(_no_output(run))
    host = sum(len(file.host_changes) for file in run.files)
    device = sum(len(file.device_changes) for file in run.files)
    differing = sum(file.detection_mismatches for file in run.files)
    reasons = []
    if differing:
        reasons.append(f"{differing:,} {'detection differs' if differing == 1 else 'detections differ'}")
    told = [f"{file.name}: {text}" for file in run.files for text in file.faults.told(DETECTIONS)]
    none = (
        ""
        if host or device
        else ": no class begins in any file, so labels, scores and rule were hardly exercised"
    )
    return judged(f"{host:,} on the host, {device:,} on the device{none}", reasons + shown(told))


def find_witness(run: RunRecord) -> Finding:
    """TFLite Micro on this computer equals the reference."""
    if not run.inference:
        return not_examined(_no_output(run))
    recorded = run.bundle.model.expected
    if recorded is not None:
        return not_examined(recorded.sentence)
    ops = rounding_ops(run.bundle.model_bytes)
    if ops:
        return not_examined(f"the two may round differently at {', '.join(map(str, ops))}")
    if not run.witness:
        return not_examined("TFLite Micro's wheel does not exist for this computer")
    compared = sum(file.witness_compared for file in run.files)
    if not compared:
        return not_examined(_no_output(run))
    differing = sum(file.witness_differences for file in run.files)
    outputs = "output" if differing == 1 else "outputs"
    reason = (
        f"{differing:,} {outputs} of the reference and of TFLite Micro on this computer are not the same: "
        "the reference cannot be trusted here"
    )
    return judged(f"{compared:,} outputs, {differing:,} differ", [reason] if differing else [])
