"""What is at the port is not a board, does not answer, or vanishes: each says so, soon, and what to do."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ..build.firmware import build_firmware
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..line.connection import LinkError
from ..line.port import BytePort, PortError, open_port
from ..link.protocol import BOOT_BAUD
from ..link.rates import KNOWN_RATES
from .device import Device
from .kinds.virtual import VirtualBoard, VirtualOptions

pytestmark = pytest.mark.slow

Talk = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], str]]:
    """Runs `talk` with the first connection to a port of this computer; returns the port's URL."""
    sockets: list[socket.socket] = []

    def start(talk: Talk) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def run() -> None:
            try:
                connection, _ = listener.accept()
                sockets.append(connection)
                talk(connection)
            except OSError:
                pass  # the test is over

        threading.Thread(target=run, daemon=True).start()
        return f"socket://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for one in sockets:
        one.close()


def _connect(url: str, timeout_s: float) -> HilError:
    with Device(open_port(url), dead_after_s=1.0) as device, pytest.raises(HilError) as caught:
        device.connect(timeout_s)
    return caught.value


def test_nobody_answers(serve: Callable[[Talk], str]) -> None:
    start = time.monotonic()
    error = _connect(serve(lambda _: time.sleep(120)), 1.0)
    assert time.monotonic() - start < 60
    assert isinstance(error, LinkError)
    assert "no answer" in error.cause and "flash" in error.cure


def test_something_else_talks(serve: Callable[[Talk], str]) -> None:
    def chatter(connection: socket.socket) -> None:
        for _ in range(200):
            connection.sendall(b"$GPGGA,123519,4807.038,N*47\r\n\0")
            time.sleep(0.01)

    error = _connect(serve(chatter), 1.0)
    assert isinstance(error, LinkError)
    assert "does not speak this link" in error.cause and "GPGGA" in error.cause


def test_garbage_without_end(serve: Callable[[Talk], str]) -> None:
    def noise(connection: socket.socket) -> None:
        rng = random.Random(1)
        while True:
            connection.sendall(rng.randbytes(4096))
            time.sleep(0.002)

    assert "does not speak this link" in _connect(serve(noise), 1.5).cause


def test_the_line_is_cut(serve: Callable[[Talk], str]) -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(1)
        connection.close()

    error = _connect(serve(cut), 5.0)
    assert isinstance(error, PortError)
    assert "vanished" in error.cause and "still runs" in error.cure


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"socket://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(PortError, match="nobody listens"):
        open_port(url)


@pytest.mark.parametrize(
    ("url", "cause"),
    [("/dev/no-such-port", "cannot open"), ("socket://nowhere", "not a port"), ("quark://x", "not a port")],
)
def test_ports_that_are_none(url: str, cause: str) -> None:
    with pytest.raises(PortError, match=cause) as caught:
        open_port(url)
    assert caught.value.cure


class Recorded:
    """A port whose rate is noted; the board behind it answers at one rate only."""

    def __init__(self, inner: BytePort, board_rate: int) -> None:
        self._inner = inner
        self.name = inner.name
        self.has_rate = True
        self.advice = inner.advice
        self.rate = BOOT_BAUD
        self.board_rate = board_rate

    def read(self, timeout_s: float) -> bytes:
        data = self._inner.read(timeout_s)
        return data if self.rate == self.board_rate else bytes(byte ^ 0x55 for byte in data)

    def write(self, data: bytes) -> None:
        self._inner.write(data if self.rate == self.board_rate else bytes(len(data)))

    def set_baud(self, rate: int) -> None:
        self.rate = rate

    def close(self) -> None:
        self._inner.close()


@pytest.mark.parametrize("left_at", KNOWN_RATES)
def test_a_board_left_at_another_rate_is_found(left_at: int) -> None:
    """A run that was broken off leaves the board at the rate it had negotiated."""
    program = build_firmware("virtual", DEFAULT_BUNDLE)
    with contextlib.closing(VirtualBoard(program, VirtualOptions(tcp=True, inference=False))) as board:
        port = Recorded(board.open(), left_at)
        with Device(port, dead_after_s=1.0) as device:
            assert device.connect(20.0).board == "virtual"
            assert port.rate == left_at
