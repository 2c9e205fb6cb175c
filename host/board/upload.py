"""Uploading a firmware through PlatformIO, and what its output and esptool's mean for a person."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..build.kernel_choice import VARIABLE
from ..build.platformio import platformio_run
from ..errors import HilError
from ..line.port import permission_cure
from ..link.protocol import BOOT_BAUD

Say = Callable[[re.Match[str], str], tuple[str, str]]


class UploadFailedError(HilError):
    """The firmware did not get onto the board."""


class Sign(NamedTuple):
    """A message of PlatformIO or esptool, and what to tell the user: called with the match and the port."""

    pattern: re.Pattern[str]
    say: Say


def _sign(pattern: str, say: Say) -> Sign:
    return Sign(re.compile(pattern, re.IGNORECASE), say)


BOARD_NAMES = {"ESP32": "esp32", "ESP32-S3": "esp32s3"}


def _wrong_chip(match: re.Match[str], port: str) -> tuple[str, str]:
    found, wanted = match.group(1), match.group(2)
    name = BOARD_NAMES.get(found.upper())
    cure = (
        f"flash its own firmware: --board {name}"
        if name
        else "this firmware has no port for that chip: firmware/README.md says how to add one"
    )
    return f"the board at {port} is an {found}, and the firmware was built for {wanted}", cure


# The first that matches counts: causes stand before what they lead to. Words of esptool 4 and 5, PlatformIO 6.
SIGNS: tuple[Sign, ...] = (
    _sign(
        r"HTTPClientError|InternetConnectionError|not connected to the Internet|UnknownPackageError|"
        r"Could not find the package|UnknownPlatform|Could not resolve host|Max retries exceeded|"
        r"connection to the component registry|Temporary failure in name resolution",
        lambda _m, _p: (
            "PlatformIO's ESP32 platform is not on this computer, and it cannot be fetched now",
            "connect to the Internet for the first build: PlatformIO fetches the platform, the compiler and "
            "esp-tflite-micro once, and later builds need no network",
        ),
    ),
    _sign(
        r"No space left on device",
        lambda _m, _p: ("the disk is full", "make room: Espressif's platform and tools take some gigabytes"),
    ),
    _sign(
        r"Permission denied[^\n]*(?:tty|cu\.|COM)|could not open port[^\n]*(?:Permission|Access is denied)",
        lambda _m, port: (f"no permission to open {port}", permission_cure(port)),
    ),
    _sign(
        r"Device or resource busy|Could not exclusively lock|Resource temporarily unavailable|"
        r"multiple access on port",
        lambda _m, port: (
            f"{port} is in use by another program",
            "close the serial monitor or the other run that has it open",
        ),
    ),
    _sign(
        r"(?:port is busy or doesn't exist|the port doesn't exist|could not open port[^\n]*(?:No such file|"
        r"FileNotFound)|specify `?upload_port)",
        lambda _m, port: (
            f"there is no port {port} any more, or another program has it",
            "check the cable; `python -m host boards` lists what is attached; close serial monitors",
        ),
    ),
    _sign(r"This chip is (ESP[\w-]+?),? not (ESP[\w-]+)", _wrong_chip),
    _sign(
        r"Unexpected chip ID[^\n]*|chip_id doesn't match",
        lambda _m, port: (
            f"the image was built for another chip than the one at {port}",
            "name the chip: --board esp32 or --board esp32s3",
        ),
    ),
    _sign(
        r"Wrong boot mode detected|needs to be in download mode",
        lambda _m, port: (
            f"the board at {port} answers, but did not enter download mode: its boot line does not follow the adapter",
            "hold BOOT while the upload starts (on some boards: hold BOOT, press RESET, release BOOT) and try again",
        ),
    ),
    _sign(
        r"Failed to connect to|No serial data received|Timed out waiting for packet header",
        lambda _m, port: (
            f"no chip answered at {port}",
            "hold the board's BOOT button while the upload starts; check that the cable carries data and that this "
            "is the right port (`python -m host boards`); unplug what is wired to GPIO 0, 2, 12 or 15",
        ),
    ),
    _sign(
        r"smaller than the size|will not fit in|doesn't fit in (?:the )?(?:available )?flash|Flash size \S+ not",
        lambda _m, port: (
            f"the flash of the board at {port} is too small for this firmware, which needs 4 MB",
            "use a module with 4 MB of flash or more, or make firmware/esp32/partitions.csv smaller",
        ),
    ),
    _sign(
        r"MD5 of file does not match|verify failed|chip stopped responding|content transfer stopped|"
        r"Invalid head of packet|Corrupt data|Lost connection|ClearCommError|device disconnected|"
        r"Serial data stream stopped|No more data to read from the serial port",
        lambda _m, port: (
            f"the line to the board at {port} broke off or damaged data during the upload",
            "use a shorter or better cable, no hub, a stronger supply; or go slower: "
            f"PLATFORMIO_UPLOAD_SPEED={BOOT_BAUD} in the environment; with --image, --upload-baud {BOOT_BAUD}",
        ),
    ),
    _sign(
        r"image too large|overflowed by \d+ bytes|too small for binary|program size is greater",
        lambda _m, _p: (
            "the firmware with this model does not fit the chip",
            "make the model smaller, or the application's partition in firmware/esp32/partitions.csv larger",
        ),
    ),
)


def explain(output: str, port: str) -> tuple[str, str] | None:
    """Return (cause, cure) of a failed build or upload, or None when nothing known is in `output`.

    Args:
        output: what PlatformIO and esptool printed.
        port: the board's, as the user knows it.
    """
    for sign in SIGNS:
        match = sign.pattern.search(output)
        if match is not None:
            return sign.say(match, port)
    return None


def check_uploadable(port: str) -> None:
    """Refuse a port that cannot put a chip into download mode.

    Raises:
        UploadFailedError: it is a plain TCP port.
    """
    if port.startswith("socket://"):
        raise UploadFailedError(
            f"{port} has no lines that could put the chip into download mode",
            "flash the board where it is attached, or use a serial server with RFC 2217 (rfc2217://host:port); "
            "a bundle alone goes over any port: `python -m host deploy`",
        )


def upload(env: str, build_dir: Path, bundle_dir: Path, port: str, kernels: str = "") -> None:
    """Upload what was built for the environment `env`.

    Args:
        env: an environment of platformio.ini with a real board.
        build_dir: where it was built; its folder `env` holds the products.
        bundle_dir: the bundle it was built for.
        kernels: those that it was built with: PlatformIO looks once more whether the build stands.
        port: device name or a URL that esptool can open.

    Raises:
        UploadFailedError: with PlatformIO's output and what it means.
    """
    check_uploadable(port)
    variables = {
        "HIL_BUNDLE": str(bundle_dir.resolve()),
        VARIABLE: kernels,
        "PLATFORMIO_UPLOAD_PORT": port,
        # Words instead of an animation in what is shown on failure.
        "PLATFORMIO_NO_ANSI": "true",
    }
    try:
        with explained(port):
            platformio_run(env, build_dir, variables=variables, targets=("upload",))
    except UploadFailedError:
        raise
    except HilError as error:
        _, _, output = error.cause.partition("\n")
        if not output:  # PlatformIO did not even run
            raise
        raise UploadFailedError(
            f"PlatformIO could not upload `{env}` to {port}:\n{output}", error.cure
        ) from error


class explained:
    """Turns a failure of PlatformIO within the block into `UploadFailedError` when its cause is known."""

    def __init__(self, port: str) -> None:
        self._port = port

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Translate."""
        if not isinstance(error, HilError):
            return
        # The first line is platformio_run's own; the rest is what the tools printed.
        _, _, output = error.cause.partition("\n")
        known = explain(output, self._port) if output else None
        if known is not None:
            cause, cure = known
            raise UploadFailedError(f"{cause}\n{output}", cure) from error
