"""A firmware built elsewhere, as a file: a merged image, or a build's folder or zip with `flasher_args.json`.

Nobody vouches for such a file, so everything about it is checked before a byte is sent: names, offsets, sizes,
overlaps, and that bootloader and application are for one and the same chip.
"""

import contextlib
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from ..errors import HilError
from ..strict_json import JsonError, parse_json_object

LISTING = "flasher_args.json"
MOST_BYTES = 16 << 20  # of flash, the largest that a module has
MOST_LISTING_BYTES = 1 << 20
MOST_PARTS = 16
SECTOR = 4096
PARTITIONS_AT = 0x8000

# The header of a bootloader and of an application: magic, and in its extended part the chip.
_IMAGE_MAGIC = 0xE9
_CHIP_AT = 12
_HEADER_BYTES = 24
_PARTITION_MAGIC = b"\xaa\x50"
CHIPS = {
    0: "esp32",
    2: "esp32s2",
    5: "esp32c3",
    9: "esp32s3",
    12: "esp32c2",
    13: "esp32c6",
    16: "esp32h2",
    18: "esp32p4",
}
BOOTLOADER_AT = {"esp32": 0x1000, "esp32s3": 0}
PLATFORMIO = ("bootloader.bin", "partitions.bin", "firmware.bin")  # what its builds are called
APPLICATION_AT = 0x10000

_CURE = (
    "give a merged image (`esptool --chip CHIP merge-bin`, written at 0x0), or the build's folder or a zip of it with "
    f"{LISTING} and the files that it names"
)


# What `zipfile` raises for damaged ones; RuntimeError: one with a password.
_UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)
_TOLD = 120  # characters: a damaged zip's own words may hold half of it
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ImageError(HilError):
    """A file that is no complete firmware, or not to be trusted."""


@dataclass(frozen=True)
class Part:
    """Bytes and where they go.

    Attributes:
        offset: in flash.
        data: what is written there.
        name: of the file it comes from.
    """

    offset: int
    data: bytes
    name: str

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + len(self.data)


@dataclass(frozen=True)
class FlashImage:
    """All that is written.

    Attributes:
        path: where it comes from.
        chip: whose firmware it is, as esptool names it.
        parts: by offset.
    """

    path: Path
    chip: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(len(part.data) for part in self.parts)

    def holds(self, data: bytes) -> bool:
        """Whether these bytes are anywhere in it."""
        return any(data in part.data for part in self.parts)


def read_flash_image(path: Path) -> FlashImage:
    """Read and check a firmware.

    Args:
        path: a merged image, a folder, or a zip.

    Raises:
        ImageError: it is damaged, incomplete, for no chip that is known, or claims what no firmware needs.
    """
    try:
        if path.is_dir():
            return _platformio(path) or _listed(path, _Folder(path))
        if path.exists() and not path.is_file():
            raise ImageError(f"{path} is neither a file nor a folder", _CURE)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _listed(path, _Zip(archive, path))
        return _merged(path, _limited(path, MOST_BYTES))
    except _UNREADABLE as error:
        why = getattr(error, "strerror", None) or " ".join(str(error).split())[:_TOLD]
        raise ImageError(f"{path} cannot be read: {why}", _CURE) from error


def _limited(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ImageError(f"{path} has more than {most:,} bytes, more than any module's flash", _CURE)
    return data


# ---- one file


def _merged(path: Path, data: bytes) -> FlashImage:
    if not data:
        raise ImageError(f"{path} is empty", _CURE)
    for chip, offset in BOOTLOADER_AT.items():
        if _chip_of(data[offset:]) == chip and data[PARTITIONS_AT : PARTITIONS_AT + 2] == _PARTITION_MAGIC:
            return _checked(path, chip, [Part(0, data, path.name)])
    chip_alone = _chip_of(data)
    if chip_alone is not None:
        raise ImageError(
            f"{path} is one part of a firmware for the {chip_alone} (an application or a bootloader), not a merged "
            "image: it has no partition table",
            _CURE,
        )
    raise ImageError(
        f"{path} is no ESP32 firmware: there is no bootloader and partition table where they belong", _CURE
    )


def _chip_of(data: bytes) -> str | None:
    """The chip that an application or a bootloader was built for; None when it is neither."""
    if len(data) < _HEADER_BYTES or data[0] != _IMAGE_MAGIC:
        return None
    number: int = struct.unpack_from("<H", data, _CHIP_AT)[0]
    return CHIPS.get(number, f"chip {number}")


# ---- several files with a listing


class _Folder:
    """Files of a folder, none of them outside."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def listing(self) -> bytes:
        file = self._root / LISTING
        if not file.is_file():
            raise ImageError(f"{self._root} holds no {LISTING}", _CURE)
        return _limited(file, MOST_LISTING_BYTES)

    def read(self, name: PurePosixPath) -> bytes:
        file = self._root.joinpath(*name.parts)
        if not file.resolve().is_relative_to(self._root.resolve()):
            raise ImageError(f"{LISTING} names a file outside of its folder: {name}", _CURE)
        if not file.is_file():
            raise ImageError(
                f"{LISTING} names {name}, which is not there: the build is not complete",
                "build it again; " + _CURE,
            )
        return _limited(file, MOST_BYTES)


class _Zip:
    """Files of a zip, read one by one and never unpacked."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self._path = archive, path
        found = [PurePosixPath(name) for name in archive.namelist() if PurePosixPath(name).name == LISTING]
        if len(found) != 1:
            raise ImageError(f"{path} holds {len(found) or 'no'} {LISTING}, not one", _CURE)
        self._root = found[0].parent

    def listing(self) -> bytes:
        return self._limited(self._root / LISTING, MOST_LISTING_BYTES)

    def read(self, name: PurePosixPath) -> bytes:
        return self._limited(self._root / name, MOST_BYTES)

    def _limited(self, name: PurePosixPath, most: int) -> bytes:
        try:
            entry = self._archive.getinfo(name.as_posix())
        except KeyError:
            raise ImageError(
                f"{LISTING} names {name}, which is not in {self._path}: the build is not complete", _CURE
            ) from None
        if entry.compress_type not in _METHODS:
            raise ImageError(f"{name} in {self._path} is compressed in an unusual way", "zip it with deflate")
        with self._archive.open(entry) as file:  # the size that the archive claims is not relied on
            data = file.read(most + 1)
        if len(data) > most:
            raise ImageError(f"{name} in {self._path} has more than {most:,} bytes", _CURE)
        return data


def _platformio(path: Path) -> FlashImage | None:
    """A build folder of PlatformIO's: its own files win, as the listing that CMake leaves there names others."""
    if not all((path / name).is_file() for name in PLATFORMIO):
        return None
    bootloader, partitions, application = (_limited(path / name, MOST_BYTES) for name in PLATFORMIO)
    chip = _chip_of(application)
    if chip is None or _chip_of(bootloader) != chip or partitions[:2] != _PARTITION_MAGIC:
        raise ImageError(
            f"{path}: its files are not bootloader, partition table and application of one chip", _CURE
        )
    offsets = (BOOTLOADER_AT.get(chip, 0), PARTITIONS_AT, APPLICATION_AT)
    parts = zip(offsets, (bootloader, partitions, application), PLATFORMIO, strict=True)
    return _checked(path, chip, [Part(*part) for part in parts])


def _listed(path: Path, files: _Folder | _Zip) -> FlashImage:
    try:
        values = parse_json_object(files.listing(), LISTING)
    except JsonError as error:
        raise ImageError(f"{path}: {error.cause}", _CURE) from error
    listed = values.get("flash_files")
    if not isinstance(listed, dict) or not 0 < len(listed) <= MOST_PARTS:
        raise ImageError(f"{path}: {LISTING} has no `flash_files` with 1 to {MOST_PARTS} files", _CURE)
    parts = []
    total = 0
    for offset, name in listed.items():
        part = _part(offset, name, files.read)
        total += len(part.data)
        if total > MOST_BYTES:
            raise ImageError(f"{path}: its files have more than {MOST_BYTES:,} bytes", _CURE)
        parts.append(part)
    extra = values.get("extra_esptool_args")
    claimed = extra.get("chip") if isinstance(extra, dict) else None
    chips = {chip for part in parts if (chip := _chip_of(part.data)) is not None}
    if len(chips) != 1 or (claimed is not None and claimed not in chips):
        told = ", ".join(sorted(chips)) or "none"
        said = f", and {LISTING} says {claimed!r}"[:60] if claimed is not None else ""
        raise ImageError(f"{path}: its files are not of one chip: {told}{said}", _CURE)
    (chip,) = chips
    if not any(part.data[:2] == _PARTITION_MAGIC for part in parts):
        raise ImageError(f"{path}: {LISTING} names no partition table", _CURE)
    return _checked(path, chip, parts)


def _part(offset: object, name: object, read: Callable[[PurePosixPath], bytes]) -> Part:
    if not isinstance(offset, str) or not re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,9}", offset):
        raise ImageError(f"{LISTING} has an offset that is no number: {offset!r}"[:120], _CURE)
    file = PurePosixPath(name) if isinstance(name, str) else PurePosixPath("")
    unsafe = not file.parts or file.is_absolute() or ".." in file.parts
    if unsafe or not str(file).isprintable() or any(c in '\\:"<>|?*' for c in str(file)):
        raise ImageError(f"{LISTING} names a file that is none of a build: {name!r}"[:120], _CURE)
    return Part(int(offset, 0 if offset[:2] in ("0x", "0X") else 10), read(file), str(file))


def _checked(path: Path, chip: str, parts: list[Part]) -> FlashImage:
    """What holds for both forms."""
    if chip not in BOOTLOADER_AT:
        raise ImageError(
            f"{path} is a firmware for the {chip}, and this project's run on {' and '.join(BOOTLOADER_AT)}",
            "build it for one of these: firmware/README.md",
        )
    parts = sorted(parts, key=lambda part: part.offset)
    for part in parts:
        if not part.data:
            raise ImageError(f"{path}: {part.name} is empty", _CURE)
        if part.offset % SECTOR:
            raise ImageError(
                f"{path}: {part.name} is to go to {part.offset:#x}, where no flash sector begins", _CURE
            )
        if part.end > MOST_BYTES:
            raise ImageError(f"{path}: {part.name} reaches {part.end:#x}, beyond any module's flash", _CURE)
    for one, other in pairwise(parts):
        if one.end > other.offset:
            raise ImageError(
                f"{path}: {one.name} and {other.name} lie over each other at {other.offset:#x}", _CURE
            )
    boot = next((part for part in parts if part.offset <= BOOTLOADER_AT[chip] < part.end), None)
    if boot is None or _chip_of(boot.data[BOOTLOADER_AT[chip] - boot.offset :]) != chip:
        raise ImageError(
            f"{path}: no bootloader for the {chip} at {BOOTLOADER_AT[chip]:#x}: the board would not start",
            _CURE,
        )
    return FlashImage(path, chip, tuple(parts))


@contextlib.contextmanager
def written_out(image: FlashImage, folder: Path) -> Iterator[list[str]]:
    """The parts as files in `folder`, and esptool's words for them: what was checked is what is written."""
    words: list[str] = []
    for number, part in enumerate(image.parts):
        file = folder / f"part{number}.bin"
        file.write_bytes(part.data)
        words += [hex(part.offset), str(file)]
    yield words
