"""Frames and messages with their bytes, which both languages' tests are held to.

`python -m host.link.golden` writes the file anew, after the protocol itself was changed. Its frames' checksums and
stuffing come from zlib and the `cobs` package, its layouts from `struct`.
"""

import json
from pathlib import Path
from typing import Any

from ..files import write_if_changed
from .codec import FieldLayout, Payload
from .framing import Frame, encode_frame
from .messages import MAX_PAYLOAD, MESSAGES

FILE = Path(__file__).with_name("golden.json")


def example(kind: type[Payload]) -> Payload:
    """A message whose fields all differ, so that no two can be exchanged unnoticed."""
    return kind(*(_value(field, index) for index, field in enumerate(kind.LAYOUT)))


def _value(field: FieldLayout, index: int) -> int | str | bytes:
    if field.kind == "rest":
        return bytes([0, index, 0xFF, 0]) + field.name.encode()
    if field.kind.startswith("text"):
        return (field.name.encode() * 2)[: field.length - index % 2].decode()
    if field.length:
        return bytes((index * 32 + position) & 0xFF for position in range(field.length))
    numbers = {"u8": 0x80 + index, "i8": -100 + index, "u16": 0x8100 + index, "u32": 0x87654300 + index}
    return numbers[field.kind]


def frames() -> dict[str, Frame]:
    """Frames at the corners of the stuffing: runs of 253 to 255 bytes, zeros at either end, nothing at all."""

    def frame(payload: bytes) -> Frame:
        return Frame(0x18, 0x25, 0xBEEF, 0x0102, 0xFF00, 0x00FF, payload)

    ramp = bytes(1 + index % 255 for index in range(MAX_PAYLOAD))
    return {
        "empty": frame(b""),
        "all header bits": Frame(0xFF, 0xFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, b"x"),
        "no header bits": Frame(0, 0, 0, 0, 0, 0, b""),
        "one zero": frame(b"\0"),
        "zeros": frame(bytes(300)),
        "longest": frame(ramp),
        "longest of zeros": frame(bytes(MAX_PAYLOAD)),
        "longest of ones": frame(b"\xff" * MAX_PAYLOAD),
        **{
            f"{count} without a zero": frame(ramp[:count])
            for count in (243, 244, 245, 253, 254, 255, 508, 509)
        },
        **{f"zero after {count}": frame(ramp[:count] + b"\0") for count in (243, 244, 245, 253, 254, 255)},
    }


def _plain(value: int | str | bytes) -> int | str:
    return value.hex() if isinstance(value, bytes) else value


def vectors() -> dict[str, Any]:
    """What the file holds: bytes are hexadecimal."""
    return {
        "frames": [
            {
                "name": name,
                **frame._asdict(),
                "payload": frame.payload.hex(),
                "encoded": encode_frame(frame).hex(),
            }
            for name, frame in frames().items()
        ],
        "messages": [
            {
                "name": kind.NAME,
                "type": kind.TYPE,
                "fields": {field.name: _plain(getattr(example(kind), field.name)) for field in kind.LAYOUT},
                "payload": example(kind).encode().hex(),
            }
            for kind in MESSAGES
        ],
    }


def read() -> dict[str, Any]:
    """The file's content.

    Raises:
        OSError: it is missing.
    """
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def main() -> None:
    """Write the file."""
    write_if_changed(FILE, json.dumps(vectors(), indent=1) + "\n")


if __name__ == "__main__":
    main()
