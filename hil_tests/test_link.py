"""The line itself: echoes, noise, and what the counters say of them."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .toolkit import Board, Bundle, Device, Interpreter, RequestRefusedError, VirtualBoard
from .toolkit import messages as m


@pytest.mark.parametrize("size", [0, 1, 2, 253, 254, 255, 508, 1023, 1024])
def test_echo_of_every_awkward_size(device: Device, size: int) -> None:
    for data in (bytes(size), b"\xff" * size, random.Random(size).randbytes(size)):
        assert device.echo(data) == data


def test_a_burst_of_echoes_loses_nothing(device: Device) -> None:
    rng = random.Random(1)
    payloads = [rng.randbytes(rng.randrange(1025)) for _ in range(200)]
    for payload in payloads:
        device.connection.send(m.EchoRequest.TYPE, payload)
    answers: list[bytes] = []
    while len(answers) < len(payloads):
        message = device.connection.receive(10.0)
        assert message is not None, f"only {len(answers)} of {len(payloads)} echoes came back"
        if message.type == m.Echo.TYPE:
            answers.append(message.payload)
    assert answers == payloads


def test_garbage_between_frames_is_skipped_and_counted(device: Device) -> None:
    rng = random.Random(2)
    before = device.status()
    for _ in range(20):
        device.connection.port.write(rng.randbytes(rng.randrange(1, 2000)).replace(b"\0", b"\1") + b"\0")
        data = rng.randbytes(500)
        assert device.echo(data) == data
    after = device.status()
    errors = (after.crc_errors - before.crc_errors) + (after.framing_errors - before.framing_errors)
    assert errors >= 20
    assert after.noise_bytes > before.noise_bytes


def test_an_unknown_request_is_refused_by_name(device: Device) -> None:
    device.connection.send(0x7F, b"?")
    with pytest.raises(RequestRefusedError) as caught:
        device.info()
    assert caught.value.code == m.ErrorCode.UNKNOWN_TYPE


def test_audio_without_a_stream_is_refused_once(device: Device) -> None:
    for _ in range(5):
        device.connection.send(m.Audio.TYPE, bytes(1024))
    with pytest.raises(RequestRefusedError) as caught:
        device.info()
    assert caught.value.code == m.ErrorCode.NO_STREAM
    device.info()


def test_counters_start_anew_on_request(device: Device) -> None:
    device.echo(b"count me")
    device.status(clear=True)
    status = device.status()
    assert status.rx_frames < 10
    assert status.crc_errors == status.overruns == 0


@pytest.mark.timeout(120)
def test_a_damaged_line_changes_nothing_but_time(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    bundle: Bundle,
    reference: Interpreter,
    songs: NDArray[np.int16],
) -> None:
    device = open_device(virtual(damage=0.01, seed=3))
    device.status(clear=True)
    assert_agreed(compare_blocks(device, bundle, [songs], reference))
    status = device.status()
    assert status.crc_errors + status.framing_errors > 0, "the line was not damaged at all"
    if device.connection.counters["gaps"]:  # the host told the board of what it lacked
        assert status.retransmitted > 0
