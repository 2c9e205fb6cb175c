#!/usr/bin/env python3
"""How much of a serial line the link uses: the host's end against the firmware's own, in a deterministic simulation.

    python tools/bench_link.py                      shows the figures beside the stored ones
    python tools/bench_link.py --update-baseline    stores them, after a change that was meant to change them
    python tools/bench_link.py --virtual            also echoes through the virtual board, over pseudo-terminal and TCP
    python tools/bench_link.py --port URL --baud N  also echoes through the board at a port

The same code and seed give the same figures on every computer, so a worse one is a change of the link's and
tools/test_bench_link.py fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.board.kinds.virtual import PSEUDO_TERMINALS, VirtualBoard, VirtualOptions
from host.board.options import BAUD
from host.build.firmware import build_firmware
from host.core.utilisation import BAUDS, DAMAGED_SHARES, LINES, TURNAROUNDS_MS, Line, utilisation
from host.errors import HilError
from host.files import atomic_write
from host.line.connection import Connection
from host.line.port import BytePort, open_port
from host.line.throughput import echo_throughput
from host.link.protocol import BOOT_BAUD

DEFAULT_BUNDLE = Path(__file__).resolve().parents[1] / "models" / "default"
BASELINE = Path(__file__).with_name("baselines") / "link.json"
TOLERANCE = 0.02  # of a figure, relative
TARGETS = {
    Line(921_600, 5, 0.0): 0.97,
    Line(921_600, 5, 0.001): 0.90,
    Line(2_000_000, 17, 0.0): 0.90,
}

Figures = dict[str, float]


def simulate() -> Figures:
    """Return the share of the line that payloads used, by the line's name."""
    return {line.name: round(utilisation(line), 4) for line in LINES}


def read_baseline(path: Path = BASELINE) -> Figures:
    """Return the stored figures.

    Raises:
        HilError: there are none, or the file is damaged.
    """
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))["simulated"]
        return {str(name): float(figure) for name, figure in figures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HilError(
            f"{path} holds no baseline: {error}", "run `python tools/bench_link.py --update-baseline`"
        ) from error


def write_baseline(figures: Figures, path: Path = BASELINE) -> None:
    """Store figures."""
    atomic_write(path, json.dumps({"simulated": figures}, indent=1) + "\n")


def complaints(figures: Figures, baseline: Figures) -> list[str]:
    """What is worse than it was, or than it has to be; one line each."""
    found = [
        f"{line.name}: {figures[line.name]:.1%} of the line, {target:.0%} wanted"
        for line, target in TARGETS.items()
        if figures[line.name] < target
    ]
    for name, before in baseline.items():
        if name not in figures:
            found.append(f"{name}: not measured any more")
        elif figures[name] < before * (1 - TOLERANCE):
            found.append(f"{name}: {figures[name]:.1%} of the line, {before:.1%} before")
    return found + [f"{name}: no baseline" for name in figures if name not in baseline]


def table(figures: Figures, baseline: Figures) -> str:
    """The figures for a person to read: a row for each speed and turnaround, a column for each share of damage."""
    heads = ["clean" if share == 0 else f"{share:.1%} damaged" for share in DAMAGED_SHARES]
    lines = [f"{'baud':>8} {'turnaround':>11}" + "".join(f"{head:>18}" for head in heads)]
    for baud in BAUDS:
        for turnaround in TURNAROUNDS_MS:
            cells = []
            for share in DAMAGED_SHARES:
                name = Line(baud, turnaround, share).name
                change = f" ({figures[name] - baseline[name]:+.1%})" if name in baseline else ""
                cells.append(f"{figures[name]:.1%}{change}".rjust(18))
            lines.append(f"{baud:>8} {turnaround:>8} ms" + "".join(cells))
    return "\n".join(lines)


def echo(label: str, port: BytePort) -> str:
    """Echo through the board at an open port, which is closed; return a line for a person to read.

    Raises:
        HilError: the board does not answer, or not rightly.
    """
    with Connection(port) as connection:
        connection.connect()
        result = echo_throughput(connection)
    return (
        f"{label}: {result.bytes_per_s / 1e6:.3f} MB/s of payload there and back, "
        f"{result.retransmitted} frames sent again"
    )


def echo_virtual() -> list[str]:
    """Echo through a virtual board of each kind of plug that this computer has.

    Raises:
        HilError: it cannot be built or started.
    """
    program = build_firmware("virtual", DEFAULT_BUNDLE)
    lines = []
    for tcp in (False, True) if PSEUDO_TERMINALS else (True,):
        board = VirtualBoard(program, VirtualOptions(tcp=tcp, inference=False))
        try:
            board.start()
            lines.append(
                echo("virtual board, TCP" if tcp else "virtual board, pseudo-terminal", board.open())
            )
        finally:
            board.close()
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when nothing is worse than stored."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--update-baseline", action="store_true", help="store the figures measured now")
    parser.add_argument("--virtual", action="store_true", help="measure the virtual board as well")
    parser.add_argument("--port", metavar="URL", help="measure the board at this port as well")
    parser.add_argument("--baud", type=BAUD, default=BOOT_BAUD, help="speed of --port (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        figures = simulate()
        if options.update_baseline:
            write_baseline(figures)
        baseline = read_baseline()
        echoes = echo_virtual() if options.virtual else []
        if options.port:
            echoes.append(
                echo(f"{options.port} at {options.baud} baud", open_port(options.port, options.baud))
            )
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(
        "Share of the line that payloads to the device used (simulated; in brackets the change to the baseline):"
    )
    print(table(figures, baseline))
    for line in echoes:
        print(line)
    found = complaints(figures, baseline)
    for complaint in found:
        print(f"worse: {complaint}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
