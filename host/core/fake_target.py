"""The firmware's session on a target that exists only in memory, for tests: no board, no line, a made-up model.

The core is compiled anew with the flags asked for, so that limits and messages can be tried that no firmware has.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..build.headers import generate
from ..build.inputs import c_compiler
from ..bundle.load import Bundle, load_bundle
from ..checkout import CORE, DEFAULT_BUNDLE
from ..link.codec import Payload
from ..link.events import Message
from ..link.link import Link
from ..link.messages import decode

MOST_TURNS = 100_000
TURN_US = 1000
_SOURCE = r"""
#include "bundle.h"
#include "session/session.h"

static session_state session;
static int8_t input[CORE_MAX_CELLS];
static uint64_t now;

static uint64_t now_us(void *context)
{
    (void)context;
    return now;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return (uint32_t)now;
}

static bool load(void *context, const core_bundle *bundle, core_model_info *info, char *why, size_t why_size)
{
    (void)context, (void)bundle, (void)why, (void)why_size;
    *info = (core_model_info){.input = input, .arena_size = 2, .arena_used = 1};
    return true;
}

/* Every class has the first cells of the window for scores. */
static bool invoke(void *context, int8_t *scores, int8_t *logits, char *why, size_t why_size)
{
    (void)context, (void)why, (void)why_size;
    for (unsigned i = 0; i < BUNDLE_CLASSES; i++) {
        scores[i] = input[i];
        if (logits != NULL) {
            logits[i] = (int8_t)~input[i];
        }
    }
    return true;
}

static void restart(void *context)
{
    (void)context;
}

static const core_hal hal = {
    .firmware_version = FIRMWARE_VERSION,
    .board = "fake",
    .chip = "none",
    .clock_hz = 1000000,
    .now_us = now_us,
    .ticks = ticks,
    .restart = restart,
    .model_load = load,
    .model_invoke = invoke,
};

void target_boot(void);
size_t target_turn(const uint8_t *in, size_t count, uint8_t *out, size_t capacity, uint64_t now_us_then);

void target_boot(void)
{
    session_init(&session, &builtin_bundle, &hal, 7);
}

size_t target_turn(const uint8_t *in, size_t count, uint8_t *out, size_t capacity, uint64_t now_us_then)
{
    size_t written = 0, more;
    bool moved;

    now = now_us_then;
    session_input(&session, in, count);
    do {
        moved = session_step(&session);
        more = session_output(&session, out + written, capacity - written);
        written += more;
    } while (moved || more > 0);
    return written;
}
"""


class FakeTarget:
    """The session, and a host connected to it.

    Args:
        folder: for what is compiled; exists.
        flags: for the C compiler, such as `-DCORE_MAX_CLASSES=64`.
    """

    def __init__(self, folder: Path, flags: Sequence[str] = ()) -> None:
        from cffi import FFI

        self.bundle: Bundle = load_bundle(DEFAULT_BUNDLE)
        generate(self.bundle, folder)
        source, library = folder / "target.c", folder / "target.so"
        source.write_text(_SOURCE, encoding="utf-8")
        checks = "address,undefined" if "asan" in os.environ.get("LD_PRELOAD", "") else "bounds"
        command: list[str | Path] = [
            c_compiler(),
            "-std=c11",
            "-O1",
            "-g",
            "-shared",
            "-fPIC",
            f"-fsanitize={checks}",
        ]
        command += ["-fno-sanitize-recover=all", *flags, f"-I{folder}", f"-I{CORE}", source]
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        subprocess.run([*command, *sorted(CORE.rglob("*.c")), "-o", library], env=environment, check=True)
        self._ffi = FFI()
        self._ffi.cdef(
            "void target_boot(void);"
            "size_t target_turn(const uint8_t *in, size_t count, uint8_t *out, size_t capacity, uint64_t now_us);"
        )
        self._library: Any = self._ffi.dlopen(str(library))
        self._out = self._ffi.new("uint8_t[]", 1 << 20)
        self._now_us = 1
        self._library.target_boot()
        self.link = Link(nonce=1 << 16 | 1)
        self.link.connect()
        self.ask()

    def ask(self, *requests: Payload) -> list[Payload]:
        """Send `requests` and return all answers, in order.

        Raises:
            RuntimeError: the exchange does not come to rest.
        """
        for request in requests:
            self.link.send(request.TYPE, request.encode())
        answers: list[Payload] = []
        for _ in range(MOST_TURNS):
            sent = self.link.output(self._now_us)
            copy = self._ffi.new("uint8_t[]", sent)  # cffi adds a byte
            size = self._library.target_turn(copy, len(sent), self._out, len(self._out), self._now_us)
            came = bytes(self._ffi.buffer(self._out, size))
            for event in self.link.receive(came, self._now_us):
                if isinstance(event, Message):
                    answers.append(decode(event.type, event.payload))
            self._now_us += TURN_US
            if not sent and not came and self.link.idle:
                return answers
        raise RuntimeError(f"still talking after {MOST_TURNS} turns")
