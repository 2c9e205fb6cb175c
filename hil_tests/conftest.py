"""Options and fixtures: which board, and a device that answers. README.md describes them."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hil_tests import emulators
from hil_tests.connected import Connected
from host.board.choice import BoardChoice
from host.board.choosing import choose_board
from host.board.connecting import connect
from host.board.device import Device
from host.board.interface import Board
from host.board.kinds.virtual import VirtualBoard, VirtualOptions
from host.board.options import (
    BOARD_OPTIONS,
    BUNDLE_OPTION,
    bundle_from,
    choice_from,
    make_board,
    names_a_board,
)
from host.bundle.load import Bundle, load_bundle
from host.errors import HilError
from host.link import messages as m
from host.model.interpreter import Interpreter


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `python -m host hil`."""
    group = parser.getgroup("hil", "board under test")
    for name, settings in (BUNDLE_OPTION, *BOARD_OPTIONS):
        group.addoption(name, **settings)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that restart the board come last."""
    emulators.last(items)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """An emulator that does not come back from a restart is named, and no failure."""
    return (yield from emulators.excused(pyfuncitem))


def pytest_report_header(config: pytest.Config) -> str:
    """Which board, in the first lines of the run."""
    try:
        named = choice_from(config.option) if names_a_board(config.option) else None
    except HilError as error:
        raise pytest.UsageError(str(error)) from error
    return f"board: {named.port or named.kind if named else 'the one that is attached, else virtual'}"


@pytest.fixture(scope="session")
def choice(request: pytest.FixtureRequest) -> BoardChoice:
    """The board that the options name, else the one that is attached, else the virtual one."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def tell(text: str) -> None:
        if reporter is not None:
            reporter.write_line(text)

    try:
        return choose_board(request.config.option, "run", tell, or_virtual=True)
    except HilError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def bundle(request: pytest.FixtureRequest) -> Bundle:
    """The bundle in use."""
    return load_bundle(bundle_from(request.config.getoption("--bundle")))


@pytest.fixture(scope="session")
def board(choice: BoardChoice, bundle: Bundle) -> Iterator[Board]:
    """The board under test, one for the whole session."""
    found = make_board(choice, bundle.path)
    with contextlib.closing(found):
        yield found


@pytest.fixture(scope="session")
def connected(board: Board, choice: BoardChoice, bundle: Bundle) -> Iterator[Connected]:
    """The connection that tests share."""
    shared = Connected(board, choice, bundle)
    yield shared
    shared.drop()


@pytest.fixture
def device(connected: Connected) -> Iterator[Device]:
    """The device under test, in a new connection."""
    yield connected.device()


@pytest.fixture
def emptied(device: Device, connected: Connected) -> Iterator[Device]:
    """The device; its slot is emptied after the test, whatever happened."""
    yield device
    if not connected.lost and connected.reach().info().capabilities & m.Capability.SLOT:
        connected.reach().deploy(b"")


@pytest.fixture
def info(device: Device) -> m.Info:
    """What the device says of itself."""
    return device.info()


@pytest.fixture
def needs(info: m.Info) -> Callable[[m.Capability], None]:
    """Skips the test on a board that lacks a capability, and names it."""

    def check(capability: m.Capability) -> None:
        if not info.capabilities & capability:
            pytest.skip(f"this board has no {capability.name}")

    return check


@pytest.fixture(scope="session")
def reference(bundle: Bundle) -> Interpreter:
    """The interpreter whose outputs the bundle expects of a board."""
    from host.comparison.run import load_interpreters

    return load_interpreters(bundle)[0]


@pytest.fixture
def virtual(board: Board) -> Iterator[Callable[..., VirtualBoard]]:
    """Makes further virtual boards with the program under test: `virtual(baud=921600, damage=0.01)`."""
    if not isinstance(board, VirtualBoard):
        pytest.skip("only a virtual board can be made to order")
    made: list[VirtualBoard] = []

    def make(**options: Any) -> VirtualBoard:
        made.append(VirtualBoard(board.program, replace(VirtualOptions(tcp=board.options.tcp), **options)))
        return made[-1]

    yield make
    for extra in made:
        extra.close()


@pytest.fixture
def open_device(choice: BoardChoice) -> Iterator[Callable[[Board], Device]]:
    """Connects to a further board; closed after the test."""
    opened: list[Device] = []

    def open_one(board: Board) -> Device:
        device, _ = connect(board, choice)
        opened.append(device)
        return device

    yield open_one
    for device in opened:
        device.close()


@pytest.fixture(scope="session")
def rng() -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(20_240_229)


@pytest.fixture(scope="session")
def songs(bundle: Bundle) -> NDArray[np.int16]:
    """Half a minute of synthetic birds and noise at the bundle's rate, int16."""
    from host.making.corpus.endless import stream

    return np.concatenate(list(stream(5, 30.0, bundle.settings.sample_rate)))
