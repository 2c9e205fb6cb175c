"""The C core's queue of records against Python's deque."""

import random
from collections import deque
from typing import Any

import pytest
from cffi import FFI
from hypothesis import given
from hypothesis import strategies as st

from ..build.core_library import core_library
from ..link.messages import MAX_PAYLOAD

pytestmark = pytest.mark.native
SIZE = 2080
SPARE = 4 + MAX_PAYLOAD
DECLARATIONS = """
typedef struct { uint8_t *bytes; uint16_t size, first, end, used, high_water; } record_ring;
typedef struct { uint8_t type; uint16_t length; const uint8_t *data; } record;
void record_ring_init(record_ring *ring, uint8_t *bytes, uint16_t size);
uint16_t record_ring_free(const record_ring *ring);
size_t record_ring_space(const record_ring *ring);
uint8_t *record_ring_place(const record_ring *ring);
bool record_ring_append(record_ring *ring, uint8_t type, size_t length);
record record_ring_get(const record_ring *ring, uint16_t at);
uint16_t record_ring_after(const record_ring *ring, uint16_t at);
void record_ring_pop(record_ring *ring);
"""


class Ring:
    """A ring and what should be in it."""

    ffi = FFI()
    ffi.cdef(DECLARATIONS)

    def __init__(self) -> None:
        self.lib: Any = self.ffi.dlopen(str(core_library()))
        self.bytes = self.ffi.new("uint32_t[]", (SIZE + SPARE) // 4)
        self.ring = self.ffi.new("record_ring *")
        self.lib.record_ring_init(self.ring, self.ffi.cast("uint8_t *", self.bytes), SIZE)
        self.expected: deque[tuple[int, bytes]] = deque()

    def push(self, record_type: int, data: bytes) -> bool:
        """Append, and write into all the space there is, as a frame would that is then found damaged."""
        place = self.lib.record_ring_place(self.ring)
        space = self.lib.record_ring_space(self.ring)
        self.ffi.buffer(place, space)[:] = b"\xee" * space
        self.ffi.buffer(place, space)[: min(space, len(data))] = data[:space]
        taken = bool(self.lib.record_ring_append(self.ring, record_type, len(data)))
        if taken:
            self.expected.append((record_type, data))
        return taken

    def pop(self) -> None:
        """Drop the oldest."""
        self.lib.record_ring_pop(self.ring)
        self.expected.popleft()

    def check(self) -> None:
        """Everything in it is as it was put there, aligned, and the free room is all that is not used."""
        at = self.ring.first
        used = 0
        for record_type, data in self.expected:
            record = self.lib.record_ring_get(self.ring, at)
            assert (record.type, bytes(self.ffi.buffer(record.data, record.length))) == (record_type, data)
            assert int(self.ffi.cast("uintptr_t", record.data)) % 4 == 0
            at = self.lib.record_ring_after(self.ring, at)
            used += 4 + (len(data) + 3) // 4 * 4
        assert at == self.ring.end and self.ring.used == used and self.ring.high_water >= used
        assert self.lib.record_ring_free(self.ring) == SIZE - used
        assert self.lib.record_ring_space(self.ring) == min(MAX_PAYLOAD, max(0, SIZE - used - 4))


@given(
    st.lists(st.one_of(st.integers(0, MAX_PAYLOAD), st.integers(0, 9), st.none()), max_size=120), st.randoms()
)
def test_records_come_out_as_they_went_in(steps: list[int | None], rng: random.Random) -> None:
    ring = Ring()
    for step in steps:
        if step is None:
            if ring.expected:
                ring.pop()
        else:
            free = ring.lib.record_ring_free(ring.ring)
            data = rng.randbytes(step)
            assert ring.push(rng.randrange(256), data) == (4 + (step + 3) // 4 * 4 <= free)
        ring.check()


def test_full_records_use_all_of_it_round_after_round() -> None:
    ring = Ring()
    rng = random.Random(1)
    for _ in range(1000):
        while ring.push(0x18, rng.randbytes(rng.choice((1024, 1023, 700)))):
            pass
        ring.check()
        for _ in range(rng.randrange(1, len(ring.expected) + 1)):
            ring.pop()
    assert ring.ring.high_water > SIZE - 1028


def test_too_long_a_record_is_refused() -> None:
    ring = Ring()
    assert not ring.push(1, bytes(MAX_PAYLOAD + 1))
    ring.check()


@pytest.mark.parametrize("left", [0, 4, 8])
def test_the_last_record_may_end_where_the_ring_does(left: int) -> None:
    """What comes next lies at the start again, and where no record fits there is no space."""
    ring = Ring()
    for length in (1024, 1024, 20 - left):
        assert ring.push(7, bytes([length % 251]) * length)
        ring.check()
    assert ring.ring.end == (SIZE - left) % SIZE
    ring.pop()
    assert ring.push(8, b"next")
    ring.check()
    place = ring.ffi.cast("uint8_t *", ring.bytes) + ring.ring.end + 4
    assert ring.lib.record_ring_place(ring.ring) == place and ring.ring.end < SIZE
