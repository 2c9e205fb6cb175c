"""Sound files written byte by byte, with sizes that may lie: for tests and for fuzzing.

Not made by libsndfile, which is to read them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

W64_NAMES = {
    b"riff": bytes.fromhex("2e91cf11a5d628db04c10000"),
    b"": bytes.fromhex("f3acd3118cd100c04f8edb8a"),
}
LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Some recorder\0"
BIG_CHUNK = b"ANNO" + struct.pack(">I", 14) + b"Some recorder\0"


@dataclass(frozen=True)
class Coding:
    """A sample format: code in WAV's `fmt `, bits, libsndfile's name, and how int16 samples become bytes."""

    code: int
    bits: int
    subtype: str
    encode: Callable[[NDArray[np.int16], str], bytes]


def _u8(samples: NDArray[np.int16], _order: str) -> bytes:
    return ((samples >> 8) + 128).astype(np.uint8).tobytes()


def _s8(samples: NDArray[np.int16], _order: str) -> bytes:
    return (samples >> 8).astype(np.int8).tobytes()


def _s16(samples: NDArray[np.int16], order: str) -> bytes:
    return samples.astype(f"{order}i2").tobytes()


def _s24(samples: NDArray[np.int16], order: str) -> bytes:
    wide = (samples.astype(np.int32) << 8).astype(f"{order}i4").reshape(-1, 1).view(np.uint8)
    return (wide[:, :3] if order == "<" else wide[:, 1:]).tobytes()


def _s32(samples: NDArray[np.int16], order: str) -> bytes:
    return (samples.astype(np.int32) << 16).astype(f"{order}i4").tobytes()


def _f32(samples: NDArray[np.int16], order: str) -> bytes:
    return (samples / 32768.0).astype(f"{order}f4").tobytes()


def _f64(samples: NDArray[np.int16], order: str) -> bytes:
    return (samples / 32768.0).astype(f"{order}f8").tobytes()


U8 = Coding(1, 8, "PCM_U8", _u8)
S8 = Coding(1, 8, "PCM_S8", _s8)
S16 = Coding(1, 16, "PCM_16", _s16)
S24 = Coding(1, 24, "PCM_24", _s24)
S32 = Coding(1, 32, "PCM_32", _s32)
F32 = Coding(3, 32, "FLOAT", _f32)
F64 = Coding(3, 64, "DOUBLE", _f64)


@dataclass(frozen=True)
class Crafted:
    """A file in parts.

    Attributes:
        head: up to the first byte of sound, with the announced size in it.
        sound: its samples.
        width: bytes of one sample of all channels.
    """

    head: bytes
    sound: bytes
    width: int

    @property
    def whole(self) -> bytes:
        """The file."""
        return self.head + self.sound


Writer = Callable[[NDArray[np.int16], int, Coding, "int | None"], Crafted]


def _parts(samples: NDArray[np.int16], coding: Coding, order: str) -> tuple[bytes, int, int]:
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    return coding.encode(samples.reshape(-1), order), channels, channels * coding.bits // 8


def _fmt(rate: int, channels: int, width: int, coding: Coding, order: str = "<") -> bytes:
    return struct.pack(f"{order}HHIIHH", coding.code, channels, rate, rate * width, width, coding.bits)


def riff(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """A WAV whose header announces `size` bytes of sound; None for the truth."""
    sound, channels, width = _parts(samples, coding, "<")
    said = len(sound) if size is None else size
    head = b"RIFF" + struct.pack("<I", min(36 + said, 0xFFFFFFFF)) + b"WAVEfmt " + struct.pack("<I", 16)
    head += _fmt(rate, channels, width, coding) + b"data" + struct.pack("<I", said & 0xFFFFFFFF)
    return Crafted(head, sound, width)


def rifx(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """A big-endian WAV."""
    sound, channels, width = _parts(samples, coding, ">")
    said = len(sound) if size is None else size
    head = b"RIFX" + struct.pack(">I", min(36 + said, 0xFFFFFFFF)) + b"WAVEfmt " + struct.pack(">I", 16)
    head += _fmt(rate, channels, width, coding, ">") + b"data" + struct.pack(">I", said & 0xFFFFFFFF)
    return Crafted(head, sound, width)


def rf64(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """A WAV with 64-bit sizes."""
    sound, channels, width = _parts(samples, coding, "<")
    said = len(sound) if size is None else size
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, said + 72, said, said // width, 0)
    head = b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + b"fmt " + struct.pack("<I", 16)
    head += _fmt(rate, channels, width, coding) + b"data" + b"\xff" * 4
    return Crafted(head, sound, width)


def w64(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """Sony's 64-bit WAV."""
    sound, channels, width = _parts(samples, coding, "<")
    said = len(sound) if size is None else size
    tail = W64_NAMES[b""]
    head = b"riff" + W64_NAMES[b"riff"] + struct.pack("<Q", min(said + 104, (1 << 64) - 1)) + b"wave" + tail
    head += b"fmt " + tail + struct.pack("<Q", 40) + _fmt(rate, channels, width, coding)
    head += b"data" + tail + struct.pack("<Q", min(said + 24, (1 << 64) - 1))
    return Crafted(head, sound, width)


def aiff(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """An AIFF."""
    sound, channels, width = _parts(samples, coding, ">")
    said = len(sound) if size is None else size
    exponent = rate.bit_length() - 1
    extended = struct.pack(">HQ", 16383 + exponent, rate << (63 - exponent))
    comm = struct.pack(">HIH", channels, min(said // width, 0xFFFFFFFF), coding.bits) + extended
    body = b"AIFFCOMM" + struct.pack(">I", 18) + comm + b"SSND"
    body += struct.pack(">III", min(said + 8, 0xFFFFFFFF), 0, 0)
    return Crafted(b"FORM" + struct.pack(">I", min(len(body) + said, 0xFFFFFFFF)) + body, sound, width)


def caf(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """Apple's Core Audio; a size of -1 says that it is not known."""
    sound, channels, width = _parts(samples, coding, ">")
    said = len(sound) if size is None else size
    flags = 1 if coding.code == 3 else 0
    head = b"caff" + struct.pack(">HH", 1, 0) + b"desc" + struct.pack(">q", 32)
    head += struct.pack(">d4sIIIII", float(rate), b"lpcm", flags, width, 1, channels, coding.bits)
    head += b"data" + struct.pack(">qI", said + 4 if said >= 0 else -1, 0)
    return Crafted(head, sound, width)


def au(samples: NDArray[np.int16], rate: int, coding: Coding, size: int | None) -> Crafted:
    """Sun's AU."""
    sound, channels, width = _parts(samples, coding, ">")
    said = len(sound) if size is None else size
    kind = {"PCM_S8": 2, "PCM_16": 3, "PCM_24": 4, "PCM_32": 5, "FLOAT": 6, "DOUBLE": 7}[coding.subtype]
    head = b".snd" + struct.pack(">IIIII", 24, said & 0xFFFFFFFF, kind, rate, channels)
    return Crafted(head, sound, width)


LITTLE = (U8, S16, S24, S32, F32, F64)
WRITERS: dict[str, tuple[Writer, tuple[Coding, ...]]] = {
    "WAV": (riff, LITTLE),
    "RIFX": (rifx, LITTLE),
    "RF64": (rf64, LITTLE),
    "W64": (w64, LITTLE),
    "AIFF": (aiff, (S8, S16, S24, S32)),
    "CAF": (caf, (S8, S16, S24, S32, F32, F64)),
    "AU": (au, (S8, S16, S24, S32, F32, F64)),
}


def encoded(samples: NDArray[Any], rate: int, kind: str, subtype: str | None = None, **more: Any) -> bytes:
    """A file that libsndfile writes: for codecs that are not written here."""
    import soundfile

    buffer = io.BytesIO()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(buffer, "w", rate, channels, format=kind, subtype=subtype, **more) as file:
        file.write(samples)
    return buffer.getvalue()
