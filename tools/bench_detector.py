"""How well a bundle's int8 model tells birds from the rest, on recordings with a table of one-second windows.

    python tools/bench_detector.py [--bundle models/default] [--audio ../shared/audio]

The folder has SOURCES.csv (file, label, group, repo) and windows.csv (file, label, start_s, digital_silence,
band_p95_over_floor_db). A window counts as bird when its clip is one and 8 dB or more stand above the floor; quiet
windows of bird clips and digital silence do not count. Recordings that the bundle was trained on, by its own
attribution, are told apart from the others, and so are sources of which it has seen nothing at all. Gains show
whether the level matters.
"""

import argparse
import csv
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.bundle.load import Bundle, load_bundle
from host.core.c_frontend import FrontEnd
from host.errors import HilError
from host.making.recordings.to_wav import read_mono
from host.making.training.cost import model_cost, total_instructions, total_macs
from host.making.training.metrics import summarise
from host.model.reference import ReferenceInterpreter
from host.safe_names import plain_name

ROOT = Path(__file__).resolve().parents[1]
HEARD_DB = 8.0

Int16 = NDArray[np.int16]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """One second of one recording."""

    file: str
    group: str
    source: str
    start_s: float
    bird: bool


def read_windows(audio: Path) -> list[Window]:
    """The windows that count.

    Raises:
        HilError: a table is missing or has other columns.
    """
    try:
        with (audio / "SOURCES.csv").open(encoding="utf-8", newline="") as file:
            sources = {row["file"]: row for row in csv.DictReader(file)}
        with (audio / "windows.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["digital_silence"] != "1"]
        return [
            Window(
                row["file"],
                sources[row["file"]]["group"],
                sources[row["file"]]["repo"],
                float(row["start_s"]),
                row["label"] == "bird",
            )
            for row in rows
            if row["label"] != "bird" or float(row["band_p95_over_floor_db"]) >= HEARD_DB
        ]
    except (OSError, KeyError, ValueError) as error:
        raise HilError(
            f"The tables in {audio} cannot be read: {error!r}.",
            "Give a folder with SOURCES.csv and windows.csv.",
        ) from error


def trained_files(bundle: Bundle) -> set[str]:
    """Names (label/stem, as `collect` makes them) of the recordings that training and validation used."""
    return {str(row["file"]) for row in bundle.provenance.get("attribution", [])}


def name_of(window: Window) -> str:
    """The name `collect` gives a window's recording."""
    return f"{window.file.split('/')[0]}/{plain_name(Path(window.file).stem)}"


def scores_of(bundle: Bundle, audio: Path, windows: list[Window], gain_db: float) -> Float64:
    """Real scores of all windows, float64 [n]."""
    quantisation = bundle.model.input
    front_end = FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point)
    span = bundle.settings.samples_for(bundle.frames)
    rate = bundle.settings.sample_rate
    sounds: dict[str, Int16] = {}
    cells = np.empty((len(windows), bundle.frames, bundle.settings.bands), np.int8)
    for index, window in enumerate(windows):
        if window.file not in sounds:
            sounds[window.file] = read_mono(audio / window.file, rate)
        start = round(window.start_s * rate)
        part = sounds[window.file][start : start + span].astype(np.float64) * 10.0 ** (gain_db / 20.0)
        samples = np.zeros(span, np.int16)
        samples[: len(part)] = np.clip(np.rint(part), -32768, 32767)
        cells[index] = front_end.features(samples)[: bundle.frames]
    outputs = ReferenceInterpreter(bundle.model_bytes, bundle.model).run(cells)
    output = bundle.model.scores
    return output.scale * (outputs.scores[:, 0].astype(np.float64) - output.zero_point)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "models" / "default")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    args = parser.parse_args()
    try:
        bundle = load_bundle(args.bundle)
        windows = read_windows(args.audio)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    seen = trained_files(bundle)
    seen_groups = {window.group for window in windows if name_of(window) in seen}
    seen_sources = {window.source for window in windows if name_of(window) in seen}
    trained = np.array([window.group in seen_groups for window in windows])
    known_source = np.array([window.source in seen_sources for window in windows])
    truth = np.array([window.bird for window in windows])
    print(f"bundle {bundle.name}, threshold {bundle.detector.threshold:g}; windows of one second, int8")
    for gain in (0.0, -20.0, 12.0):
        scores = scores_of(bundle, args.audio, windows, gain)
        for name, mask in (
            ("trained on", trained),
            ("groups not trained on", ~trained),
            ("sources left wholly out", ~known_source),
        ):
            if not mask.any() or (gain and name != "sources left wholly out"):
                continue
            one = summarise(scores[mask], truth[mask], bundle.detector.threshold)
            counts = one.confusion
            print(
                f"  {gain:+4.0f} dB  {name:24} {one.windows:5} windows, {one.positives:4} bird: "
                f"ROC-AUC {one.roc_auc:.4f}, AP {one.average_precision:.4f}, accuracy {100 * one.accuracy:.2f} % "
                f"(right {counts.true_positives} bird, {counts.true_negatives} other; "
                f"missed {counts.false_negatives}, false {counts.false_positives})"
            )
    costs = model_cost(bundle.model_bytes)
    print(
        f"  {len(bundle.model_bytes)} bytes, arena {bundle.model.arena_bytes} bytes (64-bit), "
        f"{total_macs(costs)} MACs, about {total_instructions(costs):,} instructions on an ESP32 with ESP-NN (estimate)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
