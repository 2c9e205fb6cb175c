"""The two ends of the link against each other, over every kind of bad line."""

import os
import random

import pytest

from host.link.events import Connected, DeviceReset, LinkDead
from host.link.simulation import Faults, Simulation

pytestmark = pytest.mark.native
ECHO = 0x14
SEEDS = int(os.environ.get("LINK_SEEDS", "60"))  # thousands, when the link itself was changed


def _payloads(seed: int, count: int) -> list[bytes]:
    rng = random.Random(seed)
    sizes = (0, 1, 2, 253, 254, 255, 1023, 1024)
    make = (rng.randbytes, lambda n: bytes(n), lambda n: b"\xff" * n)
    return [rng.choice(make)(rng.choice((*sizes, rng.randrange(1025)))) for _ in range(count)]


def _exchange(simulation: Simulation, payloads: list[bytes], limit_s: float = 300) -> None:
    simulation.connect()
    for payload in payloads:
        simulation.host.send(ECHO, payload)
    finished = simulation.run(
        lambda: len(simulation.messages) >= len(payloads) and simulation.host.idle, int(limit_s * 1e6)
    )
    assert finished, f"seed {simulation.seed}: only {len(simulation.messages)} of {len(payloads)} came back"
    assert simulation.received == payloads
    assert [message.payload for message in simulation.messages] == payloads


def test_a_clean_line_needs_no_retransmission() -> None:
    simulation = Simulation()
    _exchange(simulation, _payloads(1, 300))
    counters = simulation.device.counters
    assert simulation.host.counters.retransmitted == counters["retransmitted"] == 0
    assert counters["crc_errors"] == counters["gaps"] == counters["overruns"] == 0


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_byte_arrives_once_and_in_order(seed: int) -> None:
    rng = random.Random(seed)
    simulation = Simulation(
        baud=rng.choice((115_200, 921_600, 2_000_000)),
        turnaround_us=rng.choice((100, 1000, 5000, 17_000)),
        faults=Faults.mixed(rng.choice((0.001, 0.01, 0.05))),
        seed=seed,
    )
    _exchange(simulation, _payloads(seed, 60))
    assert simulation.device.counters["overruns"] == 0, "credit promised more than there was room for"


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_device_is_not_flooded(seed: int) -> None:
    simulation = Simulation(busy_us=120_000, faults=Faults.damaged(0.01), seed=seed)
    _exchange(simulation, _payloads(seed, 40))
    assert simulation.host.counters.retransmitted <= 40


def test_one_direction_streams_while_the_other_answers() -> None:
    simulation = Simulation(reply=lambda payload: payload[:40], faults=Faults.damaged(0.01))
    simulation.connect()
    payloads = [random.Random(i).randbytes(1024) for i in range(400)]
    for payload in payloads:
        simulation.host.send(ECHO, payload)
    assert simulation.run(lambda: len(simulation.messages) == len(payloads), 60_000_000)
    assert simulation.received == payloads
    assert [message.payload for message in simulation.messages] == [payload[:40] for payload in payloads]


def test_a_dead_line_ends_with_a_reason() -> None:
    simulation = Simulation()
    simulation.connect()
    simulation.down.cut = simulation.up.cut = True
    simulation.host.send(ECHO, b"anyone?")
    assert simulation.run(lambda: any(isinstance(event, LinkDead) for event in simulation.events), 20_000_000)
    assert 4e6 < simulation.now_us < 8e6


@pytest.mark.parametrize("seed", range(10))
def test_a_reset_in_mid_run_is_noticed(seed: int) -> None:
    simulation = Simulation(faults=Faults.damaged(0.02), seed=seed)
    simulation.connect()
    for payload in _payloads(seed, 100):
        simulation.host.send(ECHO, payload)
    simulation.run(lambda: len(simulation.messages) > 20, 60_000_000)
    simulation.device.boot(0xB007)
    assert simulation.run(lambda: any(isinstance(event, DeviceReset) for event in simulation.events), 10_000_000)
    assert any(isinstance(event, DeviceReset) and event.boot_id == 0xB007 for event in simulation.events)


def test_a_new_host_takes_over_from_one_that_vanished() -> None:
    simulation = Simulation()
    simulation.connect()
    for payload in _payloads(3, 50):
        simulation.host.send(ECHO, payload)
    simulation.run(lambda: len(simulation.messages) > 5, 10_000_000)
    from host.link.link import Link

    simulation.host = Link(session=4711)
    simulation.events.clear()
    simulation.messages.clear()
    simulation.received.clear()
    simulation.connect()
    assert any(isinstance(event, Connected) for event in simulation.events)
    assert simulation.device.session == 4711
    simulation.received.clear()
    simulation.messages.clear()
    simulation._answer.clear()
    payloads = _payloads(4, 50)
    for payload in payloads:
        simulation.host.send(ECHO, payload)
    assert simulation.run(lambda: len(simulation.messages) >= 50, 30_000_000)
    assert simulation.received == payloads


def test_sequence_numbers_wrap() -> None:
    simulation = Simulation(baud=100_000_000, turnaround_us=10, reply=lambda payload: None)
    simulation.connect()
    sent = 0
    while sent < 70_000:
        for _ in range(1000):
            simulation.host.send(ECHO, sent.to_bytes(4, "little"))
            sent += 1
        assert simulation.run(lambda: simulation.host.idle, 60_000_000)
    assert [int.from_bytes(payload, "little") for payload in simulation.received] == list(range(sent))
