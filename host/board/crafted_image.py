"""Firmware images for tests: the headers of a real one, and any content."""

import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

CHIP_NUMBERS = {"esp32": 0, "esp32c3": 5, "esp32s3": 9}
BOOTLOADER_AT = {"esp32": 0x1000, "esp32s3": 0x0, "esp32c3": 0x0}
PARTITIONS_AT, APPLICATION_AT = 0x8000, 0x10000


def binary(chip: str, content: bytes) -> bytes:
    """A bootloader's or an application's header (dio, 40 MHz, 4 MB), and content behind it."""
    head = struct.pack("<4BI", 0xE9, 1, 2, 0x20, 0x4008_0000)
    more = struct.pack("<B3BHBHHB", 0xEE, 0, 0, 0, CHIP_NUMBERS[chip], 0, 0, 0xFFFF, 0)
    return head + more + bytes(24 - len(head) - len(more)) + content


def build(chip: str = "esp32", content: bytes = b"", seed: int = 1) -> dict[int, tuple[str, bytes]]:
    """Name and bytes of each file of a build, by offset; `content` is in the application."""
    noise = random.Random(seed)
    return {
        BOOTLOADER_AT[chip]: ("bootloader/bootloader.bin", binary(chip, noise.randbytes(3000))),
        PARTITIONS_AT: ("partition_table/partition-table.bin", b"\xaa\x50" + noise.randbytes(3070)),
        APPLICATION_AT: ("app.bin", binary(chip, noise.randbytes(5000) + content + noise.randbytes(500))),
    }


def listing(files: dict[int, tuple[str, bytes]], chip: str = "esp32", **more: Any) -> dict[str, Any]:
    """The build's `flasher_args.json`."""
    named = {hex(offset): name for offset, (name, _) in files.items()}
    return {"flash_files": named, "extra_esptool_args": {"chip": chip, "stub": True}, **more}


def write_folder(folder: Path, files: dict[int, tuple[str, bytes]], values: dict[str, Any]) -> Path:
    """A build's folder."""
    for name, data in files.values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "flasher_args.json").write_text(json.dumps(values), encoding="utf-8")
    return folder


def write_zip(
    path: Path, files: dict[int, tuple[str, bytes]], values: dict[str, Any], within: str = ""
) -> Path:
    """The same as a zip, `within` a folder of it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.values():
            archive.writestr(within + name, data)
        archive.writestr(f"{within}flasher_args.json", json.dumps(values))
    return path


def merged(files: dict[int, tuple[str, bytes]]) -> bytes:
    """All in one, for 0x0."""
    image = bytearray()
    for offset, (_, data) in sorted(files.items()):
        image += b"\xff" * (offset - len(image)) + data
    return bytes(image)
