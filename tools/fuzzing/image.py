"""Damaged firmware images: what would be written is whole, in its place and for one chip, or it is refused."""

from __future__ import annotations

import io
import json
import random
import zipfile
from itertools import pairwise
from pathlib import Path

from host.board import crafted_image as crafted
from host.board.flash_image import BOOTLOADER_AT, LISTING, MOST_BYTES, SECTOR, read_flash_image
from host.errors import HilError

from .mutate import mutated
from .mutate_json import mutated_json
from .target import Target, check_refusal

NAMES = (
    "../app.bin",
    "/etc/passwd",
    "app.bin",
    "app.bin/",
    "C:\\app.bin",
    "a\0b",
    "\x1b[2J",
    "x" * 400,
    "",
    ".",
    "\udcff",
)
OFFSETS = (
    "0x0",
    "0x1000",
    "4096",
    "0x10001",
    "-1",
    "0xffffffff",
    "1e3",
    "0x",
    "0x1_000",
    "٣",
    "99999999999",
    " 0x8000",
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class ImageFuzz(Target):
    """Mutations of merged images, of zips of builds, and of what a build's folder lists."""

    def __init__(self) -> None:
        corpus = []
        for chip in ("esp32", "esp32s3"):
            files = crafted.build(chip)
            corpus += [
                crafted.merged(files),
                _zip(crafted.listing(files, chip), chip),
                _zip(crafted.listing(files), chip, "b/"),
            ]
            corpus.append(json.dumps(crafted.listing(files, chip)).encode())
        super().__init__("image", corpus, _damaged)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """See `Target.take`."""
        is_listing = data[:1] in (b"{", b"[") or not data
        path = folder / "build" if is_listing else folder / rng.choice(("image.bin", "image.zip"))
        if is_listing:
            path.mkdir()
            crafted.write_folder(path, crafted.build(rng.choice(("esp32", "esp32s3"))), {})
            (path / LISTING).write_bytes(data)
        else:
            path.write_bytes(data)
        try:
            image = read_flash_image(path)
        except HilError as error:
            return check_refusal(error)
        finally:
            for each in sorted(folder.rglob("*"), reverse=True):
                each.rmdir() if each.is_dir() else each.unlink()
        if image.chip not in BOOTLOADER_AT or not 0 < image.size <= MOST_BYTES:
            raise AssertionError(f"{image.size} bytes for {image.chip!r}")
        if any(part.offset % SECTOR or not 0 <= part.offset < part.end <= MOST_BYTES for part in image.parts):
            raise AssertionError("a part that has no place in flash")
        if any(one.end > other.offset for one, other in pairwise(image.parts)):
            raise AssertionError("parts over each other")
        return "whole"


def _zip(values: object, chip: str = "esp32", within: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in crafted.build(chip).values():
            archive.writestr(within + name, data)
        archive.writestr(f"{within}{LISTING}", values if isinstance(values, bytes) else json.dumps(values))
    return buffer.getvalue()


def _damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Damaged bytes; or another listing, alone or in a whole zip, because sums in a zip find all else."""
    if rng.random() < 0.4:
        return mutated(data, others, rng, 1 << 18)
    chip = rng.choice(("esp32", "esp32s3", "esp32c3"))
    values = crafted.listing(crafted.build(chip), rng.choice((chip, "esp32")))
    named = list(values["flash_files"].items())
    for _ in range(rng.choice((0, 1, 1, 2))):
        place = rng.randrange(len(named))
        offset, name = named[place]
        named[place] = rng.choice(
            ((rng.choice(OFFSETS), name), (offset, rng.choice(NAMES)), (offset, named[0][1]))
        )
    values["flash_files"] = dict(named) if rng.random() < 0.9 else named
    text = json.dumps(values).encode()
    listing = mutated_json(text, [text], rng) if rng.random() < 0.5 else text
    if rng.random() < 0.5:
        return listing
    archive = _zip(listing, chip, rng.choice(("", "b/", "../", "/")), rng.choice(METHODS))
    return mutated(archive, others, rng) if rng.random() < 0.3 else archive


def make() -> ImageFuzz:
    """The target."""
    return ImageFuzz()
