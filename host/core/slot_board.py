"""For tests: the core's model slot on flash in memory, which fails at any operation, whole or half done."""

import hashlib
import re
import zlib
from typing import Any

from cffi import FFI

from ..build.core_library import core_library
from ..checkout import CORE

SECTOR = 4096
SIZE = 16 * SECTOR


def _declarations(header: str) -> str:
    """A header of the core as cffi reads it: without comments and preprocessor."""
    text = re.sub(r"/\*.*?\*/", "", (CORE / header).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def load_core() -> tuple[FFI, Any]:
    """The core's library and its declarations."""
    ffi = FFI()
    ffi.cdef(
        "typedef struct core_bundle core_bundle;" + _declarations("hal.h") + _declarations("bundle/slot.h")
    )
    return ffi, ffi.dlopen(str(core_library()))


class PowerCutError(Exception):
    """The power failed."""


class Flash:
    """NOR flash: erasing sets bits, writing clears them. After `cut_at` operations the power fails.

    Args:
        cut_at: number of the operation that is done in part only; None: never.
        share: how much of it is done.
    """

    def __init__(self, cut_at: int | None = None, share: float = 0.5) -> None:
        self.operations = 0
        self.cut_at = cut_at
        self.share = share

    fails: frozenset[str] = (
        frozenset()
    )  # "erase", "write": say so and do nothing; "wrong": write, but not what was given

    def part(self, length: int) -> int:
        """Bytes of the next operation that happen."""
        self.operations += 1
        if self.cut_at is None or self.operations <= self.cut_at:
            return length
        return int(length * self.share) if self.operations == self.cut_at + 1 else 0

    @property
    def dead(self) -> bool:
        """Whether the power has failed."""
        return self.cut_at is not None and self.operations > self.cut_at


class Board:
    """The core's slot over that flash. The memory outlives power cuts; everything else is made anew by `boot`."""

    def __init__(self, core: tuple[FFI, Any]) -> None:
        self.ffi, self.lib = core
        self.memory = self.ffi.new("uint8_t[]", SIZE)
        self.ffi.buffer(self.memory)[:] = b"\xff" * SIZE
        self.boot(Flash())

    def boot(self, flash: Flash, after_crash: bool = False) -> None:
        """Power on, or a restart after a crash."""
        ffi, memory = self.ffi, self.memory
        self.flash = flash

        def look(_context: Any) -> Any:
            return memory

        def erase(_context: Any, offset: int, length: int) -> bool:
            assert offset % SECTOR == 0 and length % SECTOR == 0 and offset + length <= SIZE
            if "erase" in flash.fails:
                return False
            done = flash.part(length)
            ffi.buffer(memory)[offset : offset + done] = b"\xff" * done
            return not flash.dead

        def write(_context: Any, offset: int, data: Any, length: int) -> bool:
            assert offset % 4 == 0 and length % 4 == 0 and offset + length <= SIZE
            if "write" in flash.fails:
                return False
            new = bytes(ffi.buffer(data, length)) if length else b""
            if "wrong" in flash.fails and new:
                new = new[:-1] + bytes([new[-1] ^ 0x80])
            for index in range(flash.part(length)):
                assert memory[offset + index] == 0xFF, "written twice without erasing"
                memory[offset + index] = new[index]
            return not flash.dead

        self._callbacks = (  # kept alive as long as the core may call them
            ffi.callback("const uint8_t *(void *)", look),
            ffi.callback("bool(void *, uint32_t, uint32_t)", erase),
            ffi.callback("bool(void *, uint32_t, const uint8_t *, uint32_t)", write),
        )
        self.hal = ffi.new("core_hal *")
        self.hal.flash.size, self.hal.flash.sector_size = SIZE, SECTOR
        self.hal.flash.map, self.hal.flash.erase, self.hal.flash.write = self._callbacks
        self.slot = ffi.new("slot_state *")
        self.lib.slot_init(self.slot, self.hal, after_crash)

    def image(self) -> bytes | None:
        """What the slot holds."""
        length = self.ffi.new("uint32_t *")
        found = self.lib.slot_image(self.slot, length)
        return None if found == self.ffi.NULL else bytes(self.ffi.buffer(found, length[0]))

    def _check(self, why: Any) -> None:
        if why != self.ffi.NULL:
            raise (PowerCutError if self.flash.dead else ValueError)(self.ffi.string(why).decode())
        if self.flash.dead:
            raise PowerCutError

    def send(self, image: bytes, announced: bytes | None = None, piece: int = 1016) -> None:
        """Begin, write and verify."""
        told = announced if announced is not None else image
        found = self.ffi.new("const uint8_t **")
        self._check(
            self.lib.slot_begin(self.slot, len(told), zlib.crc32(told), hashlib.sha256(told).digest())
        )
        for offset in range(0, len(image), piece):
            data = image[offset : offset + piece]
            self._check(self.lib.slot_write(self.slot, offset, data, len(data)))
        self._check(self.lib.slot_verify(self.slot, found))
        assert bytes(self.ffi.buffer(found[0], len(image))) == image

    def deploy(
        self, image: bytes, announced: bytes | None = None, piece: int = 1016, trial: bool = False
    ) -> None:
        """Send, try if wanted, and commit."""
        self.send(image, announced, piece)
        if trial:
            self.begin_trial()
        self._check(self.lib.slot_commit(self.slot))

    def begin_trial(self) -> None:
        """What was sent is about to be loaded."""
        self._check(self.lib.slot_begin_trial(self.slot))

    def clear(self) -> None:
        """Empty the slot."""
        self._check(self.lib.slot_clear(self.slot))
