"""How well a bundle's int8 model tells birds from the rest, on recordings with a table of one-second windows.

    python tools/bench_detector.py [--bundle models/default] [--audio ../shared/audio] [--recordings]

The folder has SOURCES.csv and windows.csv (`detector_bench/tables.py` tells which columns). Recordings that the bundle
was trained on, by its own attribution, are told apart from the others. Of the sources of which it has seen nothing,
some served to choose between trainings and some did not (--final): only the latter give an honest last figure.
Intervals hold 95 % of the resampled recordings. False alarms are also counted in synthetic sound without birds
(--background-hours). Gains show whether the level matters. --listener shows what the published classifier that labels
mixtures makes of the same windows, at the bundle's sampling rate.
"""

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.bundle.load import Bundle, load_bundle
from host.errors import HilError
from host.making.corpus.scene import generator, make_scene
from host.making.dataset.heard import Ears, load_listener
from host.making.recordings.to_wav import read_mono
from host.making.training.cost import model_cost, total_instructions, total_macs
from host.progress import bar
from host.safe_names import plain_name
from tools.detector_bench.figures import (
    ALARM_RATES,
    Scored,
    auc,
    false_share,
    found,
    found_at,
    interval,
    precision,
    threshold_at,
    upper_bound,
)
from tools.detector_bench.rules import MOST_STARTS, rule_rows
from tools.detector_bench.streams import Listener, Stream, detections
from tools.detector_bench.tables import Window, read_windows

ROOT = Path(__file__).resolve().parents[1]
FINAL = ("danielcfurr/phoebe", "remvze/moodist")
"""Sources on which no choice was made while the default bundle was designed."""
BACKGROUND_STREAM = 91
SCENE_S = 10
TRAINED_ON, LEFT_OUT, SOUNDSCAPES = "trained on", "sources left wholly out", "soundscapes"
OTHER_SOUNDSCAPES = "soundscapes of groups not trained on"
CHOSEN_ON, UNUSED = "of these, used to choose", "of these, used for nothing"
"""Names of sets."""

Int16 = NDArray[np.int16]
Float64 = NDArray[np.float64]


def trained_files(bundle: Bundle) -> set[str]:
    """Names (label/stem, as `collect` makes them) of the recordings that training and validation used."""
    return {str(row["file"]) for row in bundle.provenance.get("attribution", [])}


def name_of(window: Window) -> str:
    """The name `collect` gives a window's recording."""
    return f"{window.file.split('/')[0]}/{plain_name(Path(window.file).stem)}"


def scores_of(listener: Listener, audio: Path, windows: list[Window], gain_db: float) -> Float64:
    """Real scores of all windows, float64 [n]."""
    sounds: dict[str, Int16] = {}
    cells = []
    for window in windows:
        if window.file not in sounds:
            sounds = {window.file: read_mono(audio / window.file, listener.rate)}
        start = round(window.start_s * listener.rate)
        part = sounds[window.file][start : start + listener.span].astype(np.float64) * 10.0 ** (
            gain_db / 20.0
        )
        cells.append(listener.cells(np.clip(np.rint(part), -32768, 32767).astype(np.int16)))
    return listener.scores(np.array(cells))


def listener_rows(
    path: Path,
    rate: int,
    args: argparse.Namespace,
    windows: list[Window],
    base: Scored,
    masks: dict[str, NDArray[np.bool_]],
) -> list[str]:
    """The table of sets for a classifier that labels mixtures, at half its scale."""
    ears = Ears(load_listener(path), path.parent)
    try:
        sounds = {file: read_mono(args.audio / file, rate) for file in {window.file for window in windows}}
        heard = np.zeros((len(windows), rate), np.int16)
        for out, window in zip(heard, windows, strict=True):
            start = round(window.start_s * rate)
            part = sounds[window.file][start : start + rate]
            out[: len(part)] = part
        scored = Scored(ears.targets(heard, rate) / 255.0, base.truth, base.groups)
    finally:
        ears.close()
    return set_rows({name: scored.select(mask) for name, mask in masks.items() if mask.any()}, 0.5)


def background(listener: Listener, hours: float, seed: int = 5) -> tuple[Scored, list[Stream]]:
    """Synthetic scenes without birds, a decoy in six of ten: their one-second windows, and each as a stream."""
    cells, groups, streams = [], [], []
    scenes = max(1, round(3600.0 * hours / SCENE_S))
    with bar("synthetic background", scenes) as report:
        for index in range(scenes):
            rng = generator(seed, BACKGROUND_STREAM, index)
            samples = make_scene(rng, SCENE_S, listener.rate, with_bird=False).samples
            streams.append(listener.stream(samples))
            for second in range(SCENE_S):
                cells.append(listener.cells(samples[second * listener.rate :]))
                groups.append(index)
            report(index + 1)
    scores = listener.scores(np.array(cells))
    return Scored(scores, np.zeros(len(cells), bool), np.array(groups)), streams


def recording_streams(listener: Listener, audio: Path, windows: list[Window]) -> list[Stream]:
    """The whole of each recording that has windows, with the seconds in which a bird is heard.

    A bird's clip in which none is heard is left out: it may hold one all the same.
    """
    birds: dict[str, list[float]] = {}
    for window in windows:
        if window.bird or not window.birds_clip:
            birds.setdefault(window.file, []).extend([window.start_s] if window.bird else [])
    return [listener.stream(read_mono(audio / file, listener.rate), heard) for file, heard in birds.items()]


def detection_rows(
    listener: Listener,
    bundle: Bundle,
    args: argparse.Namespace,
    sets: dict[str, list[Window]],
    scenes: list[Stream],
) -> list[str]:
    """Detections by the bundle's own rule; with --rules also the rules that begin seldom enough."""
    streams = {name: recording_streams(listener, args.audio, windows) for name, windows in sets.items()}
    named = {**streams, "synthetic background": scenes}
    lines = ["detections by the bundle's rule, every recording from its start:"]
    lines += [
        f"  {name}: {detections(bundle.thresholds, each).text()}" for name, each in named.items() if each
    ]
    if args.rules:
        hours = args.background_hours
        others = background(listener, hours, seed=6)[1] if hours > 0.0 else []
        lines.append(
            f"\nrules with at most {MOST_STARTS:g} starts an hour in {CHOSEN_ON!r} and the synthetic background:"
        )
        judged = {f"{UNUSED}, and other synthetic background": [*streams[UNUSED], *others]}
        lines += rule_rows(bundle, [*streams[CHOSEN_ON], *scenes], judged)
    return lines


def set_rows(sets: dict[str, Scored], threshold: float) -> list[str]:
    """A Markdown table, one line a set."""
    rates = [f"found at {rate:g} an hour" for rate in ALARM_RATES]
    heads = ["windows", "bird / all", "recordings", "ROC-AUC", "AP", "found %", "false %", *rates]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for name, each in sets.items():
        cells = [
            name,
            f"{each.truth.sum()} / {len(each.truth)}",
            str(len(np.unique(each.groups))),
            interval(auc, each).text(),
            interval(precision, each).text(),
            interval(lambda s: found(s, threshold), each).text(100.0, 1),
            interval(lambda s: false_share(s, threshold), each).text(100.0, 2),
            *(f"{100.0 * found_at(each, rate):.0f} %" if each.truth.any() else "-" for rate in ALARM_RATES),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def kind_rows(windows: list[Window], scored: Scored, threshold: float) -> list[str]:
    """What was found of each kind of bird, and what each other kind raised, the worst first."""
    hits: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for window, score in zip(windows, scored.scores, strict=True):
        hits[window.bird, window.kind].append(bool(score >= threshold))
    others = sorted((kind for bird, kind in hits if not bird), key=lambda kind: -np.mean(hits[False, kind]))
    birds = sorted((kind for bird, kind in hits if bird), key=lambda kind: np.mean(hits[True, kind]))
    lines = ["false alarms by kind of sound (those with any):"]
    for kind in others:
        if any(hits[False, kind]):
            lines.append(f"  {kind}: {sum(hits[False, kind])} of {len(hits[False, kind])}")
    lines.append("found by kind of bird:")
    lines += [f"  {kind}: {sum(hits[True, kind])} of {len(hits[True, kind])}" for kind in birds]
    return lines


def source_rows(
    windows: list[Window], scored: Scored, trained: NDArray[np.bool_], threshold: float
) -> list[str]:
    """What each source comes to: found and false seconds, and its own ROC-AUC where it has both kinds."""
    lines = []
    sources = np.array([window.source for window in windows])
    for source in np.unique(sources):
        for kind, mask in (("trained on", trained), ("not trained on", ~trained)):
            mine = scored.select((sources == source) & mask)
            said, truth = mine.scores >= threshold, mine.truth
            if len(truth):
                lines.append(
                    f"  {source} ({kind}): found {np.sum(said & truth)} of {truth.sum()}, "
                    f"false {np.sum(said & ~truth)} of {np.sum(~truth)}, ROC-AUC {interval(auc, mine).text()}"
                )
    return lines


def recording_rows(windows: list[Window], scored: Scored) -> list[str]:
    """The highest score of every recording, birds' and others', and how many of its seconds are birds."""
    best: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for window, score in zip(windows, scored.scores, strict=True):
        best[window.file].append((float(score), window.bird))
    return [
        f"  {name}: highest {max(s for s, _ in each):.3f}, {sum(b for _, b in each)} of {len(each)} seconds bird"
        for name, each in sorted(best.items())
    ]


def background_rows(
    recordings: Scored, synthetic: Scored | None, found_in: dict[str, Scored], threshold: float
) -> list[str]:
    """False windows in sound without birds, their upper bound, and what is found at the same threshold.

    At the bundle's threshold, and at the lowest at which at most `ALARM_RATES[0]` windows of an hour are false.

    Args:
        recordings, synthetic: windows without birds.
        found_in: sets with birds, by name.
    """
    quiet = {"left-out recordings": recordings}
    if synthetic:
        quiet["synthetic background"] = synthetic
    scores = np.concatenate([each.scores for each in quiet.values()])
    together = Scored(scores, np.zeros(len(scores), bool), np.zeros(len(scores), np.int64))
    lines = []
    for limit in (threshold, threshold_at(together, ALARM_RATES[0])):
        lines.append(f"  at {limit:.4f}:")
        for name, each in {**quiet, "together": together}.items():
            lines.append(f"    {name}: {_alarms(int(np.sum(each.scores >= limit)), len(each.scores))}")
        shares = [f"{100.0 * found(each, limit):.1f} % ({name})" for name, each in found_in.items()]
        lines.append(f"    found at this threshold: {', '.join(shares)}")
    return lines


def _alarms(false: int, total: int) -> str:
    bound = 3600.0 * upper_bound(false, total)
    return f"{false} of {total} s, {3600.0 * false / total:.1f} windows an hour (95 %: at most {bound:.1f})"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "models" / "default")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument(
        "--final", default=",".join(FINAL), help="sources that served for no choice, by commas"
    )
    parser.add_argument(
        "--background-hours", type=float, default=0.0, help="hours of synthetic sound without birds"
    )
    parser.add_argument(
        "--rules", action="store_true", help="also the rules over time that begin seldom enough"
    )
    parser.add_argument(
        "--listener",
        type=Path,
        metavar="FILE",
        help="also what a classifier described in this file makes of them",
    )
    parser.add_argument("--recordings", action="store_true", help="also the highest score of every recording")
    args = parser.parse_args()
    try:
        bundle = load_bundle(args.bundle)
        windows = read_windows(args.audio)
        report(bundle, windows, args)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def masks_of(bundle: Bundle, windows: list[Window], finals: list[str]) -> dict[str, NDArray[np.bool_]]:
    """Which windows each set has; each bool [windows]."""
    seen = trained_files(bundle)
    seen_groups = {window.group for window in windows if name_of(window) in seen}
    seen_sources = {window.source for window in windows if name_of(window) in seen}
    trained = np.array([window.group in seen_groups for window in windows])
    fresh = np.array([window.source not in seen_sources for window in windows])
    final = fresh & np.array([window.source in finals for window in windows])
    soundscapes = np.array(["soundscape" in window.kind for window in windows])
    return {
        TRAINED_ON: trained,
        "groups not trained on": ~trained,
        LEFT_OUT: fresh,
        CHOSEN_ON: fresh & ~final,
        UNUSED: final,
        SOUNDSCAPES: soundscapes,
        OTHER_SOUNDSCAPES: soundscapes & ~trained,
    }


def report(bundle: Bundle, windows: list[Window], args: argparse.Namespace) -> None:
    """Print all of it."""
    listener, threshold = Listener(bundle), bundle.detector.threshold
    masks = masks_of(bundle, windows, args.final.split(","))
    groups = np.unique([window.group for window in windows], return_inverse=True)[1]
    truth = np.array([window.bird for window in windows])
    print(f"bundle {bundle.name}, threshold {threshold:g}; windows of one second, int8; intervals: 95 %\n")
    base = Scored(scores_of(listener, args.audio, windows, 0.0), truth, groups)
    sets = {name: base.select(mask) for name, mask in masks.items() if mask.any()}
    for gain in (-20.0, 12.0) if masks[LEFT_OUT].any() else ():
        louder = Scored(scores_of(listener, args.audio, windows, gain), truth, groups)
        sets[f"left out, {gain:+g} dB"] = louder.select(masks[LEFT_OUT])
    print("\n".join(set_rows(sets, threshold)))
    if args.listener:
        rows = listener_rows(args.listener, listener.rate, args, windows, base, masks)
        print(f"\nwhat {args.listener.name} describes, on the same windows, at 0.5:\n" + "\n".join(rows))
    if masks[LEFT_OUT].any():
        report_left_out(bundle, listener, windows, base, masks, args)
    print(
        "\nby source, at the bundle's threshold:\n"
        + "\n".join(source_rows(windows, base, masks[TRAINED_ON], threshold))
    )
    if args.recordings:
        print("\n".join(recording_rows(windows, base)))
    costs = model_cost(bundle.model_bytes)
    print(
        f"\n{len(bundle.model_bytes)} bytes, arena {bundle.model.arena_bytes} bytes (64-bit), "
        f"{total_macs(costs)} MACs, about {total_instructions(costs):,} instructions on an ESP32 with ESP-NN (estimate)"
    )


def report_left_out(
    bundle: Bundle,
    listener: Listener,
    windows: list[Window],
    base: Scored,
    masks: dict[str, NDArray[np.bool_]],
    args: argparse.Namespace,
) -> None:
    """Print what only sources can tell of which the bundle has seen nothing."""
    left_out, threshold = base.select(masks[LEFT_OUT]), bundle.detector.threshold

    def of(name: str) -> list[Window]:
        return [window for window, here in zip(windows, masks[name], strict=True) if here]

    print("\nsound without birds, at the bundle's threshold and at one for few false alarms:")
    hours = args.background_hours
    synthetic, scenes = background(listener, hours) if hours > 0.0 else (None, [])
    names = (LEFT_OUT, CHOSEN_ON, UNUSED, OTHER_SOUNDSCAPES)
    found_in = {name: base.select(masks[name]) for name in names if (masks[name] & base.truth).any()}
    # A bird's clip may hold one too in a second in which none was heard.
    of_others = masks[LEFT_OUT] & ~base.truth & np.array([not window.birds_clip for window in windows])
    print("\n".join(background_rows(base.select(of_others), synthetic, found_in, threshold)))
    parts = {name: of(name) for name in (CHOSEN_ON, UNUSED)}
    print("\n" + "\n".join(detection_rows(listener, bundle, args, parts, scenes)))
    print("\non the sources left wholly out, " + "\n".join(kind_rows(of(LEFT_OUT), left_out, threshold)))
    for rate in ALARM_RATES:
        print(f"threshold for {rate:g} false windows an hour there: {threshold_at(left_out, rate):.4f}")


if __name__ == "__main__":
    sys.exit(main())
