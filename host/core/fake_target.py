"""The firmware's session on a target that exists only in memory, for tests: no board, no line, a made-up model.

`fake_target.c` is compiled with the whole core and the flags asked for, so that limits and messages can be tried that
no firmware has. In a process that runs on AddressSanitizer it is compiled with the sanitizers.
"""

import os
import subprocess
from collections.abc import Sequence
from enum import IntFlag
from pathlib import Path
from typing import Any

from ..build.headers import generate
from ..build.inputs import c_compiler
from ..bundle.load import Bundle, load_bundle
from ..checkout import CORE, DEFAULT_BUNDLE
from ..link.codec import Payload
from ..link.events import DeviceReset, Message
from ..link.link import Link
from ..link.messages import decode
from .kept_objects import compiled_objects

SOURCE = Path(__file__).with_suffix(".c")
MOST_TURNS = 100_000
TURN_US = 1000
ROOM = 1 << 20
_DECLARATIONS = """
typedef struct target_controls {
    uint32_t loads_to_fail, invokes_to_fail, memories_to_fail, loads_to_crash, invokes_to_crash;
    uint8_t reset_reason;
    bool erase_fails, write_fails, writes_wrong, microphone_fails, baud_fails;
    bool stateful;
    uint32_t sound;
    uint32_t loads, restarts, baud;
    bool microphone_on, crashed;
    uint32_t flash_writes;
    bool keep_fails;
    uint8_t shift;
    uint32_t tick_step;
    bool mute, copies_model, copy_fails, one_op;
    uint32_t records;
    bool long_words, left_work, overran;
} target_controls;
void target_power_on(uint32_t flash_size);
void target_boot(void);
void target_take_away(uint32_t parts);
target_controls *target_get_controls(void);
size_t target_turn(const uint8_t *in, size_t count, uint8_t *out, size_t capacity, uint64_t now_us);
uint64_t target_deadline(uint64_t now_us);
void target_log(uint8_t level, const char *text);
void target_skip(uint32_t strides);
bool target_can_compare(void);
void target_soil(void);
const char *target_differs(const uint8_t *sync, size_t count);
const char *target_stream_differs(void);
const int8_t *target_input(size_t *bytes);
"""


def build_target(folder: Path, bundle: Bundle, flags: Sequence[str] = ()) -> Path:
    """Compile the target with `bundle` built in, and return the library.

    Args:
        folder: for what is compiled; exists.
        bundle: what the board boots with.
        flags: for the C compiler, such as `-DCORE_MAX_CLASSES=64`.
    """
    generate(bundle, folder)
    library = folder / "target.so"
    checks = "address,undefined" if "asan" in os.environ.get("LD_PRELOAD", "") else "bounds"
    compiler = [str(c_compiler()), f"-fsanitize={checks}", "-fno-sanitize-recover=all"]
    options = ["-std=c11", "-O1", "-g1", "-fPIC", *flags]  # lines are all that a finding needs
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    sources = [SOURCE, *sorted(CORE.rglob("*.c"))]
    objects = compiled_objects([*compiler, *options], sources, (CORE, folder, SOURCE.parent), environment)
    subprocess.run([*compiler, "-shared", *objects, "-o", library], env=environment, check=True)
    return library


class Part(IntFlag):
    """What not every board has: the bits of `target_take_away`."""

    MICROPHONE = 1
    BAUD = 2
    PROFILE = 4
    TRACE = 8
    OPEN = 16
    SHIFT = 32
    BUILD = 64
    MEMORY = 128
    MODEL = 256
    KEEP = 512


class FakeTarget:
    """The session, and a host connected to it. There is one board in a library, whatever the number of objects.

    Args:
        library: from `build_target`.
        bundle: what it was built with.
        flash_size: of the model slot, bytes; a multiple of 8 192, 0 for none.
    """

    def __init__(self, library: Path, bundle: Bundle | None = None, flash_size: int = 0) -> None:
        from cffi import FFI

        self.bundle = bundle or load_bundle(DEFAULT_BUNDLE)
        self._ffi = FFI()
        self._ffi.cdef(_DECLARATIONS)
        self._library: Any = self._ffi.dlopen(str(library))
        self._out = self._ffi.new("uint8_t[]", ROOM)
        self._nonce = 1 << 16
        self.now_us = 1
        self.power_on(flash_size)

    @property
    def controls(self) -> Any:
        """What goes wrong, and what the session did to its hardware: `target_controls` in fake_target.c."""
        return self._library.target_get_controls()

    def power_on(self, flash_size: int) -> None:
        """A new board with empty flash, and a new host connected to it."""
        self._library.target_power_on(flash_size)
        self.connect()

    def boot(self, reason: int = 0) -> None:
        """A reset: nothing stays but flash. The host connects anew, unless the board crashes while it boots."""
        self.controls.reset_reason = reason
        self._library.target_boot()
        if not self.controls.crashed:
            self.connect()

    def take_away(self, parts: Part) -> None:
        """A board that lacks these parts; the host connects to it. The next `power_on` has them all."""
        self._library.target_take_away(parts)
        self.connect()

    def model_input(self) -> bytes:
        """What the model was given last."""
        size = self._ffi.new("size_t *")
        place = self._library.target_input(size)
        return bytes(self._ffi.buffer(place, size[0]))

    def skip(self, strides: int) -> None:
        """Preset the counters of the stream under way: as if `strides` more strides had been streamed."""
        self._library.target_skip(strides)

    def connect(self) -> None:
        """Another host takes over, whatever the one before was doing."""
        self.link = self.another_link()
        self.rest()

    def another_link(self) -> Link:
        """Another host's end of the line, about to connect."""
        self._nonce += (1 << 16) + 1
        link = Link(nonce=self._nonce)
        link.connect()
        return link

    def send(self, kind: int, payload: bytes) -> None:
        """Queue a request, whose payload may be anything."""
        self.link.send(kind, payload)

    def turn(self, room: int = ROOM, lost: bool = False) -> tuple[bool, list[Payload]]:
        """What is ready goes over the line, both ways.

        Args:
            room: bytes that the line takes from the board.
            lost: whether the board hears nothing of what the host sends.

        Returns:
            Whether anything went, and the answers that arrived.
        """
        sent = self.link.output(self.now_us)
        if lost:
            sent = b""
        size = self._library.target_turn(sent, len(sent), self._out, room, self.now_us)
        assert not self.controls.overran
        assert not self.controls.left_work, "nobody would call it before its deadline"
        came = bytes(self._ffi.buffer(self._out, size))
        answers: list[Payload] = []
        for event in self.link.receive(came, self.now_us):
            assert not isinstance(event, DeviceReset)
            if isinstance(event, Message):
                answers.append(decode(event.type, event.payload))
        self.now_us += TURN_US
        return bool(sent or came), answers

    @property
    def due_us(self) -> int:
        """How long the session may be left alone from now on, unless something arrives."""
        return int(self._library.target_deadline(self.now_us)) - self.now_us

    def rest(self) -> list[Payload]:
        """All answers, until nobody has anything more to say.

        Raises:
            RuntimeError: the exchange does not come to rest.
        """
        answers: list[Payload] = []
        for _ in range(MOST_TURNS):
            moved, came = self.turn()
            answers += came
            if not moved and self.link.idle:
                return answers
        raise RuntimeError(f"still talking after {MOST_TURNS} turns")

    def ask(self, *requests: Payload) -> list[Payload]:
        """Send `requests` and return all answers, in order."""
        for request in requests:
            self.send(request.TYPE, request.encode())
        return self.rest()

    def log(self, level: int, text: bytes) -> None:
        """The firmware logs a line."""
        self._library.target_log(level, text)

    # ---- resets

    @property
    def can_compare(self) -> bool:
        """Whether the compiler can tell fields from what lies between them."""
        return bool(self._library.target_can_compare())

    def soil(self) -> None:
        """Fill with ones all that belongs to a connection."""
        self._library.target_soil()

    def differs(self) -> str:
        """Let another host connect; say what is not as on a board that has just booted. The board is unusable after.

        Returns:
            The first difference; empty when there is none.
        """
        link = Link(nonce=self._nonce + 12345)
        link.connect()
        sync = b"\0" + link.output(self.now_us)
        found = self._library.target_differs(sync, len(sync))
        return "" if found == self._ffi.NULL else self._ffi.string(found).decode()

    def stream_differs(self) -> str:
        """What a stream that follows another does not find as the first one does; empty: nothing."""
        found = self._library.target_stream_differs()
        return "" if found == self._ffi.NULL else self._ffi.string(found).decode()
