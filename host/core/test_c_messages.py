"""The generated messages.h, compiled and called: the same bytes as Python, and no step beyond any buffer."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..build.inputs import c_compiler
from ..build.messages_header import messages_header
from ..errors import HilError
from ..link import golden
from ..link.codec import Payload
from ..link.messages import ENUMS, MESSAGES
from ..link.test_messages import messages_of

pytestmark = pytest.mark.native
STRICT = (
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Werror",
)
# The functions are static inline: without these words they can be called from outside.
SOURCE = """
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define static
#define inline
#include "messages.h"
"""
WITH_FIELDS = [kind for kind in MESSAGES if kind.LAYOUT]


def _compile(folder: Path, *options: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command = [str(c_compiler()), *options, "-I", str(folder)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr


def _declarations(header: str) -> str:
    structs = re.findall(r"^typedef struct.*?^} \w+;", header, re.DOTALL | re.MULTILINE)
    functions = re.findall(r"^static inline ((?:size_t|bool) msg_\w+\([^)]*\))", header, re.MULTILINE)
    return "\n".join([*structs, *(f"{function};" for function in functions)])


class Compiled:
    """messages.h as a library."""

    def __init__(self, folder: Path) -> None:
        from cffi import FFI

        header = messages_header()
        (folder / "messages.h").write_text(header, encoding="utf-8")
        (folder / "messages.c").write_text(SOURCE, encoding="utf-8")
        sanitizers = ["-fsanitize=address,undefined"] if "asan" in os.environ.get("LD_PRELOAD", "") else []
        _compile(
            folder,
            "-std=c11",
            "-O1",
            "-g",
            "-fPIC",
            "-shared",
            *sanitizers,
            "messages.c",
            "-o",
            "messages.so",
        )
        self.ffi = FFI()
        self.ffi.cdef(_declarations(header))
        self.lib: Any = self.ffi.dlopen(str(folder / "messages.so"))

    def encode(self, message: Payload, capacity: int) -> bytes | None:
        """The C side's bytes of a message; None when it says that they do not fit."""
        name = f"msg_{message.NAME.lower()}"
        struct = self.ffi.new(f"{name} *")
        kept = []
        for field in message.LAYOUT:
            value = getattr(message, field.name)
            if field.kind == "rest":
                kept.append(self.ffi.new("uint8_t[]", value))
                setattr(struct, field.name, kept[-1])
                setattr(struct, f"{field.name}_len", len(value))
            elif field.length:
                data = value.encode() if isinstance(value, str) else value
                self.ffi.buffer(getattr(struct, field.name))[: len(data)] = data
            else:
                setattr(struct, field.name, value)
        out = self.ffi.new("uint8_t[]", b"\xa5" * (capacity + 8))  # cffi adds a byte
        size = getattr(self.lib, f"{name}_encode")(struct, out, capacity)
        written = bytes(self.ffi.buffer(out))
        assert written[capacity : capacity + 8] == b"\xa5" * 8, "written beyond the buffer"
        assert size <= capacity
        return written[:size] if size or not message.encode() else None

    def decode(self, kind: type[Payload], data: bytes) -> Payload | None:
        """The message that the C side sees in `data`; None when it refuses."""
        name = f"msg_{kind.NAME.lower()}"
        struct = self.ffi.new(f"{name} *")
        payload = self.ffi.new("uint8_t[]", len(data))  # no longer than that, for the sanitizer
        self.ffi.buffer(payload)[:] = data
        if not getattr(self.lib, f"{name}_decode")(struct, payload, len(data)):
            return None
        values: list[Any] = []
        for field in kind.LAYOUT:
            value = getattr(struct, field.name)
            if field.kind == "rest":
                values.append(bytes(self.ffi.buffer(value, getattr(struct, f"{field.name}_len"))))
            elif field.length:
                data_of_field = bytes(self.ffi.buffer(value))
                is_text = field.kind.startswith("text")
                values.append(data_of_field.rstrip(b"\0").decode() if is_text else data_of_field)
            else:
                values.append(value)
        return kind(*values)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    try:
        c_compiler()
    except HilError as error:
        pytest.skip(error.cause)
    return Compiled(tmp_path_factory.mktemp("messages"))


def test_the_header_compiles_under_every_warning(tmp_path: Path, compiled: Compiled) -> None:
    assert compiled
    (tmp_path / "messages.h").write_text(messages_header(), encoding="utf-8")
    (tmp_path / "user.c").write_text('#include "messages.h"\n', encoding="utf-8")
    _compile(tmp_path, *STRICT, "-c", "user.c", "-o", "user.o")
    assert "typedef struct msg_window_result {" in messages_header()
    assert messages_header() == messages_header()


@pytest.mark.parametrize("kind", WITH_FIELDS, ids=lambda kind: kind.NAME)
def test_golden_payloads_are_what_c_writes_and_reads(compiled: Compiled, kind: type[Payload]) -> None:
    (entry,) = [entry for entry in golden.read()["messages"] if entry["name"] == kind.NAME]
    message, payload = golden.example(kind), bytes.fromhex(entry["payload"])
    assert compiled.encode(message, len(payload)) == payload
    assert compiled.decode(kind, payload) == message


@pytest.mark.parametrize("kind", WITH_FIELDS, ids=lambda kind: kind.NAME)
def test_c_refuses_what_does_not_fit(compiled: Compiled, kind: type[Payload]) -> None:
    message = golden.example(kind)
    payload = message.encode()
    for length in range(len(payload)):
        assert compiled.encode(message, length) is None
        short = compiled.decode(kind, payload[:length])
        assert (short is None) == (length < kind.fixed_size() or not kind.has_rest())
    if not kind.has_rest():
        assert compiled.decode(kind, payload + b"\0") is None


@pytest.mark.slow
@given(message=st.sampled_from(WITH_FIELDS).flatmap(messages_of))
def test_both_sides_write_the_same_bytes(compiled: Compiled, message: Payload) -> None:
    payload = message.encode()
    assert compiled.encode(message, len(payload)) == payload
    assert compiled.decode(type(message), payload) == message


@given(kind=st.sampled_from(WITH_FIELDS), data=st.binary(max_size=300))
def test_c_takes_and_refuses_the_same_lengths_as_python(
    compiled: Compiled, kind: type[Payload], data: bytes
) -> None:
    fits = len(data) >= kind.fixed_size() and (kind.has_rest() or len(data) == kind.fixed_size())
    if any(field.kind.startswith("text") for field in kind.LAYOUT):
        data = bytes(byte & 0x7F for byte in data)
    assert (compiled.decode(kind, data) is not None) == fits


def test_constants_have_python_s_values() -> None:
    header = messages_header()
    for enum in ENUMS:
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.__name__).upper()
        for member in enum:
            assert f"#define MSG_{prefix}_{member.name} {int(member)}u\n" in header
    for kind in MESSAGES:
        assert f"#define MSG_{kind.NAME} {kind.TYPE:#04x}\n" in header
