"""The command line: `hil COMMAND` or `python -m host COMMAND`. Only the module of the command in use is imported."""

import argparse
import atexit
import gc
import os
import platform
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, NoReturn

from . import __version__
from .closed_output import lost_output, survive_closed_output
from .disk import refusal
from .errors import ExitCode, HilError
from .examples import EXAMPLES
from .invocation import joined, keep, program
from .manner import hush
from .model.spare import AHEAD, SERVER, board_server, end_spares, start_ahead
from .printable import note, out, prepare_streams, printable

DEBUG_VARIABLE = "HIL_DEBUG"


class Command(NamedTuple):
    """Where a command is, and its line in the help.

    The module, one of `commands`, has `add_arguments(parser)` and `run(args) -> int`, the exit code.
    """

    module: str
    help: str


# The help stands here so that `--help` imports none of the modules.
COMMANDS = {
    "run": Command("hil", "stream sound files into a board and compare it with the host, value by value"),
    "history": Command("history_command", "earlier runs: a table, what changed between two, and since when"),
    "trace": Command("trace", "look at one window or column on the board, step by step, beside the host"),
    "boards": Command("boards", "list what is attached, and what answers there"),
    "flash": Command(
        "flash",
        "build the firmware of a bundle, upload it to an ESP32 and check that it answers",
    ),
    "deploy": Command("deploy", "put another bundle into a board's model slot, without flashing"),
    "monitor": Command("monitor", "show live what a board hears through its microphone"),
    "board": Command("board", "run a virtual board for other programs, until Ctrl-C"),
    "test": Command("suite", "run the built-in suite for a board; what follows goes to pytest"),
    "config": Command("config_", "show which board and bundle are used, and who says so"),
    "import": Command("import_", "make a bundle from an int8 .tflite and front-end settings"),
    "download": Command("download", "fetch recordings from xeno-canto into a folder of WAV files"),
    "collect": Command("collect", "take recordings from folders, ESC-50 or a CSV table into such a folder"),
    "split": Command("split", "make a data set: features, labels, a split by recording and recordist"),
    "mix": Command(
        "mix_command", "mix a data set's recordings anew and label them by a published classifier"
    ),
    "corpus": Command("corpus", "make synthetic WAV files (birds, noise, decoys) from a seed"),
    "train": Command("train", "train a model on synthetic sound and recordings"),
    "qat": Command("qat", "train a model quantisation-aware and write a bundle"),
    "convert": Command("convert", "convert a trained run to int8 and write a bundle"),
    "compare": Command("compare", "train architectures side by side: cost and accuracy, float and int8"),
    "pipeline": Command("pipeline", "from recordings to a bundle, doing only what is not done yet"),
    "listen": Command("listen", "try a bundle on a microphone, or a WAV file in its place"),
    "generate": Command("generate", "write the C headers of a bundle (firmware builds call this)"),
}


ALIASES = {"hil": "run"}  # what the main job was called first
SUITE = "test"  # whose options are pytest's
MAIN = "run"  # what paths alone mean: `hil recordings/`

VERBOSE = "show where in the program an internal error arose"
_VERBOSE = {"run": "show every claim with its evidence, and where in the program an internal error arose"}
QUIET = "show results and errors only, no progress"
COMPLETING = "_ARGCOMPLETE"  # what a shell that completes a line sets


class _Parser(argparse.ArgumentParser):
    """Says what a mistyped option or command was meant to be, below the usage of the command in question."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message in the style of all messages; exit with 2."""
        self.print_usage(sys.stderr)
        note(f"error: {message}\n  → `{self.prog} --help` explains the options")
        raise SystemExit(int(ExitCode.BROKE_OFF))


class _Version(argparse.Action):
    """Prints it on one line, however narrow the terminal is: argparse's own action wraps it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it, and end."""
        out(version())
        parser.exit()


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser with the names of all commands and the options of `command`."""
    return _parsers(command)[0]


def _parsers(command: str | None) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """That parser, and the one of `command` in it (the same when there is no such command)."""
    name = program()
    parser = _Parser(
        prog=name,
        description="Hardware-in-the-loop tests, deployment and training of small audio models on the ESP32.",
        epilog=f"`{name} COMMAND --help` explains a command, with examples. `{name} PATH...` is short for "
        f"`{name} {MAIN} PATH...`.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show name, version and place, and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen: argparse.ArgumentParser = parser
    canonical = ALIASES.get(command or "", command)
    for name, entry in COMMANDS.items():
        known = commands.add_parser(
            name,
            aliases=[alias for alias, of in ALIASES.items() if of == name],
            help=entry.help,
            description=entry.help[0].upper() + entry.help[1:] + ".",
            epilog=_examples(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == canonical:
            chosen = known
            _module(name).add_arguments(known)
            manner = known.add_mutually_exclusive_group()
            manner.add_argument("-v", "--verbose", action="store_true", help=_VERBOSE.get(name, VERBOSE))
            manner.add_argument("-q", "--quiet", action="store_true", help=QUIET)
    return parser, chosen


def version() -> str:
    """Name, version, interpreter and place, on one line."""
    return f"hil {__version__} (Python {platform.python_version()}, {Path(__file__).resolve().parent})"


def _examples(command: str) -> str:
    lines = [(f"{program()} {command} {words}".rstrip(), what) for words, what in EXAMPLES.get(command, ())]
    shown = "".join(f"\n  {line}\n      {what}" for line, what in lines)
    return f"examples:{shown}".replace("%", "%%") if lines else ""


def _module(command: str) -> ModuleType:
    module, package = f".commands.{COMMANDS[command].module}", __package__ or ""
    if package + module in sys.modules:
        return sys.modules[package + module]
    # What modules make stays: looking for garbage in it takes an eighth of their time, and as long again at the end.
    atexit.register(gc.freeze)
    gc.disable()
    try:
        return import_module(module, package)
    finally:
        gc.freeze()
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None takes those of the process.

    Returns:
        The exit code: the command's own, or that of what broke it off (`ExitCode`).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETING in os.environ:
        _complete()
    words = _with_main(words)
    keep({})
    hush(False)
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


def _with_main(words: list[str]) -> list[str]:
    """`words`, with the main job's name before them when they name none: paths, or options of the main job.

    Names of commands win over folders of the same name: those are given as `./boards`.
    """
    if words[:1] == [SUITE] and words[1:2] not in (["-h"], ["--help"]):
        return [SUITE, "--", *words[1:]]
    if not words or words[0] in COMMANDS or words[0] in ALIASES or words[0] in ("-h", "--help", "--version"):
        return words
    first = words[0]
    if first.startswith("-") or os.sep in first or "/" in first or os.path.exists(first):  # noqa: PTH110
        return [MAIN, *words]
    return words


def _parsed(words: list[str]) -> argparse.Namespace:
    """The options; a wrong one ends with the usage of its own command, and what may have been meant."""
    command = words[0] if words else None
    if command is not None and not command.startswith("-") and command not in (*COMMANDS, *ALIASES):
        near = get_close_matches(command, [*COMMANDS, *ALIASES], 1)
        meant = f"did you mean `{joined([*program().split(), *near])}`? " if near else ""
        _parsers(None)[0].print_usage(sys.stderr)
        note(
            f"error: there is no command {command!r}, nor a file or folder of that name\n"
            f"  → {meant}there are: {', '.join(COMMANDS)}"
        )
        raise SystemExit(int(ExitCode.BROKE_OFF))
    parser, chosen = _parsers(command)
    args, unknown = parser.parse_known_args(words)
    if unknown:  # perhaps files behind an option: parsers of subcommands take only those that stand together
        args, unknown = chosen.parse_known_intermixed_args(
            words[1:], argparse.Namespace(command=args.command)
        )
    if unknown:
        options = [word for action in chosen._actions for word in action.option_strings]
        near = get_close_matches(unknown[0].partition("=")[0], options, 1)
        chosen.error(f"not understood: {' '.join(unknown)}" + (f" (did you mean {near[0]}?)" if near else ""))
    return args


def _complete() -> None:
    """Answer a shell that completes a line, and end; without argcomplete nothing is completed."""
    try:
        from argcomplete import autocomplete
    except ImportError:
        raise SystemExit(int(ExitCode.BROKE_OFF)) from None
    typed = os.environ.get("COMP_LINE", "").split()[1:]  # the first word is the program
    command = next((word for word in typed if word in COMMANDS or word in ALIASES), None)
    autocomplete(build_parser(command))


def _start_ahead(words: list[str]) -> None:
    """Start what a run will need while its modules load, which takes as long: a guess, which nothing rests on."""
    if words[:1] not in ([MAIN], *([alias] for alias in ALIASES)) or {
        "-h",
        "--help",
        "--features-only",
        *("--boards", "--jobs"),  # several boards have processes of their own
    } & set(words):
        return
    start_ahead((*SERVER, AHEAD))
    if (
        "virtual" in words[words.index("--board") + 1 :][:1]
        if "--board" in words
        else "--board=virtual" in words
    ):
        start_ahead(board_server(), heard=True)


def _run(words: list[str]) -> int:
    """Run one command; returns its exit code, or that of what broke it off."""
    try:
        _start_ahead(words)
        args = _parsed(words)
        hush(args.quiet)
        return int(_module(ALIASES.get(args.command, args.command)).run(args))
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
    finally:
        end_spares()


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
