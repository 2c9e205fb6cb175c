"""The two ends of the link against each other, over every kind of bad line.

LINK_SEEDS=20000 tries that many lines, for when the link itself was changed.
"""

import os
import random

import pytest

from ..link.events import Connected, DeviceReset, LinkDead
from ..link.rates import KNOWN_RATES
from .simulation import Faults, Simulation

pytestmark = pytest.mark.native
ECHO = 0x14
SEEDS = int(os.environ.get("LINK_SEEDS", "2000"))
GROUPS = 20
SIZES = (0, 1, 2, 3, 239, 240, 241, 253, 254, 255, 1023, 1024)
MAKERS = (random.Random.randbytes, lambda _, size: bytes(size), lambda _, size: b"\xff" * size)


def _payloads(seed: int, count: int) -> list[bytes]:
    rng = random.Random(seed)
    return [
        rng.choice(MAKERS)(rng, rng.choice((*SIZES, rng.randrange(1025), rng.randrange(64))))
        for _ in range(count)
    ]


def _exchange(simulation: Simulation, payloads: list[bytes], limit_s: float = 300) -> None:
    for payload in payloads:
        simulation.host.send(ECHO, payload)
    finished = simulation.run(
        lambda: len(simulation.messages) >= len(payloads) and simulation.host.idle, int(limit_s * 1e6)
    )
    assert finished, f"seed {simulation.seed}: only {len(simulation.messages)} of {len(payloads)} came back"
    assert simulation.received == payloads, f"seed {simulation.seed}"
    assert [message.payload for message in simulation.messages] == payloads, f"seed {simulation.seed}"
    assert simulation.device.counters["overruns"] == 0, "credit promised more than there was room for"
    assert not any(isinstance(event, DeviceReset | LinkDead) for event in simulation.events)
    counters = simulation.host.counters
    assert counters.early_questions == counters.needless_gaps == 0, f"seed {simulation.seed}: blamed"


@pytest.mark.slow
def test_a_clean_line_needs_no_retransmission() -> None:
    simulation = Simulation()
    simulation.connect()
    _exchange(simulation, _payloads(1, 300))
    counters = simulation.device.counters
    assert simulation.host.counters.retransmitted == counters["retransmitted"] == 0
    assert simulation.host.counters.timeouts == counters["timeouts"] == 0
    assert simulation.host.counters.damaged_frames == counters["noise_bytes"] == 0
    assert (
        counters["crc_errors"]
        == counters["framing_errors"]
        == counters["gaps"]
        == counters["duplicates"]
        == 0
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "group", [0, *(pytest.param(group, marks=pytest.mark.slow) for group in range(1, GROUPS))]
)
def test_every_byte_arrives_once_and_in_order(group: int) -> None:
    for seed in range(group, SEEDS, GROUPS):
        rng = random.Random(seed)
        simulation = Simulation(
            baud=rng.choice(KNOWN_RATES),
            turnaround_us=rng.choice((200, 2000, 10_000, 34_000)),
            faults=Faults.mixed(rng.choice((0.001, 0.01, 0.05, 0.1))),
            seed=seed,
            busy_us=rng.choice((0, 0, 0, 30_000)),
            dead_after_us=60_000_000,  # the worst of these lines lose half of all frames
        )
        simulation.connect()
        _exchange(simulation, _payloads(seed, rng.randrange(5, 30)))


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_device_is_not_flooded(seed: int) -> None:
    simulation = Simulation(busy_us=120_000, faults=Faults.damaged(0.01), seed=seed)
    simulation.connect()
    _exchange(simulation, _payloads(seed, 40))
    assert simulation.host.counters.retransmitted <= 40
    assert simulation.host.counters.timeouts <= 40


def test_one_direction_streams_while_the_other_answers() -> None:
    simulation = Simulation(reply=lambda payload: payload[:40], faults=Faults.damaged(0.01))
    simulation.connect()
    payloads = [random.Random(i).randbytes(1024) for i in range(400)]
    for payload in payloads:
        simulation.host.send(ECHO, payload)
    assert simulation.run(lambda: len(simulation.messages) == len(payloads), 60_000_000)
    assert simulation.received == payloads
    assert [message.payload for message in simulation.messages] == [payload[:40] for payload in payloads]


@pytest.mark.parametrize("directions", ["down", "up", "both"])
@pytest.mark.parametrize("count", [1, 40])
def test_a_dead_line_ends_with_a_reason(directions: str, count: int) -> None:
    simulation = Simulation()
    simulation.connect()
    for payload in _payloads(5, count):
        simulation.host.send(ECHO, payload)
    simulation.run(lambda: bool(simulation.received) and count > 1, 5_000)
    simulation.down.cut = directions != "up"
    simulation.up.cut = directions != "down"
    if count == 1:
        simulation.host.send(ECHO, b"anyone?")
    cut_us = simulation.now_us
    assert simulation.run(lambda: any(isinstance(event, LinkDead) for event in simulation.events), 20_000_000)
    assert 4.9e6 < simulation.now_us - cut_us < 7e6
    assert simulation.host.output(simulation.now_us) == b""


@pytest.mark.parametrize("seed", range(20))
def test_a_reset_in_mid_run_is_noticed(seed: int) -> None:
    simulation = Simulation(faults=Faults.mixed(0.05), seed=seed)
    simulation.connect()
    for payload in _payloads(seed, 100):
        simulation.host.send(ECHO, payload)
    simulation.run(lambda: len(simulation.messages) > 20, 60_000_000)
    simulation.reset_device(0xB007)
    assert simulation.run(
        lambda: any(isinstance(event, DeviceReset) for event in simulation.events), 10_000_000
    )
    assert [event.boot_id for event in simulation.events if isinstance(event, DeviceReset)] == [0xB007]


def test_a_reset_is_noticed_while_nothing_is_sent_and_its_hello_is_lost() -> None:
    simulation = Simulation()
    simulation.connect()
    _exchange(simulation, [b"one"])
    simulation.up.cut = True
    simulation.reset_device(0xB007)
    simulation.run(lambda: False, 100_000)
    simulation.up.cut = False
    assert simulation.run(
        lambda: any(isinstance(event, DeviceReset) for event in simulation.events), 3_000_000
    )


def test_a_device_silent_in_a_long_inference_is_alive() -> None:
    simulation = Simulation(busy_us=20_000_000)
    simulation.connect()
    _exchange(simulation, [b"one"])
    assert simulation.now_us >= 20_000_000 and simulation.host.connected


@pytest.mark.parametrize("seed", range(20))
def test_a_new_host_takes_over_from_one_that_vanished(seed: int) -> None:
    simulation = Simulation(faults=Faults.mixed(0.02), seed=seed)
    simulation.connect()
    for payload in _payloads(seed, 50):
        simulation.host.send(ECHO, payload)
    simulation.run(lambda: len(simulation.messages) > 5, 10_000_000)
    before = simulation.device.connections
    simulation.restart_host()
    assert any(isinstance(event, Connected) for event in simulation.events)
    assert simulation.device.connections == before + 1
    _exchange(simulation, _payloads(seed + 1, 20))


def test_a_new_host_takes_over_a_device_whose_buffers_are_full() -> None:
    simulation = Simulation(busy_us=10_000_000)
    simulation.connect()
    for payload in [bytes(1024)] * 20:
        simulation.host.send(ECHO, payload)
    simulation.run(lambda: False, 15_000_000)
    assert simulation.device.counters["rx_high_water"] > 5000
    simulation.busy_us = 0
    simulation.restart_host()
    _exchange(simulation, _payloads(1, 20))


@pytest.mark.slow
def test_sequence_numbers_wrap() -> None:
    simulation = Simulation(baud=100_000_000, turnaround_us=10, reply=lambda _: None)
    simulation.connect()
    sent = 0
    while sent < 70_000:
        for _ in range(1000):
            simulation.host.send(ECHO, sent.to_bytes(4, "little"))
            sent += 1
        assert simulation.run(lambda: simulation.host.idle, 60_000_000)
    assert [int.from_bytes(payload, "little") for payload in simulation.received] == list(range(sent))
