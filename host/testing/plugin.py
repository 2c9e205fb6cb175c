"""The pytest plugin: options `--hil-*` and fixtures `hil_*` for the tests of any repository (docs/pytest.md)."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..board.choice import BoardChoice
from ..board.choosing import choose_board
from ..board.interface import Board
from ..board.named import NamedBoard
from ..board.options import (
    BOARD_OPTIONS,
    BUNDLE_OPTION,
    SEVERAL_OPTIONS,
    bundle_from,
    choice_from,
    make_board,
    names_a_board,
)
from ..bundle.load import Bundle, load_bundle
from ..comparison.interpreters import load_interpreters
from ..errors import HilError
from ..model.interpreter import Interpreter
from .compared import Result
from .farm_workers import FarmWorkers, farm_of, given_board, workers_of
from .hil_device import HilDevice
from .learned import facts_of_session
from .shared_connection import Connected

PREFIX = "hil_"
ROW = f"{__package__}.session_row"
COULD_NOT_RUN = 2
SEVERAL = tuple(option for option in SEVERAL_OPTIONS if option[0] != "--jobs")
OPTIONS = (BUNDLE_OPTION, *BOARD_OPTIONS, *SEVERAL)
FARM = pytest.StashKey[list[NamedBoard]]()
MARKERS = (
    "restarts: restarts the board under test; runs last",
    "serial: measures time, so nothing else may run beside it",
    "slow: takes more than 2 s",
    "timeout: seconds that a test may take (pytest-timeout, where it is installed)",
)


def destination(option: str) -> str:
    """Under which name pytest keeps an option's value: `hil_port` for `--port` and `--hil-port`."""
    return PREFIX + option.lstrip("-").replace("-", "_")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose board and bundle; the short names of the built-in suite are its own."""
    group = parser.getgroup("hil", "board under test")
    for name, settings in OPTIONS:
        group.addoption(f"--hil-{name.lstrip('-')}", dest=destination(name), **settings)


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks of the built-in suite, for a run from anywhere; share out the boards of a farm file."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    boards = farm(config)
    if boards and not hasattr(config, "workerinput"):
        workers = FarmWorkers(boards)
        workers.check(workers_of(config))
        config.pluginmanager.register(workers, "hil farm")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`-n auto` means a worker a board, where a farm file names them."""
    return len(farm(config)) or None


def farm(config: pytest.Config) -> list[NamedBoard]:
    """The boards of the farm file that is named; none without one.

    Raises:
        pytest.UsageError: it cannot be used, or another board is named as well.
    """
    if FARM not in config.stash:
        try:
            config.stash[FARM] = farm_of(options_of(config))
        except HilError as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[FARM]


def options_of(config: pytest.Config) -> argparse.Namespace:
    """The values of the options under the names that commands have for them."""
    values = {name: config.getoption(destination(name)) for name, _ in OPTIONS}
    return argparse.Namespace(**{name.lstrip("-").replace("-", "_"): value for name, value in values.items()})


def board_named(config: pytest.Config) -> str:
    """Which board the options name, for the first lines of a run.

    Raises:
        pytest.UsageError: they contradict each other.
    """
    boards = farm(config)
    if boards:
        return f"boards: {', '.join(board.name for board in boards)}"
    options = options_of(config)
    try:
        named = choice_from(options) if names_a_board(options) else None
    except HilError as error:
        raise pytest.UsageError(str(error)) from error
    if named is None:
        return "board: the one that is attached, else virtual"
    return f"board: {f'place {named.place}' if named.place is not None else named.port or named.kind}"


def leave(error: HilError) -> None:
    """End the run with one message: without a board, or with a wrong one, every test would say the same."""
    pytest.exit(f"error: {error}", COULD_NOT_RUN)


@pytest.fixture(scope="session")
def hil_named(request: pytest.FixtureRequest) -> NamedBoard:
    """The board of this process, with its name: that of the farm file, or one of the other ways to name one."""
    request.config.pluginmanager.import_plugin(ROW)  # from here on there is something to remember
    boards = farm(request.config)
    if boards:
        return given_board(request.config, boards)
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def tell(text: str) -> None:
        if reporter is not None:
            reporter.write_line(text)

    try:
        choice = choose_board(options_of(request.config), "run", tell, or_virtual=True)
    except HilError as error:
        leave(error)
        raise
    return NamedBoard(choice.place or choice.port or choice.kind, choice)


@pytest.fixture(scope="session")
def hil_choice(hil_named: NamedBoard, pytestconfig: pytest.Config) -> BoardChoice:
    """The board that the options name, else the one that is attached, else the virtual one."""
    facts_of_session(pytestconfig).kind = hil_named.choice.kind
    return hil_named.choice


@pytest.fixture(scope="session")
def hil_bundle(request: pytest.FixtureRequest) -> Bundle:
    """The bundle in use."""
    try:
        bundle = load_bundle(bundle_from(options_of(request.config).bundle))
    except HilError as error:
        leave(error)
        raise
    facts_of_session(request.config).bundle = bundle
    return bundle


@pytest.fixture(scope="session")
def hil_board(hil_choice: BoardChoice, hil_bundle: Bundle) -> Iterator[Board]:
    """The board under test, one for the whole session."""
    try:
        found = make_board(hil_choice, hil_bundle.path)
    except HilError as error:
        leave(error)
        raise
    with contextlib.closing(found):
        yield found


@pytest.fixture(scope="session")
def hil_connection(
    hil_board: Board,
    hil_named: NamedBoard,
    hil_bundle: Bundle,
    record_testsuite_property: Callable[[str, object], None],
    pytestconfig: pytest.Config,
) -> Iterator[Connected]:
    """The connection that tests share."""
    shared = Connected(hil_board, hil_named.choice, hil_bundle, hil_named.name)
    known = facts_of_session(pytestconfig)
    known.reached = hil_board.description
    try:
        device = shared.reach()
        known.info = device.info()
    except HilError as error:
        leave(error)
        raise
    with contextlib.suppress(HilError):  # a row can do without
        known.built_with = device.build()
    for name, value in facts_of(shared).items():
        record_testsuite_property(name, value)
    yield shared
    shared.drop()


def facts_of(connection: Connected) -> dict[str, str]:
    """What a test report should say of a run: board, firmware, bundle."""
    info = connection.reach().info()
    return {
        "hil_board": connection.board.description,
        "hil_board_name": connection.name,
        "hil_firmware": f"{info.firmware_version} on {info.board or info.chip}",
        "hil_bundle": info.bundle_name.decode("utf-8", "replace"),
        "hil_bundle_hash": info.model_hash.hex(),
    }


@pytest.fixture(scope="session")
def hil_interpreters(hil_bundle: Bundle) -> Callable[[], tuple[Interpreter, Interpreter | None]]:
    """Gives the interpreter whose outputs the bundle expects of a board, and a witness; loaded once, when asked for."""
    loaded: list[tuple[Interpreter, Interpreter | None]] = []

    def load() -> tuple[Interpreter, Interpreter | None]:
        if not loaded:
            loaded.append(load_interpreters(hil_bundle))
        return loaded[0]

    return load


@pytest.fixture
def hil_device(
    request: pytest.FixtureRequest,
    hil_connection: Connected,
    hil_bundle: Bundle,
    hil_interpreters: Callable[[], tuple[Interpreter, Interpreter | None]],
) -> HilDevice:
    """A board that answers and runs the bundle, in a new connection."""
    try:
        raw = hil_connection.device()
    except HilError as error:
        leave(error)
        raise
    note = properties_of(request.node)
    for name, value in facts_of(hil_connection).items():
        note(name, value)
    config = request.config
    folders = (config.invocation_params.dir, config.rootpath)

    def keep(found: Result) -> None:
        facts_of_session(config).add(found.comparison)
        tell(note, found)

    return HilDevice(raw, hil_bundle, hil_interpreters, folders, keep)


def properties_of(test: pytest.Item) -> Callable[[str, object], None]:
    """Writes a test's properties into its report; pytest's own fixture warns where JUnit's newest form is asked for."""
    return lambda name, value: test.user_properties.append((name, value))


def tell(note: Callable[[str, object], None], found: Result) -> None:
    """Write what a comparison found into the test's own properties."""
    note("hil_recording", found.comparison.name)
    note("hil_agreed", found.agreed)
    figures: dict[str, Any] = {
        f"hil_{stage}_{name}_ms": round(getattr(getattr(found.latency, stage), f"{name}_ms"), 6)
        for stage in ("frontend", "inference", "total")
        for name in ("p50", "p99", "max")
    }
    for name, value in figures.items():
        note(name, value)
