"""`python -m host trace`: a window on the board, op by op against the host; a column, stage by stage."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.source import AudioSource
from ..board.connecting import connect
from ..board.device import Device
from ..board.identity import check_identity, describe, timing_note
from ..board.kernels import kernels_of
from ..board.options import add_board_options, add_bundle_option, bundle_from, choice_from, make_board
from ..bundle.load import Bundle, load_bundle
from ..comparison.diagnosis.tensor_causes import usual_cause
from ..errors import ExitCode, HilError
from ..files import atomic_write
from ..given import Whole
from ..link.messages import Info
from ..model.kernel_faults import KnownFault, known_faults
from ..model.worker import ModelWorker
from ..printable import out
from ..progress import bar
from ..report.against_table import print_against
from ..report.trace_table import print_stages, print_trace
from ..strict_json import json_text
from ..terminal import Terminal
from ..trace.against import compare_traces, read_trace
from ..trace.case_file import read_case, write_case
from ..trace.departed import departed_case
from ..trace.moved import trace_moved
from ..trace.overlay import write_overlays
from ..trace.replay import replay
from ..trace.stages import trace_column
from ..trace.values import trace_values
from ..trace.window import WindowTrace, passage_of, trace_window
from ..trace.words import trace_sentence

NUMBER = Whole(0, 1 << 31)
Int16 = NDArray[np.int16]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a sound file")
    add_bundle_option(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--window", type=NUMBER, metavar="N", help="the window to look at, from 0 (0)")
    what.add_argument("--column", type=NUMBER, metavar="N", help="a column of the front end, stage by stage")
    what.add_argument(
        "--all-windows", type=Whole(1, 100_000), metavar="K", help="K windows, spread over the file"
    )
    what.add_argument(
        "--replay", type=Path, metavar="ZIP", help="run an exported case on the board, in place of a file"
    )
    parser.add_argument(
        "--export", type=Path, metavar="ZIP", help="write the departing op as a case that anybody can run"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="JSON",
        help="hold the trace against another: a report.json or --json file",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the trace for programs")
    parser.add_argument(
        "--model-explorer", type=Path, metavar="FILE", help="write overlays for Google's Model Explorer"
    )
    parser.add_argument(
        "--shift",
        type=Whole(0, 255),
        default=0,
        metavar="N",
        help="trace also with the arena N times 16 bytes further on, and with the model in flash N times 4, and say "
        "whether that matters; other offsets are impossible: TFLite Micro aligns tensors to 16 bytes, and numbers in a "
        "model to 4",
    )
    add_board_options(parser)


@dataclass(frozen=True)
class Job:
    """What all that is asked for shares."""

    args: argparse.Namespace
    bundle: Bundle
    device: Device
    info: Info
    terminal: Terminal
    against: dict[str, Any] | None = None  # the trace to hold this one against

    @property
    def clock_hz(self) -> int:
        """The board's clock; 0 where its times are none of its own."""
        return 0 if timing_note(self.info) else self.info.clock_hz


def run(args: argparse.Namespace) -> int:
    """Trace; 0 where everything is equal, 1 where something departs."""
    choice = choice_from(args)
    bundle = load_bundle(bundle_from(args.bundle))
    _check(args)
    case = None if args.replay is None else read_case(args.replay)
    samples = None if case is not None else _samples(args.file, bundle)
    against = None if args.against is None else read_trace(args.against)
    board = make_board(choice, bundle.path)
    with contextlib.closing(board), ModelWorker() as worker:
        if args.column is None and case is None:
            worker.start()
        device, info = connect(board, choice)
        with contextlib.closing(device):
            out(f"Board: {describe(info)}")
            job = Job(args, bundle, device, info, Terminal(), against)
            if case is not None:
                out(f"Case: {case.op}")
                replayed = replay(device, case)
                out(f"{replayed.sentence}.")
                return int(ExitCode.DONE if replayed.agreed else ExitCode.BROKEN)
            check_identity(info, bundle)
            if args.shift:
                device.trace_arm(0, args.shift)  # refused by a board that cannot, before anything is streamed
            assert samples is not None
            if args.column is not None:
                return _column(job, samples)
            return _windows(job, samples, worker)


def _check(args: argparse.Namespace) -> None:
    """Refuse what contradicts itself, before anything is built."""
    if args.replay is None and args.file is None:
        raise HilError(
            "no sound file is given", "name one: `python -m host trace FILE`, or --replay case.zip"
        )
    if args.replay is not None and args.file is not None:
        raise HilError("--replay runs a case, and a sound file is given too", "leave one of the two out")
    of_a_window = ("export", "against", "json", "model_explorer")
    given = [name for name in of_a_window if getattr(args, name) is not None] + ["shift"] * bool(args.shift)
    if given and (args.column is not None or args.replay is not None or args.all_windows is not None):
        raise HilError(
            f"--{given[0].replace('_', '-')} is about a single window",
            "give it with --window, or with a file alone",
        )


def _column(job: Job, samples: Int16) -> int:
    with _shown() as progress:
        traced = trace_column(job.device, job.bundle, samples, job.args.column, progress)
    print_stages(traced, job.terminal)
    out(f"{traced.sentence}.")
    return int(ExitCode.DONE if traced.agreed else ExitCode.BROKEN)


def _windows(job: Job, samples: Int16, worker: ModelWorker) -> int:
    """One window in full; of many the first that departs."""
    args, bundle = job.args, job.bundle
    if args.all_windows is None:
        with _shown() as progress:
            traced = trace_window(
                job.device, bundle, passage_of(bundle, samples, args.window or 0), worker, 0, progress
            )
        _tell(job, traced)
        _write(job, traced)
        moved = trace_moved(job.device, bundle, traced, worker, args.shift) if args.shift else []
        for each in moved:
            out(f"{each.sentence[0].upper()}{each.sentence[1:]}.")
        agreed = traced.tensors.agreed and not any(each.apart for each in moved)
        return int(ExitCode.DONE if agreed else ExitCode.BROKEN)
    wanted = _spread(bundle, samples, args.all_windows)
    tensors = 0
    departed: list[WindowTrace] = []
    with bar("Tracing windows", len(wanted)) as report:
        for done, window in enumerate(wanted):
            traced = trace_window(job.device, bundle, passage_of(bundle, samples, window), worker)
            tensors += traced.tensors.compared
            departed += [] if traced.tensors.agreed else [traced]
            report(done + 1)
    if departed:
        _tell(job, departed[0])
    else:
        print_trace(traced.tensors, job.terminal, job.clock_hz)
    out(
        f"{len(wanted):,} windows, {tensors:,} tensors: "
        + (f"an op departs in {len(departed):,} windows." if departed else "all are equal.")
    )
    return int(ExitCode.BROKEN if departed else ExitCode.DONE)


def _spread(bundle: Bundle, samples: Int16, count: int) -> list[int]:
    """Numbers of `count` windows from a sound's beginning to its end, each once."""
    every = (bundle.settings.columns(len(samples)) - bundle.frames) // bundle.stride + 1
    if every < 1:
        raise HilError("the sound is shorter than one window", "give a longer one")
    return sorted({int(place) for place in np.linspace(0, every - 1, min(count, every))})


def _tell(job: Job, traced: WindowTrace) -> None:
    print_trace(traced.tensors, job.terminal, job.clock_hz)
    out(trace_sentence(traced.tensors) + ".")
    if traced.tensors.input_different:
        out(
            f"The model's input differs in {traced.tensors.input_different:,} cells from the host's: the host computed "
            "on the board's (--column looks at the front end)."
        )
    departure = traced.tensors.departure
    known = [] if departure is None else _known(job, departure.row.record.op)
    for fault in known:
        out(f"Known: {fault}.")
    cause = usual_cause(traced.tensors)
    if cause is not None and not known:
        out(f"Usually {cause.what}. {cause.cure}.")


def _known(job: Job, op: int) -> list[KnownFault]:
    """What is known of the board's kernels and strikes an op."""
    kernels = kernels_of(job.info, job.device.build())
    found = known_faults(job.bundle.model_bytes, kernels)
    return [known for known in found if any(struck.index == op for struck in known.ops)]


def _write(job: Job, traced: WindowTrace) -> None:
    """What was asked for beside the table."""
    args, values = job.args, trace_values(traced)
    if args.json is not None:
        try:
            atomic_write(args.json, json_text(values))
        except OSError as error:
            raise HilError(
                f"{args.json} cannot be written: {error.strerror or error}", "name another place with --json"
            ) from error
        out(f"Trace: {args.json}")
    if args.model_explorer is not None:
        for path in write_overlays(traced.tensors, traced.host.graph, args.model_explorer):
            out(f"Overlay: {path}")
    if job.against is not None:
        print_against(values, job.against, job.terminal)
        out(compare_traces(values, job.against)[1] + ".")
    if args.export is not None:
        case = departed_case(job.bundle, traced, job.info, job.device.build())
        if case is None:
            out("No op departs: there is no case to export.")
        else:
            write_case(case, args.export)
            out(f"Case: {args.export} ({case.op})")


@contextlib.contextmanager
def _shown() -> Iterator[Callable[[str, int, int], None]]:
    """Progress, where somebody watches."""
    with bar("Tracing", None) as report:
        yield lambda _, done, total: report(done, total)


def _samples(path: Path, bundle: Bundle) -> Int16:
    """A file's samples at the bundle's rate."""
    source = AudioSource(path, bundle.settings.sample_rate)
    return np.concatenate([block.copy() for block in source.blocks()] or [np.zeros(0, np.int16)])
