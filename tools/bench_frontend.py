#!/usr/bin/env python3
"""How many instructions the front end takes on the Xtensa instruction set, and what it would take the dense float way.

    python tools/bench_frontend.py                      shows the figures beside the stored ones
    python tools/bench_frontend.py --update-baseline    stores them, after a change that was meant to change them
    python tools/bench_frontend.py --bundle DIR         with another bundle's settings (nothing to compare with)
    python tools/bench_frontend.py --lx6 GCC QEMU       also on the ESP32's own core, with Espressif's GCC and QEMU
    python tools/bench_frontend.py --against DIR...     the microfrontend beside the public implementation;
                                                        its sources and KISS FFT's lie in these folders

Counts by QEMU are the same on every computer, so a worse one is a change of the front end's, and
tools/test_bench_frontend.py fails. Every feature byte must equal the one computed on this computer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from host.audio.source import AudioSource
from host.bundle.load import Bundle, load_bundle
from host.core.c_frontend import FrontEnd
from host.errors import HilError
from host.files import atomic_write
from host.frontend.log_mel.settings import LogMelSettings
from host.frontend.log_mel.tables import LogMelTables, build_tables
from host.frontend.settings import FrontEndSettings
from tools.frontend_bench.emulated import STAGES, Measurement, Target, lx6, lx106, measure
from tools.frontend_bench.kinds import cells_of, columns_measured, examples, measure_kind
from tools.frontend_bench.public import SETTINGS as PUBLIC_SETTINGS
from tools.frontend_bench.public import find_sources, measure_public

ROOT = Path(__file__).resolve().parents[1]
BASELINE = Path(__file__).with_name("baselines") / "frontend.json"
AUDIO = ROOT / "models" / "default" / "wav" / "warble-over-voices.wav"
TOLERANCE = 0.02  # of a figure, relative
SECONDS = 2
WINDOW_COLUMNS = 61
CLOCK_HZ = 240e6
# The default settings; the quantiser spans -80 to 25 dB.
SETTINGS = LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0)
INPUT_SCALE, INPUT_ZERO_POINT = 105 / 255, 66
TARGETS = {"LX106": 25_000, "LX6": 15_000}  # instructions per hop at the default settings

MOST_OF_PUBLIC = 0.8  # of the public implementation's instructions, what the microfrontend may take

KINDS_PART = "lx106 kinds"  # of the baseline

Figures = dict[str, float]


def read_audio(path: Path, settings: FrontEndSettings, columns: int) -> NDArray[np.int16]:
    """Return the first samples of a recording, as many as `columns` columns need.

    Raises:
        HilError: it cannot be read or is too short.
    """
    blocks = list(AudioSource(path, settings.sample_rate).blocks())
    samples = np.concatenate(blocks)[: settings.samples_for(columns)]
    if settings.columns(len(samples)) < columns:
        raise HilError(f"{path} is too short for {columns} columns", "give a longer recording with --wav")
    return samples


def expected_cells(tables: LogMelTables, scale: float, zero_point: int, samples: NDArray[np.int16]) -> Any:
    """Return what this computer's build of the core makes of the samples, int8 [columns, bands]."""
    return FrontEnd(tables.settings, scale, zero_point).features(samples)


def figures_of(measurement: Measurement) -> Figures:
    """Return the deterministic figures by name, the smaller the better."""
    sizes = {name: float(size) for name, size in measurement.sizes.items()}
    state, stack = (sizes.pop(name) for name in ("fe_state", "stack"))
    return {
        **{f"instructions {stage}": round(n, 1) for stage, n in measurement.instructions.items()},
        "bytes code": sum(sizes.values()),
        "bytes state": state,
        "bytes stack": stack,
    }


def complaints(figures: Figures, baseline: Figures) -> list[str]:
    """What is worse than it was, or than it has to be; one line each."""
    found = []
    if figures["instructions push"] > TARGETS["LX106"]:
        found.append(f"{figures['instructions push']:.0f} instructions a hop, {TARGETS['LX106']} allowed")
    return found + grown(figures, baseline)


def grown(figures: Figures, baseline: Figures) -> list[str]:
    """What is worse than it was; one line each."""
    found = []
    for name, before in baseline.items():
        if name not in figures:
            found.append(f"{name}: not measured any more")
        elif figures[name] > before * (1 + TOLERANCE):
            found.append(f"{name}: {figures[name]:.0f}, {before:.0f} before")
    return found + [f"{name}: no baseline" for name in figures if name not in baseline]


def read_baseline(path: Path = BASELINE, part: str = "lx106") -> Figures:
    """Return the stored figures: `lx106`, of log-mel's stages, or `lx106 kinds`, of all kinds.

    Raises:
        HilError: there are none, or the file is damaged.
    """
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))[part]
        return {str(name): float(figure) for name, figure in figures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HilError(
            f"{path} holds no baseline: {error}", "run `python tools/bench_frontend.py --update-baseline`"
        ) from error


def write_baseline(figures: Figures, path: Path = BASELINE, part: str = "lx106") -> None:
    """Store figures, beside those of other parts."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    atomic_write(path, json.dumps({**stored, part: figures}, indent=1) + "\n")


def measure_kinds(target: Target, wav: Path) -> tuple[Figures, list[str]]:
    """Measure a front end of each kind.

    Returns:
        Instructions per hop and bytes of a stream's memory by name, and what differs from this computer's cells.

    Raises:
        HilError: something could not be built or run.
    """
    figures: Figures = {}
    different = []
    for name, settings in examples():
        samples = read_audio(wav, settings, columns_measured(settings))
        with tempfile.TemporaryDirectory() as folder:
            measured = measure_kind(target, settings, samples, Path(folder))
        figures[f"instructions {name}"] = round(measured.instructions, 1)
        if measured.window:
            figures[f"instructions window {name}"] = round(measured.window, 1)
        figures[f"bytes memory {name}"] = measured.memory
        wrong = int(np.count_nonzero(measured.cells != cells_of(settings, samples)))
        if wrong:
            different.append(f"{wrong} feature bytes of {name} differ on the {target.name}")
    return figures, different


def report_kinds(target: Target, figures: Figures, baseline: Figures) -> str:
    """The figures of all kinds for a person to read."""
    lines = [
        f"{target.name}, all kinds: instructions per hop, of a 240 MHz core at 1 a cycle, memory of a stream"
    ]
    for name, settings in examples():
        count = figures[f"instructions {name}"]
        change = f"{count / baseline[f'instructions {name}'] - 1:+.1%}" if baseline else ""
        share = count * settings.sample_rate / settings.hop / CLOCK_HZ
        memory = figures[f"bytes memory {name}"]
        lines.append(f"  {name:<16}{count:>10,.0f}{share:>8.2%}{memory:>8,.0f} B  {change:>6}")
        lines.append(f"    {settings.sample_rate} Hz, hop {settings.hop}, {settings.described()}")
        if f"instructions window {name}" in figures:
            window = figures[f"instructions window {name}"]
            lines.append(f"    and {window:,.0f} for each column of a window when it is complete")
    return "\n".join(lines)


def against_public(target: Target, places: list[Path], wav: Path) -> tuple[str, list[str]]:
    """Measure the microfrontend beside the public implementation.

    Returns:
        A line for a person to read, and complaints.

    Raises:
        HilError: sources are missing, or something could not be built or run.
    """
    samples = read_audio(wav, PUBLIC_SETTINGS, columns_measured(PUBLIC_SETTINGS))
    with tempfile.TemporaryDirectory() as folder:
        ours = measure_kind(target, PUBLIC_SETTINGS, samples, Path(folder))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as laid_out:
        sources = find_sources(places, Path(laid_out))
        theirs, values = measure_public(target, sources, samples, Path(folder))
    share = ours.instructions / theirs
    line = (
        f"{target.name}, microfrontend at {PUBLIC_SETTINGS.sample_rate} Hz, hop {PUBLIC_SETTINGS.hop}: "
        f"{ours.instructions:,.0f} instructions a hop, the public implementation {theirs:,.0f}: {share:.1%} of it"
    )
    found = []
    if values.shape != ours.values.shape or (values != ours.values).any():
        found.append(
            f"the microfrontend's features differ from the public implementation's on the {target.name}"
        )
    if share > MOST_OF_PUBLIC:
        found.append(f"the microfrontend takes {share:.1%} of the public implementation's instructions")
    return line, found


def report(target: Target, measurement: Measurement, settings: LogMelSettings, baseline: Figures) -> str:
    """The figures of a target for a person to read."""
    figures = figures_of(measurement)
    hops = settings.sample_rate / settings.hop
    push = measurement.instructions["push"]
    dense_column = measurement.dense_window / measurement.dense_columns
    labels = {
        "window": "window, first FFT step",
        "fft": "FFT",
        "mel": "power and mel",
        "push": "all, fe_push",
    }
    lines = [f"{target.name}, instructions per hop of {settings.hop} samples"]
    for stage in (*STAGES, "push"):
        name = f"instructions {stage}"
        change = f"{figures[name] / baseline[name] - 1:+8.1%}" if name in baseline else ""
        lines.append(f"  {labels.get(stage, stage):<26}{figures[name]:>12,.0f}{change}")
    lines += [
        f"  {'per second of audio':<26}{push * hops:>12,.0f}",
        f"  {'of a 240 MHz core, 1 a cycle':<30}{push * hops / CLOCK_HZ:>8.2%}",
        "the background's way: dense float matrix, the whole window at each step"
        + (", software float" if target.soft_float else ""),
        f"  {f'per step of {measurement.dense_columns} columns':<26}{measurement.dense_window:>12,.0f}"
        f"   {measurement.dense_window / push:,.0f} times as many",
        f"  {'per column, if kept':<26}{dense_column:>12,.0f}   {dense_column / push:,.1f} times as many",
        "memory, bytes",
        *(
            f"  {name.removeprefix('bytes '):<26}{figure:>12,.0f}"
            for name, figure in figures.items()
            if name.startswith("bytes")
        ),
    ]
    return "\n".join(lines)


def host_line(settings: LogMelSettings, samples: NDArray[np.int16]) -> str:
    """How fast this computer computes features."""
    front_end = FrontEnd(settings, INPUT_SCALE, INPUT_ZERO_POINT)
    minute = np.resize(samples, settings.sample_rate * 60)
    front_end.features(minute)
    start = time.process_time()
    front_end.features(minute)
    elapsed = time.process_time() - start
    return f"this computer: an hour of audio in {60 * elapsed:.2f} s on one core"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when nothing is worse than stored, 1 when something is, 2 when it could not be measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--update-baseline", action="store_true", help="store the figures measured now")
    parser.add_argument("--bundle", type=Path, help="use this bundle's settings")
    parser.add_argument(
        "--wav", type=Path, default=AUDIO, help="the recording to work on (default: %(default)s)"
    )
    parser.add_argument("--lx6", nargs=2, metavar=("GCC", "QEMU"), help="Espressif's tools for the ESP32")
    parser.add_argument(
        "--against",
        nargs="+",
        type=Path,
        metavar="DIR",
        help="sources of the public microfrontend and of KISS FFT",
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args(arguments)
    try:
        if options.bundle and options.update_baseline:
            raise HilError("--update-baseline stores the default settings' figures", "leave --bundle out")
        return _run(options)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def log_mel(bundle: Bundle) -> LogMelSettings:
    """Return the settings of a log-mel bundle, whose stages are known here."""
    if isinstance(bundle.settings, LogMelSettings):
        return bundle.settings
    raise HilError(
        f"the stages of a {bundle.settings.kind} front end are not known here", "use a log-mel bundle"
    )


def _stages(
    target: Target,
    measurement: Measurement,
    settings: LogMelSettings,
    expected: Any,
    *,
    stored: bool,
    update: bool,
) -> list[str]:
    """What is worse than stored in log-mel's stages, or differs."""
    figures, found = figures_of(measurement), []
    if stored and update:
        write_baseline(figures)
    baseline = read_baseline() if stored else {}
    print(report(target, measurement, settings, baseline))
    different = int(np.count_nonzero(measurement.cells != expected))
    print(f"  {measurement.cells.size} feature bytes, {different} differ from this computer's")
    if different:
        found.append(f"{different} feature bytes differ on the {target.name}")
    return found + (complaints(figures, baseline) if baseline else [])


def _all_kinds(target: Target, options: argparse.Namespace, stored: bool) -> list[str]:
    """What is worse than stored, or differs."""
    figures, found = measure_kinds(target, options.wav)
    if stored and options.update_baseline:
        write_baseline(figures, part=KINDS_PART)
    baseline = read_baseline(part=KINDS_PART) if stored else {}
    print(report_kinds(target, figures, baseline))
    found += grown(figures, baseline) if baseline else []
    if options.against:
        line, worse = against_public(target, options.against, options.wav)
        print(line)
        found += worse
    return found


def _run(options: argparse.Namespace) -> int:
    settings, scale, zero_point, window = SETTINGS, INPUT_SCALE, INPUT_ZERO_POINT, WINDOW_COLUMNS
    if options.bundle:
        bundle = load_bundle(options.bundle)
        settings, window = log_mel(bundle), bundle.frames
        scale, zero_point = bundle.model.input.scale, bundle.model.input.zero_point
    tables = build_tables(settings, scale, zero_point)
    columns = max(window, settings.columns(SECONDS * settings.sample_rate))
    samples = read_audio(options.wav, settings, columns)
    expected = expected_cells(tables, scale, zero_point, samples)
    print(host_line(settings, samples))

    compared = options.bundle is None and options.wav == AUDIO
    results: dict[str, Figures] = {}
    found: list[str] = []
    targets: list[Callable[[], Target]] = [lx106]
    if options.lx6:
        targets.append(partial(lx6, *options.lx6))
    code = 0
    for make in targets:
        try:
            target = make()
            with tempfile.TemporaryDirectory() as folder:
                measurement = measure(target, tables, samples, window, Path(folder))
            results[target.name.lower()] = figures_of(measurement)
            stored = compared and target.name == "LX106"
            update = options.update_baseline
            found += _stages(target, measurement, settings, expected, stored=stored, update=update)
            if options.bundle is None:
                found += _all_kinds(target, options, stored)
        except HilError as error:  # the rest is still worth having
            print(f"error: {error}", file=sys.stderr)
            code = 2
    if options.json:
        atomic_write(options.json, json.dumps(results, indent=1) + "\n")
    for complaint in found:
        print(f"worse: {complaint}", file=sys.stderr)
    return code or (1 if found else 0)


if __name__ == "__main__":
    sys.exit(main())
