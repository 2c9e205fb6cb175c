"""The ESP32 image in Espressif's QEMU, its UART on a TCP port of this computer."""

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ...build.firmware import build_firmware
from ...errors import HilError
from ...line.port import PortError, TcpPort
from ...printable import note
from ..choice import BoardChoice
from ..emulator import CURE, MACHINE, EmulatedTime, Emulator, Monitor, find_emulator
from ..interface import EMULATOR_PATIENCE_S, Board, BoardFacts, BoardKind
from .serial_line import chip_board

ENVIRONMENT = "esp32-qemu"
FLASH_BYTES = 4 << 20  # a size that the emulated flash chip knows
BOOTLOADER = 0x1000  # where the ESP32's ROM looks for it
IMAGE_MAGIC = 0xE9
START_TIMEOUT_S = 30.0
TOLD_S = 10.0  # between two lines about it
BOOT_EMULATED_S = 20.0  # a boot takes less than one
BLIND_S = 300.0  # of the host, for an emulator that does not tell its clock, or is too slow to answer
STILL_S = 120.0  # of the host, in which the emulated clock stands: it also does while nothing looks at it


def merge_flash(build_dir: Path, target: Path) -> None:
    """Write one flash image of bootloader, partition table and application, as they lie on the chip.

    Args:
        build_dir: an ESP-IDF or PlatformIO build folder of the esp32 firmware, or a file with all of that merged.
        target: the image, exactly as large as the emulated flash.

    Raises:
        HilError: the folder holds no complete build.
    """
    image = bytearray(b"\xff" * FLASH_BYTES)
    parts = [(0, build_dir)] if build_dir.is_file() else flash_parts(build_dir)
    for offset, path in parts:
        data = path.read_bytes()
        if offset + len(data) > FLASH_BYTES:
            raise HilError(
                f"{path} does not fit {FLASH_BYTES >> 20} MB of flash", "build with the project's partitions"
            )
        image[offset : offset + len(data)] = data
    if image[BOOTLOADER] != IMAGE_MAGIC:
        raise HilError(
            f"{parts[0][1]} is no merged image for the ESP32: there is no bootloader at {BOOTLOADER:#x}",
            "give a build folder, or what `esptool.py --chip esp32 merge_bin` wrote",
        )
    target.write_bytes(image)


def flash_parts(build_dir: Path) -> list[tuple[int, Path]]:
    """Offsets and files of a build: PlatformIO's fixed names, or what ESP-IDF's `flash_args` lists.

    PlatformIO's own files win. CMake's configure step leaves a `flash_args` beside them that names files which
    PlatformIO never makes.

    Raises:
        HilError: a file is missing.
    """
    names = {BOOTLOADER: "bootloader.bin", 0x8000: "partitions.bin", 0x10000: "firmware.bin"}
    parts = [(offset, build_dir / name) for offset, name in names.items()]
    listing = build_dir / "flash_args"
    if listing.is_file() and not (build_dir / "firmware.bin").is_file():
        found = re.findall(r"^(0x[0-9a-fA-F]+)\s+(\S+)$", listing.read_text(encoding="utf-8"), re.MULTILINE)
        parts = [(int(offset, 16), build_dir / name) for offset, name in found]
    missing = [str(path) for _, path in parts if not path.is_file()]
    if missing or not parts:
        raise HilError(
            f"{build_dir} holds no complete ESP32 build: missing {', '.join(missing) or 'flash_args'}",
            f"build it: `pio run -e {ENVIRONMENT}`, or `idf.py build` in firmware/esp32",
        )
    return parts


class QemuBoard:
    """One emulated ESP32, from the first `open` to `close`; its flash lasts as long as this object.

    Args:
        image: the firmware's build folder, or a merged image.
        emulator: which.
        say: gets a line about what is waited for; standard error when not given.

    Raises:
        HilError: no complete build.
    """

    kind = "qemu"
    patience_s = EMULATOR_PATIENCE_S
    emulated = True
    negotiates_rate = True
    # QEMU hands a byte to the emulated UART when its FIFO has room, and holds what a socket does not take.
    facts = BoardFacts(exact_line=True)

    def __init__(self, image: Path, emulator: Emulator, say: Callable[[str], None] = note) -> None:
        self.description = f"{image} in {emulator.name} ({emulator.path})"
        elves = sorted(image.glob("*.elf")) if image.is_dir() else [image.with_suffix(".elf")]
        self.elf: Path | None = elves[0] if elves else None
        self._emulator = emulator
        self._say = say
        self._folder = tempfile.TemporaryDirectory(prefix="hil-qemu-")
        self._flash = Path(self._folder.name) / "flash.bin"
        merge_flash(image, self._flash)
        self._process: subprocess.Popen[bytes] | None = None
        self._tcp_port = 0
        self._port: TcpPort | None = None
        self._time: EmulatedTime | None = None
        self._started_s = 0.0
        self._told_s = 0.0

    @classmethod
    def build(cls, bundle_dir: Path, program: str | None = None, image: Path | None = None) -> "QemuBoard":
        """The firmware of a bundle for one core, built first when that is needed; or an image that is there."""
        emulator = find_emulator(program)  # before a build of minutes
        return cls(image or build_firmware(ENVIRONMENT, bundle_dir).parent, emulator)

    def open(self) -> TcpPort:
        """See `Board.open`."""
        if self._port is not None:
            self._port.close()
        if self._process is None or self._process.poll() is not None:
            self._start()
        self._port = self._connect()
        return self._port

    def _start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._tcp_port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [
                str(self._emulator.path), "-nographic", "-machine", MACHINE, "-icount", "3", "-monitor", "none",
                # On a loaded computer the emulated clock jumps by what the computer was late, and they would bark.
                "-global", "driver=timer.esp32.timg,property=wdt_disable,value=true",
                "-drive", f"file={self._flash},if=mtd,format=raw",
                "-serial", f"tcp:127.0.0.1:{self._tcp_port},server=on,wait=on", "-qmp", "stdio",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        # The monitor answers once the line is connected: until then QEMU waits for that.
        self._time = None
        self._started_s = self._told_s = time.monotonic()

    def _connect(self) -> TcpPort:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                return TcpPort(f"socket://127.0.0.1:{self._tcp_port}")
            except PortError:
                if self._process.poll() is not None:
                    raise self._ended() from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _ended(self) -> HilError:
        assert self._process is not None
        said = self._process.stderr.read().decode("utf-8", "replace") if self._process.stderr else ""
        return HilError(f"{self._emulator.name} ended by itself: {said.strip()[-500:]}", CURE)

    def still_boots(self) -> bool:
        """See `Booting.still_boots`: slow is told from hanging by the emulated clock."""
        process = self._process
        if process is None:
            return False
        if process.poll() is not None:
            raise self._ended()
        if self._time is None:
            assert process.stdin is not None and process.stdout is not None
            self._time = EmulatedTime(Monitor(process.stdin, process.stdout).registers)
        went, here_s = self._time, time.monotonic() - self._started_s
        if not went.look():
            return here_s < BLIND_S
        if went.seconds > BOOT_EMULATED_S or went.still_s > STILL_S:
            what = f"{went.seconds:.1f} s of emulated time"
            if went.still_s > STILL_S:
                what += f", and stands still since {went.still_s:.0f} s"
            raise HilError(
                f"the firmware in {self._emulator.name} hangs: it has not answered in {what} (it is at {went.place})",
                "run it again; if it is an image of two cores, take the one that `--board qemu` builds by itself",
            )
        if time.monotonic() - self._told_s > TOLD_S:
            self._told_s = time.monotonic()
            self._say(
                f"Waiting for the firmware to boot in {self._emulator.name}: {went.seconds:.2f} s of emulated time "
                f"so far, in {here_s:.0f} s"
            )
        return True

    def press_reset(self) -> None:
        """An emulated board has no button."""
        raise HilError("an emulated board has no reset button", "reset it over the link")

    def kill(self) -> None:
        """Pull the plug; the flash stays, and `open` starts it anew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def close(self) -> None:
        """See `Board.close`."""
        if self._port is not None:
            self._port.close()
            self._port = None
        self.kill()
        if sys.platform == "win32":
            time.sleep(0.2)  # until the process has let go of the file
        self._folder.cleanup()


def _make(choice: BoardChoice, bundle_dir: Path) -> Board:
    if choice.port is not None:  # one that runs already
        return chip_board(choice, emulated=True)
    return QemuBoard.build(bundle_dir, choice.qemu, choice.image)


KIND = BoardKind("qemu", _make, needs_port=False, runs_images=True, firmwares=("esp32",))
