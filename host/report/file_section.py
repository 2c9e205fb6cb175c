"""One file's pictures: features of host and device, their difference, scores and detections over time."""

from html import escape

import numpy as np
from numpy.typing import NDArray

from ..comparison.file import FileComparison
from ..comparison.traces import AROUND, Snippet
from ..detector.detector import Change
from .picture import DIFFERENCE_COLOURS, FEATURE_COLOURS, difference_image, feature_image, gradient
from .plot import Plot, Tick, nice_ticks

Int8 = NDArray[np.int8]
Float64 = NDArray[np.float64]

IMAGE_HEIGHT = 130
TRACE_HEIGHT = 150
EQUAL_IMAGE_HEIGHT = 80  # of a file that agrees: it takes a third of the room
EQUAL_TRACE_HEIGHT = 60
SPANS_HEIGHT = 34
MAX_LABELS = 4
MAX_RINGS = 40
DOTTED_WINDOWS = 300  # more dots than these would hide the line
FREQUENCIES = (50, 100, 200, 500, 1000, 2000, 4000, 8000, 16000, 32000)
CLOSE_TICKS = 0.1  # of the height


def feature_pictures(file: FileComparison) -> list[tuple[str, str]]:
    """(title, three images of the same columns) for the beginning and, if it needs one, the first difference."""
    beginning, difference = file.traces.beginning, file.traces.difference
    pictures = []
    if beginning.host.size:
        pictures.append(("", _three_images(file, beginning)))
    # a short file shows its differences well enough
    if difference is not None and (
        len(beginning.host) > 4 * AROUND
        or difference.first_column + len(difference.host) > len(beginning.host)
    ):
        pictures.append(("Around the first difference", _three_images(file, difference)))
    return pictures


def _three_images(file: FileComparison, snippet: Snippet) -> str:
    """Host, device and difference; one image where all is equal, as the other two would tell nothing."""
    settings = file.bundle.settings
    host, device = snippet.host, snippet.device
    column_s = settings.hop / settings.sample_rate
    start = snippet.first_column * column_s
    times = nice_ticks(start, start + len(host) * column_s)
    frequencies = _frequency_ticks(file)
    low, high = int(min(host.min(), device.min())), int(max(host.max(), device.max()))
    scale = _scale(
        FEATURE_COLOURS,
        f"{_in_unit(file, low):.0f}",
        f"{_in_unit(file, high):.0f} {file.bundle.settings.unit}".rstrip(),
    )
    if np.array_equal(host, device):
        plot = Plot(EQUAL_IMAGE_HEIGHT if file.agreed else IMAGE_HEIGHT)
        plot.picture(feature_image(host, low, high), "features, equal on host and device")
        equal = f"<b>Host and device</b> <span>all {host.size:,} cells shown are equal</span> {scale}"
        return plot.html(equal, times, frequencies, "s", "Hz")
    figures = []
    for name, columns in (("Host", host), ("Device", device)):
        plot = Plot(IMAGE_HEIGHT)
        plot.picture(feature_image(columns, low, high), f"features, {name.lower()}")
        figures.append(
            plot.html(f"<b>{name}</b> {scale if name == 'Host' else ''}", (), frequencies, "", "Hz")
        )
    figures.append(
        _difference_plot(host, device).html(_difference_caption(host, device), times, frequencies, "s", "Hz")
    )
    return "".join(figures)


def _difference_plot(host: Int8, device: Int8) -> Plot:
    picture, _ = difference_image(host, device)
    plot = Plot(IMAGE_HEIGHT)
    plot.picture(picture, "difference of the features, device minus host")
    columns, bands = host.shape
    cells = np.argwhere(host != device)
    if len(cells) <= MAX_RINGS:  # many are seen without help
        for column, band in cells.tolist():
            plot.ring((column + 0.5) / columns, (band + 0.5) / bands)
    return plot


def _difference_caption(host: Int8, device: Int8) -> str:
    count = int(np.count_nonzero(host != device))
    end = int(np.abs(host.astype(np.int16) - device).max())
    scale = _scale(DIFFERENCE_COLOURS, f"−{end}", f"+{end} LSB")
    return f'<b>Device − host</b> <span class="bad">{count:,} of {host.size:,} cells differ</span> {scale}'


def _scale(colours: str, low: str, high: str) -> str:
    return f'<span class="scale">{low}<i style="background:{gradient(colours)}"></i>{high}</span>'


def _in_unit(file: FileComparison, cell: int) -> float:
    return file.bundle.settings.to_unit(file.bundle.model.input.real(cell))


def _frequency_ticks(file: FileComparison) -> list[Tick]:
    """Frequencies at the bands that they are the centres of, those left out that would touch the one below."""
    centres = np.array(file.bundle.settings.band_centres())
    ticks: list[Tick] = []
    for hz in FREQUENCIES if len(centres) else ():
        if centres[0] <= hz <= centres[-1]:
            band = float(np.interp(hz, centres, np.arange(len(centres))))
            at = (band + 0.5) / len(centres)
            if not ticks or at - ticks[-1].at >= CLOSE_TICKS:
                ticks.append(Tick(at, f"{hz:g}" if hz < 1000 else f"{hz / 1000:g}k"))
    return ticks


def score_plots(file: FileComparison) -> str:
    """Scores over time for host (line) and device (dots), thresholds, and when detections were active."""
    host, device = file.traces.host_scores, file.traces.device_scores
    if not len(host):
        return ""
    shown = _interesting_labels(file, host, device)
    plots = "".join(_score_plot(file, label, host[:, label], device[:, label]) for label in shown)
    left_out = host.shape[1] - len(shown)
    if left_out:
        plots += (
            f'<p class="soft">{left_out} more labels are not shown: '
            "those that differ, detect or score highest come first.</p>"
        )
    return plots


def _interesting_labels(file: FileComparison, host: Int8, device: Int8) -> list[int]:
    """At most four: those that differ first, then those detected, then the highest scores."""
    changed = {change.label for change in file.host_changes + file.device_changes}
    equal = (host == device).all(axis=0).tolist()
    highest = host.max(axis=0).tolist()
    order = sorted(range(host.shape[1]), key=lambda c: (equal[c], c not in changed, -highest[c]))
    return sorted(order[: 1 if file.agreed else MAX_LABELS])


def _score_plot(file: FileComparison, label: int, host: Int8, device: Int8) -> str:
    bundle = file.bundle
    quantisation = bundle.model.scores
    ends = np.array([file.window_time_s(window) for window in range(len(host))])
    end = max(file.audio_s, float(ends[-1])) if len(host) >= file.windows else float(ends[-1])
    real = [(q.astype(np.float64) - quantisation.zero_point) * quantisation.scale for q in (host, device)]
    low = min(0.0, *(float(side.min()) for side in real))
    high = max(1.0, *(float(side.max()) for side in real))
    margin = 0.04 * (high - low)

    def share(value: Float64) -> Float64:
        scaled: Float64 = (value - low + margin) / (high - low + 2 * margin)
        return scaled

    plot = Plot(EQUAL_TRACE_HEIGHT if file.agreed else TRACE_HEIGHT)
    if bundle.thresholds.detect[label]:
        for text, value in bundle.detector.levels():
            plot.level(float(share(np.array(value))), "threshold", f"{text} {value:g}")
    plot.line(ends / end, share(real[0]), "host")
    if len(device) <= DOTTED_WINDOWS:
        plot.dots(ends / end, share(real[1]), "device")
    else:
        plot.line(ends / end, share(real[1]), "device dashed")
    different = np.flatnonzero(host != device)
    for window in different[:MAX_RINGS].tolist():
        plot.ring(float(ends[window] / end), float(share(real[1][window])))
    ticks = [
        Tick(float(share(np.array(low + tick.at * (high - low)))), tick.text)
        for tick in nice_ticks(low, high, 2 if file.agreed else 4)
    ]
    agrees = (
        f'<span class="bad">{len(different):,} differ</span>' if len(different) else "<span>all equal</span>"
    )
    caption = (
        f"<b>Score of {escape(bundle.labels[label])}</b> "
        '<span class="key host">host</span> <span class="key dot device">device</span> '
        f"{agrees}"
    )
    times = nice_ticks(0.0, end)
    if file.agreed and not any(change.label == label for change in file.host_changes):
        return plot.html(caption, times, ticks, "s, at each window's end", "score")
    spans = _spans_plot(file, label, end).html(
        "", times, [Tick(0.75, "host"), Tick(0.25, "device")], "s, at each window's end; bars: detected", ""
    )
    return plot.html(caption, (), ticks, "", "score") + spans


def _spans_plot(file: FileComparison, label: int, end: float) -> Plot:
    plot = Plot(SPANS_HEIGHT)
    for changes, bottom, css in ((file.host_changes, 0.58, "host"), (file.device_changes, 0.08, "device")):
        for start, stop in _active_spans(changes, label):
            first = file.window_time_s(start) / end
            last = 1.0 if stop is None else min(1.0, file.window_time_s(stop) / end)
            if first < 1.0:
                plot.box(first, last, bottom, bottom + 0.34, f"span {css}")
    return plot


def _active_spans(changes: list[Change], label: int) -> list[tuple[int, int | None]]:
    """(window that began it, window that ended it or None) of each detection of a label."""
    spans: list[tuple[int, int | None]] = []
    for change in changes:
        if change.label != label:
            continue
        if change.active:
            spans.append((change.window, None))
        elif spans:
            spans[-1] = (spans[-1][0], change.window)
    return spans
