"""After any traffic a new host's SYNC finds the device's end as on a board that has just booted: byte for byte."""

import random
from collections.abc import Callable

import pytest

from ..link.framing import Frame, encode_frame
from ..link.messages import PROTOCOL_VERSION, Ack, Answer, Echo, EchoRequest, Sync
from ..link.protocol import ASK, ECHO_SHIFT, GAP, PASS_MASK, PASS_SHIFT
from .c_link import DeviceLink

pytestmark = pytest.mark.native
SEEDS = 40
BEFORE, AFTER = 60, 40  # steps
BOOT = 5


def sync(tag: int, rest: int, credit: int) -> bytes:
    """With a delimiter before it: what the line caught may have no end."""
    nonce = Frame(
        Sync.TYPE, 0, tag, rest & 0xFFFF, rest >> 16, credit, Sync(protocol=PROTOCOL_VERSION).encode()
    )
    return b"\0" + encode_frame(nonce)


class Host:
    """A host that says anything that a connection may bring, in step with one device or with two of them."""

    def __init__(self, seed: int, tag: int) -> None:
        self._random = random.Random(seed)
        self._tag = tag
        self._seq = self._ack = 0
        self.now_us = 1000

    def step(self) -> Callable[[DeviceLink], object]:
        """What happens next, to be done to each device."""
        chance = self._random
        self.now_us += chance.choice([0, 10, 500, 20_000, 400_000])
        now, size = self.now_us, chance.choice([0, 1, 60, 250, 900])
        what = chance.randrange(8)
        if what == 0:
            return lambda device: device.send(Echo.TYPE, bytes(size))
        if what == 1:
            return lambda device: device.output(now, 1 + size)  # a frame is half out
        if what == 2:
            return lambda device: device.take()
        if what == 3:
            return lambda device: device.output(now)
        data = self._said(what)
        return lambda device: device.receive(data, now)

    def _said(self, what: int) -> bytes:
        chance = self._random
        if what == 4:
            payload = chance.randbytes(chance.choice([0, 3, 300, 1000]))
            ahead = chance.choice([0, 0, 0, 1, 3, -1])
            frame = self._frame(EchoRequest.TYPE, self._seq + ahead, payload)
            self._seq += ahead == 0
            return frame
        if what == 5:
            self._ack += chance.choice([0, 1, 1, 2])
            return self._frame(
                chance.choice([Ack.TYPE, Answer.TYPE]), self._seq, b"", chance.choice([0, GAP])
            )
        if what == 6:
            return self._frame(Ack.TYPE, self._seq + chance.choice([0, 2]), b"", ASK)
        return chance.choice([b"\0", b"\0\0\0", b"\x05noise\0", b"\x09cut", chance.randbytes(40)])

    def _frame(self, kind: int, seq: int, payload: bytes, flags: int = 0) -> bytes:
        passes = self._random.randrange(PASS_MASK + 1) << PASS_SHIFT | self._random.randrange(3) << ECHO_SHIFT
        credit = self._random.choice([0, 200, 0xFFFF])
        header = Frame(kind, flags | passes, self._tag, seq & 0xFFFF, self._ack & 0xFFFF, credit, payload)
        return encode_frame(header)


def seen(device: DeviceLink, now_us: int) -> tuple[object, ...]:
    """All that its owner and the line see of it."""
    return (
        device.output(now_us, 50),
        device.deadline(now_us),
        device.send_space,
        device.idle,
        device.connected,
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_another_host_hears_what_it_hears_of_a_fresh_board(seed: int) -> None:
    used, fresh = DeviceLink(BOOT), DeviceLink(BOOT)
    before = Host(seed, 0xBEEF)
    used.receive(sync(0xBEEF, 7, 0xFFFF), 0)
    for _ in range(BEFORE):
        before.step()(used)
    after = Host(seed + 1000, 0xCAFE)
    after.now_us = before.now_us
    greeting = sync(0xCAFE, 9, random.Random(seed).choice([0, 300, 2000, 0xFFFF]))
    for device in (used, fresh):
        device.receive(greeting, after.now_us)
    assert seen(used, after.now_us) == seen(fresh, after.now_us)
    start = [dict(device.counters) for device in (used, fresh)]
    for _ in range(AFTER):
        step = after.step()
        assert step(used) == step(fresh)
        assert seen(used, after.now_us) == seen(fresh, after.now_us)
    end = [device.counters for device in (used, fresh)]
    counted = [
        {name: now[name] - then[name] for name in now if not name.endswith("high_water")}
        for then, now in zip(start, end, strict=True)
    ]
    assert counted[0] == counted[1]
    for name in ("rx_high_water", "tx_high_water"):
        assert end[0][name] >= end[1][name], "the most that was ever in use"


def test_what_was_under_way_to_another_host_takes_no_credit_of_the_next() -> None:
    device = DeviceLink(BOOT)
    device.receive(sync(1, 1, 0xFFFF), 0)
    device.output(0)
    assert device.send(Echo.TYPE, bytes(400)) and len(device.output(1)) > 400
    device.receive(sync(2, 2, 408), 2)
    device.output(2)
    assert device.send(Echo.TYPE, bytes(400)) and len(device.output(3)) > 400


@pytest.mark.parametrize(
    ("noise", "errors"),
    [
        (b"\0\0\0\0", 0),  # delimiters alone are no frame
        (b"\x01\0", 1),
        (b"\x02A\0", 1),
        (b"\0\x02A\0\0\x02A\0", 2),
    ],
)
def test_what_lies_between_delimiters_is_counted_once(noise: bytes, errors: int) -> None:
    device = DeviceLink(BOOT)
    device.receive(sync(1, 1, 0xFFFF), 0)
    before = dict(device.counters)
    device.receive(noise, 1)
    after = device.counters
    assert after["framing_errors"] - before["framing_errors"] == errors
    assert after["noise_bytes"] - before["noise_bytes"] == len(noise.replace(b"\0", b""))
    device.receive(sync(1, 2, 0xFFFF), 2)
    assert device.connections == 2 and device.counters["noise_bytes"] == after["noise_bytes"]
