"""How much of a line the link uses, in the deterministic simulation."""

import random
from dataclasses import dataclass

from ..link.messages import MAX_PAYLOAD, EchoRequest
from ..link.rates import BITS_PER_BYTE, KNOWN_RATES
from .simulation import Faults, Simulation

BAUDS = KNOWN_RATES
TURNAROUNDS_MS = (1, 5, 17)
DAMAGED_SHARES = (0.0, 0.001, 0.01)
FRAMES = 2000  # enough that one per thousand damaged is more than chance
LIMIT_US = 3_600_000_000
SEED = 20


@dataclass(frozen=True)
class Line:
    """A line to measure.

    Attributes:
        baud: its speed.
        turnaround_ms: what a round trip takes beside the bytes' own time.
        damaged: share of the frames damaged, in both directions.
    """

    baud: int
    turnaround_ms: int
    damaged: float

    @property
    def name(self) -> str:
        """As it stands in tables and baselines."""
        damage = f"{self.damaged:.1%} damaged" if self.damaged else "clean"
        return f"{self.baud} baud, {self.turnaround_ms} ms, {damage}"


LINES = tuple(
    Line(baud, turnaround, damaged)
    for baud in BAUDS
    for turnaround in TURNAROUNDS_MS
    for damaged in DAMAGED_SHARES
)


def utilisation(line: Line, frames: int = FRAMES) -> float:
    """Send `frames` full payloads to the device over a simulated line.

    Returns:
        Payload bits (10 a byte, as the line counts) by what the line could have carried until the last payload was in
        the hands of the device's application. Headers, checksums and COBS leave 0.981 of a perfect line.

    Raises:
        RuntimeError: they did not arrive, or not unchanged.
    """
    simulation = Simulation(
        baud=line.baud,
        turnaround_us=line.turnaround_ms * 1000,
        faults=Faults.damaged(line.damaged),
        seed=SEED,
        reply=lambda _: None,
    )
    simulation.connect()
    rng = random.Random(SEED)
    payloads = [
        rng.randbytes(MAX_PAYLOAD).replace(b"\0", b"\1") for _ in range(frames)
    ]  # COBS adds most without zeros
    for payload in payloads:
        simulation.host.send(EchoRequest.TYPE, payload)
    start_us = simulation.now_us
    if (
        not simulation.run(lambda: len(simulation.received) >= frames, LIMIT_US)
        or simulation.received != payloads
    ):
        raise RuntimeError(f"{line.name}: {len(simulation.received)} of {frames} payloads arrived")
    return frames * MAX_PAYLOAD * BITS_PER_BYTE * 1e6 / (line.baud * (simulation.now_us - start_us))
