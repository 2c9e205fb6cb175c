"""A line that takes nothing ends a write, after as long as whoever opened it allows."""

import contextlib
import os
import socket
import sys
import time

import pytest

from .port import PortError, open_port


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("write_s", [0.2, 0.8])
def test_a_terminal_that_nobody_reads(write_s: float) -> None:
    board, line = os.openpty()
    try:
        with contextlib.closing(open_port(os.ttyname(line), write_s=write_s)) as port:
            began = time.monotonic()
            with pytest.raises(PortError, match="vanished: Write timeout"):
                port.write(bytes(1 << 20))
            assert time.monotonic() - began >= write_s * 0.9
    finally:
        os.close(board)
        os.close(line)


def test_a_stream_that_nobody_reads() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"socket://127.0.0.1:{listener.getsockname()[1]}"
        with (
            contextlib.closing(open_port(url, write_s=0.3)) as port,
            pytest.raises(PortError, match="vanished"),
        ):
            port.write(bytes(1 << 26))
