"""The command line: `python -m host COMMAND`. Only the module of the command in use is imported."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from .closed_output import lost_output, survive_closed_output
from .disk import refusal
from .errors import ExitCode, HilError
from .printable import note, prepare_streams, printable

DEBUG_VARIABLE = "HIL_DEBUG"


class Command(NamedTuple):
    """Where a command is, and its line in the help.

    The module, one of `commands`, has `add_arguments(parser)` and `run(args) -> int`, the exit code.
    """

    module: str
    help: str


# The help stands here so that `--help` imports none of the modules.
COMMANDS = {
    "hil": Command("hil", "stream WAV files into a board and compare it with the host, value by value"),
    "trace": Command("trace", "look at one window or column on the board, step by step, beside the host"),
    "boards": Command("boards", "list what is attached, and what answers there"),
    "flash": Command(
        "flash",
        "build the firmware of a bundle, upload it to an ESP32 and check that it answers",
    ),
    "deploy": Command("deploy", "put another bundle into a board's model slot, without flashing"),
    "monitor": Command("monitor", "show live what a board hears through its microphone"),
    "board": Command("board", "run a virtual board for other programs, until Ctrl-C"),
    "import": Command("import_", "make a bundle from an int8 .tflite and front-end settings"),
    "download": Command("download", "fetch recordings from xeno-canto into a folder of WAV files"),
    "collect": Command("collect", "take recordings from folders, ESC-50 or a CSV table into such a folder"),
    "split": Command("split", "make a data set: features, labels, a split by recording and recordist"),
    "corpus": Command("corpus", "make synthetic WAV files (birds, noise, decoys) from a seed"),
    "train": Command("train", "train a model on synthetic sound and recordings"),
    "qat": Command("qat", "train a model quantisation-aware and write a bundle"),
    "convert": Command("convert", "convert a trained run to int8 and write a bundle"),
    "compare": Command("compare", "train architectures side by side: cost and accuracy, float and int8"),
    "pipeline": Command("pipeline", "from recordings to a bundle, doing only what is not done yet"),
    "listen": Command("listen", "try a bundle on a microphone, or a WAV file in its place"),
    "generate": Command("generate", "write the C headers of a bundle (firmware builds call this)"),
}


VERBOSE = "show where in the program an internal error arose"
_VERBOSE = {"hil": "show every claim with its evidence, and where in the program an internal error arose"}


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser with the names of all commands and the options of `command`."""
    parser = argparse.ArgumentParser(
        prog="python -m host",
        description="Hardware-in-the-loop tests, deployment and training of a sound detector on the ESP32.",
        epilog="`python -m host COMMAND --help` explains a command.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, entry in COMMANDS.items():
        known = commands.add_parser(
            name, help=entry.help, description=entry.help[0].upper() + entry.help[1:] + "."
        )
        if name == command:
            _module(name).add_arguments(known)
            known.add_argument("-v", "--verbose", action="store_true", help=_VERBOSE.get(name, VERBOSE))
    return parser


def _module(command: str) -> ModuleType:
    return import_module(f".commands.{COMMANDS[command].module}", __package__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None takes those of the process.

    Returns:
        The exit code: the command's own, or that of what broke it off (`ExitCode`).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    survive_closed_output()
    try:
        code = _run(words)
    except SystemExit as ended:  # argparse, after the help or a refusal
        if (lost := lost_output()) is None:
            raise
        note(f"error: {lost}")
        return int(ended.code or 0) or ExitCode.BROKE_OFF
    if (lost := lost_output()) is not None:
        note(f"error: {lost}")
        return code if code in (ExitCode.INTERRUPTED, ExitCode.INTERNAL) else ExitCode.BROKE_OFF
    return code


def _run(words: list[str]) -> int:
    """Run one command; returns its exit code, or that of what broke it off."""
    command = words[0] if words else None
    try:
        args = build_parser(command).parse_args(words)
        return int(_module(args.command).run(args))
    except HilError as error:
        note(f"error: {error}")
        return ExitCode.BROKE_OFF
    except KeyboardInterrupt:
        note("\ninterrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        refused = refusal(error) if isinstance(error, OSError) else None
        if refused is not None:
            note(f"error: {refused}")
            return ExitCode.BROKE_OFF
        _tell_internal(error, {"-v", "--verbose"} & set(words) or os.environ.get(DEBUG_VARIABLE))
        return ExitCode.INTERNAL


def _tell_internal(error: Exception, in_full: object) -> None:
    """A fault of this program: one line, what to do with it, and where it is for those who asked."""
    if in_full:
        traceback.print_exception(error)
    text = printable(f"{type(error).__name__}: {error}").replace("\n", " ")
    note(f"internal error: {text}")
    note(
        "  → this is a fault of the program: please report it to its maintainers, with what the same command "
        f"prints with -v or {DEBUG_VARIABLE}=1"
    )
