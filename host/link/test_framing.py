"""Frames: both languages write the golden bytes, read each other's, and take anything else for noise."""

import itertools
import zlib
from typing import Any

import pytest
from cffi import FFI
from cobs import cobs
from hypothesis import example, given
from hypothesis import strategies as st

from ..build.core_library import core_library
from . import golden
from .framing import HEADER, LONGEST_ENCODED, Frame, Splitter, decode_frame, encode_frame
from .messages import MAX_PAYLOAD

# cobs.h, crc32.h and frame.h; of frame_receiver what its owner may look at, and room for the rest.
DECLARATIONS = """
typedef struct {
    const uint8_t *piece[3]; size_t length[3]; size_t total, position;
    uint8_t remaining; bool skip_zero, last_block, done;
} cobs_encoder;
typedef struct { uint8_t type, flags; uint16_t connection, seq, ack, credit; } frame_header;
typedef struct {
    uint8_t *payload; size_t room, payload_length; frame_header header; uint8_t start[4]; uint32_t raw_length;
    uint64_t inner[16];
} frame_receiver;
uint32_t crc32_of(const uint8_t *bytes, size_t count);
uint32_t crc32_continue(uint32_t crc, const uint8_t *bytes, size_t count);
void cobs_encoder_init(cobs_encoder *encoder, const uint8_t *const piece[3], const size_t length[3]);
size_t cobs_encode(cobs_encoder *encoder, uint8_t *out, size_t capacity);
bool frame_receiver_idle(const frame_receiver *receiver);
void frame_receive_into(frame_receiver *receiver, uint8_t *payload, size_t room);
int frame_receive(frame_receiver *receiver, const uint8_t *bytes, size_t count, size_t *used);
void frame_pack_header(const frame_header *header, uint8_t *out);
"""
MORE, VALID, DAMAGED, NONE = range(4)

u16 = st.integers(0, 0xFFFF)
u8 = st.integers(0, 0xFF)
# Zeros, and runs without them, are what stuffing is about.
payloads = st.lists(
    st.one_of(st.binary(max_size=8), st.integers(0, 260).map(lambda n: b"\x55" * n)), max_size=12
).map(lambda parts: b"".join(parts)[:MAX_PAYLOAD])
frames = st.builds(Frame, u8, u8, u16, u16, u16, u16, payloads)


class Core:
    """The C side's functions, one frame at a time."""

    def __init__(self) -> None:
        self.ffi = FFI()
        self.ffi.cdef(DECLARATIONS)
        self.lib: Any = self.ffi.dlopen(str(core_library()))

    def encode(self, frame: Frame, piece: int) -> bytes:
        """A frame's bytes, taken `piece` at a time."""
        ffi, lib = self.ffi, self.lib
        header = ffi.new("uint8_t[]", HEADER.size)
        lib.frame_pack_header(ffi.new("frame_header *", tuple(frame[:6])), header)
        payload = ffi.new("uint8_t[]", frame.payload)
        crc = lib.crc32_continue(lib.crc32_of(header, HEADER.size), payload, len(frame.payload))
        end = ffi.new("uint8_t[]", crc.to_bytes(4, "little"))
        encoder = ffi.new("cobs_encoder *")
        pieces = ffi.new("uint8_t *[]", [header, payload, end])
        lib.cobs_encoder_init(encoder, pieces, [HEADER.size, len(frame.payload), 4])
        out = ffi.new("uint8_t[]", piece)
        encoded = b""
        while not encoder.done:
            encoded += bytes(ffi.buffer(out, lib.cobs_encode(encoder, out, piece)))
        assert lib.cobs_encode(encoder, out, piece) == 0
        return encoded

    def decode(self, data: bytes, piece: int, room: int = MAX_PAYLOAD) -> list[Frame | int]:
        """What `data`, given `piece` bytes at a time, caused: frames (with as much payload as there was room
        for), DAMAGED and NONE."""
        ffi, lib = self.ffi, self.lib
        receiver = ffi.new("frame_receiver *")
        payload = ffi.new("uint8_t[]", b"\xa5" * (room + 8))
        used = ffi.new("size_t *")
        found: list[Frame | int] = []
        lib.frame_receive_into(receiver, payload, room)
        for start in range(0, len(data), piece):
            chunk = data[start : start + piece]
            at = 0
            while at < len(chunk):
                rest = ffi.new("uint8_t[]", len(chunk) - at)
                ffi.buffer(rest)[:] = chunk[at:]
                event = lib.frame_receive(receiver, rest, len(chunk) - at, used)
                assert 0 < used[0] <= len(chunk) - at
                at += used[0]
                if event == VALID:
                    head = receiver.header
                    kept = bytes(ffi.buffer(payload, min(room, receiver.payload_length)))
                    assert bytes(ffi.buffer(receiver.start))[: min(4, len(kept))] == kept[:4]
                    found.append(
                        Frame(head.type, head.flags, head.connection, head.seq, head.ack, head.credit, kept)
                    )
                elif event != MORE:
                    found.append(event)
                if event != MORE:
                    assert lib.frame_receiver_idle(receiver)
                    lib.frame_receive_into(receiver, payload, room)
        assert bytes(ffi.buffer(payload))[room : room + 8] == b"\xa5" * 8, "written beyond the room"
        return found


@pytest.fixture(scope="module")
def core() -> Core:
    return Core()


def test_golden_frames_are_what_python_writes_and_reads() -> None:
    recorded = golden.read()["frames"]
    assert recorded == golden.vectors()["frames"]
    for entry, frame in zip(recorded, golden.frames().values(), strict=True):
        encoded = bytes.fromhex(entry["encoded"])
        assert encoded[-1] == 0 and 0 not in encoded[:-1]
        assert decode_frame(encoded[:-1]) == frame


def test_a_golden_frame_written_out_by_hand() -> None:
    # INFO_REQUEST, flags 0, connection 0x1234, number 1, next expected 2, credit 0x17ff; a code before each run
    body = bytes.fromhex("1000341201000200ff17")
    crc = zlib.crc32(body).to_bytes(4, "little")
    assert 0 not in crc
    expected = b"\x02\x10\x04\x34\x12\x01\x02\x02\x07\xff\x17" + crc + b"\0"
    assert encode_frame(Frame(0x10, 0, 0x1234, 1, 2, 0x17FF, b"")) == expected


@pytest.mark.native
@pytest.mark.parametrize("name", golden.frames())
def test_golden_frames_are_what_c_writes_and_reads(core: Core, name: str) -> None:
    (entry,) = [entry for entry in golden.read()["frames"] if entry["name"] == name]
    frame, encoded = golden.frames()[name], bytes.fromhex(entry["encoded"])
    assert core.encode(frame, 4096) == core.encode(frame, 7) == encoded
    assert core.decode(encoded, 4096) == core.decode(encoded, 1) == [frame]


@pytest.mark.native
def test_the_checksum_is_crc_32(core: Core) -> None:
    assert core.lib.crc32_of(b"123456789", 9) == 0xCBF43926  # its published check value
    assert core.lib.crc32_of(b"", 0) == 0
    assert core.lib.crc32_continue(core.lib.crc32_of(b"1234", 4), b"56789", 5) == 0xCBF43926


@given(frame=frames)
@example(frame=Frame(0, 0, 0, 0, 0, 0, b"\x55" * MAX_PAYLOAD))
def test_python_reads_what_it_writes(frame: Frame) -> None:
    encoded = encode_frame(frame)
    assert len(encoded) - 1 <= LONGEST_ENCODED and encoded.index(0) == len(encoded) - 1
    assert decode_frame(encoded[:-1]) == frame


@pytest.mark.native
@given(frame=frames, written=st.integers(1, 300), read=st.integers(1, 300))
def test_both_languages_write_the_same_and_read_each_other(
    core: Core, frame: Frame, written: int, read: int
) -> None:
    encoded = core.encode(frame, written)
    assert encoded == encode_frame(frame)
    assert core.decode(encoded, read) == [frame]


@pytest.mark.native
@given(data=st.binary(max_size=3000), piece=st.integers(1, 400), room=st.integers(0, MAX_PAYLOAD))
def test_any_bytes_are_noise_to_both_languages(core: Core, data: bytes, piece: int, room: int) -> None:
    expected = [decode_frame(part) for part in data.split(b"\0")[:-1] if part]
    found = core.decode(data, piece, room)
    assert len(found) == len(expected)
    for ours, theirs in zip(expected, found, strict=True):
        assert (ours is None) == isinstance(theirs, int)


@pytest.mark.native
@given(frame=frames, data=st.data())
def test_damage_is_seen_by_both_languages_and_the_next_frame_is_whole(
    core: Core, frame: Frame, data: st.DataObject
) -> None:
    encoded = bytearray(encode_frame(frame))
    at = data.draw(st.integers(0, len(encoded) - 2))
    encoded[at] ^= data.draw(st.integers(1, 255))
    line = bytes(encoded) + b"\0" + encode_frame(frame)
    found = core.decode(line, 64)
    assert found[-1] == frame and all(isinstance(event, int) for event in found[:-1])
    assert [decode_frame(part) for part in line.split(b"\0") if part][:-1] == [None] * (len(found) - 1)


@pytest.mark.native
@given(frame=frames, room=st.integers(0, MAX_PAYLOAD))
def test_a_payload_without_room_is_checked_but_not_kept(core: Core, frame: Frame, room: int) -> None:
    assert core.decode(encode_frame(frame), 100, room) == [frame._replace(payload=frame.payload[:room])]


@pytest.mark.native
def test_a_frame_longer_than_any_is_none_however_long(core: Core) -> None:
    good = encode_frame(Frame(0x10, 0, 1, 2, 3, 4, b""))
    for size in (MAX_PAYLOAD + 1, MAX_PAYLOAD + 5, 5000, 200_000):
        body = b"\x01" * (HEADER.size + size)
        line = cobs.encode(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0" + good
        assert core.decode(line, 999) == [NONE, decode_frame(good[:-1])]
        assert decode_frame(line.partition(b"\0")[0]) is None


@given(data=st.binary(max_size=4000), cuts=st.lists(st.integers(0, 4000), max_size=20))
def test_a_splitter_loses_nothing_and_does_not_care_how_bytes_come(data: bytes, cuts: list[int]) -> None:
    splitter = Splitter()
    parts: list[bytes] = []
    held_most = 0
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in itertools.pairwise(edges):
        pieces, noise = splitter.feed(data[start:end])
        parts += [*pieces, noise]
        held_most = max(held_most, splitter.waiting)
    parts.append(splitter.flush())
    assert b"".join(parts) == data.replace(b"\0", b"")
    assert held_most <= LONGEST_ENCODED


def test_a_splitter_does_not_take_the_end_of_something_too_long_for_a_frame() -> None:
    splitter = Splitter()
    good = encode_frame(Frame(0x10, 0, 1, 2, 3, 4, b""))
    assert splitter.feed(b"x" * (LONGEST_ENCODED + 1)) == ([], b"x" * (LONGEST_ENCODED + 1))
    assert splitter.feed(b"y") == ([], b"y")
    assert splitter.feed(b"\0" + good) == ([good[:-1]], b"")
