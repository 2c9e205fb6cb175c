"""Finding the emulator and making its flash image; the emulator itself is not needed."""

import sys
from pathlib import Path

import pytest

from ...errors import HilError
from .qemu import FLASH_BYTES, find_qemu, flash_parts, merge_flash


def _fake_qemu(path: Path, machines: str) -> Path:
    path.write_text(f"#!{sys.executable}\nprint('''Supported machines are:\n{machines}''')\n")
    path.chmod(0o755)
    return path


def test_a_qemu_without_the_machine_is_no_qemu(tmp_path: Path) -> None:
    other = _fake_qemu(tmp_path / "qemu-system-xtensa", "lx60    lx60 EVB (dc232b)")
    with pytest.raises(HilError, match="esp32 machine"):
        find_qemu(str(other))


def test_espressifs_qemu_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = _fake_qemu(tmp_path / "qemu-system-xtensa", "esp32                Espressif ESP32 machine")
    assert find_qemu(str(fake)) == fake
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_qemu() == fake


def test_no_qemu_names_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="no QEMU") as caught:
        find_qemu(str(tmp_path / "missing"))
    assert "--qemu" in caught.value.cure


PLATFORMIO = {0x1000: "bootloader.bin", 0x8000: "partitions.bin", 0x10000: "firmware.bin"}
IDF = {
    0x1000: "bootloader/bootloader.bin",
    0x8000: "partition_table/partition-table.bin",
    0x10000: "hil_firmware.bin",
}


@pytest.mark.parametrize(("names", "listed"), [(IDF, True), (PLATFORMIO, False)])
def test_the_image_has_everything_in_its_place(tmp_path: Path, names: dict[int, str], listed: bool) -> None:
    for offset, name in names.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode() + bytes([offset >> 12]))
    if listed:
        lines = [f"{hex(offset)} {name}" for offset, name in names.items()]
        (tmp_path / "flash_args").write_text("--flash_mode dio --flash_freq 40m\n" + "\n".join(lines) + "\n")
    image = tmp_path / "flash.bin"
    merge_flash(tmp_path, image)
    data = image.read_bytes()
    assert len(data) == FLASH_BYTES
    for offset, name in names.items():
        assert data[offset:].startswith(name.encode() + bytes([offset >> 12]))
    assert data[:0x1000] == b"\xff" * 0x1000


def test_an_incomplete_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="no complete ESP32 build") as caught:
        flash_parts(tmp_path)
    assert "pio run -e esp32dev" in caught.value.cure


def test_platformios_files_win_over_the_listing_that_cmake_leaves_beside_them(tmp_path: Path) -> None:
    """As a real `pio run -e esp32dev` leaves its folder: the listing names files that are never made."""
    for name in (*PLATFORMIO.values(), "firmware.elf", "firmware.map", "sdkconfig.h", "CMakeCache.txt"):
        (tmp_path / name).write_bytes(name.encode())
    lines = "".join(f"{hex(offset)} {name}\n" for offset, name in IDF.items())
    (tmp_path / "flash_args").write_text(f"--flash_mode dio --flash_freq 40m --flash_size 4MB\n{lines}")
    assert flash_parts(tmp_path) == [(offset, tmp_path / name) for offset, name in PLATFORMIO.items()]
