"""An ESP32-S3 development kit, on the chip's own USB port or behind a bridge."""

from pathlib import Path

from ..choice import BoardChoice
from ..interface import BoardKind
from .serial_line import SerialBoard, chip_board

ENVIRONMENT = "esp32-s3"
USB = {(0x303A, 0x1001): "Espressif USB Serial/JTAG", (0x303A, None): "Espressif USB"}


def _make(choice: BoardChoice, _bundle_dir: Path) -> SerialBoard:
    return chip_board(choice, ENVIRONMENT)


KIND = BoardKind("esp32s3", _make, environment=ENVIRONMENT, firmwares=("esp32s3",), usb=USB)
