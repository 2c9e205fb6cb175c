"""Firmware built elsewhere: what is taken from it, and what nobody should be made to flash."""

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .crafted_image import (
    APPLICATION_AT,
    PARTITIONS_AT,
    binary,
    build,
    listing,
    merged,
    write_folder,
    write_zip,
)
from .flash_image import MOST_BYTES, ImageError, read_flash_image

Files = dict[int, tuple[str, bytes]]
Values = dict[str, Any]


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
@pytest.mark.parametrize("form", ["merged", "folder", "zip", "zip with a folder"])
def test_every_form_gives_the_same_bytes(tmp_path: Path, chip: str, form: str) -> None:
    files = build(chip, b"model")
    if form == "merged":
        path = tmp_path / "image.bin"
        path.write_bytes(merged(files))
    elif form == "folder":
        path = write_folder(tmp_path / "build", files, listing(files, chip))
    else:
        path = write_zip(
            tmp_path / "b.zip", files, listing(files, chip), "a/build/" if "folder" in form else ""
        )
    image = read_flash_image(path)
    assert image.chip == chip and image.holds(b"model") and not image.holds(b"another model")
    flash = bytearray(b"\xff" * len(merged(files)))
    for part in image.parts:
        flash[part.offset : part.end] = part.data
    assert bytes(flash) == merged(files)
    assert image.size == sum(len(part.data) for part in image.parts)


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
def test_platformios_own_files_win_over_the_listing_that_cmake_leaves(tmp_path: Path, chip: str) -> None:
    files = build(chip)
    stale = listing(files, chip)
    (tmp_path / "flasher_args.json").write_text(json.dumps(stale), encoding="utf-8")
    for name, (_, data) in zip(
        ("bootloader.bin", "partitions.bin", "firmware.bin"), files.values(), strict=True
    ):
        (tmp_path / name).write_bytes(data)
    image = read_flash_image(tmp_path)
    assert image.chip == chip and {part.offset: part.data for part in image.parts} == {
        offset: data for offset, (_, data) in files.items()
    }
    (tmp_path / "bootloader.bin").write_bytes(b"none")
    with pytest.raises(ImageError, match="of one chip"):
        read_flash_image(tmp_path)


def test_a_listing_without_a_chip_is_told_by_its_files(tmp_path: Path) -> None:
    files = build("esp32s3")
    values = {"flash_files": listing(files)["flash_files"]}
    assert read_flash_image(write_folder(tmp_path, files, values)).chip == "esp32s3"


@dataclass
class Crafted:
    """A build that a test spoils."""

    files: Files
    values: Values

    @property
    def listed(self) -> Any:
        """Names by offset."""
        return self.values["flash_files"]


HOSTILE: dict[str, tuple[Callable[[Crafted], Any], str]] = {
    "a path outside": (lambda b: b.listed.update({"0x10000": "../app.bin"}), "none of a build"),
    "an absolute path": (lambda b: b.listed.update({"0x10000": "/etc/passwd"}), "none of a build"),
    "a drive": (lambda b: b.listed.update({"0x10000": "C:\\app.bin"}), "none of a build"),
    "no name": (lambda b: b.listed.update({"0x10000": ""}), "none of a build"),
    "a number for a name": (lambda b: b.listed.update({"0x10000": 7}), "none of a build"),
    "a missing file": (lambda b: b.listed.update({"0x10000": "hil_firmware.bin"}), "not complete"),
    "a folder for a file": (lambda b: b.listed.update({"0x10000": "bootloader"}), "not complete"),
    "no number": (lambda b: b.listed.update({"app": "app.bin"}), "no number"),
    "a negative offset": (lambda b: b.listed.update({"-4096": "app.bin"}), "no number"),
    "an endless offset": (lambda b: b.listed.update({"0x" + "f" * 99: "app.bin"}), "no number"),
    "an odd offset": (lambda b: b.listed.update({"0x20001": "app.bin"}), "no flash sector begins"),
    "beyond the flash": (
        lambda b: b.listed.update({"0xffff000": "app.bin"}),
        "beyond any module's",
    ),
    "the last sector": (
        lambda b: b.listed.update({hex(MOST_BYTES - 4096): "app.bin"}),
        "beyond any",
    ),
    "over each other": (lambda b: b.listed.update({"0x11000": "app.bin"}), "lie over each other"),
    "no files": (lambda b: b.values.update(flash_files={}), "no `flash_files`"),
    "a list": (lambda b: b.values.update(flash_files=["app.bin"]), "no `flash_files`"),
    "too many files": (
        lambda b: b.values.update(flash_files={hex(i * 4096): "app.bin" for i in range(17)}),
        "no `flash_files`",
    ),
    "another chip claimed": (
        lambda b: b.values["extra_esptool_args"].update(chip="esp32s3"),
        "not of one chip",
    ),
    "two chips": (
        lambda b: b.files.update({APPLICATION_AT: ("app.bin", binary("esp32s3", b""))}),
        "not of one chip",
    ),
    "no chip's": (
        lambda b: b.files.update({o: (n, b"x" + d[1:]) for o, (n, d) in b.files.items()}),
        "not of one chip",
    ),
    "no bootloader": (lambda b: b.listed.pop("0x1000"), "no bootloader for the esp32"),
    "no partitions": (lambda b: b.listed.pop(hex(PARTITIONS_AT)), "no partition table"),
    "an empty file": (lambda b: b.files.update({PARTITIONS_AT + 0x1000: ("empty.bin", b"")}), "is empty"),
}


@pytest.mark.parametrize("form", ["folder", "zip"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_listing_that_no_build_makes_is_refused(tmp_path: Path, name: str, form: str) -> None:
    files = build()
    values = listing(files)
    change, said = HOSTILE[name]
    change(Crafted(files, values))
    if name == "an empty file":
        values = listing(files)
    path = (
        write_folder(tmp_path / "build", files, values)
        if form == "folder"
        else write_zip(tmp_path / "build.zip", files, values)
    )
    with pytest.raises(ImageError, match=said) as caught:
        read_flash_image(path)
    assert len(str(caught.value)) < 1000


def test_a_chip_that_the_project_has_no_port_for_is_named(tmp_path: Path) -> None:
    files = build("esp32c3")
    with pytest.raises(ImageError, match="for the esp32c3"):
        read_flash_image(write_folder(tmp_path, files, listing(files, "esp32c3")))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    files = build()
    outside = tmp_path / "secret.bin"
    outside.write_bytes(files[APPLICATION_AT][1])
    folder = write_folder(tmp_path / "build", files, listing(files))
    (folder / "app.bin").unlink()
    (folder / "app.bin").symlink_to(outside)
    with pytest.raises(ImageError, match="outside of its folder"):
        read_flash_image(folder)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"hello" * 9999, "no ESP32 firmware"),
        (binary("esp32", b"app" * 50_000), "one part of a firmware for the esp32"),
        (merged(build())[:0x8000], "no ESP32 firmware"),
        (bytes(MOST_BYTES + 1), "more than 16,777,216 bytes"),
    ],
    ids=["empty", "text", "an application alone", "cut off", "too large"],
)
def test_a_file_that_is_no_merged_image_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=said):
        read_flash_image(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    files = build()
    path = write_zip(tmp_path / "b.zip", files, listing(files))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        values = listing(files)
        values["flash_files"]["0x100000"] = "bomb.bin"
        archive.writestr("other/x", b"")
        archive.writestr("bomb.bin", bytes(MOST_BYTES + 1))
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, json.dumps(values) if entry == "flasher_args.json" else old.read(entry))
    with pytest.raises(ImageError, match=r"bomb\.bin .* more than"):
        read_flash_image(bomb)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"flash_files": NaN}', '{"flash_files": {}, "flash_files": {}}']
)
def test_a_listing_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "flasher_args.json").write_text(text, encoding="utf-8")
    with pytest.raises(ImageError):
        read_flash_image(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "image.bin")
    with pytest.raises(ImageError, match="neither a file nor a folder"):
        read_flash_image(tmp_path / "image.bin")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_the_usual_compression_is_unpacked(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        for name, data in build().values():
            archive.writestr(name, data)
        archive.writestr("flasher_args.json", json.dumps(listing(build())))
    with pytest.raises(ImageError, match="unusual way") as caught:
        read_flash_image(tmp_path / "a.zip")
    assert "deflate" in caught.value.cure


def test_a_zip_damaged_anywhere_is_refused_or_whole(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", build(), listing(build()))
    whole = path.read_bytes()
    for place in range(0, len(whole), 61):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert read_flash_image(path).chip == "esp32"
        except ImageError as error:
            assert len(error.cause) < 400 and error.cause.isprintable()


def test_an_archive_with_two_listings_is_refused(tmp_path: Path) -> None:
    files = build()
    path = write_zip(tmp_path / "b.zip", files, listing(files), "a/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b/flasher_args.json", "{}")
    with pytest.raises(ImageError, match="holds 2 flasher_args"):
        read_flash_image(path)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be read"):
        read_flash_image(tmp_path / "none.bin")
    with pytest.raises(ImageError, match="holds no flasher_args"):
        read_flash_image(tmp_path)
