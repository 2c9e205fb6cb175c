"""`python -m host hil`: the main job. Streams WAV files into a board and compares what it computes with the host."""

import argparse
import contextlib
import importlib.metadata
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..audio.find import find_wavs
from ..audio.source import AudioSource
from ..board.connecting import connect
from ..board.device import Device
from ..board.identity import check_identity, describe, timing_note
from ..board.interface import Board
from ..board.options import BoardChoice, add_board_options, add_bundle_option, choice_from, make_board
from ..bundle.load import Bundle, load_bundle
from ..comparison.result import RunComparison
from ..comparison.streaming import compare_file
from ..line.connection import DeviceResetError
from ..link.messages import Capability
from ..model.interpreter import Interpreter
from ..model.micro import MicroInterpreter, available
from ..model.reference import ReferenceInterpreter
from ..report.html import write_html
from ..report.json_report import write_json
from ..report.table import print_tables

if TYPE_CHECKING:
    from rich.console import Console


AGREED = 0
DIFFERED = 1
LOG_WIDTH = 100
REPORTED_PACKAGES = ("tensorflow", "tflite-micro", "numpy", "librosa", "pyserial")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="WAV files or folders (the bundle's own)"
    )
    add_bundle_option(parser)
    add_board_options(parser)
    parser.add_argument(
        "--report", type=Path, default=Path("report"), metavar="DIR", help="folder for the reports (report)"
    )
    parser.add_argument(
        "--features-only", action="store_true", help="compare the front end only, without the model"
    )
    parser.add_argument("--no-html", action="store_true", help="no HTML report, only report.json")


def run(args: argparse.Namespace) -> int:
    """Run the comparison; 0 when everything agreed, 1 when something differed."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:  # a log is not as narrow as rich assumes
        console = Console(width=LOG_WIDTH)
    started = time.monotonic()
    choice = choice_from(args)
    bundle = load_bundle(args.bundle)
    sources = open_sources(args.paths or [bundle.path / "wav"], bundle)
    board = make_board(choice, bundle.path)
    with contextlib.closing(board):
        result = compare(board, choice, bundle, sources, not args.features_only, console)
    result.seconds["total"] = time.monotonic() - started
    console.print()
    print_tables(result, console)
    json_path = write_json(result, args.report)
    written = [json_path]
    if not args.no_html:
        written.insert(0, write_html(result, args.report))
    for path in written:
        console.print(f"Report: {path}", soft_wrap=True, highlight=False)
    return DIFFERED if result.reasons else AGREED


def open_sources(paths: list[Path], bundle: "Bundle") -> "list[AudioSource]":
    """The audio at the bundle's rate; every file is looked at before the first is streamed.

    Raises:
        AudioError: a path has no audio, or a file cannot be read.
    """

    return [AudioSource(path, bundle.settings.sample_rate) for path in find_wavs(paths)]


def load_interpreters(bundle: "Bundle") -> "tuple[Interpreter, Interpreter | None]":
    """The reference, and TFLite Micro as a second witness where its wheel exists."""

    reference = ReferenceInterpreter(bundle.model_bytes, bundle.model)
    return reference, MicroInterpreter(bundle.model_bytes, bundle.model) if available() else None


def compare(
    board: "Board",
    choice: BoardChoice,
    bundle: "Bundle",
    sources: "list[AudioSource]",
    inference: bool,
    console: "Console",
) -> "RunComparison":
    """Compare all files on one board."""

    seconds: dict[str, float] = {}
    with _timed(seconds, "connect"):
        device, info = connect(board, choice)
    with contextlib.closing(device):
        check_identity(info, bundle)
        if board.kind == "qemu":  # which the firmware itself need not notice
            info = replace(info, capabilities=info.capabilities | Capability.EMULATED)
        console.print(f"Board: {describe(info)}", highlight=False, soft_wrap=True)
        console.print(f"Reached as: {board.description}", highlight=False, soft_wrap=True)
        with _timed(seconds, "load reference"), console.status("Loading the reference interpreter …"):
            interpreter, witness = load_interpreters(bundle) if inference else (None, None)
        result = RunComparison(board.kind, bundle, info, inference, seconds=seconds, versions=_versions())
        note = timing_note(info)
        result.notes += [note] if note else []
        if inference and witness is None:
            result.notes.append("TFLite Micro's wheel does not exist for this computer: no second witness")
        device.status(clear=True)
        with _timed(seconds, "stream"):
            _compare_all(result, device, choice, sources, interpreter, witness, console)
        result.status = device.status()
        result.host_link = device.connection.counters
    return result


def _compare_all(
    result: "RunComparison",
    device: "Device",
    choice: BoardChoice,
    sources: "list[AudioSource]",
    interpreter: "Interpreter | None",
    witness: "Interpreter | None",
    console: "Console",
) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    rate = result.bundle.settings.sample_rate
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=sum(source.duration_s for source in sources) * rate)
        for source, name in zip(sources, _names(sources), strict=True):
            progress.update(task, description=name[-40:])

            def advance(samples: int) -> None:
                progress.advance(task, samples)

            try:
                file = compare_file(device, result.bundle, source, interpreter, witness, advance, name)
            except DeviceResetError as error:
                # Nothing of this file counts. A board that restarts again gives the run up.
                result.notes.append(f"{name}: streamed again from its beginning, because {error.cause}")
                check_identity(device.connect(max(10.0, choice.dead_after_s)), result.bundle)
                file = compare_file(device, result.bundle, source, interpreter, witness, None, name)
            result.add(file)


def _names(sources: "list[AudioSource]") -> list[str]:
    """File names, with their folder where that is needed to tell them apart."""
    short = [source.path.name for source in sources]
    return [
        name if short.count(name) == 1 else f"{source.path.parent.name}/{name}"
        for source, name in zip(sources, short, strict=True)
    ]


def _versions() -> dict[str, str]:
    versions = {"python": sys.version.split()[0]}
    for package in REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    finally:
        seconds[stage] = time.monotonic() - start
