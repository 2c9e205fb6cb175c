"""Damage to bytes: what disks, cables, careless programs and hostile people do to files."""

from __future__ import annotations

import random
import struct

SIZES = (0, 1, 2, 7, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
HEADER = 256  # bytes at the beginning that are hit more often than their share


def mutated(data: bytes, others: list[bytes], rng: random.Random, most: int = 1 << 20) -> bytes:
    """`data` after one to eight pieces of damage."""
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not body:
            break
        _damage(body, others, rng)
    return bytes(body[:most])


def _damage(body: bytearray, others: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(min(len(body), HEADER)) if rng.random() < 0.6 else rng.randrange(len(body))
    length = rng.choice((1, 2, 4, 16, 200, 5000))
    kind = rng.randrange(10)
    if kind == 0:
        body[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        body[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, rng.randrange(256)))
    elif kind == 2:
        form = rng.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
        value = rng.choice((*SIZES, len(body), len(body) - 8, rng.getrandbits(32)))
        packed = struct.pack(form, value & ((1 << 8 * struct.calcsize(form)) - 1))
        body[place : place + len(packed)] = packed
    elif kind == 3:
        del body[rng.randrange(len(body)) :]
    elif kind == 4:
        del body[place : place + length]
    elif kind == 5:
        body[place:place] = body[place : place + length] * rng.choice((1, 2, 50))
    elif kind == 6:
        body[place:place] = bytes((rng.choice((0, 0xFF)),)) * length
    elif kind == 7:
        body[place : place + length] = rng.randbytes(min(length, len(body) - place))
    elif kind == 8:
        other = rng.choice(others)
        start = rng.randrange(len(other))
        body[place : place + length] = other[start : start + length]
    else:
        body += rng.choice(others)[: rng.choice((4, 100, 100_000))]
