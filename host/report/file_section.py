"""One file's pictures: log-mel of host and device, their difference, scores and detections over time."""

from html import escape

import numpy as np
from numpy.typing import NDArray

from host.comparison.detector import Change
from host.comparison.file import FileComparison
from host.comparison.traces import Snippet, Traces
from host.frontend.tables import mel_edges
from host.report import plot
from host.report.picture import difference_image, feature_image

Int8 = NDArray[np.int8]

IMAGE_HEIGHT = 120
TRACE_HEIGHT = 150
SPAN_HEIGHT = 9
FREQUENCIES = (100, 200, 500, 1000, 2000, 4000, 8000, 16000)


def _frequency_ticks(file: FileComparison) -> list[plot.Tick]:
    settings = file.bundle.settings
    centres = np.array(mel_edges(settings)[1:-1])
    ticks = []
    for hz in FREQUENCIES:
        if centres[0] <= hz <= centres[-1] * 1.03:
            band = float(np.interp(hz, centres, np.arange(len(centres))))
            ticks.append(
                plot.Tick((band + 0.5) / len(centres), f"{hz:g}" if hz < 1000 else f"{hz / 1000:g}k")
            )
    return ticks


def feature_pictures(file: FileComparison, snippet: Snippet) -> str:
    """Three images of the same columns, one above the other."""
    settings = file.bundle.settings
    host, device = snippet.host, snippet.device
    if not host.size:
        return ""
    column_s = settings.hop / settings.sample_rate
    start = snippet.first_column * column_s
    ticks = plot.nice_ticks(start, start + len(host) * column_s)
    both = np.concatenate([host, device])
    low, high = int(both.min()), int(both.max())
    differences, end = difference_image(host, device)
    count = int(np.count_nonzero(host != device))
    said = f"{count:,} cells differ, scale ±{end} LSB" if count else "all cells equal"
    frequencies = _frequency_ticks(file)
    body = ""
    top = 20.0
    for name, picture in (
        ("Host", feature_image(host, low, high)),
        ("Device", feature_image(device, low, high)),
        (f"Device − host: {said}", differences),
    ):
        body += plot.label(name, top) + plot.image(picture, top, IMAGE_HEIGHT) + plot.frame(top, IMAGE_HEIGHT)
        body += plot.y_axis(frequencies, top, IMAGE_HEIGHT, "Hz")
        top += IMAGE_HEIGHT + 26
    body += plot.x_axis(ticks, top - 26, "time in s")
    return plot.svg(top + 14, body, f"log-mel features of {escape(file.name)}")


def score_traces(file: FileComparison) -> str:
    """Scores over time for host (line) and device (dots), thresholds, and when detections were active."""
    host = Traces.joined(file.traces.host_scores)
    device = Traces.joined(file.traces.device_scores)
    if not len(host):
        return ""
    return "".join(
        _trace(file, label, host[:, label], device[:, label]) for label in _interesting_labels(file, host)
    )


def _interesting_labels(file: FileComparison, host: Int8) -> list[int]:
    """At most four: those that differ or detect first, then the highest scores."""
    changed = {change.label for change in file.host_changes + file.device_changes}
    order = sorted(range(host.shape[1]), key=lambda label: (label not in changed, -int(host[:, label].max())))
    return order[:4]


def _trace(file: FileComparison, label: int, host: Int8, device: Int8) -> str:
    bundle = file.bundle
    quantisation = bundle.model.scores
    window_s = bundle.window_samples / bundle.settings.sample_rate
    times = np.arange(len(host)) * bundle.stride_seconds + window_s
    end = max(times[-1], file.audio_s if len(host) == file.windows else times[-1])
    real_host, real_device = (
        (q.astype(np.float64) - quantisation.zero_point) * quantisation.scale for q in (host, device)
    )
    low = min(0.0, real_host.min(), real_device.min())
    high = max(1.0, real_host.max(), real_device.max())

    def share(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return (value - low) / (high - low)

    top = 20.0
    name = escape(bundle.labels[label])
    body = plot.label(f"Score of {name}: host as a line, device as dots, when each window was complete", top)
    body += plot.frame(top, TRACE_HEIGHT)
    body += plot.y_axis(plot.nice_ticks(low, high, 4), top, TRACE_HEIGHT, "score")
    if bundle.thresholds.detect[label]:
        for value, text in ((bundle.detector.threshold, "on"), (bundle.detector.release, "off")):
            body += plot.level(float(share(np.array(value))), top, TRACE_HEIGHT, f"{text} {value:g}")
    body += plot.line(times / end, share(real_host), top, TRACE_HEIGHT, "host-line")
    body += plot.dots(times / end, share(real_device), top, TRACE_HEIGHT, "device-dot")
    bottom = top + TRACE_HEIGHT + 8
    for side, changes, css in (
        ("host", file.host_changes, "host-span"),
        ("device", file.device_changes, "device-span"),
    ):
        body += f'<text x="{plot.LEFT - 7}" y="{bottom + SPAN_HEIGHT}" text-anchor="end">{side}</text>'
        for start, stop in _active_spans(changes, label):
            first = (start * bundle.stride_seconds + window_s) / end
            last = 1.0 if stop is None else min(1.0, (stop * bundle.stride_seconds + window_s) / end)
            body += plot.span(min(first, 1.0), last, bottom, SPAN_HEIGHT, css)
        bottom += SPAN_HEIGHT + 5
    body += plot.x_axis(plot.nice_ticks(0.0, float(end)), bottom, "time in s; bars: detected")
    return plot.svg(bottom + 40, body, f"scores of {name}")


def _active_spans(changes: list[Change], label: int) -> list[tuple[int, int | None]]:
    spans: list[tuple[int, int | None]] = []
    for change in changes:
        if change.label != label:
            continue
        if change.active:
            spans.append((change.window, None))
        elif spans:
            spans[-1] = (spans[-1][0], change.window)
    return spans
