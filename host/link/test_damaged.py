"""What a sender does wrongly is told from frames that never come whole; noise is not taken for that."""

import random
import zlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from cobs import cobs

from . import damaged
from .damaged import always_damaged, how_damaged, how_sent, loosely, read_loosely
from .framing import CRC, HEADER, LONGEST_ENCODED, decode_frame
from .messages import FIRST_SEQUENCED_TYPE, Echo

NUMBER = 0x1234
SEQ = 9


def _body(payload: bytes, seq: int = SEQ, flags: int = 0) -> bytes:
    content = HEADER.pack(Echo.TYPE, flags, NUMBER, seq, 3, 0x1600) + payload
    return content + CRC.pack(zlib.crc32(content))


def _blocks(body: bytes, full: int = 254, skips: bool = False) -> bytes:
    """COBS by hand.

    Args:
        body: of the frame.
        full: bytes that a block holds at most.
        skips: leave out the byte behind a full block.
    """
    out, at = bytearray(), 0
    while True:
        run = 0
        while run < full and at + run < len(body) and body[at + run]:
            run += 1
        out += bytes([run + 1]) + body[at : at + run]
        at += run
        if at >= len(body):
            return bytes(out)
        if run < full or skips:
            at += 1


def _last_code(piece: bytes | bytearray) -> int:
    at = 0
    while at + piece[at] < len(piece):
        at += piece[at]
    return at


def _without_zero(body: bytes, run: int) -> Iterator[int]:
    """COBS by a sender that says no zero with blocks of `run` bytes."""
    at = 0
    for block in body.split(b"\0"):
        yield from (len(block) + 1, *block)
        at += len(block) + 1
        if len(block) == run and at <= len(body):
            yield 1


def _lost_end(body: bytes) -> bytes:
    return bytes(cobs.encode(body[:-1] if body.endswith(b"\0") else body))


def _payloads(size: int) -> Iterator[bytes]:
    for seed in range(1, 9):
        yield bytes(1 + value % 255 for value in random.Random(seed).randbytes(size))


def test_the_hand_made_code_is_the_right_one() -> None:
    for size in (0, 1, 253, 254, 255, 508, 700):
        body = _body(random.Random(size).randbytes(size))
        assert _blocks(body) == cobs.encode(body) and loosely(cobs.encode(body)) == body


@pytest.mark.parametrize(
    ("encode", "size", "words"),
    [
        (lambda body: _blocks(body, skips=True), 300, "the byte behind a full block of 254 bytes is lost"),
        (lambda body: _blocks(body, skips=True), 600, "the byte behind a full block of 254 bytes is lost"),
        (lambda body: _blocks(body, full=253), 300, "blocks of 253 bytes are taken for full ones"),
        (lambda body: _blocks(body, full=127), 300, "blocks of 127 bytes are taken for full ones"),
        (lambda body: _blocks(body, full=200), 300, "blocks of 200 bytes are taken for full ones"),
        (lambda body: _blocks(body, full=31), 300, "blocks of 31 bytes are taken for full ones"),
    ],
)
def test_what_goes_wrong_in_blocks(encode: Callable[[bytes], bytes], size: int, words: str) -> None:
    pieces = [encode(_body(payload)) for payload in _payloads(size)]
    assert how_damaged(pieces).startswith(words)
    assert how_damaged(pieces[:1]) == "", "one frame may be damaged so by chance"


def test_a_zero_that_is_lost_at_the_end() -> None:
    ended = [body for at in range(4000) if (body := _body(at.to_bytes(2, "little"))).endswith(b"\0")]
    assert how_damaged(map(_lost_end, ended)).startswith("a zero at a frame's end is lost")


def test_a_checksum_of_fewer_bytes() -> None:
    pieces = []
    for payload in _payloads(300):
        content = _body(payload)[:-4]
        pieces.append(bytes(cobs.encode(content + CRC.pack(zlib.crc32(content[: 10 + 300 % 256])))))
    assert "takes the payload's length in 8 bits" in how_damaged(pieces)
    assert how_damaged(pieces[:2]) != "" and how_damaged(pieces[:1]) == ""


def test_of_many_ways_to_make_a_checksum_two_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [SimpleNamespace(words=words) for words in ("is a", "is b", "is c")]
    monkeypatch.setattr(damaged, "ways_of", lambda _: ways)
    pieces = [bytes(cobs.encode(_body(payload)[:-4] + b"none")) for payload in _payloads(30)]
    assert how_damaged(pieces) == "its checksum is a or is b (begin_frame in firmware/core/link/send.c)"


def test_a_zero_that_is_lost_at_the_end_of_a_frame_without_a_payload() -> None:
    ended = [body for seq in range(4000) if (body := _body(b"", seq)).endswith(b"\0")]
    assert how_damaged(map(_lost_end, ended)).startswith("a zero at a frame's end is lost")


@pytest.mark.parametrize(("beyond", "told"), [(1, True), (2, False)])
def test_a_piece_may_be_a_byte_longer_than_any_frame(beyond: int, told: bool) -> None:
    pieces = [
        piece
        for size in range(1000, 1025)
        for payload in _payloads(size)
        if len(piece := _blocks(_body(payload), full=127)) == LONGEST_ENCODED + beyond
    ]
    assert len(pieces) >= 2
    assert bool(how_damaged(pieces)) == told


def test_frames_that_end_behind_a_full_block() -> None:
    def first_full(body: bytes) -> bytes:
        whole, at = _blocks(body), 0
        while whole[at] != 0xFF:
            at += whole[at]
        return whole[: at + 0xFF]

    pieces = [first_full(_body(payload)) for payload in _payloads(600)]
    assert how_damaged(pieces) == (
        "it ends behind a full block of 254 bytes, as if nothing followed that (cobs_encode and begin_block in "
        "firmware/core/link/cobs.c)"
    )
    assert (
        how_damaged([piece[:-1] for piece in pieces])
        == ""
        == how_damaged([piece + b"\1" for piece in pieces])
    )


def test_noise_is_nobodys_doing() -> None:
    rng = random.Random(3)
    pieces = []
    for payload in _payloads(600):
        piece = bytearray(cobs.encode(_body(payload)))
        piece[rng.randrange(len(piece))] ^= 1 << rng.randrange(8)
        pieces.append(bytes(piece))
    assert how_damaged(pieces) == "" and always_damaged(pieces, NUMBER) == ""


def test_a_frame_that_is_damaged_alike_each_time() -> None:
    payload = b"\xff" * 300
    pieces = [_blocks(_body(payload, flags=4 * at), skips=True) for at in range(1, 5)]
    told = always_damaged(pieces, NUMBER)
    assert told.startswith("its frame number 9 (ECHO) came 4 times, each time damaged in the same bytes")
    assert "the byte behind a full block" in told
    assert always_damaged(pieces[1:], NUMBER) == "", "three times are chance"
    assert always_damaged(pieces, NUMBER + 1) == "", "of another connection"


def test_a_frame_that_is_damaged_otherwise_each_time() -> None:
    pieces = []
    for at in range(20):
        piece = bytearray(cobs.encode(_body(b"\7" * 300)))
        piece[40 + at] ^= 1
        pieces.append(bytes(piece))
    assert always_damaged(pieces, NUMBER) == ""


def test_a_value_that_comes_as_another_one() -> None:
    right = bytes(range(1, 256)) * 3
    masked = right.replace(b"\xff", b"\x7f")
    frames = read_loosely([bytes(cobs.encode(_body(masked)))], NUMBER)
    assert how_sent(frames, right) == "each byte 0xff comes as 0x7f"
    assert how_sent(read_loosely([bytes(cobs.encode(_body(right)))], NUMBER), right) == ""


@pytest.mark.parametrize("block", [253, 252, 251, 250, 128, 127, 126, 64, 63, 62])
def test_which_blocks_may_be_taken_for_full_ones(block: int) -> None:
    pieces = [_blocks(_body(payload), full=block) for payload in _payloads(300)]
    assert how_damaged(pieces) == (
        f"blocks of {block} bytes are taken for full ones, behind which there is no zero; those are of 254 "
        "(cobs_encode and begin_block in firmware/core/link/cobs.c)"
    )


@pytest.mark.parametrize("ahead", [True, False])
def test_a_delimiter_that_the_line_spoils_is_no_way_to_encode(ahead: bool) -> None:
    """A right frame with one byte more, which then seems to say that a block ends without its zero."""
    pieces = []
    for payload in _payloads(40):
        right = bytes(cobs.encode(_body(payload)))
        assert decode_frame(right) is not None
        pieces.append(b"\x01" + right if ahead else right + b"\x01")
    assert how_damaged(pieces) == ""


@pytest.mark.parametrize("bit", range(8))
def test_a_code_that_the_line_alters_is_no_way_to_encode(bit: int) -> None:
    """The last code then says more than came, and whatever is taken for a full block's gives the right frame."""
    pieces = []
    for payload in _payloads(40):
        piece = bytearray(cobs.encode(_body(payload)))
        piece[_last_code(piece)] ^= 1 << bit
        pieces.append(bytes(piece))
    assert how_damaged(pieces) == ""


def test_a_byte_that_the_line_doubles_is_no_way_to_encode() -> None:
    """A doubled code says a zero more, as if the block before it were taken for a full one."""
    for values in ((0, 7), (9, 0, 0, 7), (0, 0, 0, 5, 5)):
        pieces = []
        for payload in _payloads(40):
            right = cobs.encode(_body(payload[:20] + bytes(values) + payload[20:]))
            pieces += [right[:at] + right[at - 1 :] for at in range(1, len(right)) if right[at - 1] == 1]
        assert pieces and how_damaged(pieces) == ""


def test_a_block_that_no_zero_follows_is_told_if_it_is_the_longest_or_comes_again() -> None:
    told = "blocks of 9 bytes are taken for full ones"
    for runs, said in (((5, 9), True), ((20, 9, 9), True), ((20, 9), False)):
        bodies = [
            _body(b"\0" + b"\0".join(payload[:run] for run in runs) + b"\0") for payload in _payloads(20)
        ]
        pieces = [bytes(_without_zero(body, 9)) for body in bodies]
        assert all(loosely(piece, full=10) == body for piece, body in zip(pieces, bodies, strict=True))
        assert (told in how_damaged(pieces)) is said, runs


def test_a_zero_that_is_lost_at_the_beginning() -> None:
    pieces = []
    for payload in _payloads(20):
        content = b"\0" + _body(payload)[1:-4]
        pieces.append(bytes(cobs.encode((content + CRC.pack(zlib.crc32(content)))[1:])))
    assert how_damaged(pieces).startswith("a zero at a frame's beginning is lost")


def test_a_zero_behind_a_full_block_is_told_as_that() -> None:
    pieces = []
    for payload in _payloads(300):
        for at in range(230, 260):
            body = _body(payload[:at] + b"\0" + payload[at:])
            piece = _blocks(body, skips=True)
            if loosely(piece, zero_behind=True) == body != loosely(piece):
                pieces.append(piece)
    assert len(pieces) >= 2
    assert how_damaged(pieces).startswith("a zero behind a full block of 254 bytes is said by its code")


def test_more_than_two_lost_bytes_are_not_tried_out() -> None:
    pieces = [_blocks(_body(payload), skips=True) for payload in _payloads(900)]
    assert how_damaged(pieces) == ""


@pytest.mark.parametrize(("noise", "told"), [(10, True), (11, False)])
def test_of_many_pieces_the_last_ones_are_looked_at(noise: int, told: bool) -> None:
    wrong = [_blocks(_body(payload), full=253) for payload in _payloads(300)][:2]
    rng = random.Random(5)
    others = [bytes(1 + value % 255 for value in rng.randbytes(40)) for _ in range(noise)]
    assert bool(how_damaged([*wrong, *others])) == told
    assert how_damaged([*others, *others, *wrong, *wrong[:1]]) != "", "what comes again is looked at once"


@pytest.mark.parametrize(("count", "told"), [(3, True), (2, False)])
def test_a_value_that_comes_as_another_one_is_told_of_three(count: int, told: bool) -> None:
    right = bytes(range(1, 200)) + b"\xff" * count
    frames = read_loosely([bytes(cobs.encode(_body(right.replace(b"\xff", b"\x7f"))))], NUMBER)
    assert bool(how_sent(frames, right)) == told


def test_a_value_that_comes_right_once_or_as_several_is_not_told() -> None:
    right = b"\xff" * 5 + b"\x01"
    for came in (b"\x7f" * 4 + b"\xff\x01", b"\x7f" * 4 + b"\x7e\x01", b"\x7f" * 4, b"\x7f" * 5 + b"\x02"):
        frames = read_loosely([bytes(cobs.encode(_body(came)[:-4]))], NUMBER)
        assert how_sent(frames, right) == "", came
    whole = read_loosely([bytes(cobs.encode(_body(b"\x7f" * 5 + b"\x01")))], NUMBER)
    assert how_sent([*frames, *whole], right) == "each byte 0xff comes as 0x7f"


def test_what_is_read_as_a_frame_has_its_head_and_a_number_of_its_own() -> None:
    whole = _body(b"")
    assert len(read_loosely([bytes(cobs.encode(whole[: HEADER.size]))], NUMBER)) == 1
    assert read_loosely([bytes(cobs.encode(whole[: HEADER.size - 1]))], NUMBER) == []
    (frame,) = read_loosely([bytes(cobs.encode(_body(b"ab")))], NUMBER)
    assert frame.head == (Echo.TYPE, 0, NUMBER, SEQ, 3, 0x1600) and frame.payload[:2] == b"ab"
    for number, there in ((FIRST_SEQUENCED_TYPE, True), (FIRST_SEQUENCED_TYPE - 1, False)):
        content = bytes([number]) + whole[1:]
        assert bool(read_loosely([bytes(cobs.encode(content))], NUMBER)) == there
