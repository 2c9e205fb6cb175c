"""Options and fixtures: which board, and a device that answers. README.md describes them."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from . import emulators
from .toolkit import (
    BOARD_OPTIONS,
    BUNDLE_OPTION,
    Board,
    BoardChoice,
    Bundle,
    Connected,
    Device,
    Interpreter,
    VirtualBoard,
    VirtualOptions,
    board_named,
    connect,
    destination,
    facts_of,
    stream,
)
from .toolkit import messages as m


def pytest_addoption(parser: pytest.Parser) -> None:
    """The short names of the plugin's options, as commands have them, each where no other plugin has it."""
    # Each group knows its own names only: argparse would refuse a second `--port` when it is too late to give way.
    groups = (parser._anonymous, *parser._groups)
    taken = {name for each in groups for option in each.options for name in option.names()}
    group = parser.getgroup("hil", "board under test")
    for name, settings in (BUNDLE_OPTION, *BOARD_OPTIONS):
        if name not in taken:  # `--hil-…` remains in any case
            group.addoption(name, dest=destination(name), **settings)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that restart the board come last."""
    emulators.last(items)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """An emulator that does not come back from a restart is named, and no failure."""
    return (yield from emulators.excused(pyfuncitem))


def pytest_report_header(config: pytest.Config) -> str:
    """Which board, in the first lines of the run."""
    return board_named(config)


@pytest.fixture(scope="session")
def choice(hil_choice: BoardChoice) -> BoardChoice:
    """The board that the options name."""
    return hil_choice


@pytest.fixture(scope="session")
def bundle(hil_bundle: Bundle) -> Bundle:
    """The bundle in use."""
    return hil_bundle


@pytest.fixture(scope="session")
def board(hil_board: Board) -> Board:
    """The board under test, one for the whole session."""
    return hil_board


@pytest.fixture(scope="session")
def connected(hil_connection: Connected) -> Connected:
    """The connection that tests share."""
    return hil_connection


@pytest.fixture
def device(connected: Connected, request: pytest.FixtureRequest) -> Iterator[Device]:
    """The device under test, in a new connection; what it is goes into the test's report."""
    found = connected.device()
    request.node.user_properties.extend(facts_of(connected).items())
    yield found


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
def reference(hil_interpreters: Callable[[], tuple[Interpreter, Interpreter | None]]) -> Interpreter:
    """The interpreter whose outputs the bundle expects of a board."""
    return hil_interpreters()[0]


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
    return np.concatenate(list(stream(5, 30.0, bundle.settings.sample_rate)))
