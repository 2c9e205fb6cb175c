"""Payloads as typed classes: their layout on the wire follows from their fields' annotations.

Standard library only: header generation runs in the Pythons of PlatformIO and ESP-IDF.
"""

import struct
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, TypeVar

from ..errors import HilError

U8 = Annotated[int, "u8"]
U16 = Annotated[int, "u16"]
U32 = Annotated[int, "u32"]
I8 = Annotated[int, "i8"]
Bytes32 = Annotated[bytes, "bytes:32"]
Text12 = Annotated[str, "text:12"]
Text16 = Annotated[str, "text:16"]
Rest = Annotated[bytes, "rest"]

_FORMATS = {"u8": "B", "u16": "H", "u32": "I", "i8": "b"}

Self = TypeVar("Self", bound="Payload")


class MessageError(HilError):
    """A payload that its type does not allow."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause, "host and firmware may be of different versions: flash the firmware of this checkout"
        )


@dataclass(frozen=True)
class FieldLayout:
    """One field on the wire.

    Attributes:
        name: of the field.
        kind: "u8", "u16", "u32", "i8"; "bytes:N"; "text:N" (zero-padded UTF-8); "rest" (all that follows).
    """

    name: str
    kind: str

    @property
    def length(self) -> int:
        """N of "bytes:N" and "text:N"; 0 for the others."""
        return int(self.kind.partition(":")[2] or 0)

    @property
    def format(self) -> str:
        """The field in the notation of `struct`; empty for "rest"."""
        return _FORMATS.get(self.kind) or (f"{self.length}s" if self.length else "")


class Payload:
    """Base of all messages.

    A subclass is a frozen dataclass. Its fields carry wire annotations and are packed, little-endian; only the last one
    may be `Rest`.

    Class attributes:
        TYPE: number in the frame's header.
        NAME: in capitals, as in STREAM_START.
        LAYOUT: its fields in wire order.
    """

    TYPE: ClassVar[int]
    NAME: ClassVar[str]
    LAYOUT: ClassVar[tuple[FieldLayout, ...]]
    _struct: ClassVar[struct.Struct]

    def __init_subclass__(cls, number: int, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        hints: dict[str, Any] = cls.__annotations__  # not get_type_hints: that costs a millisecond a message
        cls.TYPE = number
        cls.NAME = (
            "".join(f"_{letter}" if letter.isupper() else letter for letter in cls.__name__)
            .strip("_")
            .upper()
        )
        cls.LAYOUT = tuple(
            FieldLayout(name, hints[name].__metadata__[0])
            for name in cls.__annotations__
            if hasattr(hints[name], "__metadata__")
        )
        if any(field.kind == "rest" for field in cls.LAYOUT[:-1]):
            raise TypeError(f"{cls.__name__}: only the last field may be Rest")
        cls._struct = struct.Struct("<" + "".join(field.format for field in cls.LAYOUT))

    @classmethod
    def has_rest(cls) -> bool:
        """Whether the last field takes all that follows."""
        return bool(cls.LAYOUT) and cls.LAYOUT[-1].kind == "rest"

    @classmethod
    def fixed_size(cls) -> int:
        """Bytes of all fields but `Rest`."""
        return cls._struct.size

    def encode(self) -> bytes:
        """The payload's bytes.

        Raises:
            MessageError: a value does not fit its field.
        """
        values = []
        rest = b""
        for field in self.LAYOUT:
            value = getattr(self, field.name)
            if field.kind == "rest":
                rest = value
                continue
            if field.kind.startswith("text"):
                value = value.encode("utf-8")
            if field.length and len(value) > field.length:
                raise MessageError(
                    f"{self.NAME}.{field.name} has {len(value)} bytes, at most {field.length} fit"
                )
            if field.kind.startswith("bytes") and len(value) < field.length:
                raise MessageError(
                    f"{self.NAME}.{field.name} has {len(value)} bytes, {field.length} are wanted"
                )
            values.append(value)
        try:
            return self._struct.pack(*values) + rest
        except struct.error as error:
            raise MessageError(f"{self.NAME} cannot be encoded: {error}") from error

    @classmethod
    def decode(cls: type[Self], data: bytes) -> Self:
        """The message in `data`.

        Raises:
            MessageError: `data` is too short, or too long for a message without `Rest`.
        """
        size = cls._struct.size
        if len(data) < size or (len(data) > size and not cls.has_rest()):
            raise MessageError(f"{cls.NAME} has {len(data)} bytes, {size} are right")
        values: list[Any] = list(cls._struct.unpack_from(data))
        for index, field in enumerate(cls.LAYOUT):
            if field.kind.startswith("text"):
                values[index] = values[index].rstrip(b"\0").decode("utf-8", "replace")
        if cls.has_rest():
            values.append(data[size:])
        return cls(*values)


def check_declared(kind: type[Payload]) -> None:
    """Raise TypeError when a dataclass has a field without wire annotation: it would be silently left out."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if names != [field.name for field in kind.LAYOUT]:
        raise TypeError(f"{kind.__name__}: every field needs a wire annotation")
