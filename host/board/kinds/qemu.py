"""The ESP32 image in Espressif's QEMU, its UART on a TCP port of this computer."""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ...build.firmware import build_firmware
from ...errors import HilError
from ...line.port import PortError, TcpPort
from ..choice import BoardChoice
from ..interface import EMULATOR_PATIENCE_S, Board, BoardKind
from .esp32 import ENVIRONMENT
from .serial_line import chip_board

PROGRAM = "qemu-system-xtensa"
MACHINE = "esp32"
FLASH_BYTES = 4 << 20  # a size that the emulated flash chip knows
START_TIMEOUT_S = 30.0
CURE = (
    "install Espressif's QEMU (`idf_tools.py install qemu-xtensa` of ESP-IDF), or give its path with --qemu"
)


def find_qemu(path: str | None = None) -> Path:
    """Return a `qemu-system-xtensa` that has the esp32 machine: `path`, or on PATH, or among ESP-IDF's tools.

    Raises:
        HilError: there is none; says where it was looked for.
    """
    candidates = [Path(path)] if path else []
    if not path:
        on_path = shutil.which(PROGRAM)
        candidates += [Path(on_path)] if on_path else []
        candidates += sorted(
            (Path.home() / ".espressif" / "tools" / "qemu-xtensa").glob(f"*/qemu/bin/{PROGRAM}*")
        )
    for candidate in candidates:
        if _has_machine(candidate):
            return candidate
    looked = ", ".join(map(str, candidates)) or f"PATH and ESP-IDF's tools for {PROGRAM}"
    raise HilError(f"no QEMU with the {MACHINE} machine found (looked at {looked})", CURE)


def _has_machine(program: Path) -> bool:
    try:
        listing = subprocess.run(
            [str(program), "-machine", "help"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return re.search(rf"^{MACHINE}\s", listing.stdout, re.MULTILINE) is not None


def merge_flash(build_dir: Path, target: Path) -> None:
    """Write one flash image of bootloader, partition table and application, as they lie on the chip.

    Args:
        build_dir: an ESP-IDF or PlatformIO build folder of the esp32 firmware.
        target: the image, exactly as large as the emulated flash.

    Raises:
        HilError: the folder holds no complete build.
    """
    image = bytearray(b"\xff" * FLASH_BYTES)
    for offset, path in flash_parts(build_dir):
        data = path.read_bytes()
        if offset + len(data) > FLASH_BYTES:
            raise HilError(
                f"{path} does not fit {FLASH_BYTES >> 20} MB of flash", "build with the project's partitions"
            )
        image[offset : offset + len(data)] = data
    target.write_bytes(image)


def flash_parts(build_dir: Path) -> list[tuple[int, Path]]:
    """Offsets and files of a build: PlatformIO's fixed names, or what ESP-IDF's `flash_args` lists.

    PlatformIO's own files win. CMake's configure step leaves a `flash_args` beside them that names files which
    PlatformIO never makes.

    Raises:
        HilError: a file is missing.
    """
    names = {0x1000: "bootloader.bin", 0x8000: "partitions.bin", 0x10000: "firmware.bin"}
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
        build_dir: the firmware's build folder.
        program: QEMU; looked for when None.

    Raises:
        HilError: no QEMU, or no complete build.
    """

    kind = "qemu"
    patience_s = EMULATOR_PATIENCE_S
    emulated = True
    negotiates_rate = True

    def __init__(self, build_dir: Path, program: str | None = None) -> None:
        self.description = f"{build_dir} in QEMU"
        self.elf: Path | None = build_dir / "firmware.elf"
        self._program = find_qemu(program)
        self._folder = tempfile.TemporaryDirectory(prefix="hil-qemu-")
        self._flash = Path(self._folder.name) / "flash.bin"
        merge_flash(build_dir, self._flash)
        self._process: subprocess.Popen[bytes] | None = None
        self._tcp_port = 0
        self._port: TcpPort | None = None

    @classmethod
    def build(cls, bundle_dir: Path, program: str | None = None) -> "QemuBoard":
        """The esp32dev firmware of a bundle, built first when that is needed."""
        found = str(find_qemu(program))  # before a build of minutes
        return cls(build_firmware(ENVIRONMENT, bundle_dir).parent, found)

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
                str(self._program), "-nographic", "-machine", MACHINE, "-icount", "3", "-monitor", "none",
                "-drive", f"file={self._flash},if=mtd,format=raw",
                "-serial", f"tcp:127.0.0.1:{self._tcp_port},server=on,wait=on",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def _connect(self) -> TcpPort:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                return TcpPort(f"socket://127.0.0.1:{self._tcp_port}")
            except PortError:
                if self._process.poll() is not None:
                    said = (
                        self._process.stderr.read().decode("utf-8", "replace") if self._process.stderr else ""
                    )
                    raise HilError(f"QEMU ended at once: {said.strip()[-500:]}", CURE) from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def press_reset(self) -> None:
        """An emulated board has no button."""
        raise HilError("an emulated board has no reset button", "reset it over the link")

    def kill(self) -> None:
        """Pull the plug; the flash stays, and `open` starts it anew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """See `Board.close`."""
        if self._port is not None:
            self._port.close()
            self._port = None
        self.kill()
        self._process = None
        if sys.platform == "win32":
            time.sleep(0.2)  # until the process has let go of the file
        self._folder.cleanup()


def _make(choice: BoardChoice, bundle_dir: Path) -> Board:
    if choice.port is not None:  # one that runs already
        return chip_board(choice, emulated=True)
    return QemuBoard.build(bundle_dir, choice.qemu)


KIND = BoardKind("qemu", _make, needs_port=False)
