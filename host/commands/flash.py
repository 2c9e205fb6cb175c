"""`python -m host flash`: build the firmware of a bundle, upload it, and check that the board answers with it."""

import argparse
import contextlib
import hashlib
import json
import sys
import time
from pathlib import Path

from ..board.connecting import connect
from ..board.discovery import FoundPort, choose_port, list_ports
from ..board.identity import StaleFirmwareError, check_identity, describe
from ..board.kinds.serial_line import SerialBoard
from ..board.options import FAST_BAUD, BoardChoice, add_bundle_option
from ..board.probe import probe
from ..board.upload import explained, upload
from ..build.firmware import build_firmware
from ..bundle.load import Bundle, load_bundle
from ..checkout import ROOT
from ..errors import HilError
from ..files import atomic_write
from ..link.messages import Info

# Kind of board (the chip's name in ESP-IDF, and what the firmware calls itself): environment of platformio.ini.
ENVIRONMENTS = {"esp32": "esp32dev", "esp32s3": "esp32-s3"}
NATIVE_USB = "Espressif"
REBOOT_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    parser.add_argument(
        "--board",
        choices=sorted(ENVIRONMENTS),
        help="chip (what the firmware on it says it is; else by the adapter: esp32, or esp32s3 on its own USB port)",
    )
    parser.add_argument("--port", metavar="URL", help="device, or rfc2217:// URL (the one known adapter)")
    parser.add_argument(
        "--baud", type=int, metavar="RATE", help=f"line speed of the check afterwards ({FAST_BAUD})"
    )
    parser.add_argument(
        "--force", action="store_true", help="upload even when the board runs this firmware already"
    )


def run(args: argparse.Namespace) -> int:
    """Flash; 0 when the board runs the bundle."""

    bundle = load_bundle(args.bundle)
    ports = list_ports()
    if args.port:
        found = next(
            (port for port in ports if port.device == args.port), FoundPort(args.port, "", "", "", "")
        )
    else:
        found = choose_port(ports)
    record = Uploads(ROOT / ".pio" / "uploads.json")
    running = None if args.force and args.board else _running(found.device)
    env = ENVIRONMENTS[args.board or _kind(running, found)]
    current = running is not None and runs(running, bundle) and not args.force
    if current and running is not None and (args.board or running.board) != running.board:
        current = False  # esptool will say what is wrong with it
    last = record.last(found, env)
    if current and last is None:  # flashed elsewhere: its hashes are all that can be known
        return _skipped(running, found)
    with explained(found.device):
        firmware = build_firmware(env, bundle.path)
    sha = hashlib.sha256(firmware.read_bytes()).hexdigest()
    if current and last == sha:
        return _skipped(running, found)
    _say(f"Uploading `{env}` to {found.device} …")
    start = time.monotonic()
    record.forget(found)
    upload(env, firmware.parent.parent, bundle.path, found.device)
    _say(f"Uploaded in {time.monotonic() - start:.1f} s")
    info = check(found.device, args.baud, bundle)
    record.keep(found, env, sha)
    print(f"The board at {found.device} runs it: {describe(info)}")
    return 0


def _skipped(info: "Info | None", port: "FoundPort") -> int:

    assert info is not None
    print(f"The board at {port.device} runs it already: {describe(info)}. Nothing uploaded (--force does).")
    return 0


def _running(url: str) -> "Info | None":

    return probe(url)


def _kind(running: "Info | None", port: "FoundPort") -> str:
    """The chip: what its firmware says, else what its adapter suggests."""
    if running is not None and running.board in ENVIRONMENTS:
        return running.board
    return "esp32s3" if port.adapter.startswith(NATIVE_USB) else "esp32"


def runs(info: "Info", bundle: "Bundle") -> bool:
    """Whether the board already runs this very bundle."""

    try:
        check_identity(info, bundle)
    except StaleFirmwareError:
        return False
    return True


def check(url: str, baud: int | None, bundle: "Bundle") -> "Info":
    """Connect to what was just flashed and compare hashes.

    An upload leaves the model slot alone. If another bundle lies there it would go on being used, so the board is told
    to go back to the one compiled in.

    Raises:
        HilError: it does not answer, or does not run the bundle.
    """

    time.sleep(REBOOT_S)  # esptool's reset, and a USB port that vanishes and comes back with it
    with contextlib.closing(SerialBoard(url)) as board:
        try:
            device, info = connect(board, BoardChoice("serial", url, baud))
        except HilError as error:
            raise HilError(
                f"the upload went well, but the new firmware does not answer: {error.cause}", error.cure
            ) from error
        with contextlib.closing(device):
            if info.bundle_source and not runs(info, bundle):
                _say(
                    f"Emptying the model slot, where bundle {info.bundle_name.decode('utf-8', 'replace')!r} lay …"
                )
                device.deploy(b"")
                info = device.info()
            check_identity(info, bundle)
    return info


class Uploads:
    """Which image went to which board last, so that a change of the firmware's sources is noticed as well.

    The bundle's hashes, which the board reports, say nothing of those. Kept in a file; losing it loses no more than
    this.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def _key(port: "FoundPort") -> str:
        return f"{port.usb} {port.serial_number}" if port.serial_number else port.device

    def _all(self) -> dict[str, dict[str, str]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def last(self, port: "FoundPort", env: str) -> str | None:
        """SHA-256 of the image of `env` last uploaded to the board at `port`; "" when it was another or unfinished."""
        entry = self._all().get(self._key(port))
        if entry is None:
            return None
        return entry.get("sha256", "") if entry.get("env") == env else ""

    def keep(self, port: "FoundPort", env: str, sha256: str) -> None:
        """Note a finished upload."""
        self._write(port, {"env": env, "sha256": sha256})

    def forget(self, port: "FoundPort") -> None:
        """Note that an upload begins: what the board holds until it ends is not known."""
        self._write(port, {})

    def _write(self, port: "FoundPort", entry: dict[str, str]) -> None:

        atomic_write(self._path, json.dumps({**self._all(), self._key(port): entry}, indent=1))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
