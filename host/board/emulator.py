"""Espressif's QEMU as a program: finding it, its version, and how far time has gone in what it emulates."""

import contextlib
import json
import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import HilError

PROGRAM = "qemu-system-xtensa"
MACHINE = "esp32"
CURE = (
    "install Espressif's QEMU (`idf_tools.py install qemu-xtensa` of ESP-IDF), or give its path with --qemu"
)
ANSWER_S = 10.0  # for its monitor, on a loaded computer
CLOCK_HZ = (
    240_000_000  # what the firmware sets; a counter that runs slower makes the limits later, never earlier
)
WRAP = 1 << 32


@dataclass(frozen=True)
class Emulator:
    """A QEMU that has the esp32 machine. `version` is its own, e.g. "8.1.3"."""

    path: Path
    version: str

    @property
    def name(self) -> str:
        """For people."""
        return f"QEMU {self.version}"


def find_emulator(path: str | None = None) -> Emulator:
    """Return a `qemu-system-xtensa` that has the esp32 machine: `path`, or on PATH, or among ESP-IDF's tools.

    Raises:
        HilError: there is none; says where it was looked for.
    """
    candidates = [Path(path)] if path else []
    if not path:
        on_path = shutil.which(PROGRAM)
        candidates += [Path(on_path)] if on_path else []
        espressif = Path(os.environ.get("IDF_TOOLS_PATH") or Path.home() / ".espressif")
        candidates += sorted((espressif / "tools" / "qemu-xtensa").glob(f"*/qemu/bin/{PROGRAM}*"))
    for candidate in candidates:
        if re.search(rf"^{MACHINE}\s", _said(candidate, "-machine", "help"), re.MULTILINE):
            return Emulator(candidate, _version(candidate))
    looked = ", ".join(map(str, candidates)) or f"PATH and ESP-IDF's tools for {PROGRAM}"
    raise HilError(f"no QEMU with the {MACHINE} machine found (looked at {looked})", CURE)


def _version(program: Path) -> str:
    found = re.search(r"version (\S+)", _said(program, "--version"))
    return found.group(1) if found else "of unknown version"


def _said(program: Path, *words: str) -> str:
    try:
        return subprocess.run(
            [str(program), *words], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


class Monitor:
    """QEMU's monitor on the process' own pipes (`-qmp stdio`).

    Args:
        to: its standard input.
        back: its standard output.
    """

    def __init__(self, to: IO[bytes], back: Iterable[bytes]) -> None:
        self._to = to
        self._answers: queue.Queue[tuple[int, str]] = queue.Queue()
        self._number = 0
        threading.Thread(target=self._listen, args=(back,), daemon=True).start()
        self._send({"execute": "qmp_capabilities"})  # its answer is one that nobody waits for

    def _listen(self, back: Iterable[bytes]) -> None:
        for line in back:
            try:
                said = json.loads(line)
            except ValueError:  # not the monitor's: a device model's own words
                continue
            if isinstance(said, dict) and isinstance(said.get("id"), int):
                self._answers.put((said["id"], str(said.get("return", ""))))

    def _send(self, request: dict[str, object]) -> int:
        self._number += 1
        with contextlib.suppress(OSError, ValueError):  # a closed pipe answers nothing
            self._to.write(json.dumps({**request, "id": self._number}).encode() + b"\n")
            self._to.flush()
        return self._number

    def registers(self) -> str:
        """All registers of the first processor; empty when the monitor does not answer in time."""
        words = {"command-line": "info registers"}
        number = self._send({"execute": "human-monitor-command", "arguments": words})
        deadline = time.monotonic() + ANSWER_S
        with contextlib.suppress(queue.Empty):
            while True:  # answers to earlier questions may still come
                found, text = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
                if found == number:
                    return text
        return ""


class EmulatedTime:
    """How far the emulated chip's time has gone, by its cycle counter: the only clock that shows slow from hanging.

    Args:
        registers: asks for them, as `Monitor.registers`.
        clock: the host's, in seconds.

    Attributes:
        seconds: emulated so far, at the least.
        place: the program counter that was seen last, as 0x….
        still_since_s: host's time at which the counter was last seen to have moved.
    """

    def __init__(self, registers: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._registers = registers
        self._clock = clock
        self._count: int | None = None
        self.seconds = 0.0
        self.place = ""
        self.still_since_s = clock()

    def look(self) -> bool:
        """Read the counter, which wraps every 18 s: look more often. False when the emulator does not tell it."""
        text = self._registers()
        count, place = re.search(r"CCOUNT=([0-9a-f]+)", text), re.search(r"PC=([0-9a-f]+)", text)
        if count is None or place is None:
            return False
        now = int(count.group(1), 16)
        if self._count is not None and now != self._count:
            self.seconds += (now - self._count) % WRAP / CLOCK_HZ
            self.still_since_s = self._clock()
        self._count = now
        self.place = f"0x{place.group(1)}"
        return True

    @property
    def still_s(self) -> float:
        """Seconds of the host in which it has not moved."""
        return self._clock() - self.still_since_s
