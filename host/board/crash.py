"""Recognising a crash of the firmware in what comes over the line, and naming the code it crashed in."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import HilError

ADDRESS = re.compile(r"0x([0-9a-fA-F]{8}):0x[0-9a-fA-F]{8}")
ELF_SHA = re.compile(r"ELF file SHA256:\s*([0-9a-fA-F]{6,64})")
REGISTER_PC = re.compile(r"\b(?:PC|MEPC)\s*:\s*0x([0-9a-fA-F]{8})")
# What the ESP32's ROM and ESP-IDF print; each names a crash. The order is that of how much they say.
SIGNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Guru Meditation Error: Core\s+(\d+) panic'ed \(([^)]*)\)"), "panic: {1} on core {0}"),
    (re.compile(r"Task watchdog got triggered"), "task watchdog: the firmware hung"),
    (re.compile(r"Interrupt wdt timeout on CPU\s*(\d)"), "interrupt watchdog on core {0}"),
    (re.compile(r"Brownout detector was triggered"), "brown-out: the supply voltage fell too low"),
    (re.compile(r"stack overflow in task (\S+)"), "stack overflow in task {0}"),
    (re.compile(r"assert failed: ([^\r\n]{1,200})"), "assertion failed: {0}"),
    (re.compile(r"abort\(\) was called at PC (0x[0-9a-fA-F]{8})"), "abort() called at {0}"),
    (re.compile(r"rst:0x[0-9a-f]+ \((\w*(?:WDT|BROWN)\w*)\)"), "reset by {0}"),
)
CURES = {
    "brown-out": "use a shorter or better USB cable, or a stronger supply",
    "task watchdog": "the backtrace shows where it hung",
    "stack overflow": "raise CONFIG_ESP_MAIN_TASK_STACK_SIZE in firmware/esp32/sdkconfig.defaults",
}
# What the ROM prints when there is no firmware to start; no crash of ours, but why nothing answers.
BOOT_SIGNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"invalid header: 0x[0-9a-fA-F]+"), "no firmware in its flash"),
    (re.compile(r"flash read err, (\d+)"), "its flash cannot be read (error {0})"),
    (re.compile(r"waiting for download"), "it waits for an upload: its boot pin was low when it started"),
)
BOOT = re.compile(r"rst:0x[0-9a-fA-F]+ \((\w+)\)")
BOOTS_OF_A_LOOP = 3
BOOT_CURES = {
    "no firmware": "flash it: `python -m host flash`",
    "cannot be read": "check that the module's flash is not wired to anything, then flash it anew",
    "waits for an upload": "leave BOOT alone and press RESET; unplug what is wired to GPIO 0",
}
ADDR2LINE_NAMES = ("xtensa-esp32-elf-addr2line", "xtensa-esp-elf-addr2line", "xtensa-esp32s3-elf-addr2line")


@dataclass(frozen=True)
class Crash:
    """A crash of the firmware.

    Attributes:
        reason: what happened, in a few words.
        addresses: program counters of the backtrace, innermost first.
        frames: the same as "function at file:line", when they could be decoded.
        text: what the board printed.
        undecoded: why they were not, where that is worth a word.
    """

    reason: str
    addresses: tuple[int, ...]
    text: str
    frames: tuple[str, ...] = field(default=())
    undecoded: str = ""


class FirmwareCrashedError(HilError):
    """The firmware crashed; the message holds the reason and the backtrace."""

    def __init__(self, crash: Crash) -> None:
        trace = "".join(f"\n    {line}" for line in crash.frames)
        if not crash.frames and crash.addresses:
            trace = "\n    backtrace " + " ".join(f"0x{address:08x}" for address in crash.addresses)
            trace += f"\n    {crash.undecoded}" if crash.undecoded else ""
        cure = next(
            (cure for sign, cure in CURES.items() if sign in crash.reason),
            "the backtrace shows where it happened",
        )
        super().__init__(f"the firmware crashed: {crash.reason}{trace}", cure)
        self.crash = crash


class NotBootingError(HilError):
    """The board prints what a chip prints while it starts, and its firmware never comes up. `text` is what it said."""

    def __init__(self, reason: str, text: str) -> None:
        cure = next(
            (cure for sign, cure in BOOT_CURES.items() if sign in reason),
            "look at the text for the reason of the restarts, check the power supply, and flash the firmware again",
        )
        super().__init__(f"the board does not come up: {reason}; it said {text[-160:]!r}", cure)
        self.text = text


def crash_in(noise: bytes | bytearray, elf: Path | None) -> Crash | None:
    """The crash that a board printed, decoded when its firmware is known; None when it printed none.

    Args:
        noise: what came over the line beside frames.
        elf: the firmware on it.
    """
    crash = find_crash(noise.decode("utf-8", "replace"))
    return decode(crash, elf) if crash is not None and elf is not None else crash


def find_crash(text: str) -> Crash | None:
    """Return the crash that `text` tells of, or None.

    Args:
        text: what came over the line beside frames: boot text, panic text, noise.
    """
    for pattern, form in SIGNS:
        match = pattern.search(text)
        if match is not None:
            return Crash(form.format(*match.groups()), _backtrace(text), text)
    return None


def find_boot_trouble(text: str) -> str | None:
    """Why a chip that prints `text` does not come up; None when nothing in it says so.

    Only for a board that never answered: restarts on purpose leave the same texts.
    """
    for pattern, form in BOOT_SIGNS:
        match = pattern.search(text)
        if match is not None:
            return form.format(*match.groups())
    boots = BOOT.findall(text)
    if len(boots) >= BOOTS_OF_A_LOOP:
        return f"it restarts again and again ({len(boots)} times seen, last by {boots[-1]})"
    return None


def _backtrace(text: str) -> tuple[int, ...]:
    line = re.search(r"Backtrace:([^\r\n]*)", text)
    addresses = [int(value, 16) for value in ADDRESS.findall(line.group(1))] if line else []
    if not addresses:
        addresses = [int(value, 16) for value in REGISTER_PC.findall(text)[:1]]
    return tuple(addresses)


def find_addr2line() -> str | None:
    """The Xtensa addr2line on the path, in PlatformIO's packages or among ESP-IDF's tools, if there is one."""
    for name in ADDR2LINE_NAMES:
        found = shutil.which(name)
        if found:
            return found
    platformio = Path(os.environ.get("PLATFORMIO_CORE_DIR") or Path.home() / ".platformio")
    espressif = Path(os.environ.get("IDF_TOOLS_PATH") or Path.home() / ".espressif")
    for name in ADDR2LINE_NAMES:
        found_here = [
            *platformio.glob(f"packages/toolchain-xtensa*/bin/{name}*"),
            *espressif.glob(f"tools/xtensa-esp*/*/xtensa-esp*/bin/{name}*"),
        ]
        if found_here:
            return str(max(found_here))
    return None


def is_of(text: str, elf: Path) -> bool:
    """Whether a board that printed `text` may run `elf`: panics name the beginning of the ELF file's SHA-256."""
    told = ELF_SHA.search(text)
    if told is None or not int(told.group(1), 16):  # zeros: its image was made without
        return True
    return hashlib.sha256(elf.read_bytes()).hexdigest().startswith(told.group(1).lower())


def decode(crash: Crash, elf: Path, addr2line: str | None = None) -> Crash:
    """Name the functions of the backtrace. Without the toolchain or the ELF file the crash comes back as it is.

    Args:
        crash: from `find_crash`.
        elf: the firmware that crashed.
        addr2line: the tool; looked for when None.
    """
    tool = addr2line or find_addr2line()
    if tool is None or not elf.is_file() or not crash.addresses:
        return crash
    if not is_of(crash.text, elf):
        why = f"not decoded: the board runs another build than {elf}"
        return replace(crash, undecoded=why)
    # A return address points behind the call.
    addresses = [f"0x{address - (3 if index else 0):08x}" for index, address in enumerate(crash.addresses)]
    result = subprocess.run(
        [tool, "-pfiaC", "-e", str(elf), *addresses], capture_output=True, text=True, timeout=30, check=False
    )
    if result.returncode != 0:
        return crash
    frames = tuple(line.strip() for line in result.stdout.splitlines() if line.strip())
    return replace(crash, frames=frames)
