#!/usr/bin/env python3
"""How much faster several virtual boards are than one, and what a board costs: time, processor, memory.

    python tools/bench_boards.py                       an hour of sound: one board, then a board a core
    python tools/bench_boards.py --baud 921600 --most 4 --minutes 10
    python tools/bench_boards.py --growth --minutes 2  1, 2, 4, … 32 boards, two minutes of sound for each

Times are those of streaming, start-up apart, as report.json has them; the load is the system's, over the last minute.
Other work on the computer makes the ratio of times worthless: it slows one board more than it slows several. The ratio
of processor time is not touched by it. What a board takes of the processor is told a minute of sound.

Ends with 1 when a figure is beyond its limit: without --baud 1.5 and 90 % of cores ÷ (processor seconds a second of one
board), with it 95 % of the boards; with --growth a board costs at most 1.25 times what one alone does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.bundle.load import load_bundle
from host.checkout import DEFAULT_BUNDLE, ROOT
from host.making.corpus.endless import stream

FILE_S = 60.0
LEAST = 1.5
OF_CORES = 0.9
OF_THROTTLED = 0.95
MOST_GROWTH = 1.25
GROWTH = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Measured:
    """A run.

    Attributes:
        boards: how many.
        audio_s: of sound, all boards together.
        stream_s: from the first file's begin to the last one's end.
        cpu_s: of all boards, host side and start-up with it.
        board_bytes: memory a board.
        load: of the system.
    """

    boards: int
    audio_s: float
    stream_s: float
    cpu_s: float
    board_bytes: float
    load: float

    @property
    def cpu_per_minute(self) -> float:
        """Processor seconds a minute of sound."""
        return self.cpu_s / self.audio_s * 60


def make_files(folder: Path, minutes: int, rate: int) -> list[Path]:
    """Synthetic birds and noise, a file a minute, each of another seed."""
    import numpy as np
    import soundfile

    paths = []
    for seed in range(minutes):
        path = folder / f"minute-{seed:03d}.wav"
        soundfile.write(path, np.concatenate(list(stream(seed, FILE_S, rate))), rate)
        paths.append(path)
    return paths


def measure(paths: Sequence[Path], boards: int, baud: int, folder: Path) -> Measured:
    """Run `hil` with so many virtual boards.

    Raises:
        CalledProcessError: it did not pass.
    """
    report = folder / f"report-{boards}"
    words = [
        "--board",
        "virtual",
        "--jobs",
        str(boards),
        "--no-html",
        "--report",
        str(report),
        "--labels",
        "off",
    ]
    words += ["--baud", str(baud)] if baud else []
    done = subprocess.run(
        [sys.executable, "-m", "host", "run", *map(str, paths), *words],
        cwd=ROOT,
        env={**os.environ, "HIL_HISTORY": "off"},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        sys.stderr.write(done.stdout.decode("utf-8", "replace"))
        done.check_returncode()
    return read_report(report / "report.json", os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)


def read_report(path: Path, load: float) -> Measured:
    """What a report tells of its boards."""
    report = json.loads(path.read_text(encoding="utf-8"))
    rows = report["boards"]
    return Measured(
        len(rows),
        report["totals"]["audio_s"],
        report["seconds"]["stream"],
        sum(row["cpu_s"] for row in rows),
        sum(row["memory_bytes"] for row in rows) / len(rows),
        load,
    )


def told(found: Measured) -> str:
    """One line."""
    return (
        f"{found.boards:3} boards, {found.audio_s / 60:5.1f} min of sound: {found.stream_s:7.1f} s, "
        f"{found.cpu_per_minute:5.2f} processor s a minute of sound, {found.board_bytes / 1e6:4.0f} MB a board, "
        f"load {found.load:.1f}"
    )


def least_speed_up(one: Measured, boards: int, cores: int, baud: int) -> float:
    """How much faster several boards must be than one."""
    if baud:
        return OF_THROTTLED * boards
    busy = one.cpu_s / one.stream_s
    return max(LEAST, OF_CORES * min(boards, cores / busy)) if cores > 1 else 0.0


def compare(paths: Sequence[Path], most: int, baud: int, folder: Path) -> int:
    """One board and several on the same sound; the exit code."""
    one = measure(paths, 1, baud, folder)
    print(told(one), flush=True)
    several = measure(paths, most, baud, folder)
    print(told(several))
    ratio, cores = one.stream_s / several.stream_s, os.cpu_count() or 1
    least = least_speed_up(one, most, cores, baud)
    print(f"{ratio:.2f} times as fast on {cores} cores (at least {least:.2f})")
    print(f"{several.cpu_s / one.cpu_s:.2f} times the processor time")
    return int(ratio < least)


def grow(paths: Sequence[Path], most: int, baud: int, folder: Path) -> int:
    """The same sound for each board; the exit code."""
    found = []
    for boards in (count for count in GROWTH if count <= most):
        found.append(measure(copies(paths, boards, folder), boards, baud, folder))
        print(told(found[-1]), flush=True)
    first, last = found[0], found[-1]
    cpu, memory = last.cpu_per_minute / first.cpu_per_minute, last.board_bytes / first.board_bytes
    print(
        f"{last.boards} boards: {cpu:.2f} times the processor time a minute, {memory:.2f} times the memory a board"
    )
    return int(max(cpu, memory) > MOST_GROWTH)


def copies(paths: Sequence[Path], times: int, folder: Path) -> list[Path]:
    """The same sound so many times, under other names."""
    found = []
    for number in range(times):
        for path in paths:
            copy = folder / f"board-{number:02d}-{path.name}"
            if not copy.exists():
                shutil.copyfile(path, copy)
            found.append(copy)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=60, metavar="N", help="of sound (default: 60)")
    parser.add_argument(
        "--most", type=int, metavar="N", help="boards (default: a board a core; with --growth 32)"
    )
    parser.add_argument("--baud", type=int, default=0, metavar="RATE", help="throttle each board's line")
    parser.add_argument("--growth", action="store_true", help="1 to 32 boards, as much sound for each")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_files(folder, options.minutes, load_bundle(DEFAULT_BUNDLE).settings.sample_rate)
        if options.growth:
            return grow(paths, options.most or GROWTH[-1], options.baud, folder)
        return compare(paths, options.most or max(2, os.cpu_count() or 1), options.baud, folder)


if __name__ == "__main__":
    sys.exit(main())
