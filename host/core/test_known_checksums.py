"""Checksums of a replayed session: remembered, and those of the bytes all the same."""

import ctypes
import hashlib
import random
import zlib

import pytest

from ..build.altered_data_path import altered_session

pytestmark = pytest.mark.native
LENGTHS = (0, 1, 1023, 1024, 1025, 4000)


@pytest.fixture(scope="module")
def core() -> ctypes.CDLL:
    library = ctypes.CDLL(str(altered_session()[0]))
    library.crc32_of.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    library.crc32_of.restype = ctypes.c_uint32
    library.sha256_of.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
    library.sha256_of.restype = None
    return library


def sha256_of(core: ctypes.CDLL, data: bytes) -> bytes:
    digest = ctypes.create_string_buffer(32)
    core.sha256_of(data, len(data), digest)
    return digest.raw


def test_they_are_right_however_often_and_in_which_order_they_are_asked_for(core: ctypes.CDLL) -> None:
    """More than are remembered, of all lengths, some of them again, and some with a bit changed."""
    chance = random.Random(7)
    every = [chance.randbytes(length) for length in LENGTHS for _ in range(5)]
    every += [data[:-1] + bytes([data[-1] ^ 1]) for data in every if data]
    for data in [*every, *chance.choices(every, k=200)]:
        if chance.random() < 0.6:
            assert core.crc32_of(data, len(data)) == zlib.crc32(data)
        if chance.random() < 0.6:
            assert sha256_of(core, data) == hashlib.sha256(data).digest()


def test_a_part_of_known_bytes_is_not_taken_for_them(core: ctypes.CDLL) -> None:
    data = bytes(range(256)) * 8
    for length in (2048, 2047, 2048, 1024):
        assert core.crc32_of(data, length) == zlib.crc32(data[:length])
        assert sha256_of(core, data[:length]) == hashlib.sha256(data[:length]).digest()
