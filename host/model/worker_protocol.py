"""What is said to the process that runs models, and what it answers. Standard library only.

Request: u32 operation, u32 length, length bytes. Answer: u32 status, u32 length, length bytes; little-endian.

LOAD, INVOKE and CHECKSUM are the virtual board's (`firmware/virtual/inference.h`). Bodies of the others, and of their
answers, are u32 length of a JSON object, the object, then raw bytes. `NOTE` answers come before the last one and tell
what is done now, so that the asker knows where a process was when it died: an engine's libraries (`LOADING`, `LOADED`),
the engine of a VERIFY, the op of a PROBE.
"""

import json
import struct
from typing import IO, Any

LOAD = 1
INVOKE = 2
CHECKSUM = 3
TRACE = 4
KEEP = 5
CASE = 6
OPEN = 16  # {engine, model} + file → {name, arena_size, arena_used}; one open model an engine
RUN = 17  # {engine, count} + cells → scores of all windows, then their logits, then low bytes
RESET = 18  # {engine}: the state inside the model as after OPEN
VERIFY = 19  # {model, windows, seed, recorded} + `recorded` bytes of windows + file → {verification}
PROBE = 20  # {engine} + file → {}: runs op after op, with a note before each
TENSORS = (
    21  # {engine, shape, type, bytes} + input tensors + file → {tensors} + all tensors after the last one
)
OPEN_SOUND = 22  # {} + file → {samples, classes}; a classifier of sound, one at a time
HEAR = 23  # {count} + float32 samples of windows → float32 scores

WELL = 0
FAILED = 1
NOTE = 2
CRASHED = 3  # LOAD and INVOKE: the board is to crash; empty

LOADING = "loading"  # {loading: engine}
LOADED = "loaded"  # {loaded: engine}

REFERENCE = "reference"
MICRO = "micro"

LARGEST_BODY = 96 << 20
HEAD = struct.Struct("<II")
_LENGTH = struct.Struct("<I")


class ProtocolError(Exception):
    """The other side sent what is not a request or answer."""


def read_message(stream: IO[bytes]) -> tuple[int, bytes]:
    """Return the next operation or status, and its body.

    Raises:
        EOFError: the other side hung up.
        ProtocolError: the body is larger than any.
    """
    kind, length = HEAD.unpack(_exactly(stream, HEAD.size))
    if length > LARGEST_BODY:
        raise ProtocolError(f"a body of {length} bytes")
    return kind, _exactly(stream, length)


def write_message(stream: IO[bytes], kind: int, body: bytes) -> None:
    """Send one message at once."""
    stream.write(HEAD.pack(kind, len(body)) + body)
    stream.flush()


def pack(values: dict[str, Any], raw: bytes = b"") -> bytes:
    """Return a body of `values` and raw bytes."""
    text = json.dumps(values).encode("utf-8")
    return _LENGTH.pack(len(text)) + text + raw


def unpack(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what `pack` took.

    Raises:
        ProtocolError: it is not such a body.
    """
    try:
        (length,) = _LENGTH.unpack_from(body)
        if length > len(body) - _LENGTH.size:
            raise ProtocolError("a body that ends too early")
        values = json.loads(body[_LENGTH.size : _LENGTH.size + length])
    except (struct.error, ValueError) as error:
        raise ProtocolError("a body that is not a JSON object") from error
    if not isinstance(values, dict):
        raise ProtocolError("a body that is not a JSON object")
    return values, body[_LENGTH.size + length :]


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if data is None or len(data) < count:
        raise EOFError
    return data
