"""What changed between two runs. What is exact is compared exactly; of times the distributions are told."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..board.built_with import BUILD_ITSELF
from ..limits.figures import FIGURES
from .figures_shown import shown_figure
from .row import Details, DetectionRow, FileRow, RunRow

TIMES = ("p50", "p95", "p99", "max", "jitter")


@dataclass(frozen=True)
class Line:
    """One thing side by side. `change` is empty when it is the same in both."""

    what: str
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class Difference:
    """Two runs side by side.

    Attributes:
        headline: what of all that went in is another: it explains the rest.
        sections: lines by heading, those that changed and the figures.
        files: sentences about cells, scores and detections, file by file.
    """

    headline: str
    sections: dict[str, list[Line]]
    files: list[str]

    @property
    def changed(self) -> bool:
        """Whether anything but times is another."""
        exact = [line for name, lines in self.sections.items() if name != "times" for line in lines]
        return bool(self.files) or any(line.change for line in exact)


def compare(
    before: RunRow, after: RunRow, details_before: Details | None, details_after: Details | None
) -> Difference:
    """Hold two runs side by side, the earlier one first.

    Args:
        before, after: their rows.
        details_before, details_after: what the rows do not hold; None where it was not kept.
    """
    one, other = details_before or Details(), details_after or Details()
    files: list[str] = []
    if details_before is None or details_after is None:
        files.append("cells, scores and detections of one of the two runs were not kept")
    else:
        files = list(_files(one, other))
    return Difference(
        _headline(before, after, one, other),
        {
            "what went in": _inputs(before, after, one, other),
            "figures": _figures(before, after),
            "times": [*_times(before, after), *_ops(one.ops_us, other.ops_us)],
        },
        files,
    )


# ---- what went in


def _ingredients(row: RunRow, details: Details) -> dict[str, str]:
    """Everything that can explain a difference, the likeliest first."""
    tools = {name: value for name, value in row.built_with.items() if name not in BUILD_ITSELF}
    return {
        "model": row.model_sha256,
        "front end": row.frontend_sha256,
        "thresholds": f"{row.settings_sha256} {details.detector}".strip(),
        "firmware": f"{row.firmware} {row.firmware_hash}".strip(),
        "tools of the firmware": _pairs(tools),
        "board": f"{row.board} {row.board_name} {row.chip}",
        "host": row.host,
        "versions": _pairs(row.versions),
        "tool": row.tool_version,
        "recordings": _recordings(details),
    }


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _recordings(details: Details) -> str:
    digest = zlib.crc32("\n".join(f"{n} {f.sha256}" for n, f in sorted(details.files.items())).encode())
    return f"{len(details.files)} files, {digest:08x}" if details.files else ""


def _headline(before: RunRow, after: RunRow, one: Details, other: Details) -> str:
    """Such as "other model, same front end, same firmware"; what is known to be the same only where it matters."""
    first, second = _ingredients(before, one), _ingredients(after, other)
    changed = [name for name in first if first[name] != second[name]]
    if not changed:
        what = "everything that went in is the same"
        if (before.commit, before.dirty) != (after.commit, after.dirty) or before.dirty:
            what += ", but the working directory's files may not be"
        return what
    same = [name for name in ("model", "front end", "firmware", "recordings") if name not in changed]
    return ", ".join([*(f"other {name}" for name in changed), *(f"same {name}" for name in same)])


def _inputs(before: RunRow, after: RunRow, one: Details, other: Details) -> list[Line]:
    first = _ingredients(before, one) | _conditions(before)
    second = _ingredients(after, other) | _conditions(after)
    return [Line(name, first[name], second[name], "other") for name in first if first[name] != second[name]]


def _conditions(row: RunRow) -> dict[str, str]:
    return {
        "commit": row.commit + (" and changes" if row.dirty else ""),
        "command": row.command,
        "reached": row.reached,
        "verdict": row.verdict,
    }


# ---- figures


def _is_time(name: str) -> bool:
    return name.rpartition(".")[2] in TIMES


def _figures(before: RunRow, after: RunRow) -> list[Line]:
    """All but times and the link's counters, exactly; what only one of them has too."""
    names = [name for name in FIGURES if not _is_time(name)]
    return [
        line
        for name in names
        if (line := _line(name, before.figures, after.figures, relative=False)) is not None
    ]


def _times(before: RunRow, after: RunRow) -> list[Line]:
    names = [name for name in FIGURES if _is_time(name)]
    return [line for name in names if (line := _line(name, before.figures, after.figures, relative=True))]


def _line(name: str, before: Mapping[str, float], after: Mapping[str, float], relative: bool) -> Line | None:
    if name not in before and name not in after:
        return None
    texts = [shown_figure(name, each[name]) if name in each else "not known" for each in (before, after)]
    change = ""
    if name in before and name in after:
        difference = after[name] - before[name]
        if difference and relative and before[name]:
            change = f"{100 * difference / before[name]:+.1f} %"
        elif difference:
            change = ("+" if difference > 0 else "−") + shown_figure(name, abs(difference))
    elif name in before:
        change = "gone"
    else:
        change = "new"
    return Line(name, texts[0], texts[1], change)


def _ops(before: Mapping[str, float], after: Mapping[str, float]) -> list[Line]:
    lines = []
    for name in {**before, **after}:
        texts = [f"{each[name]:,.1f} µs" if name in each else "none" for each in (before, after)]
        change = ""
        if name in before and name in after and before[name] and before[name] != after[name]:
            change = f"{100 * (after[name] / before[name] - 1):+.1f} %"
        lines.append(Line(f"op {name}", texts[0], texts[1], change))
    return lines


# ---- files


def _files(before: Details, after: Details) -> Iterator[str]:
    for name in before.files:
        if name not in after.files:
            yield f"{name}: only in the first"
    for name, second in after.files.items():
        first = before.files.get(name)
        if first is None:
            yield f"{name}: only in the second"
        else:
            yield from (f"{name}: {text}" for text in _file(first, second, before.labels, after.labels))


def _file(first: FileRow, second: FileRow, labels: tuple[str, ...], others: tuple[str, ...]) -> Iterator[str]:
    if first.sha256 != second.sha256:
        yield "other samples"
    if first.cells != second.cells:
        yield "feature cells differ" if first.cells and second.cells else "feature cells did not all come"
    if first.outputs != second.outputs:
        yield from _scores(first, second, labels, others)
    yield from _detections(first, second)


def _matrix(file: FileRow, labels: tuple[str, ...]) -> NDArray[np.int16] | None:
    if file.scores is None or not labels:
        return None
    try:
        values = np.frombuffer(zlib.decompress(file.scores), np.int8)
    except zlib.error:
        return None
    return values.reshape(-1, len(labels)).astype(np.int16) if len(values) % len(labels) == 0 else None


def _scores(
    first: FileRow, second: FileRow, labels: tuple[str, ...], others: tuple[str, ...]
) -> Iterator[str]:
    one, two = _matrix(first, labels), _matrix(second, others)
    if labels != others:
        yield "outputs of other classes"
        return
    if one is None or two is None:
        yield "outputs differ"
        return
    if len(one) != len(two):
        yield f"{len(one):,} windows, then {len(two):,}"
    common = min(len(one), len(two))
    difference = two[:common] - one[:common]
    windows = np.flatnonzero(difference.any(axis=1))
    if len(windows):
        at = int(windows[0])
        yield (
            f"scores differ in {len(windows):,} of {common:,} windows, by up to {int(np.abs(difference).max())}, "
            f"first at {_time(first, at):.2f} s"
        )
    elif len(one) == len(two):
        yield "logits differ, scores do not"


def _time(file: FileRow, window: int) -> float:
    return file.window_s + window * file.stride_s


def _detections(first: FileRow, second: FileRow) -> Iterator[str]:
    """Which began, vanished, moved: by class, in order of time."""
    labels = sorted({each.label for each in (*first.detections, *second.detections)})
    for label in labels:
        spans = [
            [each for each in file.detections if each.label == label and each.active]
            for file in (first, second)
        ]
        if [each.window for each in spans[0]] == [each.window for each in spans[1]]:
            if spans[0] != spans[1]:
                yield f"{label}: other scores at the same windows"
            elif [e for e in first.detections if e.label == label] != [
                e for e in second.detections if e.label == label
            ]:
                yield f"{label}: detections end elsewhere"
            continue
        yield from _moves(label, first, second, *spans)


def _moves(
    label: str, first: FileRow, second: FileRow, one: list[DetectionRow], two: list[DetectionRow]
) -> Iterator[str]:
    windows = [{each.window for each in spans} for spans in (one, two)]
    gone = [each for each in one if each.window not in windows[1]]
    new = [each for each in two if each.window not in windows[0]]
    near = max(1, round(first.window_s / first.stride_s)) if first.stride_s else 1  # a window's length
    for each in gone:
        moved = next((other for other in new if abs(other.window - each.window) <= near), None)
        if moved is None:
            yield f"{label} at {_time(first, each.window):.2f} s vanished"
        else:
            new.remove(moved)
            yield (
                f"{label} at {_time(first, each.window):.2f} s moved to {_time(second, moved.window):.2f} s "
                f"({moved.window - each.window:+d} windows)"
            )
    for each in new:
        yield f"{label} at {_time(second, each.window):.2f} s appeared"
