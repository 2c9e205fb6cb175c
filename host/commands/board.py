"""`board`: a virtual board in the foreground, for other programs to use through --port."""

import argparse
import contextlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path

from ..audio.raw import raw_audio
from ..board.kinds.virtual import PSEUDO_TERMINALS, VirtualBoard, VirtualOptions, virtual_program
from ..board.options import BAUD, add_bundle_option, bundle_from
from ..bundle.load import load_bundle
from ..errors import HilError
from ..given import SEED, SHARE, Whole, place
from ..model.op_fault import OpFault
from ..printable import out

STAGE_FAULT = re.compile(r"stage=[a-z]{1,15},band=\d+,add=-?\d+(,every=[1-9]\d*)?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    parser.add_argument(
        "--tcp-port",
        type=Whole(0, 65_535),
        metavar="N",
        help="a TCP port instead of a pseudo-terminal; 0 takes any that is free",
    )
    parser.add_argument(
        "-b", "--baud", type=BAUD, default=0, metavar="RATE", help="throttle the line to this speed"
    )
    parser.add_argument(
        "--damage", type=SHARE, default=0.0, metavar="SHARE", help="share of frames damaged (default: 0)"
    )
    parser.add_argument("--seed", type=SEED, default=1, help="seed of the damage (default: 1)")
    parser.add_argument("--flash", type=place, metavar="FILE", help="file that keeps the model slot")
    parser.add_argument("--microphone", type=place, metavar="FILE", help="a WAV file as the microphone")
    parser.add_argument(
        "--microphone-speed",
        type=Whole(1, 1000),
        default=1,
        metavar="N",
        help="so much faster than real time (default: 1)",
    )
    parser.add_argument("--no-inference", action="store_true", help="a board that computes features only")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        help="wrong on purpose, to see that it is found: op=3,cell=17,add=1 or stage=mel,band=12,add=1, either with "
        "every=500; weights=N alters one of op N in the board's file, swap=0,with=1 exchanges two classes; may be "
        "given often",
    )


def run(args: argparse.Namespace) -> int:
    """Run the board until Ctrl-C; 0.

    Raises:
        HilError: it cannot start, or ended by itself.
    """

    bundle = load_bundle(bundle_from(args.bundle))
    with _raw(args.microphone, bundle.settings.sample_rate) as microphone:
        options = VirtualOptions(
            tcp=args.tcp_port is not None or not PSEUDO_TERMINALS,
            tcp_port=args.tcp_port or 0,
            baud=args.baud,
            damage=args.damage,
            seed=args.seed,
            inference=not args.no_inference,
            flash=args.flash,
            microphone=microphone,
            microphone_speed=args.microphone_speed,
            faults=tuple(_checked(args.fault)),
        )
        with contextlib.closing(VirtualBoard(virtual_program(bundle.path), options)) as board:
            url = board.start()
            out(f"{board.description}, bundle {bundle.name!r}: use it with --port {url}")
            out("Ctrl-C stops it.")
            # also where a shell that started this in the background had them ignored
            for ending in (signal.SIGINT, signal.SIGTERM):
                signal.signal(ending, signal.default_int_handler)
            try:
                code = board.wait()
            except KeyboardInterrupt:
                out("\nstopped")
                return 0
            raise HilError(
                f"the virtual board ended by itself (exit code {code}): {board.last_words() or 'without a word'}",
                "start it again; if it happens again, this is a fault of the firmware",
            )


def _checked(faults: list[str]) -> list[str]:
    for fault in faults:
        if fault.startswith("stage="):
            if STAGE_FAULT.fullmatch(fault) is None:
                raise HilError(f"{fault!r} is no fault of a stage", "give stage=NAME,band=N,add=N[,every=N]")
        else:
            OpFault.parse(fault)
    if sum(fault.startswith("stage=") for fault in faults) > 1:
        raise HilError("two faults of the front end at once", "give one")
    return faults


@contextlib.contextmanager
def _raw(microphone: Path | None, sample_rate: int) -> Iterator[Path | None]:
    if microphone is None:
        yield None
        return

    with raw_audio(microphone, sample_rate) as raw:
        yield raw.path
