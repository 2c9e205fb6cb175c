"""SHA-256 with one slip in it, as somebody makes it who types the standard: which is made is told with its place."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isqrt
from typing import Any, NamedTuple

WORD, ALL = 32, 0xFFFFFFFF
BLOCK, ROUNDS, LENGTH_AT = 64, 64, 56
SCHEDULE, ROUND, WHOLE = "schedule_next", "take_block", "sha256_of"
FILE = "firmware/core/bundle/sha256.c"


class Part(NamedTuple):
    """One term of a sum modulo 2: a word rotated to the right, or shifted, or to the left; by 0 it is left out."""

    by: int
    how: str = "rotate"

    def of(self, word: int) -> int:
        """The term."""
        if not self.by:
            return 0
        if self.how == "shift":
            return word >> self.by
        by = self.by if self.how == "rotate" else WORD - self.by
        return (word >> by | word << WORD - by) & ALL

    def code(self, name: str) -> str:
        """It in C."""
        if not self.by:
            return "0"
        if self.how == "shift":
            return f"{name} >> {self.by}"
        return f"rotate_{'right' if self.how == 'rotate' else 'left'}({name}, {self.by})"


Parts = tuple[Part, Part, Part]
LOW: Parts = (Part(7), Part(18), Part(3, "shift"))
HIGH: Parts = (Part(17), Part(19), Part(10, "shift"))
OF_E: Parts = (Part(6), Part(11), Part(25))
OF_A: Parts = (Part(2), Part(13), Part(22))
SUMS = {
    "low": ("fifteen_back", SCHEDULE),
    "high": ("two_back", SCHEDULE),
    "of_e": ("e", ROUND),
    "of_a": ("a", ROUND),
}
Mixed = Callable[[int, int, int], int]
CHOICES: dict[str, Mixed] = {
    "(e & f) ^ (~e & g)": lambda e, f, g: (e & f) ^ (~e & g),
    "(e & f) ^ (e & g)": lambda e, f, g: (e & f) ^ (e & g),
    "(e & g) ^ (~e & f)": lambda e, f, g: (e & g) ^ (~e & f),
    "(e & f) & (~e & g)": lambda e, f, g: (e & f) & (~e & g),
    "(e & f) ^ (~e | g)": lambda e, f, g: (e & f) ^ (~e | g),
    "(e | f) ^ (~e & g)": lambda e, f, g: (e | f) ^ (~e & g),
    "(e ^ f) ^ (~e & g)": lambda e, f, g: (e ^ f) ^ (~e & g),
    "(e & f) ^ (~f & g)": lambda e, f, g: (e & f) ^ (~f & g),
    "(e & f) ^ (~g & e)": lambda e, f, g: (e & f) ^ (~g & e),
    "(e & f)": lambda e, f, _: e & f,
    "(~e & g)": lambda e, _, g: ~e & g,
    "e ^ f ^ g": lambda e, f, g: e ^ f ^ g,
    "(e & f) ^ (e & g) ^ (f & g)": lambda e, f, g: (e & f) ^ (e & g) ^ (f & g),
}
MAJORITIES: dict[str, Mixed] = {
    "(a & b) ^ (a & c) ^ (b & c)": lambda a, b, c: (a & b) ^ (a & c) ^ (b & c),
    "(a & b) ^ (a & c)": lambda a, b, c: (a & b) ^ (a & c),
    "(a & b) ^ (b & c)": lambda a, b, c: (a & b) ^ (b & c),
    "(a & c) ^ (b & c)": lambda a, b, c: (a & c) ^ (b & c),
    "(a | b) ^ (a | c) ^ (b | c)": lambda a, b, c: (a | b) ^ (a | c) ^ (b | c),
    "(a | b) & (a | c) ^ (b | c)": lambda a, b, c: (a | b) & (a | c) ^ (b | c),
    "(a | b) & (a ^ c) & (b ^ c)": lambda a, b, c: (a | b) & (a ^ c) & (b ^ c),
    "(a ^ b) ^ (a & c) ^ (b & c)": lambda a, b, c: (a ^ b) ^ (a & c) ^ (b & c),
    "(a & b) ^ (a ^ c) ^ (b & c)": lambda a, b, c: (a & b) ^ (a ^ c) ^ (b & c),
    "(a & b) ^ (a & c) ^ (b ^ c)": lambda a, b, c: (a & b) ^ (a & c) ^ (b ^ c),
    "a ^ b ^ c": lambda a, b, c: a ^ b ^ c,
    "(a & b) ^ (~a & c)": lambda a, b, c: (a & b) ^ (~a & c),
}
RIGHT_CHOICE, RIGHT_MAJORITY = next(iter(CHOICES)), next(iter(MAJORITIES))
JOINED: dict[str, Callable[[int, int], int]] = {
    "^": lambda a, b: a ^ b,
    "|": lambda a, b: a | b,
    "+": lambda a, b: a + b,
    "&": lambda a, b: a & b,
}
LENGTHS: dict[str, Callable[[int], bytes]] = {
    "": lambda number: number.to_bytes(8, "big"),
    "written with its lowest byte first": lambda number: number.to_bytes(8, "little"),
    "written into the first four of its eight bytes": lambda number: number.to_bytes(4, "big") + bytes(4),
    "written with its lowest byte first, into the last four": lambda number: (
        bytes(4) + number.to_bytes(4, "little")
    ),
    "written a byte too early": lambda number: number.to_bytes(7, "big") + b"\0",
    "not written": lambda _: bytes(8),
}
FIRST = ("h", "rotations of e", "choice", "round_constants[i]", "word")
SECOND = ("rotations of a", "majority")
CHAIN = "abcdefgh"


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % each for each in found):
            found.append(number)
        number += 1
    return found


def _cube_root_part(prime: int) -> int:
    """The first 32 bits behind the point."""
    wanted, low, high = prime << 3 * WORD, 0, 8 << WORD
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= wanted else (low, middle)
    return low & ALL


CONSTANTS = tuple(_cube_root_part(prime) for prime in _primes(ROUNDS))
BEGIN = tuple(isqrt(prime << 2 * WORD) & ALL for prime in _primes(len(CHAIN)))


@dataclass(frozen=True)
class Sha256:
    """What a digest is made with.

    Attributes:
        low, high, of_e, of_a: the terms of the schedule's two sums, and of the two of a round.
        joins: by which of those two of its terms are joined by what, not by `^`: sum, place, operator.
        choice, majority: by their C.
        without: of what a round adds what is left out.
        places: how far behind the word that is replaced the schedule's three others are.
        rounds, first_new: how many rounds there are, and the first with a word of the schedule.
        unchained: which of the chain is not added, but replaced.
        constants, begin: of the rounds, and of the chain.
        lengths: bytes of the last block that may be full for the length to have room, and in what unit that is.
        mark: behind the data.
        put: how the length is written, see `LENGTHS`.
        big: whether words have their highest byte first as they are read.
    """

    low: Parts = LOW
    high: Parts = HIGH
    of_e: Parts = OF_E
    of_a: Parts = OF_A
    joins: tuple[str, int, str] = ("", 0, "^")
    choice: str = RIGHT_CHOICE
    majority: str = RIGHT_MAJORITY
    without: str = ""
    places: tuple[int, int, int] = (1, 9, 14)
    rounds: int = ROUNDS
    first_new: int = 16
    unchained: str = ""
    constants: tuple[int, ...] = CONSTANTS
    begin: tuple[int, ...] = BEGIN
    most_held: int = LENGTH_AT
    unit: int = 8
    mark: int = 0x80
    put: str = ""
    big: bool = True

    def digest(self, data: bytes) -> bytes:
        """Of some data."""
        chain = list(self.begin)
        whole = len(data) // BLOCK * BLOCK
        last = data[whole:] + bytes([self.mark])
        if len(last) > self.most_held:
            last = last.ljust(BLOCK, b"\0")[:BLOCK]
            blocks = data[:whole] + last + bytes(LENGTH_AT)
        else:
            blocks = data[:whole] + last[:LENGTH_AT].ljust(LENGTH_AT, b"\0")
        blocks += LENGTHS[self.put](len(data) * self.unit)
        for at in range(0, len(blocks), BLOCK):
            chain = self._block(chain, blocks[at : at + BLOCK])
        return b"".join(word.to_bytes(4, "big") for word in chain)

    def _block(self, chain: Sequence[int], block: bytes) -> list[int]:
        words = [
            int.from_bytes(block[at : at + 4], "big" if self.big else "little") for at in range(0, BLOCK, 4)
        ]
        a, b, c, d, e, f, g, h = chain
        choice, majority, left = CHOICES[self.choice], MAJORITIES[self.majority], self.without
        for number in range(self.rounds):
            word = self._next(words, number) if number >= self.first_new else words[number]
            terms = (
                h,
                self._sum("of_e", e),
                choice(e, f, g),
                self.constants[number % ROUNDS],
                word,
            )
            first = sum(term for name, term in zip(FIRST, terms, strict=True) if name != left)
            second = (left != SECOND[0] and self._sum("of_a", a)) + (
                left != SECOND[1] and majority(a, b, c) & ALL
            )
            h, g, f, e = g, f, e, ((0 if left == "d" else d) + (0 if left == "e's first" else first)) & ALL
            d, c, b = c, b, a
            a = ((0 if left == "a's first" else first) + (0 if left == "a's second" else second)) & ALL
        ends = zip(CHAIN, chain, (a, b, c, d, e, f, g, h), strict=True)
        return [new if name in self.unchained else (old + new) & ALL for name, old, new in ends]

    def _next(self, words: list[int], number: int) -> int:
        """The schedule's next word, which replaces the one 16 before it."""
        low, middle, high = (words[number + by & 15] for by in self.places)
        added = self._sum("low", low) + middle + self._sum("high", high)
        words[number & 15] = (words[number & 15] + added) & ALL
        return words[number & 15]

    def _sum(self, name: str, word: int) -> int:
        """One of the four sums of rotated words."""
        one, two, three = (part.of(word) for part in getattr(self, name))
        which, place, operator = self.joins
        if which != name:
            return int(one ^ two ^ three)
        join = JOINED[operator]
        return int(join(one, two) ^ three if place == 0 else one ^ join(two, three)) & ALL


RIGHT = Sha256()


def _with(**changes: Any) -> Sha256:
    """The right one but for something."""
    return replace(RIGHT, **changes)


def slips() -> Iterator[tuple[Sha256, str]]:
    """Each slip that is tried, and what it is, in words; those that are made more often first."""
    yield from _other_parts()
    yield from _other_steps()
    yield from _other_amounts()
    yield from _other_joins()


def digests(data: bytes, found: Iterator[tuple[Sha256, str]]) -> Iterator[tuple[bytes, str]]:
    """Digests of some data with slips, as far as they are not the right one."""
    seen = {hashlib.sha256(data).digest()}
    for sha, words in found:
        made = sha.digest(data)
        if made not in seen:
            seen.add(made)
            yield made, words


def _told(after: str, before: str, where: str) -> str:
    return f"`{after}` instead of `{before}` ({where} in {FILE})"


def _with_part(name: str, place: int, part: Part) -> tuple[Sha256, str]:
    """With another term in one of the sums."""
    right: Parts = getattr(RIGHT, name)
    parts = (*right[:place], part, *right[place + 1 :])
    variable, where = SUMS[name]
    before = right[place].code(variable)
    sha = _with(**{name: parts})
    if not part.by:
        return sha, f"`{before}` left out ({where} in {FILE})"
    return sha, _told(part.code(variable), before, where)


def _other_parts() -> Iterator[tuple[Sha256, str]]:
    """A rotation for a shift, a shift for a rotation, to the left, a term that is missing."""
    for name in SUMS:
        for place, part in enumerate(getattr(RIGHT, name)):
            yield _with_part(name, place, part._replace(how="shift" if part.how == "rotate" else "rotate"))
            yield _with_part(name, place, part._replace(how="left"))
            yield _with_part(name, place, Part(0))


def _other_steps() -> Iterator[tuple[Sha256, str]]:
    """What a round and the whole leave out, or do otherwise."""
    for choice in CHOICES:
        yield _with(choice=choice), _told(choice, RIGHT_CHOICE, ROUND)
    for majority in MAJORITIES:
        yield _with(majority=majority), _told(majority, RIGHT_MAJORITY, ROUND)
    for what in (*FIRST, *SECOND):
        total = "second" if what in SECOND else "first"
        yield _with(without=what), f"`{what}` left out of `{total}` ({ROUND} in {FILE})"
    for what, after, before in (
        ("d", "e = first", "e = d + first"),
        ("e's first", "e = d", "e = d + first"),
        ("a's first", "a = second", "a = first + second"),
        ("a's second", "a = first", "a = first + second"),
    ):
        yield _with(without=what), _told(after, before, ROUND)
    for name in (*CHAIN, CHAIN):
        told = f"chain[{CHAIN.index(name)}]" if name != CHAIN else "the chain"
        yield _with(unchained=name), f"{told} not added to, but replaced ({ROUND} in {FILE})"
    for rounds in (*range(60, 64), 48, 32, 16):
        yield _with(rounds=rounds), f"{rounds} rounds instead of {ROUNDS} ({ROUND} in {FILE})"
    for first in (15, 14):
        told = f"words of the schedule from round {first} on, not from 16 on ({ROUND} in {FILE})"
        yield _with(first_new=first), told
    yield _with(big=False), f"words read with their lowest byte first ({ROUND} in {FILE})"
    for most in range(48, 65):
        told = f"a block of its own for the length behind more than {most} bytes, not {LENGTH_AT}"
        yield _with(most_held=most), f"{told} ({WHOLE} in {FILE})"
    yield _with(unit=1), f"the length told in bytes, not in bits ({WHOLE} in {FILE})"
    yield from ((_with(put=put), f"the length {put} ({WHOLE} in {FILE})") for put in LENGTHS if put)
    for mark in (0, 1, 8, 0xFF, 0x08, 0x01, 0x40):
        told = f"{mark:#04x} behind the data, not 0x80 ({WHOLE} in {FILE})"
        yield _with(mark=mark), told


def _other_amounts() -> Iterator[tuple[Sha256, str]]:
    """Rotations, shifts and places by another number, near ones first."""
    for far in range(1, WORD):
        for name in SUMS:
            for place, part in enumerate(getattr(RIGHT, name)):
                for by in (part.by - far, part.by + far):
                    if 0 < by < WORD:
                        yield _with_part(name, place, part._replace(by=by))
    for at, place in enumerate(RIGHT.places):
        for other in range(16):
            if other != place:
                places = tuple(other if each == at else by for each, by in enumerate(RIGHT.places))
                told = _told(f"w[(i + {other}) & 15]", f"w[(i + {place}) & 15]", SCHEDULE)
                yield _with(places=places), told


def _other_joins() -> Iterator[tuple[Sha256, str]]:
    """Another operator between two terms of a sum."""
    for name, (variable, where) in SUMS.items():
        parts: Parts = getattr(RIGHT, name)
        for place in (0, 1):
            one, two = (part.code(variable) for part in parts[place : place + 2])
            for operator in ("|", "+", "&"):
                told = _told(f"{one} {operator} {two}", f"{one} ^ {two}", where)
                yield _with(joins=(name, place, operator)), told


def mistyped() -> Iterator[tuple[Sha256, str]]:
    """One constant that is another one: exchanged with its neighbour, digits exchanged, one digit another one."""
    tables = (("constants", "round_constants"), ("begin", "chain"))
    for name, told in tables:
        right: tuple[int, ...] = getattr(RIGHT, name)
        for at, (one, two) in enumerate(pairwise(right)):
            values = (*right[:at], two, one, *right[at + 2 :])
            yield _with(**{name: values}), f"{told}[{at}] and [{at + 1}] exchanged (in {FILE})"
            yield _with_constant(name, told, at, two)
    for wrong in (_exchanged, _digits):
        for name, told in tables:
            for at, value in enumerate(getattr(RIGHT, name)):
                for other in wrong(value):
                    yield _with_constant(name, told, at, other)


def _with_constant(name: str, told: str, at: int, value: int) -> tuple[Sha256, str]:
    right: tuple[int, ...] = getattr(RIGHT, name)
    values = (*right[:at], value, *right[at + 1 :])
    words = f"0x{value:08X} instead of 0x{right[at]:08X} as {told}[{at}] (in {FILE})"
    return _with(**{name: values}), words


def _exchanged(value: int) -> Iterator[int]:
    """Two digits beside each other exchanged."""
    for at in range(0, WORD - 4, 4):
        apart = (value >> at ^ value >> at + 4) & 15
        if apart:
            yield value ^ apart << at ^ apart << at + 4


def _digits(value: int) -> Iterator[int]:
    """One digit that is another one."""
    for at in range(0, WORD, 4):
        for digit in range(1, 16):
            yield value ^ digit << at
