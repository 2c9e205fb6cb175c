"""What PlatformIO's and esptool's messages are made of: samples in the words of the tools, cut to what matters."""

from pathlib import Path

import pytest

from ..errors import HilError
from . import upload as module
from .upload import UploadFailedError, explain, explained, upload

PORT = "/dev/ttyUSB7"

# name: (output, what the cause must say, what the cure must say)
SAMPLES = {
    "offline": (
        "Platform Manager: Installing espressif32 @ 6.13.0\nHTTPClientError: \n",
        "not on this computer",
        "once",
    ),
    "no such package": (
        "UnknownPackageError: Could not find the package with 'espressif32 @ 6.13.0' requirements for your system",
        "not on this computer",
        "connect to the Internet",
    ),
    "no component": (
        "CMake Error: Cannot establish a connection to the component registry. Are you connected to the internet?",
        "not on this computer",
        "esp-tflite-micro",
    ),
    "disk": ("OSError: [Errno 28] No space left on device", "disk is full", "gigabytes"),
    "permission": (
        "A fatal error occurred: Could not open /dev/ttyUSB7, the port is busy or doesn't exist.\n"
        "([Errno 13] could not open port /dev/ttyUSB7: [Errno 13] Permission denied: '/dev/ttyUSB7')",
        "no permission to open /dev/ttyUSB7",
        "dialout",
    ),
    "permission on Windows": (
        "could not open port 'COM5': PermissionError(13, 'Access is denied.', None, 5)",
        "no permission",
        "group",
    ),
    "busy": (
        "A fatal error occurred: Could not open /dev/ttyUSB7, the port is busy or doesn't exist.\n"
        "([Errno 16] could not open port /dev/ttyUSB7: [Errno 16] Device or resource busy: '/dev/ttyUSB7')",
        "in use by another program",
        "serial monitor",
    ),
    "locked": (
        "[Errno 11] Could not exclusively lock port /dev/ttyUSB7: [Errno 11] Resource temporarily unavailable",
        "in use by another program",
        "serial monitor",
    ),
    "gone": (
        "A fatal error occurred: Could not open /dev/ttyUSB7, the port is busy or doesn't exist.\n"
        "([Errno 2] could not open port /dev/ttyUSB7: [Errno 2] No such file or directory: '/dev/ttyUSB7')",
        "there is no port /dev/ttyUSB7",
        "host boards",
    ),
    "wrong chip, esptool 4": (
        "Connecting....\nA fatal error occurred: This chip is ESP32-S3 not ESP32. Wrong --chip argument?",
        "is an ESP32-S3, and the firmware was built for ESP32",
        "--board esp32s3",
    ),
    "wrong chip, esptool 5": (
        "A fatal error occurred: This chip is ESP32, not ESP32-S3. Wrong chip argument?",
        "is an ESP32, and the firmware was built for ESP32-S3",
        "--board esp32",
    ),
    "a chip without a port": (
        "A fatal error occurred: This chip is ESP32-C3 not ESP32. Wrong --chip argument?",
        "is an ESP32-C3",
        "firmware/README.md",
    ),
    "boot mode": (
        "A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)! "
        "The chip needs to be in download mode.",
        "did not enter download mode",
        "hold BOOT",
    ),
    "silent": (
        "Connecting......................................\n"
        "A fatal error occurred: Failed to connect to ESP32: No serial data received.",
        "no chip answered at /dev/ttyUSB7",
        "BOOT",
    ),
    "small flash": (
        "A fatal error occurred: Detected size(2048k) smaller than the size(4096k) in the image header.",
        "too small",
        "4 MB",
    ),
    "line": ("A fatal error occurred: MD5 of file does not match data in flash!", "damaged data", "115200"),
    "stream stopped": (
        "A fatal error occurred: Serial data stream stopped: Possible serial noise or corruption.",
        "broke off",
        "--upload-baud 115200",
    ),
    "no more data": (
        "A fatal error occurred: No more data to read from the serial port.",
        "broke off",
        "cable",
    ),
    "stopped": ("A fatal error occurred: The chip stopped responding.", "broke off", "cable"),
    "too large": (
        "Error: app partition is too small for binary firmware.bin",
        "does not fit the chip",
        "smaller",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_known_failure_has_cause_and_cure(name: str) -> None:
    output, cause, cure = SAMPLES[name]
    found = explain(output, PORT)
    assert found is not None
    assert cause in found[0] and cure in found[1]


def test_an_unknown_failure_stays_as_it_is() -> None:
    assert explain("app_main.c:12:3: error: expected ';' before '}' token", PORT) is None
    original = HilError("PlatformIO could not build `esp32dev`:\n  | error: expected ';'", "fix it")
    with pytest.raises(HilError) as caught, explained(PORT):
        raise original
    assert caught.value is original


def test_the_tools_output_is_shown_under_the_cause() -> None:
    with pytest.raises(UploadFailedError) as caught, explained(PORT):
        raise HilError("PlatformIO could not build `esp32dev`:\n  | The chip stopped responding.", "fix it")
    first, _, rest = caught.value.cause.partition("\n")
    assert "broke off" in first and rest == "  | The chip stopped responding."


def test_an_upload_names_port_and_bundle_to_platformio(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[str, Path, dict[str, str], tuple[str, ...]]] = []

    def run(env: str, build_dir: Path, *, variables: dict[str, str], targets: tuple[str, ...]) -> str:
        calls.append((env, build_dir, variables, targets))
        return "much that nobody wants to see"

    monkeypatch.setattr(module, "platformio_run", run)
    upload("esp32dev", tmp_path / "build", tmp_path, PORT, "reference")
    ((env, build_dir, variables, targets),) = calls
    assert (env, build_dir, targets) == ("esp32dev", tmp_path / "build", ("upload",))
    assert variables["PLATFORMIO_UPLOAD_PORT"] == PORT and variables["HIL_BUNDLE"] == str(tmp_path)
    assert variables["HIL_KERNELS"] == "reference", (
        "PlatformIO looks whether the build stands, and would make another"
    )


def test_a_tcp_port_cannot_be_flashed(tmp_path: Path) -> None:
    with pytest.raises(UploadFailedError, match="rfc2217"):
        upload("esp32dev", tmp_path, tmp_path, "socket://127.0.0.1:4000")


def test_an_upload_that_failed_for_an_unknown_reason_is_no_failed_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(env: str, *_rest: object, **_more: object) -> str:
        raise HilError(f"PlatformIO could not build `{env}`:\n  | something new", "fix it")

    monkeypatch.setattr(module, "platformio_run", run)
    with pytest.raises(UploadFailedError, match="could not upload `esp32dev` to /dev/ttyUSB7"):
        upload("esp32dev", tmp_path, tmp_path, PORT)
