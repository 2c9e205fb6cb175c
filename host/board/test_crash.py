"""Crash texts as boards print them: the wording is ESP-IDF's and the boot ROM's, the numbers are made up."""

import hashlib
import sys
import time
from pathlib import Path

import pytest

from ..errors import HilError
from ..line.connection import LinkError
from ..link import messages as m
from .crash import (
    Crash,
    FirmwareCrashedError,
    NotBootingError,
    decode,
    find_addr2line,
    find_boot_trouble,
    find_crash,
)
from .device import Device
from .scripted import HonestFirmware, ScriptedDevice

BOOT = (
    "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    "configsip: 0, SPIWP:0xee\r\nmode:DIO, clock div:2\r\nload:0x3fff0030,len:7176\r\nentry 0x400805e4\r\n"
    "I (31) boot: ESP-IDF v5.1.7 2nd stage bootloader\r\n"
)
ELF = b"\x7fELF"
SHA = hashlib.sha256(ELF).hexdigest()[:16]
PANIC = (
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\r\n\r\n"
    "Core  0 register dump:\r\n"
    "PC      : 0x400d5a6b  PS      : 0x00060b30  A0      : 0x800d1f10  A1      : 0x3ffb5a20\r\n"
    "EXCVADDR: 0x00000004\r\n\r\nBacktrace: 0x400d5a68:0x3ffb5a20 0x400d1f0d:0x3ffb5a50 0x400d8e2a:0x3ffb5a80\r\n\r\n"
    f"ELF file SHA256: {SHA}\r\n\r\nRebooting...\r\n"
)
TASK_WATCHDOG = (
    "E (15240) task_wdt: Task watchdog got triggered. The following tasks/users did not reset the watchdog in time:\r\n"
    "E (15240) task_wdt:  - main (CPU 0)\r\nE (15240) task_wdt: Aborting.\r\n"
    "abort() was called at PC 0x400d4c5d on core 0\r\n\r\nBacktrace: 0x40081b66:0x3ffb0fd0 |<-CORRUPTED\r\n"
)
BROWNOUT = "\r\nBrownout detector was triggered\r\n\r\n" + BOOT.replace(
    "0x1 (POWERON_RESET)", "0xf (RTCWDT_BROWN_OUT_RESET)"
)
ROM_WATCHDOG = BOOT.replace("0x1 (POWERON_RESET)", "0x8 (TG1WDT_SYS_RESET)")
OVERFLOW = (
    "\r\n***ERROR*** A stack overflow in task main has been detected.\r\n\r\nBacktrace: 0x40081c12:0x3ffb4f60"
)
ASSERT = (
    "\r\nassert failed: slot_commit slot.c:201 (slot->verified)\r\n\r\nBacktrace: 0x40081b5a:0x3ffb1a20\r\n"
)


@pytest.mark.parametrize(
    ("text", "reason", "addresses"),
    [
        (PANIC, "LoadProhibited on core 0", (0x400D5A68, 0x400D1F0D, 0x400D8E2A)),
        (TASK_WATCHDOG, "task watchdog", (0x40081B66,)),
        (BROWNOUT, "brown-out", ()),
        (ROM_WATCHDOG, "TG1WDT_SYS_RESET", ()),
        (OVERFLOW, "stack overflow in task main", (0x40081C12,)),
        (ASSERT, "slot_commit slot.c:201", (0x40081B5A,)),
        ("Interrupt wdt timeout on CPU0", "interrupt watchdog on core 0", ()),
    ],
)
def test_a_crash_is_recognised_amid_noise(text: str, reason: str, addresses: tuple[int, ...]) -> None:
    crash = find_crash("\x00\xfe\x13garbage" + text + BOOT)
    assert crash is not None
    assert reason in crash.reason
    assert crash.addresses == addresses


@pytest.mark.parametrize("text", ["", BOOT, "I (300) hil: no panic here", "\x00\x01\x02"])
def test_an_ordinary_boot_is_no_crash(text: str) -> None:
    assert find_crash(text) is None


def test_the_error_shows_reason_and_backtrace() -> None:
    crash = find_crash(PANIC)
    assert crash is not None
    message = str(FirmwareCrashedError(crash))
    assert "LoadProhibited" in message and "0x400d1f0d" in message


def test_a_brownout_blames_the_supply() -> None:
    crash = find_crash(BROWNOUT)
    assert crash is not None
    assert "cable" in FirmwareCrashedError(crash).cure


def test_decoding_names_functions(tmp_path: Path) -> None:
    elf = tmp_path / "firmware.elf"
    elf.write_bytes(ELF)
    tool = tmp_path / "addr2line"
    tool.write_text(
        f"#!{sys.executable}\nimport sys\nfor a in sys.argv[4:]:\n    print(f'{{a}}: stream_push at stream.c:100')\n"
    )
    tool.chmod(0o755)
    crash = find_crash(PANIC)
    assert crash is not None
    decoded = decode(crash, elf, str(tool))
    assert len(decoded.frames) == 3
    assert decoded.frames[0] == "0x400d5a68: stream_push at stream.c:100"
    assert decoded.frames[1].startswith("0x400d1f0a"), "a return address is looked up at the call before it"
    assert "stream_push" in str(FirmwareCrashedError(decoded))


def test_another_builds_backtrace_is_not_decoded(tmp_path: Path) -> None:
    """Names of functions that the board does not run would send a person to the wrong place."""
    elf = tmp_path / "firmware.elf"
    elf.write_bytes(ELF)
    tool = tmp_path / "addr2line"
    tool.write_text(f"#!{sys.executable}\nprint('stream_push at stream.c:100')\n")
    tool.chmod(0o755)
    for told, decoded in ((SHA[:9], True), (SHA.upper(), True), ("0" * 16, True), ("f" * 9, False)):
        crash = find_crash(PANIC.replace(SHA, told))
        assert crash is not None
        crash = decode(crash, elf, str(tool))
        assert bool(crash.frames) == decoded, told
        assert ("another build than" in str(FirmwareCrashedError(crash))) == (not decoded)


def test_decoding_without_a_toolchain_changes_nothing(tmp_path: Path) -> None:
    crash = Crash("panic", (1,), "")
    assert decode(crash, tmp_path / "missing.elf", "/nonexistent") is crash


@pytest.mark.parametrize("variable", ["PLATFORMIO_CORE_DIR", "IDF_TOOLS_PATH"])
def test_the_toolchain_is_found_where_the_users_variables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    places = {
        "PLATFORMIO_CORE_DIR": "packages/toolchain-xtensa-esp-elf/bin",
        "IDF_TOOLS_PATH": "tools/xtensa-esp-elf/esp-14.2.0/xtensa-esp-elf/bin",
    }
    monkeypatch.setenv("PATH", "")
    for name in places:
        monkeypatch.setenv(name, str(tmp_path / "empty"))
    assert find_addr2line() is None
    tool = tmp_path / places[variable] / "xtensa-esp32-elf-addr2line"
    tool.parent.mkdir(parents=True)
    tool.touch()
    monkeypatch.setenv(variable, str(tmp_path))
    assert find_addr2line() == str(tool)


class Printing:
    """A port at which a chip prints the same text again and again, and answers nothing."""

    name, has_rate, advice = "/dev/ttyUSB7", False, "look at it"

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, timeout_s: float) -> bytes:
        time.sleep(min(timeout_s, 0.02))
        return self._text.encode()

    def write(self, data: bytes) -> None:
        """Nobody listens."""

    def set_baud(self, rate: int) -> None:
        """No speed to change."""

    def close(self) -> None:
        """Nothing to release."""


@pytest.mark.parametrize(
    ("text", "kind", "cause", "cure"),
    [
        (BOOT + PANIC, FirmwareCrashedError, "LoadProhibited on core 0", "backtrace"),
        (BROWNOUT, FirmwareCrashedError, "brown-out", "cable"),
        (BOOT + TASK_WATCHDOG, FirmwareCrashedError, "task watchdog", "backtrace"),
        (BOOT, NotBootingError, "restarts again and again", "power supply"),
        (BOOT + "invalid header: 0xffffffff\r\n", NotBootingError, "no firmware in its flash", "host flash"),
        (BOOT + "waiting for download\r\n", NotBootingError, "waits for an upload", "BOOT"),
        (
            "\x1b[0;32mI (398) heap_init: At 4008E80C len 000117F4 (69 KiB): IRAM\x1b[0m\r\n"
            "\x1b[0;32mI (431) spi_flash: detected chip: gd\x1b[0m\r\n",
            LinkError,
            "its last line: 'I (431) spi_flash: detected chip: gd'",
            "run it again when it has booted",
        ),
        ("$GPGGA,123519,4807.038,N*47\r\n" * 60, LinkError, "does not speak this link", "flash"),
    ],
)
def test_a_board_that_does_not_come_up_is_told_from_a_foreign_device(
    text: str, kind: type[HilError], cause: str, cure: str
) -> None:
    with pytest.raises(kind) as caught:
        Device(Printing(text)).connect(0.4)
    assert cause in caught.value.cause and cure in caught.value.cure
    assert "/dev/ttyUSB7" in caught.value.cause and "while connecting" in caught.value.cause
    if isinstance(caught.value, FirmwareCrashedError):
        assert "rst:0x" in caught.value.crash.text, "the log is kept"


class BootsAndAnswers(ScriptedDevice):
    """A chip that prints its boot text before it answers; `last` is all that it says afterwards, where it is set."""

    def __init__(self) -> None:
        super().__init__(HonestFirmware(m.Info(protocol=m.PROTOCOL_VERSION), lambda _audio, _flags: []))
        self.said, self.last = BOOT, ""

    def read(self, timeout_s: float) -> bytes:
        if self.said:
            said, self.said = self.said, ""
            return said.encode()
        time.sleep(0.005)
        return b"" if self.last else super().read(timeout_s)


def test_restarts_that_a_board_came_back_from_are_no_restarts_again_and_again() -> None:
    board = BootsAndAnswers()
    device = Device(board)
    for _ in range(5):
        board.said = BOOT
        device.connect(2.0)
    board.said = board.last = BOOT
    with pytest.raises(LinkError, match="printed what one does that boots") as caught:
        device.connect(0.4)
    assert "again and again" not in str(caught.value)
    board.said = BOOT * 5
    with pytest.raises(NotBootingError, match="restarts again and again"):
        device.connect(0.4)


def test_restarts_on_purpose_are_no_crash() -> None:
    assert find_crash(BOOT * 5) is None and find_boot_trouble(BOOT * 5) is not None
